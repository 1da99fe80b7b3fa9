"""Every format of market data, read from real files where there are some."""
