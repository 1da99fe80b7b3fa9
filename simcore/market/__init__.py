"""Market data: quotes, prints and bars, read from files and frames, checked, merged and made into bars."""
