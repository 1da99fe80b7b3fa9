"""Instruments out of LEAN's data folder: its symbol properties and market hours databases.

`symbol-properties/symbol-properties-database.csv` has a line for each symbol of a market, or `[*]` for all others:
quote currency, contract multiplier, least price variation, lot size. `qty` counts LEAN's own unit: units of the base
currency in FX (OANDA by 1, FXCM by 1,000), contracts, shares, coins. What the database does not have (margins, swaps,
commissions) is the broker's: override it. Its minimum order size is a quantity at some exchanges and money at others
(Binance), so it is not used. Prices in LEAN's data are in the quote currency: the price magnifier is not used either.
Not modelled and left out: options, indices, perpetuals that are settled in their coin (quoted in USD, but for dYdX's,
which are settled in USDC), and coins whose name is no code of Latin letters and digits.
Source of the columns: LEAN, SymbolProperties.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.brokers.instrument import Instrument, Kind
from simcore.market.errors import DataError
from simcore.market.hours import DATABASE, MarketHours, market_hours

PROPERTIES: Final = Path("symbol-properties") / "symbol-properties-database.csv"
_KINDS: Final[Mapping[str, Kind]] = {
    "forex": "fx",
    "cfd": "cfd",
    "equity": "stock",
    "future": "future",
    "crypto": "spot",
    "cryptofuture": "perpetual",
}
_PAIRS: Final = ("forex", "crypto", "cryptofuture")
_COLUMNS: Final = 8  # up to lot_size; what follows may be missing
_USD_SETTLED: Final = ("dydx",)


class _Line(NamedTuple):
    """One line of the database; `row` counts its lines from 1, comments too."""

    row: int
    symbol: str
    description: str
    quote: str
    contract_multiplier: str
    price_variation: str
    lot_size: str


@dataclass(frozen=True)
class Listing:
    """An instrument as a market lists it: the contract, when it trades, and what `Broker(calendar=...)` takes."""

    instrument: Instrument
    hours: MarketHours
    calendar: str
    description: str


def read_instruments(folder: str | Path, market: str, security: str | None = None) -> dict[str, Instrument]:
    """Every instrument a market lists, symbol -> Instrument; of one security type, if given.

    `folder` is LEAN's data folder, `market` such as "oanda", "cme", "binance", `security` such as "forex", "cfd",
    "future", "crypto", "cryptofuture". Where two types list one symbol, say which. Raises ConfigError.
    """
    database = _database(Path(folder))
    found: dict[str, tuple[str, Instrument]] = {}
    for kind in _securities(database, Path(folder), market, security):
        for line in database[market.lower(), kind].values():
            if line.symbol == "[*]" or _not_modelled(market, kind, line):
                continue
            if line.symbol in found:
                both = f"{found[line.symbol][0]} and {kind}"
                raise ConfigError(f'{market} lists {line.symbol} as {both}; choose one: security="{kind}"')
            found[line.symbol] = (kind, _instrument(Path(folder), line.symbol, kind, line))
    return {symbol: one for symbol, (_, one) in found.items()}


def listing(folder: str | Path, symbol: str, market: str, security: str | None = None, **over: Any) -> Listing:
    """One instrument, with its hours; `over` are fields of Instrument that override the database.

    A symbol without a line of its own has that of its market, `[*]` (all US shares do). Raises ConfigError for what is
    not listed or not modelled, DataError for a damaged database.
    """
    database = _database(Path(folder))
    kinds = _securities(database, Path(folder), market, security)
    lines = {kind: line for kind in kinds if (line := database[market.lower(), kind].get(symbol.upper()))}
    lines = lines or {kind: line for kind in kinds if (line := database[market.lower(), kind].get("[*]"))}
    if len(lines) > 1:
        raise ConfigError(
            f'{market} lists {symbol} as {" and ".join(lines)}; choose one: security="{next(iter(lines))}"'
        )
    if not lines:
        hint = did_you_mean(symbol, [name for kind in kinds for name in database[market.lower(), kind]])
        raise ConfigError(f"{market} lists no {symbol}; {hint}")
    kind, line = next(iter(lines.items()))
    why = _not_modelled(market, kind, line)
    if why:
        raise ConfigError(f"{symbol} of {market} {why}")
    hours = market_hours(folder, kind, market, symbol)
    calendar = "24/7" if hours.always_open else f"{Path(folder) / DATABASE}#{hours.name}"
    return Listing(_instrument(Path(folder), symbol, kind, line, **over), hours, calendar, line.description)


def _instrument(folder: Path, symbol: str, kind: str, line: _Line, **over: Any) -> Instrument:
    fields: dict[str, Any] = {
        "quote": line.quote,
        "contract_size": _figure(folder, line, "contract_multiplier"),
        "price_increment": _figure(folder, line, "price_variation"),
        "qty_min": _figure(folder, line, "lot_size"),
        "qty_increment": _figure(folder, line, "lot_size"),
        "qty_max": None,
    }
    if kind in _PAIRS:
        fields["base"] = symbol.upper().removesuffix(line.quote)
    try:
        return Instrument(symbol=symbol, kind=_KINDS[kind], **{**fields, **over})
    except ConfigError as error:
        raise ConfigError(f"{folder / PROPERTIES}, line {line.row}: {error}") from error


def _figure(folder: Path, line: _Line, name: str) -> float:
    text = getattr(line, name)
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise DataError(f'{folder / PROPERTIES}, line {line.row}: {name} is "{text}", must be a number above 0')
    return value


def _not_modelled(market: str, kind: str, line: _Line) -> str:
    """Why a line makes no instrument; nothing where it does."""
    if kind == "cryptofuture" and line.quote == "USD" and market.lower() not in _USD_SETTLED:
        return "is settled in its coin, which is not modelled; choose a linear perpetual"
    base = line.symbol.removesuffix(line.quote)
    if kind in _PAIRS and not re.fullmatch(r"[A-Z0-9]{1,20}", base):
        return f'has the base "{base}", which is no code'
    return ""


def _securities(database: Mapping[tuple[str, str], Any], folder: Path, market: str, security: str | None) -> list[str]:
    """The security types of a market that are modelled, or the one asked for. Raises ConfigError if there is none."""
    if security is not None and security.lower() not in _KINDS:
        hint = did_you_mean(security, _KINDS)
        raise ConfigError(f'security = "{security}": must be one of {", ".join(_KINDS)}; {hint}')
    there = [kind for name, kind in database if name == market.lower() and kind in _KINDS]
    if not there:
        hint = did_you_mean(market, {name for name, kind in database if kind in _KINDS})
        raise ConfigError(f'{folder / PROPERTIES}: no market "{market}"; {hint}')
    if security is None:
        return there
    if security.lower() not in there:
        raise ConfigError(f"{folder / PROPERTIES}: {market} lists no {security}, only {', '.join(there)}")
    return [security.lower()]


def _database(folder: Path) -> dict[tuple[str, str], dict[str, _Line]]:
    path = folder / PROPERTIES
    return _read(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> dict[tuple[str, str], dict[str, _Line]]:
    """(market, security type) -> symbol -> its line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); it is {PROPERTIES} of LEAN's data folder") from error
    found: dict[tuple[str, str], dict[str, _Line]] = {}
    for row, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith(("#", "market,")):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if len(cells) < _COLUMNS:
            raise DataError(f"{path}, line {row}: {len(cells)} cells, at least {_COLUMNS} are expected; fetch it again")
        market, symbol, security, description, quote, multiplier, variation, lot = cells[:_COLUMNS]
        one = _Line(row, symbol.upper(), description, quote.upper(), multiplier, variation, lot)
        found.setdefault((market.lower(), security.lower()), {})[symbol.upper()] = one
    return found
