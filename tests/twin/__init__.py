"""The Decimal twin: the account again, slow and obvious, written from the rules and not from the kernel."""
