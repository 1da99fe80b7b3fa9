"""The tick store: Parquet files by instrument and day, changed atomically, read by range, replayed block by block."""

from simcore.market.store.range import Range
from simcore.market.store.store import Store

__all__ = ["Range", "Store"]
