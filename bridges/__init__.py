"""One broker adapter a file, found through the entry points `simcore.bridges`; an adapter maps, it does not compute."""
