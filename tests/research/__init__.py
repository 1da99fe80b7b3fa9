"""Tests of research: sweeps, optimisation, walk-forward, Monte Carlo."""
