"""What a run is given: data of any form as one feed, a broker, and the instruments the data are of.

Whatever is malformed is found here: data that do not say whose they are, a symbol nobody described, an empty column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simcore.brokers.broker import Broker
from simcore.brokers.currencies import fx_pair
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.brokers.instrument import Instrument
from simcore.brokers.instruments import described, unlisted
from simcore.market.acted import ActedFeed
from simcore.market.actions import Actions, read_actions
from simcore.market.blocks import AnyFeed, BlockFeed, Source
from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.feed import parts_of
from simcore.market.grid import grid, snap
from simcore.market.merging import feed_in_memory
from simcore.market.quality import Quality, clean_and_tell
from simcore.market.readers import as_columns
from simcore.market.store import Range, Store

Data = Mapping[str, Any] | Quotes | Bars | Prints | Range | Store
Listed = Sequence[Instrument] | str | Path | None  # instruments, or the name or file of the table that lists them


def rules_of(broker: Broker | str | None, instruments: Listed) -> tuple[Broker, Sequence[Instrument] | None]:
    """The broker (a name is its preset's, None the default one) and the instruments that were given one by one.

    Raises ConfigError for what is no broker.
    """
    if broker is None or isinstance(broker, str):
        broker = Broker.preset("mt5-hedging" if broker is None else broker)
    if not isinstance(broker, Broker):
        raise ConfigError(f'broker must be a Broker, such as sc.Broker.preset("mt5-hedging"), was {broker!r}')
    if isinstance(instruments, str | Path):
        return broker.replace(instruments=str(instruments)), None
    return broker, instruments


def by_symbol(data: Any) -> dict[str, Any]:
    """What was passed as data, each symbol's by itself. Raises ConfigError for what does not say whose it is."""
    if isinstance(data, Quotes | Bars | Prints | Range):
        return {data.symbol: data}
    if isinstance(data, Store):
        return {symbol: data.range(symbol) for symbol in data.symbols()}
    if not isinstance(data, Mapping):
        raise ConfigError(
            f'data must map symbols to quotes, such as {{"EURUSD": quotes}}, was {type(data).__name__}; '
            "a single frame does not say what it is"
        )
    if not data:
        raise ConfigError('data holds no symbol; pass such as {"EURUSD": quotes}')
    return {str(symbol): rows for symbol, rows in data.items()}


def clean_data(data: Data, policy: str, calendar: str | None) -> tuple[dict[str, Any], dict[str, Quality]]:
    """The data after a policy for their faults, and symbol -> what was found before: of quotes, beside prints.

    Raises DataError for a policy that is none, for what cannot be read, and where the policy is to refuse faults.
    """
    kept: dict[str, Any] = {}
    found: dict[str, Quality] = {}
    for symbol, given in by_symbol(data).items():
        parts = list(given) if isinstance(given, list | tuple) else [given]
        looked = [clean_and_tell(one, policy=policy, symbol=symbol, calendar=calendar) for one in parts]
        kept[symbol] = [rows for rows, _ in looked] if isinstance(given, list | tuple) else looked[0][0]
        for _, quality in sorted(looked, key=lambda one: one[1].kind != "prints"):
            found[symbol] = quality
    return kept, found


def open_data(
    data: Data,
    given: Sequence[Instrument] | None,
    path: str = "ohlc",
    actions: Mapping[str, Any] | None = None,
    table: str | None = None,
) -> tuple[AnyFeed, list[Instrument]]:
    """The feed of a run and its instruments: prices put on each instrument's grid, then merged by time.

    Where any of the data lie in a store, the feed is read block by block while it is played. table: the broker's, for
    what was not given.
    """
    data = by_symbol(data)
    symbols = list(data)
    instruments = choose_instruments(symbols, _instruments(given), table)
    rows: dict[str, Any] = {i.symbol: _columns(data[i.symbol], i) for i in instruments}
    feed = _feed(rows, instruments, path)
    if actions is None:
        return feed, instruments
    return ActedFeed(feed, {symbol: _actions(one, symbol, instruments) for symbol, one in actions.items()}), instruments


def _feed(rows: dict[str, Any], instruments: Sequence[Instrument], path: str) -> AnyFeed:
    if any(isinstance(one, Range) for one in rows.values()):
        for symbol, one in rows.items():
            if isinstance(one, list):
                raise ConfigError(f'data["{symbol}"] is a list, while other data lie in a store; merge them in memory')
        return BlockFeed({i.symbol: Source(rows[i.symbol], i.price_increment, path) for i in instruments})
    return feed_in_memory(rows, path, {i.symbol: grid(i.price_increment) for i in instruments})


def _columns(given: Any, i: Instrument) -> Any:
    """An instrument's data as columns on its grid (a list of two: quotes and prints) or, in a store, as it is."""
    symbol = i.symbol
    if isinstance(given, list | tuple):
        return [_columns(one, i) for one in parts_of(given, symbol)]
    if isinstance(given, Range) and given.symbol != symbol:
        raise ConfigError(f'data["{symbol}"] holds {given!r}; name it "{given.symbol}"')
    rows: Any = given if isinstance(given, Range) else as_columns(given, symbol, grid(i.price_increment))
    if isinstance(given, Quotes | Bars | Prints):
        rows = snap(rows, i.price_increment)
    if len(rows) == 0:
        raise DataError(f'data["{symbol}"]: no rows; check the file, or the filter that left none')
    return rows


def _actions(given: Any, symbol: str, instruments: Sequence[Instrument]) -> Actions:
    """The splits and dividends of one symbol; ConfigError where it is none of the stocks."""
    kinds = {i.symbol: i.kind for i in instruments}
    if symbol not in kinds:
        hint = _hint(symbol, list(kinds))
        raise ConfigError(f"actions: {symbol} has no data; the data hold {', '.join(kinds)}{hint}")
    if kinds[symbol] not in ("stock", "cfd"):
        raise ConfigError(f"actions: {symbol} is of kind {kinds[symbol]}; only stocks and CFDs on them split and pay")
    return read_actions(given, symbol=symbol)


def _instruments(given: Any) -> list[Instrument]:
    """What was given as instruments=, where it is a list of Instrument."""
    if isinstance(given, Instrument):
        raise ConfigError(f"instruments must be a list: write instruments=[...], with {given.symbol} in it")
    found = list(given or ())
    for one in found:
        if not isinstance(one, Instrument):
            raise ConfigError(f"instruments must hold Instrument.fx(...), .cfd(...) and the like, not {one!r}")
    return found


def choose_instruments(
    symbols: Sequence[str], given: Sequence[Instrument] | None, table: str | None = None
) -> list[Instrument]:
    """One instrument a symbol, in the data's order: given, of the table, or two currencies; ConfigError for others."""
    by_symbol = {i.symbol: i for i in given or ()}
    unknown = [s for s in by_symbol if s not in symbols]
    if unknown:
        raise ConfigError(
            f"instruments: {unknown[0]} has no data; the data hold {', '.join(symbols)}{_hint(unknown[0], symbols)}"
        )
    chosen = []
    for symbol in symbols:
        one = by_symbol.get(symbol) or described(symbol, table)
        if one is not None:
            chosen.append(one)
        elif fx_pair(symbol):
            chosen.append(Instrument.fx(symbol))
        else:
            raise ConfigError(
                f"instruments: {symbol} is not two currencies{unlisted(symbol, table, ' and ')}, so say what it is: "
                f"Instrument.cfd({symbol!r}), .stock, .future, .perpetual or .spot{_hint(symbol, by_symbol)}"
            )
    return chosen


def _hint(name: str, names: Any) -> str:
    hint = did_you_mean(name, list(names)) if names else ""
    return f" ({hint})" if hint and not hint.startswith("known") else ""  # what is known is told already
