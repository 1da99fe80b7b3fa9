"""What is asked of a reader, and what it gives back: the words all readers share.

A format's reader is a function of an opened file and a `Request`; it returns one `Piece`, unchecked, in the order of
the file. Putting pieces in time order, checking and joining them is done once for all formats (`pieces`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypedDict

import numpy as np

from simcore.market.checks import Int64
from simcore.market.columns import column
from simcore.market.errors import DataError, did_you_mean
from simcore.market.measure import Measure
from simcore.market.readers import names
from simcore.market.timeframe import Timeframe
from simcore.market.zones import Zone, parse_zone


class ReadOptions(TypedDict, total=False):
    """How to read a source, where it cannot be told from the source itself."""

    format: str | None  # one of `formats.FORMATS`; told by content and name if not given
    columns: Mapping[str, str] | None  # {"bid": "Bid Price"}: which column is which
    names: Sequence[str] | None  # of a CSV's columns, where it has no header line
    separator: str | None  # between a CSV's cells; told by its first line if not given
    decimal: str | None  # "," or "." (the default), in the numbers of a CSV
    thousands: str | None  # what groups digits in a CSV: ".", ",", "'" or a space; nothing if not given
    line_endings: str | None  # "any" takes a text whose lines end in different ways; else that is refused
    timezone: str | None  # of times written without one: "America/New_York", "UTC-05"; the format's own, else UTC
    unit: str | None  # of epoch numbers: "s", "ms", "us", "ns"; told by their size if not given
    time_format: str | None  # of times as text: "%d/%m/%Y %H:%M"; told by the first row if not given
    start: str | None  # what a file's times count from, where its name does not say: "2019-02-04 10:00"
    price_digits: int | None  # decimals of prices stored as whole numbers (.bi5); told by the symbol if not given
    size_scale: float | None  # sizes and volumes times this are in the instrument's qty; 1, but for Dukascopy's FX
    security: str | None  # LEAN's security type ("equity", "forex"), where the folders do not say
    contract: str | None  # which one, of a zip that holds several: "201312"
    unordered: str | None  # "raise" (the default), or "sort": put the rows of a file in time order
    overlap: str | None  # of files: "raise" (the default), "first" or "last" (whose rows to keep), "sort" (all)


class Kind(NamedTuple):
    """Quotes, prints or bars: the fields they must and may have."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """All of them."""
        return self.required + self.optional


QUOTES: Final = Kind("quotes", names.QUOTES, names.QUOTES_OPTIONAL)
PRINTS: Final = Kind("prints", names.PRINTS, names.PRINTS_OPTIONAL)
BARS: Final = Kind("bars", names.BARS, names.BARS_OPTIONAL)
KINDS: Final = {kind.name: kind for kind in (QUOTES, PRINTS, BARS)}

SIZES: Final = ("bid_size", "ask_size", "size", "volume")

_WORDS: Final = {
    "decimal": (",", "."),
    "line_endings": ("any",),
    "unordered": ("raise", "sort"),
    "overlap": ("raise", "first", "last", "sort"),
}
_TABLE_OPTIONS: Final = ("columns", "names", "separator", "decimal", "thousands", "unit", "time_format")


@dataclass(frozen=True)
class Request:
    """What to read: a kind of rows, of a symbol, with options; `timeframe` of bars, where the caller states it."""

    kind: Kind
    symbol: str
    options: ReadOptions
    timeframe: Timeframe | Measure | None = None

    def zone(self, default: str | None = None) -> Zone:
        """The zone of naive times: as asked, else `default`, else UTC."""
        return parse_zone(self.options.get("timezone") or default)

    def check(self) -> None:
        """Raise TypeError for an option that does not exist, DataError for a word it does not know."""
        known = ReadOptions.__annotations__
        for option, value in self.options.items():
            if option not in known:
                hint = did_you_mean(option, known)
                raise TypeError(f'unknown option "{option}"; there are {", ".join(known)}.{hint}')
            words = _WORDS.get(option)
            if words and value is not None and value not in words:
                hint = did_you_mean(str(value), words)
                raise DataError(f'{option} must be one of {", ".join(map(repr, words))}, was "{value}".{hint}')
        scale = self.options.get("size_scale")
        if scale is not None and not 0.0 < scale < float("inf"):
            raise DataError(f"size_scale must be a number above 0, was {scale:g}")
        mark = self.options.get("decimal") or "."
        if self.options.get("thousands") == mark:
            raise DataError(f'decimal and thousands are both "{mark}"; they must differ')

    def no_table(self, place: str, format_: str) -> None:
        """Refuse the options of a table of named columns, for a format whose columns are fixed."""
        given = [name for name in _TABLE_OPTIONS if self.options.get(name) is not None]
        if given:
            raise DataError(f'{place}: {given[0]}= is for format="csv"; the columns of {format_} are fixed')

    def pick(self, place: str, holds: str, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return the wanted ones of `columns`; raise DataError if the file does not hold this kind."""
        if set(self.kind.required) - columns.keys():
            reader = {"ticks": "quotes", "trades": "prints", "one-sided bars": "bars"}.get(holds, holds)
            raise DataError(f"{place}: holds {holds}; read it with read_{reader}")
        return {name: values for name, values in columns.items() if name in self.kind.fields}


class Piece(NamedTuple):
    """One file or frame, read but not checked: `ts` (n,) int64 ns UTC and the columns by field.

    `timeframe` is what the file says of its bars. `side` is "bid" or "ask" for bars that have one side in this file
    and the other in a file beside it.
    """

    place: str
    ts: Int64
    columns: dict[str, Any]
    timeframe: Timeframe | None = None
    side: str | None = None

    def scaled(self, scale: float) -> Piece:
        """The same with sizes and volumes times `scale`."""
        columns = {name: values * scale if name in SIZES else values for name, values in self.columns.items()}
        return self._replace(columns=columns)

    def rows(self, chosen: Any) -> Piece:
        """The same with some of its rows, by slice, mask or index."""
        columns = {name: values[chosen] for name, values in self.columns.items()}
        return self._replace(ts=column(self.ts[chosen], np.int64), columns=columns)
