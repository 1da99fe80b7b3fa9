"""`simcore data list FOLDER`: what a store holds."""

from __future__ import annotations

from simcore.cli import options as o


def command(store: o.From, as_json: o.AsJson = False) -> None:
    """List what a store holds: symbols, kinds, first and last row, days, rows and bytes.

    simcore data list ticks
    """
    from rich.console import Console
    from rich.table import Table

    from simcore.cli.show import print_json, rows
    from simcore.market.store import Store
    from simcore.market.store.job import unfinished

    held = Store(store).info()
    left = [path.name for path in unfinished(store)]
    if as_json:
        print_json({"store": str(store), "series": rows(held), "unfinished_imports": left})
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("symbol", "holds", "from", "to"):
        table.add_column(head, no_wrap=True)
    for head in ("files", "rows", "MB"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in held.iter_rows(named=True):
        holds = f"{one['timeframe']} bars" if one["timeframe"] else one["kind"]
        times = (f"{one[name]:%Y-%m-%d %H:%M:%S}" for name in ("start", "end"))
        counts = (f"{one['files']:,}", f"{one['rows']:,}", f"{one['bytes'] / 1e6:,.1f}")
        table.add_row(one["symbol"], holds, *times, *counts)
    console = Console()
    console.print(table)
    for name in left:
        console.print(f"an import was interrupted ({name}): run it again, or simcore data prune {store} --unfinished")
