"""Statistics, the HTML report and the terminal table."""
