"""The strategy library: one family of strategies a file, found through the entry points `simcore.strategies`."""
