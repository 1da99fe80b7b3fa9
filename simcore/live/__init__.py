"""The same account fed by a bridge: the journal, reconciliation, the session itself and the proof of parity."""
