"""Quotes, prints and bars in memory: what every reader returns and the engine replays.

Each is a frozen bundle of contiguous numpy columns of equal length, ordered by time. The columns are read-only views: a
frame whose columns are contiguous int64 and float64 is borrowed, not copied, so whoever changes that frame afterwards
changes the data too. Times are int64 nanoseconds UTC. A bar is stamped by its start and is known only at its end; a bar
with one price only has bid = ask. Building one checks it (see `checks`), so what exists is valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from simcore.market import checks
from simcore.market.checks import Float64, Int64
from simcore.market.errors import DataError
from simcore.market.measure import Measure, parse_bars

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Int8 = npt.NDArray[np.int8]
Array = npt.NDArray[Any]

BID_PATH = ("open", "high", "low", "close")
ASK_PATH = ("ask_open", "ask_high", "ask_low", "ask_close")


def column(values: npt.ArrayLike, dtype: npt.DTypeLike) -> Array:
    """Return `values` as a read-only contiguous array of `dtype`: a view where they are one already, else a copy."""
    array = np.ascontiguousarray(values, dtype=dtype).view()
    array.flags.writeable = False
    return array


def _not_given() -> Float64:
    return np.empty(0)


class _Rows:
    """What quotes, prints and bars can all do: count, describe, slice, become a frame."""

    symbol: str
    ts: Int64

    def __len__(self) -> int:
        return self.ts.size

    def __repr__(self) -> str:
        period = f", {checks.text_of(self.ts[0])} to {checks.text_of(self.ts[-1])}" if self.ts.size else ""
        return f"{type(self).__name__}({self._title()}, {self.ts.size:,} rows{period})"

    def slice(self, start: int, stop: int | None = None) -> Self:
        """Return rows [start, stop), counted as Python slices count them; views, no copy."""
        rows = slice(start, stop)
        return self.with_columns({name: values[rows] for name, values in self.given().items()})

    def with_columns(self, columns: Mapping[str, Array]) -> Self:
        """Return the same with other `columns`, all as long as each other, which the caller has checked."""
        texts = {f.name: getattr(self, f.name) for f in fields(self) if f.name in ("symbol", "timeframe")}  # type: ignore[arg-type]
        return type(self)(**texts, **{**self.given(), **columns}, checked=True)  # type: ignore[call-arg]

    def to_polars(self) -> pl.DataFrame:
        """Return a frame of `ts` (Datetime ns UTC) and the columns that are given."""
        import polars as pl

        given = self.given()
        times = [name for name in ("ts", "end") if name in given]
        return pl.DataFrame(given).with_columns(pl.col(times).cast(pl.Datetime("ns", "UTC")))

    def to_pandas(self) -> pd.DataFrame:
        """Return a frame of the columns that are given, indexed by `ts` (datetime64 ns UTC)."""
        import pandas as pd

        given = self.given()
        times = {
            name: pd.DatetimeIndex(given.pop(name).view("datetime64[ns]"), tz="UTC", name=name)
            for name in ("ts", "end")
            if name in given
        }
        return pd.DataFrame(given | {"end": times["end"]} if "end" in times else given, index=times["ts"])

    def _title(self) -> str:
        return self.symbol

    def given(self) -> dict[str, Array]:
        """Return the columns that are given, `ts` first, by name; the ask side of one-price bars is not."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    def _adopt(self, **dtypes: npt.DTypeLike) -> None:
        """Make the named columns, where given, read-only views of their dtype, all as long as `ts`."""
        object.__setattr__(self, "ts", column(self.ts, np.int64))
        for name, dtype in dtypes.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, column(getattr(self, name), dtype))
        for name in ("ts", *dtypes):
            values = getattr(self, name)
            if values is not None and values.shape != (self.ts.size,):
                raise DataError(
                    f"{type(self).__name__} of {self.symbol}: {name} has shape {values.shape}, "
                    f"where ts has {self.ts.size} rows"
                )


@dataclass(frozen=True, eq=False, repr=False)
class Quotes(_Rows):
    """Best bid and ask of one instrument: `ts` (n,) int64 ns UTC, `bid` and `ask` (n,), the two sizes (n,) or None.

    Crossed and locked quotes and duplicates are kept. `checked=True` says that `check` has passed already.
    Raises DataError naming row and value.
    """

    symbol: str
    ts: Int64
    bid: Float64
    ask: Float64
    bid_size: Float64 | None = None
    ask_size: Float64 | None = None
    checked: InitVar[bool] = False

    def __post_init__(self, checked: bool) -> None:
        self._adopt(bid=float, ask=float, bid_size=float, ask_size=float)
        if not checked:
            self.check(f"quotes of {self.symbol}")

    def check(self, place: str) -> None:
        """Raise DataError, beginning with `place`, for the first row at fault."""
        checks.check_times(place, self.ts)
        checks.check_prices(place, "bid", self.bid)
        checks.check_prices(place, "ask", self.ask)
        checks.check_sizes(place, "bid_size", self.bid_size)
        checks.check_sizes(place, "ask_size", self.ask_size)


@dataclass(frozen=True, eq=False, repr=False)
class Prints(_Rows):
    """Trades in the market: `ts` (n,) int64 ns UTC, `price` (n,), `size` (n,) with nan where not given, `side` or None.

    `side` (n,) int8 is who took: 1 the buyer, -1 the seller, 0 unknown. Raises DataError naming row and value.
    """

    symbol: str
    ts: Int64
    price: Float64
    size: Float64 = field(default_factory=_not_given)
    side: Int8 | None = None
    checked: InitVar[bool] = False

    def __post_init__(self, checked: bool) -> None:
        if self.size is None or np.size(self.size) == 0:
            object.__setattr__(self, "size", np.full(np.size(self.ts), np.nan))
        if not checked:  # before the cast to one byte could turn 257 into 1
            checks.check_sides(f"prints of {self.symbol}", self.side)
        self._adopt(price=float, size=float, side=np.int8)
        if not checked:
            self.check(f"prints of {self.symbol}")

    def check(self, place: str) -> None:
        """Raise DataError, beginning with `place`, for the first row at fault."""
        checks.check_times(place, self.ts)
        checks.check_prices(place, "price", self.price)
        checks.check_sizes(place, "size", self.size)


@dataclass(frozen=True, eq=False, repr=False)
class Bars(_Rows):
    """Bars of one instrument and timeframe: `ts` (n,) int64 ns UTC is each bar's start; all other columns (n,).

    `open` to `close` are the bid side, `ask_open` to `ask_close` the ask side: all four are given or none, and then
    they are the very arrays of the bid side. `volume` is nan where not given. `timeframe` is a time ("1min") or what
    ends a bar ("100tick"). `end` (n,) int64 ns is the first instant after each bar, given where that is not simply
    start + timeframe: half days, clock changes, bars by ticks or range. Raises DataError naming row and value.
    """

    symbol: str
    timeframe: str
    ts: Int64
    open: Float64
    high: Float64
    low: Float64
    close: Float64
    volume: Float64 = field(default_factory=_not_given)
    ask_open: Float64 = field(default_factory=_not_given)
    ask_high: Float64 = field(default_factory=_not_given)
    ask_low: Float64 = field(default_factory=_not_given)
    ask_close: Float64 = field(default_factory=_not_given)
    end: Int64 | None = None
    checked: InitVar[bool] = False

    def __post_init__(self, checked: bool) -> None:
        spec = parse_bars(self.timeframe)
        object.__setattr__(self, "timeframe", spec.text)
        if self.end is None and isinstance(spec, Measure):
            raise DataError(
                f"bars of {self.symbol}: {spec.text} bars need the column end: no timeframe says how long each is"
            )
        missing = [name for name in ASK_PATH if getattr(self, name) is None or np.size(getattr(self, name)) == 0]
        if missing and len(missing) < len(ASK_PATH):
            raise DataError(f"bars of {self.symbol}: {', '.join(missing)} missing; give all four ask columns or none")
        if self.volume is None or np.size(self.volume) == 0:
            object.__setattr__(self, "volume", np.full(np.size(self.ts), np.nan))
        self._adopt(**dict.fromkeys((*BID_PATH, "volume"), float))
        if missing:
            for bid, ask in zip(BID_PATH, ASK_PATH, strict=True):
                object.__setattr__(self, ask, getattr(self, bid))
        else:
            self._adopt(**dict.fromkeys(ASK_PATH, float))
        self._adopt(end=np.int64)
        if not checked:
            self.check(f"bars of {self.symbol}")

    @property
    def one_price(self) -> bool:
        """Whether bid and ask are one: the ask columns are the bid columns."""
        return self.ask_close is self.close

    def check(self, place: str) -> None:
        """Raise DataError, beginning with `place`, for the first row at fault."""
        checks.check_times(place, self.ts)
        for name in BID_PATH if self.one_price else BID_PATH + ASK_PATH:
            checks.check_prices(place, name, getattr(self, name))
        checks.check_extremes(place, "low", self.low, "high", self.high)
        if not self.one_price:
            checks.check_extremes(place, "ask_low", self.ask_low, "ask_high", self.ask_high)
        checks.check_sizes(place, "volume", self.volume)
        checks.check_ends(place, self.ts, self.end)

    def _title(self) -> str:
        return f"{self.symbol} {self.timeframe}"

    def given(self) -> dict[str, Array]:
        """Return the columns that are given, `ts` first, by name; the ask side of one-price bars is not."""
        given = super().given()
        return {name: values for name, values in given.items() if not (self.one_price and name in ASK_PATH)}
