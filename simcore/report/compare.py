"""Several runs on one page: curves that begin together, statistics side by side, and every rule that differs.

Assumes: the first run is what the others are measured against. Curves are growth in per cent since each run's own first
sample, without cash paid in or out, over the calendar, so runs of different money and different times can be laid over
one another. A difference is the run's figure less the first one's.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.report import charts, display, tables
from simcore.report.against import against_section
from simcore.report.charts import Account, Chart
from simcore.report.columns import Columns
from simcore.report.contents import Contents
from simcore.report.daily import monthly_returns
from simcore.report.document import Section, document
from simcore.report.evidence import evidence_table
from simcore.report.figures import TOOLBAR, place, time_axis
from simcore.report.parts import parts_table
from simcore.report.thin import thin
from simcore.report.write import write_whole

MOST: Final = 8  # runs that can be told apart on a chart
DASHES: Final = ("", "7 3", "2 2", "9 3 2 3")
MONTHS: Final = 36  # rows of returns; longer runs are shown by years
OWN: Final = ("fingerprint",)  # facts that differ between any two runs


class Named(NamedTuple):
    """A run and what it is called on the page."""

    name: str
    run: Contents


class Rule(NamedTuple):
    """A rule or parameter, and its value in each run; "" where a run has no such thing."""

    group: str
    name: str
    values: tuple[str, ...]


def report(path: str | os.PathLike[str], runs: Sequence[Named]) -> Path:
    """Write the comparison to `path`, whole or not at all, and return the path; WriteError where it cannot.

    Raises ValueError for fewer than two runs, or more than eight.
    """
    return write_whole(path, text(runs))


def text(runs: Sequence[Named]) -> str:
    """The comparison as text."""
    if not 2 <= len(runs) <= MOST:
        raise ValueError(f"compare: 2 to {MOST} runs can be compared, {len(runs)} were given")
    columns = Columns()
    accounts = [Account.of(one.run.equity, one.run.events) for one in runs]
    figures = _charts(columns, runs, accounts)
    drawn = TOOLBAR + "".join(place(figure["id"]) for figure in figures)
    sections = [
        Section("charts", "Growth and drawdown", drawn),
        Section("differences", "What differs", _rules_table(runs)),
        Section("statistics", "Statistics", _stats_table(runs)),
        Section("evidence", "Skill or luck", evidence_table([(one.name, one.run.evidence) for one in runs])),
        Section("returns", "Returns", _returns_table(runs)),
        Section("regimes", "What earned, and when", parts_table([(one.name, one.run.parts) for one in runs])),
        *_against(runs),
    ]
    keys = [(one.run.stats["Start"].value, one.run.stats["End"].value) for one in runs]
    span = (min(begin for begin, _ in keys), max(end for _, end in keys))
    times = [account.ts for account in accounts]
    data = {
        "charts": figures,
        "tables": [],
        "records": {},
        **time_axis(columns, span, *times),
        "packed": columns.packed(),
    }
    title = f"{runs[0].name} against {', '.join(one.name for one in runs[1:])}"
    return document(title, _header(title, runs), sections, data)


def _against(runs: Sequence[Named]) -> list[Section]:
    """Each run beside its benchmark, where one was asked for."""
    tables_ = "".join(against_section(one.run, one.name) for one in runs)
    return [Section("against", "Against a benchmark", tables_)] if tables_ else []


def differing(runs: Sequence[Named]) -> list[Rule]:
    """The rules and parameters that are not the same in all runs."""
    given = [{(one.group, one.name): one.value for one in named.run.assumptions} for named in runs]
    found = []
    for key in dict.fromkeys(key for own in given for key in own):
        values = tuple(own.get(key, "") for own in given)
        if len(set(values)) > 1 and key[1] not in OWN:
            found.append(Rule(*key, values))
    return found


def difference(value: Any, first: Any) -> Any:
    """value - first of numbers and durations; None for what has none, and for what is no finite number."""
    if isinstance(value, str) or isinstance(first, str) or hasattr(value, "strftime"):
        return None
    try:
        gone = value - first
    except TypeError:
        return None
    if gone != gone or (isinstance(gone, float) and not np.isfinite(gone)):
        return None
    return gone


def _charts(columns: Columns, runs: Sequence[Named], accounts: Sequence[Account]) -> list[Chart]:
    growth, falls = [], []
    for n, (named, account) in enumerate(zip(runs, accounts, strict=True)):
        if account.ts.size == 0:
            continue
        grown = 100.0 * (account.curve / account.curve[0] - 1.0)
        rows = thin(account.ts, grown, account.under)
        x = columns.times(account.ts[rows])
        given = {"tone": f"c{n + 1}", "dash": DASHES[n % len(DASHES)]}
        growth.append(charts.line(named.name, x=x, y=columns.decimals(grown[rows], 3), **given))
        falls.append(charts.line(named.name, x=x, y=columns.decimals(account.under[rows], 3), **given))
    return [
        charts.chart("chart-growth", "Growth since the start", 380, growth, suffix=charts.PERCENT),
        charts.chart("chart-falls", "Drawdown", 200, falls, suffix=charts.PERCENT, zero=True),
    ]


def _header(title: str, runs: Sequence[Named]) -> str:
    rows = [
        [
            f'<b class="c{n + 1}">{escape(one.name)}</b>',
            escape(one.run.title),
            *(display.value_text(k, one.run.stats.get(k)) for k in ("Start", "End", "Ticks")),
        ]
        for n, one in enumerate(runs)
    ]
    listed = tables.table(("Run", "What", "Start", "End", "Ticks"), rows, numbers=[4])
    return f'<h1>{escape(title)}</h1><div class="runs">{listed}</div>'


def _rules_table(runs: Sequence[Named]) -> str:
    rules = differing(runs)
    if not rules:
        return "<p>Parameters, rules and contracts are the same in all runs.</p>"
    rows = [
        [escape(rule.group), escape(rule.name), *(escape(value or display.NONE) for value in rule.values)]
        for rule in rules
    ]
    return tables.table(("", "", *(one.name for one in runs)), rows)


def _stats_table(runs: Sequence[Named]) -> str:
    """Every key of any run; what is the same in all can be left out."""
    keys = list(dict.fromkeys(str(key) for one in runs for key in one.run.stats.index))
    body = []
    for head, own in display.parts(keys):
        body.append(f'<tr class="part"><th colspan="{2 * len(runs)}" scope="colgroup">{escape(head)}</th></tr>\n')
        body += [_stat(key, head, runs) for key in own]
    heads = f'<th scope="col">{escape(runs[0].name)}</th>'
    heads += "".join(f'<th scope="col">{escape(one.name)}</th><th scope="col">difference</th>' for one in runs[1:])
    return (
        '<p class="screen"><label><input type="checkbox" id="differing"> Only what differs</label></p>'
        f'<div class="scroll" tabindex="0"><table class="against"><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>\n{''.join(body)}</tbody></table></div>"
    )


def _stat(key: str, part: str, runs: Sequence[Named]) -> str:
    values = [one.run.stats.get(key) for one in runs]
    texts = [
        display.value_text(key, value, one.run.currency, one.run.money_digits)
        for value, one in zip(values, runs, strict=True)
    ]
    cells = [f"<td>{escape(texts[0])}</td>"]
    for value, words in zip(values[1:], texts[1:], strict=True):
        gone = difference(value, values[0])
        cells.append(
            f'<td>{escape(words)}</td><td class="gone">{escape(_signed(key, gone, runs[0].run.money_digits))}</td>'
        )
    same = ' class="same"' if len(set(texts)) == 1 else ""
    return f'<tr{same}><th scope="row">{tables.term(key, part)}</th>{"".join(cells)}</tr>\n'


def _signed(key: str, gone: Any, digits: int) -> str:
    if gone is None or not gone:
        return ""
    if hasattr(gone, "total_seconds"):
        seconds = gone.total_seconds()
        return (display.MINUS if seconds < 0 else "+") + display.duration_text(abs(seconds))
    words = display.value_text(key, gone, digits=digits).removesuffix(" %")
    return f"+{words}" if gone > 0 else words


def _returns_table(runs: Sequence[Named]) -> str:
    """Month by month, or year by year where that are many; a run that has no such month has no return in it."""
    found = [dict(zip(*(part.tolist() for part in monthly_returns(*one.run.days)), strict=True)) for one in runs]
    months = sorted({month for own in found for month in own})
    if not months:
        return "<p>No sample of the equity was taken.</p>"
    by_year = len(months) > MONTHS
    rows = []
    for period in sorted({month // 12 if by_year else month for month in months}):
        name = str(1970 + period) if by_year else str(np.datetime64(int(period), "M"))
        cells = []
        for own in found:
            inside = [value for month, value in own.items() if (month // 12 if by_year else month) == period]
            made = 100.0 * (float(np.prod([1.0 + value for value in inside])) - 1.0)
            tone = "up" if made > 0 else "down"
            cells.append(tables.toned(display.number_text(made, 2) + " %", tone) if inside else "")
        rows.append([name, *cells])
    return tables.table(("", *(one.name for one in runs)), rows, numbers=range(1, len(runs) + 1))
