"""LEAN's factor and map files as polars frames; `sc.read_actions` makes splits and dividends of the factors.

A factor file has, for every stretch of days up to and including its `date`, what raw prices are multiplied with to be
comparable with today's: `price_factor` for dividends, `split_factor` for splits; `reference_price` is the raw close of
that date. A split or dividend is what changes from one row to the next, and holds from the day after. A map file
has the ticker up to and including each `date`, and the exchange; of futures, the contract that was the front one by
each way of mapping.

Source of the rules: LEAN, CorporateFactorRow, MapFile.
"""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.market.errors import DataError
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
