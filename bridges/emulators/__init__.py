"""Brokers to practise on: each serves one broker's own interface, and behind it is our account on recorded ticks."""
