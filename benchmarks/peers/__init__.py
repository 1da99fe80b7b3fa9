"""The same quotes and the same rules through other backtesters, side by side in one run. See ../README.md."""
