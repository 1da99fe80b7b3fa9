"""Parity: the same bytes whichever way the account was driven."""
