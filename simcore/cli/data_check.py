"""`simcore data check FILE... --symbol NAME`: the faults of market data, by day and in all; a table and a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import options as o
from simcore.cli import texts
from simcore.cli.given import options_of

if TYPE_CHECKING:
    from simcore.market.quality import Quality

Policy = Annotated[
    str,
    typer.Option("--policy", help="keep, drop, raise (exit 2 where there is a fault) or sort: what --to writes."),
]
Calendar = Annotated[
    str | None, typer.Option("--calendar", help="Sessions: fx, 24/7 or an exchange (XNYS); none counted if not given.")
]
Gap = Annotated[str, typer.Option("--gap", help="A longer time without a row, while the market is open, is a gap.")]
Stale = Annotated[str, typer.Option("--stale", help="Prices repeated for longer than this are stale.")]
Outlier = Annotated[float, typer.Option("--outlier", help="Usual moves that a price lies off its neighbours.")]
Least = Annotated[float, typer.Option("--outlier-least", help="And at least this part of the price.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the tables and pictures as a page.")]
To = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="Write the rows after the policy: .parquet, .feather, .csv, .csv.gz."),
]


def _read(
    files: o.Sources,
    symbol: o.OneSymbol,
    start: o.Start = None,
    end: o.End = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    read: o.Reading = None,
) -> Any:
    """A store's range or the files, and how to read them."""
    from simcore.brokers.errors import ConfigError
    from simcore.cli.sources import assign, reading_options, split

    form: dict[str, Any] = {"symbol": symbol, "span": (start, end)}
    stores, others = split(files, [symbol])
    if stores and others:
        raise ConfigError(f"{others[0]}: is no store; check a store and files apart")
    if stores:
        return stores[symbol].range(symbol, kind=kind, timeframe=timeframe), form
    form |= texts.form(kind, timeframe, timezone, column, read)
    return assign(others, [symbol])[symbol], form | reading_options(form.pop("reading"))


@options_of(_read)
def command(
    given: Callable[[], Any],
    policy: Policy = "keep",
    calendar: Calendar = None,
    gap: Gap = "2h",
    stale: Stale = "1h",
    outlier: Outlier = 20.0,
    outlier_least: Least = 0.005,
    html: Html = None,
    to: To = None,
    as_json: o.AsJson = False,
) -> None:
    """Count crossed, locked, duplicated, unordered, stale, gapped, outlying and out-of-session rows; change nothing.

    simcore data check 2014*_quote.zip --symbol EURUSD --html quality.html
    simcore data check bad.csv --symbol EURUSD --policy drop --to good.parquet
    """
    from simcore.market.quality import check, clean
    from simcore.market.writers import check_target, write
    from simcore.progress.bar import progress_bar
    from simcore.report.write import check_target as check_page

    if html is not None:
        check_page(html)
    if to is not None:
        check_target(to)
    data, form = given()
    limits = {"calendar": calendar, "gap": gap, "stale": stale, "outlier": outlier, "outlier_least": outlier_least}
    form |= {"policy": policy, **limits}
    with progress_bar(f"checking {form['symbol']}", quiet=as_json):
        quality = _asked(check, data, form)
    if html is not None:
        _page(html, quality)
    if policy == "raise" or to is not None:
        rows = _asked(clean, data, form)
        if to is not None:
            write(to, [rows])
    _print(quality, html, to, as_json)


def _asked(check: Callable[..., Any], data: Any, form: Any) -> Any:
    """What a check or a cleaning gives; what it refuses is told as the command line has it."""
    from simcore.cli.sources import as_option
    from simcore.market.errors import DataError

    try:
        return check(data, **form)
    except DataError as error:
        raise DataError(as_option(str(error))) from error


def _page(path: Path, quality: Quality) -> None:
    from simcore.report.quality import quality_page
    from simcore.report.write import write_whole

    write_whole(path, quality_page(f"Data of {quality.symbol}", {quality.symbol: quality.facts()}))


def _print(quality: Quality, html: Path | None, to: Path | None, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from simcore.cli.show import plain, print_json
    from simcore.market.checks import text_of

    if as_json:
        facts: dict[str, Any] = {
            name: getattr(quality, name) for name in ("symbol", "kind", "rows", "verdict", "policy")
        }
        facts |= {"start": text_of(quality.first), "end": text_of(quality.last), "limits": dict(quality.limits)}
        facts |= {"total": quality.total, "days": plain(quality.frame.to_dicts())}
        print_json(facts | {"html": str(html) if html else None, "file": str(to) if to else None})
        return
    names = [name for name, count in quality.total.items() if count]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("day", no_wrap=True)
    for head in ("rows", *names):
        table.add_column(head.replace("_", " "), justify="right")
    for row in quality.frame.iter_rows(named=True):
        table.add_row(str(row["day"]), *(f"{row[name]:,}" for name in ("rows", *names)))
    table.add_row("all", f"{quality.rows:,}", *(f"{quality.total[name]:,}" for name in names), style="bold")
    console = Console()
    console.print(table)
    for name in (name for name, count in quality.total.items() if count is None):
        needs = "needs --calendar" if name == "out_of_session" else "needs two prices"
        console.print(f"{name.replace('_', ' ')}: not counted, {needs}", highlight=False)
    typer.echo(quality.verdict)
    for path in (html, to):
        if path is not None:
            typer.echo(f"written to {path}")
