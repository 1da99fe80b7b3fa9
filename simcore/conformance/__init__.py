"""`simcore conformance`: worked examples that brokers print, computed by the account this package simulates.

A case is its inputs; what it expects is the broker's. The cases of one kind share their keys, so one short function
a kind sets up an account (`brokers.whatif.Account`) and reads it. No formula, no identifier and no number of a case
stands in this package.
"""

from simcore.conformance.runner import Outcome, default_file, run_document, run_file, summary

__all__ = ["Outcome", "default_file", "run_document", "run_file", "summary"]
