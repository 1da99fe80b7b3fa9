"""Tests of the causality check."""
