"""`simcore data convert FILE... --symbol NAME --to FILE`: files, or a range of a store, in another format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from simcore.cli import options as o
from simcore.cli.given import options_of, read_rows

To = Annotated[
    Path,
    typer.Option("--to", metavar="FILE", help="A new file: .parquet, .feather, .csv or .csv.gz.", show_default=False),
]


@options_of(read_rows)
def command(
    read: Callable[[], Any],
    to: To,
    as_json: o.AsJson = False,
) -> None:
    """Write files, or a range of a store, in another format; a store's range may hold more than memory does.

    simcore data convert 20140501_quote.zip --symbol EURUSD --to eurusd.parquet
    simcore data convert ticks --symbol EURUSD --start 2024-01-02 --end 2024-01-03 --to day.csv
    """
    from simcore.cli.show import print_json
    from simcore.market.store import Range
    from simcore.market.writers import check_target, write
    from simcore.progress.bar import progress_bar

    check_target(to)
    rows = read()
    with progress_bar(f"writing {to}", quiet=as_json) as tell:
        chunks = rows.chunks() if isinstance(rows, Range) else iter((rows,))
        written = write(to, _told(chunks, len(rows), tell))
    if as_json:
        print_json({"file": str(to), "rows": written, "bytes": to.stat().st_size})
        return
    typer.echo(f"{written:,} rows written to {to}, {to.stat().st_size / 1e6:,.1f} MB")


def _told(chunks: Iterable[Any], rows: int, tell: Callable[[int, int], None]) -> Iterator[Any]:
    """The chunks, with how far they are told after each."""
    done = 0
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        tell(done, rows)
