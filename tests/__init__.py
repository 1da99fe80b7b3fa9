"""The tests mirror the tree; the slow twin of the account and the scenarios have folders of their own."""
