"""Readers: files and frames in, checked quotes, prints and bars out.

A source is a path, several paths in time order, or a pandas, polars or Arrow frame. Files are told by their ending:
.parquet, .csv and .txt (also .gz), and LEAN's .zip. Columns are found by their usual names (`names`), times by their
form (`times`). Nothing is dropped, repaired or sorted: data with a fault is refused, naming file, row and value.
Duplicates and crossed quotes are kept.
"""

from simcore.market.readers.read import as_columns, read_bars, read_prints, read_quotes

__all__ = ["as_columns", "read_bars", "read_prints", "read_quotes"]
