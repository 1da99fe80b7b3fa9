"""Tables of instruments: what each broker family lists, as dated TOML files beside this one or the user's own.

A file has `as_of`, `summary` and `[groups.NAME]`: `symbols` (a list, or a table of what differs by symbol, with
`aliases`), fields of Instrument that all of them share, `sources` and `unverified`; see brokers.sourced. A field that
nobody states has the default of the instrument's kind. `hours` names the calendar they mostly trade by
(market.sessions): it is told, and kept where you give it as `calendar`. A group with `other_pairs = true` also
describes every two currencies that the file does not list.

Symbols are found in any case, with the separators and suffixes brokers put to them: EUR/USD, EURUSD.m, #US500,
XAUUSD-ECN. A suffix of letters alone (XAUUSDmicro) is another contract: not found.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from simcore.brokers import presets, sourced
from simcore.brokers.currencies import fx_pair
from simcore.brokers.errors import ConfigError, did_you_mean, shown
from simcore.brokers.instrument import Instrument
from simcore.brokers.settings import merged
from simcore.brokers.sourced import Sourced

_PACKAGE: Final = resources.files(__name__)
_KEYS: Final = ("as_of", "summary", "groups")
_OF_GROUP: Final = ("symbols", "sources", "unverified", "as_of", "hours", "other_pairs")
_OF_SYMBOL: Final = ("aliases", "sources", "unverified", "as_of", "hours")
_FIELDS: Final = tuple(name for name in Instrument.model_fields if name not in ("symbol", "table_name"))
_EITHER: Final = ("price_digits", "price_increment")  # one follows from the other


class Entry(NamedTuple):
    """What a table says of one symbol."""

    symbol: str  # as the table has it
    group: str
    as_of: dt.date | None
    said: Sourced
    hours: str | None  # the calendar it mostly trades by; kept only where it is given as the instrument's

    def instrument(self, symbol: str, table: str, **over: Any) -> Instrument:
        """The instrument under the symbol it has in the data, with any field overridden."""
        ours = dict(self.said.fields)
        if any(name in over for name in _EITHER):
            ours = {name: value for name, value in ours.items() if name not in _EITHER}
        return Instrument(**merged(ours, over), symbol=symbol, table_name=table)


class Table(NamedTuple):
    """One file, read; `names` are symbols and aliases as they are looked up."""

    name: str
    summary: str
    as_of: dt.date | None
    entries: Mapping[str, Entry]
    names: Mapping[str, str]
    others: Entry | None  # of two currencies that are not listed

    def entry(self, symbol: str) -> Entry | None:
        """What it says of a symbol; None for one it does not list."""
        found = next((self.names[one] for one in _readings(symbol) if one in self.names), None)
        if found is not None:
            return self.entries[found]
        return self.others if self.others is not None and fx_pair(symbol) else None


def names() -> list[str]:
    """The tables there are, sorted."""
    return sourced.packaged(_PACKAGE)


def load(name: str) -> Table:
    """Read one table, or a file of one's own; raises ConfigError for an unknown name or a damaged file."""
    return _load(name, sourced.named(name, _PACKAGE, "table of instruments")[1])


def check_name(name: str) -> str:
    """The name of a table that there is, or of a file of the user's own. Raises ValueError."""
    if not sourced.is_file(name) and name not in names():
        raise ValueError(f"is no table of instruments; {did_you_mean(name, names())}, or give a file (.toml)")
    return name


@cache
def _load(name: str, changed: float) -> Table:
    file, _ = sourced.named(name, _PACKAGE, "table of instruments")
    data = sourced.read(file, _KEYS, ("groups",))
    entries: dict[str, Entry] = {}
    known: dict[str, str] = {}
    others = None
    for group, fields in sourced.table(data["groups"], f"{file}: groups").items():
        place = f"{file}: groups.{group}"
        stated = sourced.table(fields, place)
        for entry, aliases in _entries(group, stated, data.get("as_of"), place):
            for alias in (entry.symbol, *aliases):
                if known.setdefault(alias.upper(), entry.symbol) != entry.symbol or alias in entries:
                    raise ConfigError(f"{place}: {alias} is listed twice, also as {known[alias.upper()]}")
            entries[entry.symbol] = entry
            if stated.get("other_pairs") and others is None:
                others = entry._replace(symbol="", said=entry.said)
    table = Table(name, data.get("summary", ""), data.get("as_of"), entries, known, others)
    if sourced.is_file(name):
        _check(table, str(file))
    return table


def _entries(
    group: str, stated: Mapping[str, Any], day: dt.date | None, place: str
) -> Iterator[tuple[Entry, list[str]]]:
    """The symbols of a group, each with its aliases."""
    shared = {name: value for name, value in stated.items() if name not in _OF_GROUP}
    _known(shared, place, _OF_GROUP)
    listed = stated.get("symbols")
    if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
        listed = {one: {} for one in listed}
    if not isinstance(listed, Mapping) or not listed:
        raise ConfigError(f"{place}: symbols = {shown(listed)}: must be a list of symbols, or a table of their fields")
    for symbol, own in listed.items():
        here = f"{place}.symbols.{symbol}"
        own = sourced.table(own, here)
        differs = {name: value for name, value in own.items() if name not in _OF_SYMBOL}
        _known(differs, here, _OF_SYMBOL)
        fields = shared | differs
        sources = sourced.table(stated.get("sources", {}), f"{place}: sources") | own.get("sources", {})
        said = sourced.sourced(fields, sources, own.get("unverified", stated.get("unverified", [])), here)
        since, hours = own.get("as_of", stated.get("as_of", day)), own.get("hours", stated.get("hours"))
        yield Entry(symbol, group, since, said, hours), own.get("aliases", [])


def _known(fields: Mapping[str, Any], place: str, besides: tuple[str, ...]) -> None:
    for name, value in fields.items():
        if name not in _FIELDS:
            raise ConfigError(
                f"{place}: unknown field {name!r} = {shown(value)}; {did_you_mean(name, (*_FIELDS, *besides))}"
            )


def _check(table: Table, file: str) -> None:
    """Make every instrument once; ConfigError names the file and the entry."""
    for symbol, entry in table.entries.items():
        try:
            entry.instrument(symbol, table.name)
        except ConfigError as error:
            raise ConfigError(f"{file}: groups.{entry.group}: {error}") from None


def _readings(symbol: str) -> Iterator[str]:
    """How a symbol may be listed: as it is, without separators, without a prefix # and a suffix."""
    text = symbol.upper().lstrip("#")
    joined = re.sub(r"(?<=[A-Z0-9])[/_-](?=[A-Z]{3}(?![A-Z0-9]))", "", text)
    yield from (symbol.upper(), text, joined)
    for one in (text, joined):
        head = re.match(r"[A-Z0-9]+(?=[^A-Z0-9])", one)
        if head is not None:
            yield head[0]


def of_broker(broker: Any) -> str | None:
    """The table of a Broker, of a preset by name, or of that name itself. Raises ConfigError for an unknown one."""
    if not isinstance(broker, str):
        return broker.instruments if broker is not None else None
    if broker in names() or sourced.is_file(broker):
        return broker
    found: str | None = presets.load(broker).fields.get("instruments")
    return found


def described(symbol: str, table: str | None, **over: Any) -> Instrument | None:
    """The instrument of a symbol as a table has it, with any field overridden; None where it has none."""
    if table is None:
        return None
    entry = load(table).entry(symbol)
    return None if entry is None else entry.instrument(symbol, table, **over)


def unlisted(symbol: str, table: str | None, before: str = "") -> str:
    """Words for a symbol that a table does not list, with the nearest it has; nothing without a table."""
    if table is None:
        return ""
    near = did_you_mean(symbol, load(table).entries)
    return f"{before}is not in the table {table}{f' ({near})' if near.startswith('did') else ''}"
