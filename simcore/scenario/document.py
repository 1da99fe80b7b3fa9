"""The scenario file as a whole: `why`, `broker`, `cash`, `instruments`, `events`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError, shown
from simcore.brokers.instrument import Instrument
from simcore.kernel.enums import Kind
from simcore.scenario.events import Event, Rows, Submit, read_events
from simcore.scenario.fields import ScenarioError, Table

KEYS: Final = ("why", "broker", "cash", "instruments", "events")


@dataclass(frozen=True)
class Scenario:
    """A file that was read and found playable. `forward` are labels an `oco` names before they are submitted."""

    name: str
    why: str
    broker: Broker
    cash: float
    instruments: tuple[Instrument, ...]
    events: tuple[Event, ...]
    prints_only: frozenset[int]  # indices of instruments with prints and no quotes: their prints stand for quotes
    forward: frozenset[str]


def load_document(path: Path) -> dict[str, Any]:
    """The JSON object of a file; raises ScenarioError for a file that is none, and for a field given twice."""
    try:
        value = json.loads(path.read_text("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: is not UTF-8 text, at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{path}, line {error.lineno}, column {error.colno}: no JSON: {error.msg}") from None
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None
    if not isinstance(value, dict):
        raise ScenarioError(f"{path}: must hold one object with {', '.join(KEYS)}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ScenarioError(f"{twice!r} is given twice in one object; the second would hide the first")
    return dict(pairs)


def _constant(text: str) -> Any:
    raise ScenarioError(f"{text} is no number here; leave the field out, or write null")


def read_document(document: Mapping[str, Any], name: str) -> Scenario:
    """Everything of a scenario, checked; raises ScenarioError, one line, for the first mistake."""
    table = Table.of(document, name, KEYS)
    for key in KEYS[1:]:
        table.need(key)
    why = table.fields.get("why", "")
    if not isinstance(why, str):
        table.fail("why", "must be a text")
    broker = _broker(table.fields["broker"], name)
    instruments = _instruments(table.fields["instruments"], name)
    events = read_events(table.fields["events"], name, instruments)
    return Scenario(
        name, why, broker, table.number("cash"), instruments, events, _prints_only(events), _forward(events)
    )


def _broker(value: object, name: str) -> Broker:
    if isinstance(value, str):
        value = {"preset": value}
    if not isinstance(value, Mapping):
        raise ScenarioError(f'{name}: broker = {shown(value)}: must be an object such as {{"preset": "mt5-hedging"}}')
    try:
        return Broker(**value)
    except ConfigError as error:
        raise ScenarioError(f"{name}: {error}") from None


def _instruments(value: object, name: str) -> tuple[Instrument, ...]:
    if not isinstance(value, list) or not value:
        raise ScenarioError(f"{name}: instruments = {shown(value)}: must be a list of at least one instrument")
    found = []
    for i, one in enumerate(value, 1):
        place = f"{name}, instrument {i}"
        fields = dict(Table.of({"symbol": one} if isinstance(one, str) else one, place).fields)
        if "symbol" not in fields:
            raise ScenarioError(f"{place}: symbol is required")
        try:
            found.append(Instrument.of(fields.pop("symbol"), fields.pop("kind", None), **fields))
        except ConfigError as error:
            raise ScenarioError(f"{place}: {error}") from None
    return tuple(found)


def _prints_only(events: tuple[Event, ...]) -> frozenset[int]:
    rows = [row for event in events if isinstance(event.body, Rows) for row in event.body.rows]
    printed = {row.instrument for row in rows if row.kind == Kind.PRINT}
    return frozenset(printed - {row.instrument for row in rows if row.kind != Kind.PRINT})


def _forward(events: tuple[Event, ...]) -> frozenset[str]:
    """Labels that are named before they are submitted."""
    seen: set[str | None] = set()
    named = set()
    for event in events:
        if isinstance(event.body, Submit):
            seen.add(event.body.label)
            named |= {label for label in event.body.links.values() if label not in seen}
    return frozenset(named)
