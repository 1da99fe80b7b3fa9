"""`simcore data info FOLDER --symbol NAME`: one series of a store, file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simcore.cli import options as o

if TYPE_CHECKING:
    from simcore.market.store import Range


def command(
    store: o.From,
    symbol: o.OneSymbol,
    start: o.Start = None,
    end: o.End = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    as_json: o.AsJson = False,
) -> None:
    """Say what a store holds of one symbol, file by file, and which days in between it does not hold.

    simcore data info ticks --symbol EURUSD --start 2024-01-01 --end 2024-02-01
    """
    from simcore.cli.show import print_json
    from simcore.market.checks import text_of
    from simcore.market.store import Store

    found = Store(store).range(symbol, start, end, kind=kind, timeframe=timeframe)
    missing = found.missing_days()
    if as_json:
        parts = [{**p._asdict(), "first": text_of(p.first), "last": text_of(p.last)} for p in found.parts]
        print_json(
            {
                "store": str(store),
                "symbol": symbol,
                "kind": found.key.kind,
                "timeframe": found.key.timeframe,
                "columns": found.columns,
                "rows": len(found),
                "start": text_of(found.first_ts),
                "end": text_of(found.last_ts),
                "files": parts,
                "missing_days": missing,
            }
        )
        return
    _print(found, missing)


def _print(found: Range, missing: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    from simcore.market.checks import text_of

    console = Console()
    console.print(f"{found.key}: {len(found):,} rows of {', '.join(found.columns)}")
    console.print(f"{text_of(found.first_ts)} to {text_of(found.last_ts)} UTC")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("period", "from", "to"):
        table.add_column(head, no_wrap=True)
    for head in ("rows", "kB", "bytes a row"):
        table.add_column(head, justify="right", no_wrap=True)
    for part in found.parts:
        sizes = (f"{part.rows:,}", f"{part.size / 1e3:,.0f}", f"{part.size / part.rows:.1f}")
        table.add_row(part.period, text_of(part.first)[:19], text_of(part.last)[:19], *sizes)
    console.print(table)
    if missing:
        console.print(f"not held: {len(missing):,} days in between that are no weekend, {', '.join(missing[:10])} ...")
