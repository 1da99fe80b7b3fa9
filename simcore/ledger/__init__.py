"""The trial ledger: every run writes one row, so that statistics know how many trials there were.

A row is one run of a strategy: a backtest, a combination of a sweep, a trial of an optimisation, a window of a
walk-forward, a Monte Carlo path. `place` says where the ledger lies, `tried` what counts as a trial.
"""
