"""Corporate actions as files have them: LEAN's factor and map files, splits and dividends, as polars frames.

A factor file has, for every stretch of days up to and including its `date`, what raw prices are multiplied with to be
comparable with today's: `price_factor` for dividends, `split_factor` for splits; `reference_price` is the raw close of
that date. A split or dividend is what changes from one row to the next, with the next trading day for its ex-date. A
map file has the ticker up to and including each `date`, and the exchange; of futures, the contract that was the front
one by each way of mapping.

`read_splits` and `read_dividends` give what `sc.read_actions` and the account take: `split` is new shares for one old
(7 for a 7-for-1 split), `dividend` cash a share, both from `ex_date` on. They also read zipline's splits.csv and
dividend_payouts.csv.
Source of the rules: LEAN, CorporateFactorRow, MapFile; zipline, SQLiteAdjustmentReader (a split's ratio is what prices
are multiplied with, 0.5 for a 2-for-1 split).
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.market.errors import DataError
from simcore.market.factors import happened
from simcore.market.hours import DATABASE, MarketHours, market_hours
from simcore.market.readers.names import quoted
from simcore.market.readers.text import missing

if TYPE_CHECKING:
    import polars as pl

_FACTORS: Final = ("date", "price_factor", "split_factor", "reference_price")
_MAPPING: Final = ("date", "ticker", "exchange", "mode")


def read_factors(path: str | Path) -> pl.DataFrame:
    """Read a factor file: date, price_factor, split_factor, reference_price (null where not given), ascending.

    Of a future: date, mode, backwards_ratio, backwards_panama, forward_panama (lists, by how far the contract is from
    the front). Raises DataError naming file, row and value.
    """
    import polars as pl

    file = Path(path)
    rows = _rows(file)
    if rows[0].startswith("{"):
        return _roll_factors(file, rows)
    # LEAN's own reader skips factors that have lost their digits; so does this one
    cells = [(n, row.split(",")) for n, row in enumerate(rows, 1) if "inf" not in row and "e+" not in row]
    found: dict[str, list[Any]] = {name: [] for name in _FACTORS}
    for n, row in cells:
        if len(row) not in (3, 4):
            raise DataError(f"{file}, row {n}: {len(row)} cells; a factor file has date, two factors and a price")
        found["date"].append(_date(file, n, row[0]))
        for name, text in zip(_FACTORS[1:], [*row[1:], ""], strict=False):
            found[name].append(_number(file, n, name, text))
    frame = pl.DataFrame(found, schema={"date": pl.Date, **dict.fromkeys(_FACTORS[1:], pl.Float64)})
    _ascending(file, frame["date"].to_list())
    return frame


def is_factor_file(path: Path) -> bool:
    """Whether a file begins as LEAN's factor files do: without a header, a date and a factor. Raises OSError."""
    with path.open("rb") as file:
        return re.match(rb"(\xef\xbb\xbf)?\s*\d{8},\d", file.read(64)) is not None


def read_mapping(path: str | Path) -> pl.DataFrame:
    """Read a map file: date, ticker, exchange, mode (both null where not given), in the file's order.

    Raises DataError naming file, row and value.
    """
    import polars as pl

    file = Path(path)
    found: dict[str, list[Any]] = {name: [] for name in _MAPPING}
    for n, row in enumerate(_rows(file), 1):
        cells = row.split(",")
        if not 2 <= len(cells) <= 4:
            raise DataError(f"{file}, row {n}: {len(cells)} cells; a map file has date, ticker, exchange and mode")
        found["date"].append(_date(file, n, cells[0]))
        found["ticker"].append(cells[1].upper())
        found["exchange"].append(cells[2] if len(cells) > 2 else None)
        found["mode"].append(None if len(cells) < 4 else int(_number(file, n, "mode", cells[3]) or 0))
    return pl.DataFrame(found, schema={"date": pl.Date, "ticker": pl.String, "exchange": pl.String, "mode": pl.Int8})


def read_splits(path: str | Path, *, symbol: str | None = None) -> pl.DataFrame:
    """Read splits: ex_date, split (new shares for one old), ascending.

    `path` is a factor file, or zipline's splits.csv, of which the rows of `symbol` are taken. Raises DataError.
    """
    import polars as pl

    file = Path(path)
    if _is_table(file):
        frame = _zipline(file, symbol, {"effective_date", "ratio"})
        return frame.select(_day("effective_date"), (1.0 / pl.col("ratio")).alias("split")).sort("ex_date")
    return _changes(file, "split")


def read_dividends(path: str | Path, *, symbol: str | None = None) -> pl.DataFrame:
    """Read dividends: ex_date, dividend (cash a share, before later splits, in cents as LEAN has it), ascending.

    `path` is a factor file, or zipline's dividend_payouts.csv, of which the rows of `symbol` are taken. Raises
    DataError.
    """
    import polars as pl

    file = Path(path)
    if _is_table(file):
        frame = _zipline(file, symbol, {"ex_date", "amount"})
        return frame.select(_day("ex_date"), pl.col("amount").alias("dividend")).sort("ex_date")
    return _changes(file, "dividend")


def _changes(file: Path, which: str) -> pl.DataFrame:
    """The splits or dividends between the rows of a factor file, each on the trading day after its row."""
    import polars as pl

    frame = read_factors(file)
    columns = [np.array(frame[name].to_numpy(), float) for name in _FACTORS[1:]]
    shares, cash = happened(*columns)
    values, none = (shares, 1.0) if which == "split" else (cash, 0.0)
    rows = np.flatnonzero(values != none)
    last = [frame["date"][int(row)] for row in rows]
    return pl.DataFrame(
        {"ex_date": _next_days(last, file), which: values[rows]}, schema={"ex_date": pl.Date, which: pl.Float64}
    )


def _rows(file: Path) -> list[str]:
    try:
        rows = [line.strip() for line in file.read_text("utf-8-sig").splitlines() if line.strip()]
    except FileNotFoundError as error:
        raise missing(file) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read ({error})") from error
    if not rows:
        raise DataError(f"{file}: the file is empty")
    return rows


def _date(file: Path, n: int, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise DataError(f'{file}, row {n}: date "{text}" must read like 20140606') from error


def _number(file: Path, n: int, name: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise DataError(f'{file}, row {n}: {name} is "{text}", not a number') from error
    if name.endswith("factor") and value <= 0.0:
        raise DataError(f"{file}, row {n}: {name} is {value:g}; a factor is above zero")
    return value


def _ascending(file: Path, days: list[date]) -> None:
    for n, (before, day) in enumerate(pairwise(days), 2):
        if day < before:
            raise DataError(f"{file}, row {n}: {day} is earlier than {before} in the row before; sort the rows by date")


def _roll_factors(file: Path, rows: list[str]) -> pl.DataFrame:
    """The JSON lines of a future's factor file."""
    import polars as pl

    keys = {"backwards_ratio": "BackwardsRatioScale", "backwards_panama": "BackwardsPanamaCanalScale"}
    keys |= {"forward_panama": "ForwardPanamaCanalScale"}
    found: dict[str, list[Any]] = {name: [] for name in ("date", "mode", *keys)}
    for n, row in enumerate(rows, 1):
        try:
            entry = json.loads(row)
            found["date"].append(date.fromisoformat(entry["Date"][:10]))
            found["mode"].append(entry["DataMappingMode"])
            for name, key in keys.items():
                found[name].append([float(one) for one in entry[key]])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{file}, row {n}: no row of a future's factor file ({error!r})") from error
    schema: dict[str, Any] = {"date": pl.Date, "mode": pl.Int8, **dict.fromkeys(keys, pl.List(pl.Float64))}
    return pl.DataFrame(found, schema=schema)


def _hours(file: Path) -> MarketHours | None:
    """The market's hours, where LEAN's database lies above `equity/usa/factor_files/spy.csv`."""
    folder = next((folder for folder in file.absolute().parents if (folder / DATABASE).is_file()), None)
    if folder is None or len(file.parts) < 4:
        return None
    return market_hours(folder, file.absolute().parts[-4], file.absolute().parts[-3])


def _next_days(days: list[date], file: Path) -> list[date]:
    """The trading day after each of `days`, by LEAN's hours, else of New York's exchange."""
    hours = _hours(file)
    open_days = _new_york_days(days) if days and hours is None else set()

    def trades(day: date) -> bool:
        return day in open_days if hours is None else any(segment.regular for segment in hours.day(day))

    following = [[day + timedelta(days=n) for n in range(1, 15)] for day in days]
    return [next((day for day in some if trades(day)), some[0]) for some in following]


def _new_york_days(days: list[date]) -> set[date]:
    from simcore.market.sessions import trading_days

    first, last = (
        int(np.datetime64(day, "ns").astype(np.int64)) for day in (min(days), max(days) + timedelta(days=20))
    )
    sessions = trading_days("XNYS", first, last)
    return set() if sessions is None else set(sessions[0].astype("datetime64[ns]").astype("datetime64[D]").tolist())


def _is_table(file: Path) -> bool:
    return any(letter.isalpha() for letter in _rows(file)[0].partition(",")[0])


def _zipline(file: Path, symbol: str | None, needed: set[str]) -> pl.DataFrame:
    """The rows of a symbol, of a CSV that has the columns needed."""
    import polars as pl

    try:
        frame = pl.read_csv(file, try_parse_dates=True)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{file}: not a readable CSV ({str(error).strip().splitlines()[0]})") from error
    absent = needed - set(frame.columns)
    if absent:
        there = quoted(frame.columns)
        raise DataError(
            f"{file}: no column {', '.join(sorted(absent))}; there are {there}; sc.read_actions takes others"
        )
    if "symbol" not in frame.columns:
        return frame
    symbols = sorted(set(frame["symbol"].to_list()))
    if symbol is None and len(symbols) > 1:
        raise DataError(f"{file}: holds {quoted(symbols)}; choose one with symbol=")
    if symbol is not None and symbol not in symbols:
        raise DataError(f"{file}: no rows of {symbol}; there are {quoted(symbols)}")
    return frame if symbol is None else frame.filter(pl.col("symbol") == symbol)


def _day(name: str) -> Any:
    import polars as pl

    return pl.col(name).cast(pl.Date).alias("ex_date")
