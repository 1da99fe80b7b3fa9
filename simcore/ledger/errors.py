"""The one error of the trial ledger."""


class LedgerError(ValueError):
    """The ledger cannot be read or written, or is of another version; the message is one line that says which."""
