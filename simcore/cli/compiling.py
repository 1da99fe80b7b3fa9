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
    """Compile the passes over data, of the readers, checks, bars and the report, where they are not kept yet."""
    import numpy as np

    from simcore.market.warm import warm
    from simcore.report.places import places
    from simcore.report.ticks import extremes

    with shown(quiet) as progress:
        progress.add_task("compiling the passes over data", total=None)
        warm()
        rows = np.arange(2)
        extremes(rows.astype(np.float64), places(rows, rows, after=False), places(rows, rows, after=True))
