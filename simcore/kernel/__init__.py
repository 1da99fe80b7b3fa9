"""The compiled account: one flat State, one set of Rules, and the function that advances it by one event."""
