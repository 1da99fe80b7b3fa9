"""The tables of instruments as a page shows them: each group with its symbols, its numbers, where they were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from simcore.brokers import instruments, presets
from simcore.brokers.instruments import Entry, Table
from simcore.run.assumptions import words


def listings() -> str:
    """Markdown of every table."""
    return "\n".join(line for name in instruments.names() for line in _table(instruments.load(name)))


def _table(table: Table) -> Iterator[str]:
    users = [name for name in presets.names() if presets.load(name).fields.get("instruments") == table.name]
    used = f"Used by {', '.join(users)}" if users else f'Asked for by name: `instruments = "{table.name}"`'
    yield from (f"## {table.name}", "", f"{table.summary}. Numbers of {table.as_of}. {used}.", "")
    for group, entries in groupby(table.entries.values(), key=lambda entry: entry.group):
        yield from (f"### {group.replace('_', ' ')}", "", *_group(list(entries)), "")


def _group(entries: Sequence[Entry]) -> Iterator[str]:
    """What all of a group share, with sources; then what differs by symbol."""
    stated = list(dict.fromkeys(name for entry in entries for name in entry.said.fields))
    shared = [name for name in stated if len({str(entry.said.fields.get(name)) for entry in entries}) == 1]
    own = [name for name in stated if name not in shared]
    first = entries[0].said
    if own:
        yield from _rows(("symbol", *own), [(e.symbol, *(words(e.said.fields.get(n)) for n in own)) for e in entries])
    else:
        yield ", ".join(entry.symbol for entry in entries)
    yield ""
    rows = []
    for name in [*shared, *own]:
        mark = "*" if name in first.unverified else ""
        rows.append((f"{name}{mark}", "by symbol" if name in own else words(first.fields[name]), first.sources[name]))
    yield from _rows(("field", "value", "source"), rows)
    hours = list(dict.fromkeys(entry.hours for entry in entries if entry.hours))
    yield from ("", f"Hours: {', '.join(hours)}.") if hours else ()


def _rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
