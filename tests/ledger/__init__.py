"""Tests of the trial ledger."""
