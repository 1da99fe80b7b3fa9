"""Splits and dividends of a stock, as data vendors list them.

`split` is new shares for one old: 7 for a 7-for-1 split, 0.1 for a 1-for-10 reverse split; 1, 0 or nothing is no split.
`dividend` is cash a share in the stock's own currency, as it was paid, before later splits; 0 or nothing is none. Both
count from the ex-date on: a date alone is that day's midnight, UTC or in the `timezone` that is given. Where both fall
on one day the dividend comes first, on the old shares.

Two ways to use them: the account books them (`sc.backtest(..., actions={"AAPL": actions})`, prices as they were), or
prices are made comparable (`sc.adjust(bars, actions)`, nothing booked); never both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Union

import numpy as np

from simcore.market.checks import Float64, Int64, text_of
from simcore.market.columns import column
from simcore.market.errors import DataError
from simcore.market.factors import happened
from simcore.market.readers.corporate import is_factor_file, read_factors
from simcore.market.timeframe import DAY
from simcore.market.zones import parse_zone, to_utc

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

ActionSource = Union[str, Path, "pd.DataFrame", "pl.DataFrame"]

_NAMES: Final = {
    "ts": ("exdate", "effectivedate", "ts", "date", "datetime", "timestamp", "time", "day", "indexlevel0"),
    "split": ("split", "splits", "stocksplit", "stocksplits", "splitcoefficient"),
    "dividend": ("dividend", "dividends", "dividendamount", "cashdividend", "amount", "cash"),
    "symbol": ("symbol", "ticker"),
    "price_factor": ("pricefactor",),
    "split_factor": ("splitfactor",),
    "reference": ("referenceprice", "refprice", "reference"),
}
_AMBIGUOUS: Final = ("ratio", "splitratio", "splitfactor", "factor")


@dataclass(frozen=True, eq=False, repr=False)
class Actions:
    """Splits and dividends of one stock: `ts` (n,) int64 ns UTC ascending, `split` and `dividend` (n,); see above.

    Raises DataError for a split that is not above zero, a dividend below zero, and times out of order.
    """

    symbol: str
    ts: Int64
    split: Float64
    dividend: Float64
    checked: InitVar[bool] = False

    def __post_init__(self, checked: bool) -> None:
        for name, dtype in (("ts", np.int64), ("split", float), ("dividend", float)):
            object.__setattr__(self, name, column(getattr(self, name), dtype))
        if not checked:
            self._check()

    def __len__(self) -> int:
        return self.ts.size

    def __repr__(self) -> str:
        splits, dividends = int((self.split != 1.0).sum()), int((self.dividend > 0.0).sum())
        return f"Actions({self.symbol}, {splits} splits, {dividends} dividends)"

    def to_polars(self) -> pl.DataFrame:
        """Return a frame of `ts` (Datetime ns UTC), `split` and `dividend`."""
        import polars as pl

        frame = pl.DataFrame({"ts": self.ts, "split": self.split, "dividend": self.dividend})
        return frame.with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")))

    def _check(self) -> None:
        place = f"actions of {self.symbol}"
        if not self.ts.size == self.split.size == self.dividend.size:
            raise DataError(f"{place}: ts, split and dividend have {self.ts.size}, {self.split.size} and "
                            f"{self.dividend.size} rows")  # fmt: skip
        bad = ~(np.isfinite(self.split) & (self.split > 0.0))
        _refuse(bad, self.split, f"{place}, row", "split", "must be new shares for one old, above 0 (1: none)")
        bad = ~(np.isfinite(self.dividend) & (self.dividend >= 0.0))
        _refuse(bad, self.dividend, f"{place}, row", "dividend", "must be cash a share, 0 or more")
        early = np.flatnonzero(np.diff(self.ts) < 0)
        if early.size:
            row = int(early[0]) + 1
            raise DataError(
                f"{place}, row {row + 1}: {text_of(self.ts[row])} is earlier than the row before; sort them"
            )


def read_actions(
    source: ActionSource | Actions | Sequence[ActionSource], *, symbol: str, timezone: str | None = None
) -> Actions:
    """Read splits and dividends: of a CSV or Parquet file, a pandas or polars frame, or several of these.

    Columns go by their usual names: ex_date, effective_date, date or the index; split or Stock Splits (yfinance); a
    dividend, Dividends or amount; rows of another `symbol` are left out where there is such a column. zipline's tables
    are known by their columns: ratio beside effective_date is what prices are multiplied with, 0.5 for a 2-for-1 split.
    LEAN's factor files, and frames of them (date, price_factor, split_factor, reference_price), are turned into what
    they stand for.
    Raises DataError for columns that are missing or may mean two things, and values that cannot be.
    """
    if isinstance(source, Actions):
        if source.symbol != symbol:
            raise DataError(f'actions["{symbol}"] holds {source!r}; name it "{source.symbol}"')
        return source
    sources = source if isinstance(source, list | tuple) else [source]
    named = [str(one) if isinstance(one, str | Path) else f"actions of {symbol}" for one in sources]
    parts = [_read(_frame(one, symbol), name, symbol, timezone) for one, name in zip(sources, named, strict=True)]
    ts, split, dividend = (np.concatenate([part[i] for part in parts]) for i in range(3))
    order = np.lexsort((split != 1.0, ts))  # dividends before splits
    some = (split != 1.0) | (dividend != 0.0)
    order = order[some[order]]
    return Actions(symbol, ts[order], split[order], dividend[order])


def factors_of(frame: Any, place: str, timezone: str | None) -> tuple[Int64, Float64, Float64, Float64] | None:
    """Return a factor file's instants after which each row no longer holds, its price and split factors, and prices.

    None where the frame is no factor file.
    """
    names = {field: _find(frame, field) for field in ("ts", "price_factor", "split_factor", "reference")}
    if names["price_factor"] is None or names["split_factor"] is None or names["ts"] is None:
        return None
    last = _times(frame[names["ts"]], place, timezone, days=1)
    columns = [_numbers(frame[names[field]], place, str(names[field])) for field in ("price_factor", "split_factor")]
    price = _numbers(frame[names["reference"]], place, "reference") if names["reference"] else np.zeros(last.size)
    order = np.argsort(last, kind="stable")
    return last[order], columns[0][order], columns[1][order], price[order]


def as_frame(source: Any, symbol: str) -> Any:
    """A file or pandas frame as a polars frame; see `read_actions`."""
    return _frame(source, symbol)


def _frame(source: Any, symbol: str) -> Any:
    import polars as pl

    if isinstance(source, str | Path):
        path = Path(source)
        try:
            if path.suffix.lower() in (".parquet", ".pq"):
                return pl.read_parquet(path)
            if is_factor_file(path):
                return read_factors(path)
            return pl.read_csv(path, infer_schema_length=None, try_parse_dates=True)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(f"{path}: actions cannot be read: {str(error).strip().splitlines()[0]}") from error
    if isinstance(source, pl.DataFrame):
        return source
    if type(source).__module__.partition(".")[0] == "pandas":
        named = any(_normal(str(name)) in _NAMES["ts"] for name in source.columns)
        return pl.from_pandas(source if named else source.rename_axis("date").reset_index())
    raise DataError(f'actions["{symbol}"] is {type(source).__name__}; pass sc.read_actions(...), a frame or a file')


def _read(frame: Any, place: str, symbol: str, timezone: str | None) -> tuple[Int64, Float64, Float64]:
    import polars as pl

    if (name := _find(frame, "symbol")) is not None:
        frame = frame.filter(pl.col(name) == symbol)
    factors = factors_of(frame, place, timezone)
    if factors is not None:
        return _of_factors(*factors)
    when, split, dividend = (_find(frame, field) for field in ("ts", "split", "dividend"))
    ratio = {"effective_date", "ratio"} <= set(frame.columns)  # zipline's splits.csv
    if ratio and split is None:
        frame, split = frame.with_columns(split=1.0 / pl.col("ratio")), "split"
    twofold = [name for name in frame.columns if _normal(name) in _AMBIGUOUS]
    if twofold and split is None:
        raise DataError(
            f'{place}: "{twofold[0]}" may be new shares for one old or what prices are multiplied with; rename it '
            f"to split, and turn it round (1 / {twofold[0]}) if it is a factor of prices, as zipline's is"
        )
    if when is None or (split is None and dividend is None):
        missing = "a date (ex_date, date, ts)" if when is None else "split or dividend"
        raise DataError(f"{place}: no column of {missing}; there are {', '.join(frame.columns)}")
    ts = _times(frame[when], place, timezone)
    splits = _numbers(frame[split], place, split) if split else np.zeros(ts.size)
    cash = _numbers(frame[dividend], place, dividend) if dividend else np.zeros(ts.size)
    splits = np.where(np.isnan(splits) | (splits == 0.0), 1.0, splits)
    return _apart(ts, splits, np.nan_to_num(cash, nan=0.0, posinf=np.inf, neginf=-np.inf))


def _apart(ts: Int64, split: Float64, dividend: Float64) -> tuple[Int64, Float64, Float64]:
    """A row with both is two."""
    both = (split != 1.0) & (dividend != 0.0)
    first = np.where(both, 1.0, split)
    return np.append(ts, ts[both]), np.append(first, split[both]), np.append(dividend, np.zeros(int(both.sum())))


def _of_factors(last: Int64, price: Float64, split: Float64, reference: Float64) -> tuple[Int64, Float64, Float64]:
    """What happened after each row's last day."""
    return _apart(last[:-1], *happened(price, split, reference))


def _find(frame: Any, field: str) -> str | None:
    by_normal = {_normal(name): name for name in frame.columns}
    return next((by_normal[name] for name in _NAMES[field] if name in by_normal), None)


def _normal(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _numbers(values: Any, place: str, name: str) -> Float64:
    import polars as pl

    try:
        return np.array(values.cast(pl.Float64).fill_null(float("nan")).to_numpy(), float)
    except pl.exceptions.PolarsError as error:
        raise DataError(f'{place}: "{name}" holds what is no number') from error


def _times(values: Any, place: str, timezone: str | None, days: int = 0) -> Int64:
    """Dates and times as ns UTC, `days` later; naive ones are wall time of `timezone`."""
    import polars as pl

    if values.dtype.is_integer() and values.len() and 10**7 < int(values[0]) < 10**8:  # 20140609
        values = values.cast(pl.String)
    if values.dtype == pl.String:
        text = values.str.replace_all("-", "").str.slice(0, 8)
        values = text.str.to_date("%Y%m%d", strict=False)
    if not values.dtype.is_temporal() or values.null_count():
        raise DataError(f'{place}: "{values.name}" must hold dates such as 2014-06-09 on every row')
    aware = getattr(values.dtype, "time_zone", None)
    ns = np.array(values.cast(pl.Datetime("ns", aware)).to_physical().to_numpy(), np.int64) + days * DAY
    return ns if aware else np.array(to_utc(ns, parse_zone(timezone), place))


def _refuse(bad: Any, values: Float64, place: str, name: str, what: str) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise DataError(f"{place} {row + 1}: {name} is {values[row]:g}; it {what}")
