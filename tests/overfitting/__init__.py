"""Tests of the statistics of overfitting."""
