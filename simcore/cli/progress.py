"""Progress on stderr: a bar where somebody watches, one plain line where nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

Tell = Callable[[int, int], None]


@contextmanager
def progress_bar(text: str, quiet: bool = False) -> Iterator[Tell]:
    """Show `text` with a bar while the block runs; it calls what it is given with (done, of)."""
    with _progress(quiet) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def compile_kernel(quiet: bool = False) -> bool:
    """Compile the account where its cache folder is cold, and say so; True where something was compiled.

    It takes about a minute, once; every later process reads the folder in a quarter of a second. Raises ConfigError
    where the folder cannot be made or has no room.
    """
    from simcore.brokers.errors import ConfigError

    try:
        return _compile_kernel(quiet)
    except OSError as error:
        raise ConfigError(
            f"the compiled account cannot be kept: {error.filename or 'its folder'}: {error.strerror}; free some "
            "space, or name another folder in the environment variable SIMCORE_CACHE"
        ) from error


def _compile_kernel(quiet: bool) -> bool:
    from simcore.kernel import lookup, loop  # noqa: F401  their entries are part of the account
    from simcore.kernel.entries import load
    from simcore.kernel.jit import Entry, cache_folder

    there = {path.name.partition("-")[0].rpartition(".")[2] for path in cache_folder().glob("*.nbi")}
    if there.issuperset(Entry.all):
        load()
        return False
    console = Console(stderr=True)
    if not console.is_terminal and not quiet:
        console.print("compiling the account, once; about a minute")
    with _progress(quiet) as progress:
        task = progress.add_task("compiling the account, once", total=len(Entry.all))

        def tell(done: int, of: int, name: str) -> None:
            progress.update(task, completed=done, description=f"compiling the account, once: {name}()")

        load(tell)
    return True


def _progress(quiet: bool) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
