"""The compiled form: the same strategy source as machine code, over the same bytes."""
