"""The same runs here and in backtesting.py: what is traded, and what backtesting.py said of it."""
