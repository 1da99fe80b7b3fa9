"""Progress on stderr: a bar where somebody watches, one plain line where nobody does."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Tell = Callable[[int, int], None]


@contextmanager
def progress_bar(text: str, quiet: bool = False, unit: str | None = None) -> Iterator[Tell]:
    """Show `text` with a bar while the block runs; it calls what it is given with (done, of).

    unit: what is counted; then the rate and the time left are shown, too.
    """
    more = () if unit is None else (Rate(unit), TimeRemainingColumn())
    with _progress(quiet, *more) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


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
    with warnings.catch_warnings(), _progress(quiet) as progress:
        if must_keep:
            warnings.simplefilter("error", NotKept)
        task = progress.add_task("compiling the account, once", total=None)

        def tell(done: int, of: int, name: str) -> None:
            progress.update(task, completed=done, total=of, description=f"compiling the account, once: {name}()")

        load(tell)
    return True


class Rate(ProgressColumn):
    """How many a second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f} {self.unit}/s")


def _progress(quiet: bool, *more: ProgressColumn) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        *more,
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
