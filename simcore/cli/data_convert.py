"""`simcore data convert FILE... --symbol NAME --to FILE`: files, or a range of a store, in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simcore.cli import options as o

To = Annotated[
    Path,
    typer.Option("--to", metavar="FILE", help="A new file: .parquet, .feather, .csv or .csv.gz.", show_default=False),
]


def command(
    files: o.Sources,
    symbol: o.OneSymbol,
    to: To,
    start: o.Start = None,
    end: o.End = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    read: o.Reading = None,
    as_json: o.AsJson = False,
) -> None:
    """Write files, or a range of a store, in another format; a store's range may hold more than memory does.

    simcore data convert 20140501_quote.zip --symbol EURUSD --to eurusd.parquet
    simcore data convert ticks --symbol EURUSD --start 2024-01-02 --end 2024-01-03 --to day.csv
    """
    from simcore.cli.progress import progress_bar
    from simcore.cli.show import print_json
    from simcore.cli.sources import read_data
    from simcore.market.store import Range
    from simcore.market.writers import check_target, write

    check_target(to)
    columns = {field: str(name) for field, name in o.pairs("--column", column or ()).items()}
    form = {"kind": kind, "timeframe": timeframe, "timezone": timezone, "start": start, "end": end}
    rows = read_data(files, [symbol], columns=columns, reading=o.pairs("--read", read or ()), **form)[symbol]
    with progress_bar(f"writing {to}", quiet=as_json) as tell:
        chunks = rows.chunks() if isinstance(rows, Range) else iter((rows,))
        written = write(to, o.told(chunks, len(rows), tell))
    if as_json:
        print_json({"file": str(to), "rows": written, "bytes": to.stat().st_size})
        return
    typer.echo(f"{written:,} rows written to {to}, {to.stat().st_size / 1e6:,.1f} MB")
