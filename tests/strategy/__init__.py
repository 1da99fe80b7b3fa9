"""Tests of strategies: memory, indicators, ctx and the compiled form."""
