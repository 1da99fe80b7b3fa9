"""What is compiled, compiled before the first run, with its progress on stderr."""

from __future__ import annotations

import warnings

from rich.console import Console

from simcore.progress.bar import shown


def compile_kernel(quiet: bool = False, must_keep: bool = False) -> bool:
    """Compile the account where its cache folder is cold, and say so; True where something was compiled.

    It takes half a minute, once; every later process reads it in milliseconds. Where the folder cannot be written, the
    warning NotKept says so; with `must_keep` it is raised.
    """
    from simcore.kernel.image import NotKept, is_kept, load

    if is_kept():
        load()
        return False
    console = Console(stderr=True)
    if not console.is_terminal and not quiet:
        console.print("compiling the account, once; about half a minute")
    with warnings.catch_warnings(), shown(quiet) as progress:
        if must_keep:
            warnings.simplefilter("error", NotKept)
        task = progress.add_task("compiling the account, once", total=None)

        def tell(done: int, of: int, name: str) -> None:
            progress.update(task, completed=done, total=of, description=f"compiling the account, once: {name}()")

        load(tell)
    return True


def compile_passes(quiet: bool = False) -> None:
    """Compile the passes over data, of readers, checks, bars, statistics and reports, where they are not kept yet."""
    from simcore.market.warm import warm

    with shown(quiet) as progress:
        progress.add_task("compiling the passes over data", total=None)
        warm()
        _rehearse()


def _rehearse() -> None:
    """A run of three days with trades, looked at: whatever that calls is compiled, and kept."""
    import numpy as np
    import polars as pl

    import simcore as sc

    class InAndOut(sc.Strategy):
        bars = "1h"

        def on_bar(self, ctx: sc.Context) -> None:
            if ctx.position == 0:
                ctx.buy(0.1)
            else:
                ctx.close()

    hours = np.arange(72)
    bid = 1.1 + 0.0001 * (hours % 5)
    ts = 1_704_153_600_000_000_000 + hours * 3_600_000_000_000
    result = sc.backtest(InAndOut(), {"EURUSD": pl.DataFrame({"ts": ts, "bid": bid, "ask": bid + 0.0001})}, ledger=None)
    for made in ("stats", "fingerprint", "quality"):  # when it is first asked for
        getattr(result, made)
