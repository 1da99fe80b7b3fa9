"""Downloads, from a server on this machine."""
