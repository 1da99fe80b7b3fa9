"""The command line `simcore`: one verb a file, each with `--json` for machines and a table for people.

A verb `walk-forward` is the function `command` of `simcore.cli.walk_forward`, or its typer app `app` where it has verbs
of its own. Only the verb that runs is imported, so that `simcore --help` and every start are fast.

What cannot be done ends with exit code 2 and one line on stderr, `simcore: ...`; `--traceback` shows where it was
found.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

import simcore

UsageError: Any = typer.BadParameter.__base__  # typer keeps the click it stands on to itself

VERBS: Final[dict[str, str]] = {  # verb -> what the list of verbs says, the first line of the command's docstring
    "demo": "Run a day of real quotes through an account, and one account into its stop-out.",
    "backtest": "Replay data through an account that a strategy trades.",
    "sweep": "Run every combination of a strategy's parameters; a table, a heat map.",
    "optimize": "Let Optuna look for a strategy's parameters, under constraints.",
    "walk-forward": "Choose parameters on one stretch of data, trade them on the next, again and again.",
    "monte-carlo": "Draw a thousand other paths of a strategy: trades, returns, ticks, costs, models.",
    "paper": "Trade recorded ticks on paper, event by event, and keep everything that proves it.",
    "live": "Trade at a broker, with real orders; goes on after a crash.",
    "halt": "Cancel every order of a live session, and let nothing of it leave any more.",
    "serve": "Serve a broker's own interface over recorded ticks to an unmodified bot.",
    "verify": "Replay a session and demand the same orders and the same State, byte for byte.",
    "data": "Ticks and bars: download, import, list, info, convert, resample, check, prune.",
    "scenario": "Play scenario files and check what they expect.",
    "conformance": "Compute brokers' worked examples with the rules of the simulated account.",
    "causality": "See whether a strategy looks into the future.",
    "ledger": "List the runs that were made, and count the trials they are.",
    "report": "Write the HTML report of saved runs, or compare them.",
    "brokers": "List, show and compare the broker presets.",
    "strategies": "List the strategies that are installed.",
    "warm": "Compile ahead of the first run.",
}


class Verb(TyperCommand):
    """Stands for a verb until it is called; `module` is where it lies, by default the module of its name."""

    def __init__(self, name: str, module: str | None = None, **fields: Any) -> None:
        super().__init__(name, **fields)
        self.module = module or name.replace("-", "_")

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Import the verb and let it read its arguments."""
        from simcore.cli.texts import spread

        module = import_module(f"{__name__}.{self.module}")
        verb = getattr(module, "app", None)
        if verb is None:
            verb = typer.Typer(add_completion=False)
            verb.command(self.name)(module.command)
        return typer.main.get_command(verb).make_context(info_name, spread(args), parent, **extra)


class Verbs(TyperGroup):
    """The verbs of the table."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        for name, help_ in VERBS.items():
            self.add_command(Verb(name, help=help_))

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run a verb; what cannot be done is one line on stderr and exit code 2."""
        if not extra.pop("standalone_mode", True):
            return super().main(args, prog_name, standalone_mode=False, **extra)
        given = list(sys.argv[1:] if args is None else args)
        shown = [arg for arg in given if arg != "--traceback"]
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _note
                code = super().main(shown, prog_name, standalone_mode=False, **extra)
        except typer.Abort:
            code = 1
        except Exception as error:
            line = _line(error)
            if line is None or len(shown) < len(given):
                raise
            if line:
                typer.echo(f"simcore: {line}", err=True)
            code = 2
        sys.exit(code if isinstance(code, int) else 0)


def _note(message: Warning | str, *place: Any, **more: Any) -> None:
    """A warning as one line; where in our sources it was given helps nobody."""
    typer.echo(f"simcore: note: {' '.join(str(message).split())}", err=True)


def _line(error: Any) -> str | None:
    """One line for a mistake of the user's or the machine's; None for a mistake of ours, which needs its traceback."""
    if isinstance(error, UsageError):
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
            return ""
        where = error.ctx.command_path if error.ctx else "simcore"
        text = f"{error.format_message()} (see {where} --help)"
    elif type(error).__module__.startswith(("simcore.", "bridges.")):
        text = str(error)
    elif isinstance(error, OSError):
        text = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
    else:
        return None
    return " ".join(text.split())


app = typer.Typer(name="simcore", cls=Verbs, no_args_is_help=True, add_completion=False)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"simcore {simcore.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    traceback: Annotated[bool, typer.Option("--traceback", help="Show where a mistake was found.")] = False,
) -> None:
    """Replay market ticks through one account with the rules of your broker."""
