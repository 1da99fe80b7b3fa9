"""Tables that need no script: statistics with words, assumptions with their sources, counts.

Assumes: every text that came from outside (symbols, tags, sentences) is escaped here or by who calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from simcore.report import display
from simcore.report.glossary import meaning

if TYPE_CHECKING:
    import pandas as pd


CONTRACT: Final = "Contract "  # a group of this name and a symbol is an instrument's
APART: Final = 2  # contracts that stand each for itself; more are one table


class Assumed(NamedTuple):
    """One thing the run took for granted: `source` says where the number was read, `unverified` that nobody could."""

    group: str
    name: str
    value: str
    source: str = ""
    unverified: bool = False


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """A table of cells that are HTML already; columns in `numbers` are aligned right."""
    right = set(numbers)
    side = [' class="n"' if i in right else "" for i in range(len(heads))]
    head = "".join(f'<th scope="col"{s}>{escape(h)}</th>' for h, s in zip(heads, side, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{s}>{c}</td>" for c, s in zip(row, side, strict=True)) + "</tr>\n" for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'
    )


def toned(text: str, tone: str) -> str:
    """Escaped text, coloured as good or bad news."""
    return f'<span class="{tone}">{escape(text)}</span>' if tone else escape(text)


def term(key: str, part: str = "") -> str:
    """A key's name; its meaning is shown when it is pointed at or reached by the keyboard."""
    words, name = escape(meaning(key)), escape(display.label(key))
    if part == "Daily returns":  # the heading says so already
        name = name.removesuffix(" (Daily)")
    if not words:
        return name
    return f'<span class="term" tabindex="0" data-words="{words}" aria-description="{words}">{name}</span>'


def cards(stats: pd.Series, keys: Sequence[str], digits: int = 2) -> str:
    """The figures a reader looks for first; digits: of money."""
    currency = str(stats.get("Currency", ""))
    found = [
        f"<div><dt>{term(k)}</dt>"
        f"<dd>{toned(display.value_text(k, stats[k], currency, digits), display.tone(k, stats[k]))}</dd></div>"
        for k in keys
        if k in stats.index
    ]
    return f'<dl class="cards">{"".join(found)}</dl>'


def stats_tables(stats: pd.Series, digits: int = 2) -> str:
    """All statistics, one small table a part; digits: of money."""
    currency = str(stats.get("Currency", ""))
    blocks = []
    for head, keys in display.parts([str(key) for key in stats.index]):
        rows = "".join(
            f'<tr><th scope="row">{term(k, head)}</th>'
            f"<td>{toned(display.value_text(k, stats[k], currency, digits), display.tone(k, stats[k]))}</td></tr>\n"
            for k in keys
        )
        blocks.append(f"<div><h3>{escape(head)}</h3><table>{rows}</table></div>")
    return '<div class="stats">' + "\n".join(blocks) + "</div>"


def assumptions_tables(assumed: Sequence[Assumed]) -> str:
    """What the run took for granted, by group; a * is what nobody could confirm, or each broker chooses itself."""
    groups = {
        group: [one for one in assumed if one.group == group] for group in dict.fromkeys(a.group for a in assumed)
    }
    contracts = {group: own for group, own in groups.items() if group.startswith(CONTRACT)}
    together = len(contracts) > APART
    found = [_group(group, own) for group, own in groups.items() if not (together and group in contracts)]
    listed = _contracts(contracts) if together else ""
    note = ""
    if any(one.unverified for one in assumed):
        words = "not confirmed, or each broker's own choice: check yours."
        note = f'<p class="note"><span class="mark">*</span> {words}</p>'
    return f'<div class="facts-groups">{"".join(found)}</div>{listed}{note}'


def _group(name: str, own: Sequence[Assumed]) -> str:
    sourced = any(one.source for one in own)
    rows = "".join(_assumption(one, sourced) for one in own)
    wide = ' class="sourced"' if sourced else ""
    return f'<div{wide}><h3>{escape(name)}</h3><table class="facts">{rows}</table></div>'


def _contracts(groups: Mapping[str, Sequence[Assumed]]) -> str:
    """Many contracts, a row each."""
    names = list(dict.fromkeys(one.name for own in groups.values() for one in own))
    rows = []
    for group, own in groups.items():
        values = {one.name: one.value for one in own}
        rows.append([escape(group.removeprefix(CONTRACT)), *(escape(values.get(name, "")) for name in names)])
    return "<h3>Contracts</h3>" + table(("instrument", *names), rows)


def _assumption(one: Assumed, sourced: bool) -> str:
    mark = ' <span class="mark" title="not confirmed">*</span>' if one.unverified else ""
    source = f'<td class="source">{escape(one.source)}</td>' if sourced else ""
    return f'<tr><th scope="row">{escape(one.name)}{mark}</th><td>{escape(one.value)}</td>{source}</tr>\n'


def frame_table(frame: pl.DataFrame, most: int = 400) -> str:
    """Any frame, its numbers at the right; the first rows of a long one."""
    numbers = [i for i, kind in enumerate(frame.dtypes) if kind.is_numeric()]
    rows = [[escape(_text(v)) for v in row] for row in frame.head(most).iter_rows()]
    note = f'<p class="note">The first {most:,} of {frame.height:,} rows.</p>' if frame.height > most else ""
    return table([name.replace("_", " ") for name in frame.columns], rows, numbers) + note


def facts_table(facts: Mapping[str, Any]) -> str:
    """Name and value, a row each."""
    rows = "".join(
        f'<tr><th scope="row">{escape(str(k))}</th><td>{escape(_text(v))}</td></tr>\n' for k, v in facts.items()
    )
    return f'<table class="facts">{rows}</table>'


def _text(value: Any) -> str:
    if value is None or value != value:
        return display.NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return display.number_text(value, 0)
    if isinstance(value, float):
        return display.number_text(value, 0 if value.is_integer() else 4)
    return str(value)
