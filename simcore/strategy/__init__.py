"""What a strategy is written with: the Strategy class, its context, its indicators, in plain and compiled form."""
