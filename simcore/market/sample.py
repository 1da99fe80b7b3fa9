"""The sample that comes with simcore: one day of real EURUSD quotes, 2016-06-14, 100,005 rows.

Bids are as recorded; the ask is the bid plus a constant 0.00008, so the spread never widens: enough to see the account
at work, not to judge a strategy. Columns: ts (int64, ns since 1970 UTC), bid, ask (USD per EUR). Where it comes from
and under which licence: data/README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SYMBOL: Final = "EURUSD"
_NAME: Final = "eurusd-2016-06-14.parquet"
_PACKAGE: Final = Path(__file__).resolve().parent.parent
# An installed wheel carries the file inside the package, a clone in its top-level folder.
_PLACES: Final = (_PACKAGE / "data" / _NAME, _PACKAGE.parent / "data" / _NAME)


def sample_path() -> Path:
    """Return where the sample lies, for `simcore.read_quotes(sample_path(), symbol=SYMBOL)`.

    Raises FileNotFoundError, naming the places looked at, if the installation lost it.
    """
    for place in _PLACES:
        if place.is_file():
            return place
    places = " nor ".join(str(place) for place in _PLACES)
    raise FileNotFoundError(f"the sample is at neither {places}; install simcore again, or run data/make_sample.py")
