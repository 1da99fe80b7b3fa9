"""Make the sample `data/eurusd-2016-06-14.parquet` from the tick file in the tests of the PyPI package findatapy.

The source holds bids only, so the ask is the bid plus a constant spread: good enough to show the account at work, not
to judge a strategy. Prices were once stored in single precision; they are put back on the grid of five digits.

Run: `python data/make_sample.py findatapy-0.1.42/tests/EURUSD_tick.h5` (data/README.md tells how to get that file).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

COLUMN: Final = "EURUSD.bid"
TARGET: Final = Path(__file__).with_name("eurusd-2016-06-14.parquet")
POINTS_PER_UNIT: Final = 100_000  # five digits
SPREAD_POINTS: Final = 8  # 0.00008, near what retail accounts are quoted at calm hours


def make_table(source: Path) -> pa.Table:
    """Return the quotes as columns ts (int64, ns since 1970 UTC), bid and ask (float64, USD per EUR)."""
    ticks = pd.read_hdf(source)
    if list(ticks.columns) != [COLUMN]:
        raise SystemExit(f"{source}: expected the one column {COLUMN!r}, found {list(ticks.columns)}")
    ts = ticks.index.to_numpy().astype("datetime64[ns]").astype(np.int64)
    points = np.rint(ticks[COLUMN].to_numpy() * POINTS_PER_UNIT).astype(np.int64)
    ask = (points + SPREAD_POINTS) / POINTS_PER_UNIT
    return pa.table({"ts": ts, "bid": points / POINTS_PER_UNIT, "ask": ask})


def main() -> None:
    """Read the file named on the command line and write the sample next to this script."""
    parser = argparse.ArgumentParser(description="Make the EURUSD sample from findatapy's tick file.")
    parser.add_argument("source", type=Path, help="findatapy-0.1.42/tests/EURUSD_tick.h5")
    parser.add_argument("--target", type=Path, default=TARGET, help="where to write it (default: next to this script)")
    args = parser.parse_args()
    table = make_table(args.source)
    pq.write_table(table, args.target, compression="zstd", compression_level=19)
    print(f"{args.target}: {table.num_rows} quotes, {args.target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
