"""Planted faults: each is a change of one line of simcore that the tests must notice."""
