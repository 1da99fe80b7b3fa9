"""Rows out of a table of named columns: a CSV, a Parquet or Feather file, a frame.

Columns are found by their usual names, or as `columns` maps them; times by their form. Of a table that holds several
symbols (in a column named symbol or ticker), the rows of the one asked for are read.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from simcore.market import checks
from simcore.market.columns import ASK_PATH, column
from simcore.market.errors import DataError, did_you_mean
from simcore.market.readers import names
from simcore.market.readers.delimited import marks_of
from simcore.market.readers.request import BARS, Piece, Request
from simcore.market.readers.tables import Column, Table, numbers
from simcore.market.readers.times import Instants, TimeOptions, to_ns

_SIDES: Final = {
    **dict.fromkeys(("buy", "b", "bid", "1", "1.0", "+1", "buyer"), 1),
    **dict.fromkeys(("sell", "s", "a", "ask", "-1", "-1.0", "seller"), -1),
    **dict.fromkeys(("0", "0.0", "", "unknown", "none"), 0),
}
_MAKERS: Final = {"true": -1, "1": -1, "false": 1, "0": 1, "": 0}


def table_piece(table: Table, request: Request) -> Piece:
    """Read the wanted columns of a table. Raises DataError naming file, column, row and value."""
    kind, options = request.kind, request.options
    chosen = names.choose(table.place, table.names, kind.required, kind.optional, options.get("columns"))
    ask = [field for field in ASK_PATH if field in chosen]
    if ask and len(ask) < len(ASK_PATH):
        raise DataError(f"{table.place}: only {', '.join(ask)} of the ask side; give all four columns or none")
    ends = _ends(table, request)
    pair = None if "ts" in (options.get("columns") or {}) else names.date_and_time(table.names)
    times = pair or (chosen["ts"],)
    del chosen["ts"]
    rows = _of_symbol(table, request)
    place = table.place if rows is None else f"{table.place}, rows of {request.symbol}"
    figures = {name for field, name in chosen.items() if field != "side"}
    found = table.read([*times, *ends, *chosen.values()], figures)
    found = found if rows is None else {name: _taken(cells, rows) for name, cells in found.items()}
    when = TimeOptions(request.zone(), options.get("unit"), options.get("time_format"))
    ts = to_ns(_joined(place, pair, found) if pair else found[times[0]], when, place)
    marks = marks_of(request)
    values: dict[str, Any] = {}
    for field, name in chosen.items():
        is_side = field == "side"
        cells = found[name]
        values[field] = sides(cells, place, name) if is_side else numbers(cells, place, name, marks)
    for name in ends:
        values["end"] = column(to_ns(found[name], when, place), np.int64)
    return Piece(place, column(ts, np.int64), values)


def _ends(table: Table, request: Request) -> list[str]:
    """The column that says when each bar ends, of bars that have one."""
    given = (request.options.get("columns") or {}).values()
    ends = [name for name in table.names if names.normal(name) == "end" and name not in given]
    return ends[:1] if request.kind is BARS else []


def _of_symbol(table: Table, request: Request) -> npt.NDArray[np.bool_] | None:
    """Which rows are the symbol's, in a table of several; None where it has one, or does not say."""
    import polars as pl

    name = next((name for name in table.names if names.normal(name) in names.SYMBOLS), None)
    if name is None:
        return None
    cells = table.read([name], ())[name]
    if not isinstance(cells, pl.Series):
        return None
    there = [one for one in cells.unique(maintain_order=True).to_list() if one]
    if len(there) < 2:
        return None
    alike = [one for one in there if _bare(one) == _bare(request.symbol)]
    if len(alike) != 1:
        hint = did_you_mean(request.symbol, there)
        raise DataError(f"{table.place}: no rows of {request.symbol}; there are {names.quoted(there)}.{hint}")
    mine: npt.NDArray[np.bool_] = (cells == alike[0]).fill_null(False).to_numpy()
    return mine


def _bare(symbol: str) -> str:
    return "".join(letter for letter in symbol.upper() if letter.isalnum())


def _taken(cells: Column, rows: npt.NDArray[np.bool_]) -> Column:
    if isinstance(cells, Instants):
        return cells._replace(values=cells.values[rows])
    return cells[rows] if isinstance(cells, np.ndarray) else cells.filter(rows)


def _joined(place: str, pair: tuple[str, str], found: Any) -> Column:
    import polars as pl

    date, clock = found[pair[0]], found[pair[1]]
    if not (isinstance(date, pl.Series) and isinstance(clock, pl.Series)):
        raise DataError(
            f'{place}: "{pair[0]}" and "{pair[1]}" cannot be joined as text; choose one: columns={{"ts": "{pair[0]}"}}'
        )
    return pl.select(pl.concat_str([date, clock], separator=" ")).to_series()


def sides(cells: Column, place: str, name: str) -> Any:
    """Read who took: 1, -1 or 0, in numbers or words; a column that says whether the buyer rested is turned round."""
    import polars as pl

    maker = names.normal(name) in names.MAKERS
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "b" and maker:
        return np.where(cells, -1, 1).astype(np.int8)
    if isinstance(cells, Instants) or (isinstance(cells, np.ndarray) and not maker and cells.dtype.kind != "b"):
        values = numbers(cells, place, name)
        checks.check_sides(place, values)
        return values
    texts = pl.Series(cells).cast(pl.String).fill_null("")
    known = _MAKERS if maker else _SIDES
    spelled = {text: known[plain] for text in texts.unique() if (plain := text.strip().lower()) in known}
    found = texts.replace_strict(spelled, default=None, return_dtype=pl.Int8)
    if found.null_count():
        row = int(found.is_null().arg_max() or 0)
        write = "true or false" if maker else "buy or sell, 1, -1 or 0"
        raise DataError(f'{place}, row {row + 1}: {name} "{texts[row]}" is unknown; write {write}')
    return found.to_numpy()
