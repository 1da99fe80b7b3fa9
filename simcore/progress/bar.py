"""A bar on stderr, or in a notebook: how far a long piece of work is, how fast, and how long it will take."""

from __future__ import annotations

import sys
import time
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
def progress_bar(text: str, quiet: bool = False, unit: str | None = None, plain: bool = False) -> Iterator[Tell]:
    """Show `text` with a bar while the block runs; it calls what it is given with (done, of).

    unit: what is counted; then the rate and the time left are shown, too. plain: where nobody watches, one line at the
    end.
    """
    more = () if unit is None else (Rate(unit), TimeRemainingColumn())
    began = time.perf_counter()
    with shown(quiet, *more) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)
    if plain and progress.disable:
        seconds = time.perf_counter() - began
        done = progress.tasks[0].completed
        print(f"{text}: {done:,.0f} {unit} in {seconds:.1f} s, {done / seconds:,.1f} {unit}/s", file=sys.stderr)


class Rate(ProgressColumn):
    """How many a second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f} {self.unit}/s")


def shown(quiet: bool, *more: ProgressColumn) -> Progress:
    """The bar itself, with columns of one's own."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        *more,
    )
    console = Console(stderr=True)
    watched = console.is_terminal or console.is_jupyter
    return Progress(*columns, console=console, transient=True, disable=quiet or not watched)
