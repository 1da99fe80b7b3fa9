"""`simcore data import FILE... --symbol NAME --store FOLDER`: files of any format into a store, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import options as o
from simcore.cli import texts

if TYPE_CHECKING:
    from simcore.market.store.job import Source

Overlap = Annotated[
    str,
    typer.Option(
        "--overlap",
        help="Where the store holds other rows in the same period: refuse, keep them, or replace them by the new ones.",
    ),
]


def command(
    files: o.Sources,
    symbol: o.Symbols,
    store: o.Into,
    overlap: Overlap = "refuse",
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    read: o.Reading = None,
    as_json: o.AsJson = False,
) -> None:
    """Read files of any format into a store, at one instant: interrupted, it leaves the store as it was.

    The same import run again begins where it was interrupted. Rows that the store holds already are not added twice.

    simcore data import ticks/2024-*.csv --symbol EURUSD --store ticks --timezone America/New_York
    """
    from simcore.cli.show import print_json
    from simcore.cli.sources import as_option, assign, options_of, read_data
    from simcore.market.errors import DataError
    from simcore.market.readers.sources import both_sides, one_by_one
    from simcore.market.store import Store
    from simcore.market.store.job import Source, import_files
    from simcore.progress.bar import progress_bar

    form = texts.form(kind, timeframe, timezone, column, read)
    given = assign(files, symbol).items()
    options = options_of(timezone, form["columns"], form["reading"])
    sources = [
        Source(one, path)
        for one, paths in given
        for given_path in paths
        for path in one_by_one([given_path], _held_by(given_path, one, kind, options), timeframe)
    ]

    def rows(source: Source) -> Iterable[Any]:
        both = both_sides(source.path)
        some = _in_blocks(source, form) if len(both) == 1 else None
        return [read_data([*map(str, both)], [source.symbol], **form)[source.symbol]] if some is None else some

    with progress_bar(f"reading {len(sources):,} files of {', '.join(symbol)}", quiet=as_json) as tell:
        try:
            tally, skipped = import_files(store, sources, rows, overlap=overlap, options=repr(form), tell=tell)  # type: ignore[arg-type]
        except DataError as error:
            raise DataError(as_option(str(error))) from error
    if as_json:
        print_json({"store": str(store), "files": len(sources), "files_read_before": skipped, **tally._asdict()})
        return
    typer.echo(told(tally, Path(store)))
    if skipped:
        typer.echo(f"{skipped:,} of {len(sources):,} files had been read by an import that was interrupted")
    held = Store(store).info()
    typer.echo(f"the store holds {held['rows'].sum():,} rows in {float(held['bytes'].sum()) / 1e6:,.1f} MB")


def _held_by(path: Path, symbol: str, kind: str | None, options: Mapping[str, Any]) -> str | None:
    """What a folder's files hold, by the first of them: its bars of quotes and of trades must not be taken for one."""
    from simcore.cli.sources import holds_of

    return holds_of(path, symbol, kind, options) if path.is_dir() else kind


def _in_blocks(source: Source, form: Mapping[str, Any]) -> Iterator[Any] | None:
    """The rows of a file too large to be read at once, some at a time."""
    from simcore.cli.sources import holds_of, options_of
    from simcore.market.readers.large import in_blocks
    from simcore.market.readers.request import KINDS

    options: Any = options_of(form["timezone"], form["columns"], form["reading"])
    holds = holds_of(source.path, source.symbol, form["kind"], options)
    if "ask" in options or (form["timeframe"] is not None and holds != "bars"):
        return None
    return in_blocks(source.path, source.symbol, KINDS[holds], form["timeframe"], options)


def told(tally: Any, store: Path) -> str:
    """What became of the rows, in a sentence."""
    parts = [f"{tally.added:,} rows added to {store}"]
    parts += [f"{tally.equal:,} were there already"] if tally.equal else []
    parts += [f"{tally.left_out:,} left out for those held"] if tally.left_out else []
    parts += [f"{tally.replaced:,} held before are gone"] if tally.replaced else []
    return ", ".join(parts)
