"""What a run looked like: statistics and a self-contained HTML page, made from frames."""
