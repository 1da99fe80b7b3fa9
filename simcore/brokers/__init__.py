"""Broker and instrument presets as dated data, and what turns them into the Rules of the compiled account."""
