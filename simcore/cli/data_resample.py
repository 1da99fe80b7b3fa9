"""`simcore data resample FILE... --symbol NAME --bars 5min`: bars of files, or of a range of a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import options as o
from simcore.cli.given import options_of, read_rows

if TYPE_CHECKING:
    from simcore.market.columns import Bars

Made = Annotated[
    str, typer.Option("--bars", metavar="TIMEFRAME", help="1min, 4h, 1D; or 100tick, 5000vol, 0.001range.")
]
To = Annotated[Path | None, typer.Option("--to", metavar="FILE", help="A new file: .parquet, .feather, .csv, .csv.gz.")]
Store = Annotated[Path | None, typer.Option("--store", metavar="FOLDER", help="A store to add the bars to.")]
DayStart = Annotated[
    str | None,
    typer.Option("--day-start", help='Where days begin: "17:00 America/New_York".', show_default="midnight UTC"),
]
Calendar = Annotated[str | None, typer.Option("--calendar", help="Sessions of an exchange (XNYS), or fx.")]
Volume = Annotated[str | None, typer.Option("--volume", help="Of quotes: ticks, bid_size or ask_size.")]


@options_of(read_rows)
def command(
    read: Callable[[], Any],
    bars: Made,
    to: To = None,
    store: Store = None,
    day_start: DayStart = None,
    calendar: Calendar = None,
    volume: Volume = None,
    as_json: o.AsJson = False,
) -> None:
    """Make bars of files, or of a range of a store, which may hold more ticks than memory does.

    simcore data resample ticks --symbol EURUSD --bars 5min --store ticks
    simcore data resample eurusd.csv --symbol EURUSD --bars 1D --day-start "17:00 America/New_York" --to days.csv
    """
    from simcore.brokers.errors import ConfigError
    from simcore.market.resample import resample
    from simcore.market.store import Range
    from simcore.market.store.bars import resampled
    from simcore.market.writers import check_target
    from simcore.progress.bar import progress_bar

    if (to is None) == (store is None):
        raise ConfigError("say where the bars go: --to FILE or --store FOLDER, one of them")
    if to is not None:
        check_target(to)
    rows = read()
    how = {"day_start": day_start, "calendar": calendar, "volume": volume}
    with progress_bar(f"{bars} bars of {rows.symbol}", quiet=as_json):
        made = resampled(rows, bars, **how) if isinstance(rows, Range) else resample(rows, bars, **how)
    _keep(made, to, store, as_json)


def _keep(bars: Bars, to: Path | None, store: Path | None, as_json: bool) -> None:
    from simcore.cli.data_import import told
    from simcore.cli.show import print_json
    from simcore.market.store import Store
    from simcore.market.writers import write

    facts = {"symbol": bars.symbol, "timeframe": bars.timeframe, "bars": len(bars)}
    if store is not None:
        tally = Store(store).append(bars)
        sentence, facts = told(tally, store), {**facts, "store": str(store), **tally._asdict()}
    else:
        assert to is not None
        write(to, [bars])
        sentence, facts = f"written to {to}", {**facts, "file": str(to)}
    if as_json:
        print_json(facts)
        return
    typer.echo(f"{len(bars):,} {bars.timeframe} bars of {bars.symbol}: {sentence}")
