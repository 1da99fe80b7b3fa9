"""The tick store: what goes in comes out, changes happen whole or not at all, and a replay from it is the same run."""
