"""`simcore warm [STRATEGY...]`: compile the account, the passes over data, and strategies, before they are needed."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from simcore.cli.options import AsJson


def command(
    strategies: Annotated[
        list[str] | None, typer.Argument(metavar="[STRATEGY...]", help="Strategies to compile too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compile ahead of the first run.

    The folder is $SIMCORE_CACHE, else in the user's cache; it fits one version of simcore, numba, Python, and one CPU.
    """
    from simcore.cli.compiling import compile_kernel, compile_passes
    from simcore.cli.show import print_json
    from simcore.kernel.jit import cache_folder
    from simcore.progress.bar import progress_bar
    from simcore.strategy.find import make_strategy
    from simcore.strategy.handlers import compiled_handlers

    made = [make_strategy(spec, compiled=True) for spec in strategies or ()]
    began = time.perf_counter()
    compiled = compile_kernel(quiet=as_json, must_keep=True)
    account = time.perf_counter() - began
    compile_passes(quiet=as_json)
    with progress_bar("compiling strategies", quiet=as_json or not made) as tell:
        for done, strategy in enumerate(made):
            tell(done, len(made))
            compiled_handlers(strategy)
    seconds = time.perf_counter() - began
    if as_json:
        names = [type(one).__name__ for one in made]
        print_json({"folder": str(cache_folder()), "compiled": compiled, "strategies": names, "seconds": seconds})
        return
    done_what = "compiled" if compiled else "was compiled already; read"
    typer.echo(
        f"the account {done_what} in {account:.1f} s, all else ready in {seconds - account:.1f} s: {cache_folder()}"
    )
