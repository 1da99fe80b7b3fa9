"""Which column is which: the names data vendors use for times, prices and sizes.

Names are compared without case, spaces, underscores, dots, dashes and the angle brackets of MetaTrader's exports, so
"Bid Price", "bid_price" and "<BIDPRICE>" are one. An unnamed first column is taken for the time if nothing else is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from simcore.market.errors import DataError, did_you_mean

# best first: data with several of them is read by the first
_TIMES = (
    "ts",
    "tsevent",
    "timemsc",
    "timestamp",
    "datetime",
    "opentime",
    "transactiontime",
    "transacttime",
    "tradetime",
    "eventtime",
    "gmttime",
    "timestamputc",
    "datetimeutc",
    "timeutc",
    "utctime",
    "time",
    "date",
    "day",
)
_UNNAMED = ("", "index", "unnamed:0")


def _sizes(side: str) -> tuple[str, ...]:
    words = ("size", "volume", "vol", "qty", "quantity", "amount")
    return (*(side + word for word in words), f"best{side}size", f"best{side}qty", f"vol{side}", f"volume{side}")


SYNONYMS: dict[str, tuple[str, ...]] = {
    "ts": (*_TIMES, "indexlevel0"),  # pandas' name of an unnamed index in a Parquet file
    "bid": ("bid", "bidprice", "bidpx", "bestbid", "bestbidprice", "bidp"),
    "ask": ("ask", "askprice", "askpx", "bestask", "bestaskprice", "askp", "offer", "offerprice", "ofr"),
    "bid_size": _sizes("bid"),
    "ask_size": _sizes("ask"),
    "open": ("open", "o", "openprice", "bidopen", "openbid", "bido"),
    "high": ("high", "h", "highprice", "bidhigh", "highbid", "bidh"),
    "low": ("low", "l", "lowprice", "bidlow", "lowbid", "bidl"),
    "close": ("close", "c", "closeprice", "bidclose", "closebid", "bidc"),
    "ask_open": ("askopen", "openask", "asko"),
    "ask_high": ("askhigh", "highask", "askh"),
    "ask_low": ("asklow", "lowask", "askl"),
    "ask_close": ("askclose", "closeask", "askc"),
    "volume": ("volume", "vol", "v", "tickvolume", "tickvol"),
    "price": ("price", "p", "px", "last", "lastprice", "tradeprice"),
    "size": ("size", "qty", "quantity", "volume", "vol", "amount", "lastsize"),
    "side": ("side", "aggressor", "aggressorside", "takerside", "direction", "isbuyermaker", "buyermaker"),
}
SYMBOLS = ("symbol", "ticker", "instrument", "sym")  # of a table that holds several
MAKERS = ("isbuyermaker", "buyermaker")  # true where the buyer rested, so that the seller took: side -1

QUOTES = ("bid", "ask")
QUOTES_OPTIONAL = ("bid_size", "ask_size")
PRINTS = ("price",)
PRINTS_OPTIONAL = ("size", "side")
BARS = ("open", "high", "low", "close")
BARS_OPTIONAL = ("volume", "ask_open", "ask_high", "ask_low", "ask_close")


def normal(name: str) -> str:
    """Return a column name in the form synonyms are compared in."""
    return re.sub(r"[\s_.\-<>()]", "", name.lower())


def find(field: str, names: Sequence[str]) -> str | None:
    """Return the column that holds `field`, or None. Raises DataError if two columns could be it."""
    by_normal: dict[str, list[str]] = {}
    for name in names:
        by_normal.setdefault(normal(name), []).append(name)
    for synonym in SYNONYMS[field]:
        found = by_normal.get(synonym, [])
        if len(found) > 1:
            raise DataError(
                f'columns {quoted(found)} could both be {field}; choose: columns={{"{field}": "{found[0]}"}}'
            )
        if found:
            return found[0]
    if field == "ts" and names and normal(names[0]) in _UNNAMED:
        return names[0]
    return None


def date_and_time(names: Sequence[str]) -> tuple[str, str] | None:
    """Return the two columns that hold date and time of day apart ("Date", "Time"), or None."""
    by_normal = {normal(name): name for name in names}
    if "date" in by_normal and "time" in by_normal and not by_normal.keys() & set(_TIMES[: _TIMES.index("time")]):
        return by_normal["date"], by_normal["time"]
    return None


def choose(
    place: str,
    names: Sequence[str],
    required: Iterable[str],
    optional: Iterable[str],
    columns: Mapping[str, str] | None,
) -> dict[str, str]:
    """Return field -> column of the data for "ts", all of `required` and what there is of `optional`.

    `columns` overrides the search. Raises DataError for a field or column that does not exist and for a field not
    found.
    """
    required, wanted = ("ts", *required), ("ts", *required, *optional)
    chosen: dict[str, str] = {}
    for field, name in (columns or {}).items():
        if field not in wanted:
            raise DataError(
                f'columns= names "{field}"; known here are {", ".join(wanted)}.{did_you_mean(field, wanted)}'
            )
        if name not in names:
            raise DataError(
                f'{place}: no column "{name}" for {field}; there are {quoted(names)}.{did_you_mean(name, names)}'
            )
        chosen[field] = name
    for field in wanted:
        found = chosen.get(field) or find(field, names)
        if found is not None:
            chosen[field] = found
    for field in required:
        if field not in chosen:
            raise DataError(_missing(place, field, names))
    return chosen


def _missing(place: str, field: str, names: Sequence[str]) -> str:
    # only columns that are nothing else are worth a guess
    known = {synonym for synonyms in SYNONYMS.values() for synonym in synonyms}
    unknown = {normal(name): name for name in names if normal(name) not in known}
    guesses = (key for synonym in SYNONYMS[field] for key in get_close_matches(synonym, unknown, 1, 0.6))
    near = next((unknown[key] for key in guesses), None)
    hint = f' Did you mean "{near}"?' if near else ""
    return (
        f"{place}: no column for {field}; there are {quoted(names)}.{hint} "
        f'Pass columns={{"{field}": "{near or "its name"}"}}'
    )


def quoted(names: Iterable[str]) -> str:
    shown = [f'"{name}"' for name in names]
    return ", ".join(shown[:20]) + (f" and {len(shown) - 20} more" if len(shown) > 20 else "") if shown else "none"
