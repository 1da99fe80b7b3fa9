"""Scenario files, each with its arithmetic in words; `golden` holds what each one tells."""
