"""`--data FILE... --symbol NAME...` as columns: which file is whose, and what it holds.

A file may be a store too, `store:FOLDER` or simply its folder: then nothing is read before the replay.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.market.actions import Actions, read_actions
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.instants import span_of
from simcore.market.readers import read_bars, read_prints, read_quotes
from simcore.market.readers.kinds import kind_of_file
from simcore.market.readers.request import KINDS, QUOTES, ReadOptions, Request
from simcore.market.store import Range, Store
from simcore.market.store.manifest import MANIFEST

Rows = Quotes | Prints | Bars
# of files: their symbol, the kind and timeframe asked for, and the readers' options
ReadOne = Callable[[Sequence[Path], str, str | None, str | None, Mapping[str, Any]], Rows]

# what --read takes: the readers' options, but for those that are options here, and where the ask side of bars lies
READING: Final = ("ask", *(name for name in ReadOptions.__annotations__ if name not in ("columns", "timezone")))


def read_data(
    files: Sequence[str],
    symbols: Sequence[str],
    read_one: ReadOne | None = None,
    /,
    *,
    kind: str | None = None,
    timeframe: str | None = None,
    timezone: str | None = None,
    columns: Mapping[str, str] | None = None,
    reading: Mapping[str, Any] | None = None,
    start: str | None = None,
    end: str | None = None,
) -> dict[str, Rows | Range]:
    """Read every symbol's files, by `read_one` where it is given.

    reading: what --read holds, time_format and the like. An error that tells to pass an argument tells the option.
    What lies in a store is a Range, not read yet. Raises ConfigError for files that belong to no symbol, DataError for
    their faults.
    """
    if kind is not None and kind not in KINDS:
        raise ConfigError(f"--kind {kind}: must be one of {', '.join(KINDS)}")
    options = options_of(timezone, columns, reading)
    stores, others = split(files, symbols)
    try:
        own = [symbol for symbol in symbols if symbol not in stores]
        assigned = assign(others, own) if others or own or not symbols else {}
        one = read_one or _read_one
        read = {symbol: one(paths, symbol, kind, timeframe, options) for symbol, paths in assigned.items()}
        found: dict[str, Rows | Range] = {symbol: between(rows, start, end) for symbol, rows in read.items()}
        for symbol, store in stores.items():
            found[symbol] = store.range(symbol, start, end, kind=kind, timeframe=timeframe)
    except DataError as error:
        raise DataError(as_option(str(error))) from error
    return {symbol: found[symbol] for symbol in symbols}


def actions_of(files: Sequence[str], symbols: Sequence[str], timezone: str | None = None) -> dict[str, Actions] | None:
    """symbol -> its splits and dividends, out of all files that are its; None where none are given.

    Raises ConfigError for a file that belongs to no symbol, DataError for what cannot be read.
    """
    found: dict[str, list[Any]] = {}
    for text in files:
        symbol, equals, file = text.partition("=")
        named = bool(equals) and not Path(text).exists()
        if named and symbol not in symbols:
            raise ConfigError(f"--actions {text}: {symbol} is no --symbol; {did_you_mean(symbol, symbols)}")
        if not named and len(symbols) > 1:
            raise ConfigError(f"--actions {text}: say whose they are, such as --actions {symbols[0]}={text}")
        found.setdefault(symbol if named else symbols[0], []).append(Path(file if named else text).expanduser())
    try:
        return {symbol: read_actions(own, symbol=symbol, timezone=timezone) for symbol, own in found.items()} or None
    except DataError as error:
        raise DataError(f"--actions {error}") from error


def split(files: Sequence[str], symbols: Sequence[str]) -> tuple[dict[str, Store], list[str]]:
    """symbol -> its store, and what of `files` is none."""
    stores: dict[str, Store] = {}
    others: list[str] = []
    for text in files:
        symbol, equals, file = text.partition("=")
        named = bool(equals) and not Path(text).exists()
        store = store_at(file if named else text)
        if store is None:
            others.append(text)
        elif named and symbol not in symbols:
            raise ConfigError(f"--data {text}: {symbol} is no --symbol; {did_you_mean(symbol, symbols)}")
        else:
            stores |= dict.fromkeys([symbol] if named else symbols, store)
    return stores, others


def store_at(text: str) -> Store | None:
    """The store that `store:FOLDER` names, or in that folder; None where there is none. Raises DataError."""
    path = Path(text.removeprefix("store:")).expanduser()
    if text.startswith("store:") and not Path(text).exists():
        if not (path / MANIFEST).exists():
            raise DataError(f"--data {text}: no store there; simcore data import makes one")
        return Store(path)
    return Store(path) if (path / MANIFEST).exists() else None


def between(rows: Rows, start: str | None, end: str | None) -> Rows:
    """Rows with start <= ts < end. Raises DataError where none are."""
    if start is None and end is None:
        return rows
    first, last = span_of(start, end)
    found = rows.slice(int(np.searchsorted(rows.ts, first)), int(np.searchsorted(rows.ts, last)))
    if not len(found):
        raise DataError(f"{rows!r}: not one row from {start or 'its start'} to {end or 'its end'}")
    return found


def _read_one(
    paths: Sequence[Path], symbol: str, kind: str | None, timeframe: str | None, options: Mapping[str, Any]
) -> Rows:
    options = dict(options)
    ask = options.pop("ask", None)
    holds = holds_of(paths[0], symbol, kind, options)
    if holds == "bars":
        return read_bars(list(paths), symbol=symbol, timeframe=timeframe, ask=ask, **options)
    if timeframe is not None:
        raise ConfigError(f"--timeframe {timeframe}: {paths[0]} holds {holds}, and only bars have one")
    if ask is not None:
        raise ConfigError(f"--read ask={ask}: {paths[0]} holds {holds}, and only bars have a side in another file")
    return (read_prints if holds == "prints" else read_quotes)(list(paths), symbol=symbol, **options)


def holds_of(path: Path, symbol: str, kind: str | None, options: Mapping[str, Any]) -> str:
    """quotes, bars or prints: as asked for, or as the file tells."""
    return kind or kind_of_file(path, Request(QUOTES, symbol, options)).name  # type: ignore[arg-type]


def options_of(
    timezone: str | None, columns: Mapping[str, str] | None, reading: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The readers' options, out of those of the command line. Raises ConfigError."""
    options: dict[str, Any] = {"timezone": timezone, "columns": dict(columns) if columns else None}
    return options | reading_options(reading or {})


def reading_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """What --read holds, as options of the readers. Raises ConfigError for one that does not exist."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in READING:
            raise ConfigError(f"--read {name}: is no option of the readers; {did_you_mean(name, READING)}")
        found[name] = str(value)
        if name == "names":
            found[name] = [one.strip() for one in found[name].split(",")]
        elif name in ("price_digits", "size_scale"):
            whole = name == "price_digits"
            try:
                found[name] = int(found[name]) if whole else float(found[name])
            except ValueError as error:
                kind = "whole number, such as 5" if whole else "number, such as 1e-5"
                raise ConfigError(f"--read {name}={value}: must be a {kind}") from error
    return found


def as_option(text: str) -> str:
    """A reader's advice about its arguments, as the command line has them."""
    text = re.sub(r'columns=\{"(\w+)": "([^"]*)"\}', r'--column \1="\2"', text)
    text = re.sub(r'\bpolicy="(\w+)"', r"--policy \1", text)
    text = re.sub(r"\b(kind|timeframe|timezone)=", r"--\1 ", text)
    text = text.replace("names=[...]", "--read names=ts,bid,ask")
    options = "|".join(READING)
    return re.sub(rf"(?<!--read )(?<!--column )\b({options})=", r"--read \1=", text)


def assign(files: Sequence[str], symbols: Sequence[str]) -> dict[str, list[Path]]:
    """symbol -> its files: all of them where there is one symbol, one each in their order, or SYMBOL=FILE."""
    twice = next((symbol for n, symbol in enumerate(symbols) if symbol in symbols[:n]), None)
    if twice:
        raise ConfigError(f"--symbol {twice} is given twice")
    if not symbols:
        raise ConfigError("--symbol NAME is missing: say what the data hold, such as --symbol EURUSD")
    found: dict[str, list[Path]] = {symbol: [] for symbol in symbols}
    unnamed: list[Path] = []
    for text in files:
        symbol, equals, file = text.partition("=")
        if not equals or Path(text).exists():
            unnamed += _paths(text)
        elif symbol in found:
            found[symbol] += _paths(file)
        else:
            raise ConfigError(f"--data {text}: {symbol} is no --symbol; {did_you_mean(symbol, symbols)}")
    if len(symbols) == 1:
        found[symbols[0]] += unnamed
    elif unnamed:
        if len(unnamed) != len(symbols) or any(found.values()):
            raise ConfigError(
                f"--data: {len(unnamed)} files for {len(symbols)} symbols; name them, such as "
                f"--data {symbols[0]}={unnamed[0]}"
            )
        found = {symbol: [path] for symbol, path in zip(symbols, unnamed, strict=True)}
    missing = [symbol for symbol, own in found.items() if not own]
    if missing:
        raise ConfigError(f"--symbol {missing[0]} has no file; give --data {missing[0]}=FILE")
    return found


def _paths(text: str) -> list[Path]:
    """The files of a pattern, in the order of their names; a plain path as it is, there or not."""
    if Path(text).exists() or not glob.has_magic(text):
        return [Path(text).expanduser()]
    found = sorted(glob.glob(str(Path(text).expanduser())))
    if not found:
        raise ConfigError(f"--data {text}: no file has such a name")
    return [Path(one) for one in found]
