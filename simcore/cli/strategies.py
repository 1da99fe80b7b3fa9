"""`simcore strategies list`: what is installed, by the names that STRATEGY takes."""

from __future__ import annotations

import inspect
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from simcore.cli.options import AsJson
from simcore.cli.show import print_json

app = typer.Typer(no_args_is_help=True, add_completion=False, help="List the strategies that are installed.")


@app.callback()
def strategies() -> None:
    """List the strategies that are installed."""


@app.command("list")
def list_strategies(as_json: AsJson = False) -> None:
    """Every strategy, its bars and its parameters; yours appear with an entry point in `simcore.strategies`."""
    from simcore.strategy.find import known_strategies

    found = [_about(name, target) for name, target in known_strategies().items()]
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("name", "bars", "parameters", "what it does"):
        table.add_column(head, no_wrap=head == "name")
    for one in found:
        parameters = " ".join(f"{name}={value:g}" for name, value in one["parameters"].items())
        table.add_row(one["name"], " ".join(one["bars"]), parameters, one["error"] or one["about"])
    Console().print(table)


def _about(name: str, target: str) -> dict[str, Any]:
    """One entry point; one that cannot be imported says so and hides no other."""
    from simcore.strategy.errors import StrategyError
    from simcore.strategy.find import find_strategy
    from simcore.strategy.record import parameters
    from simcore.strategy.strategy import timeframes

    about: dict[str, Any] = {"name": name, "class": target, "bars": [], "parameters": {}, "about": "", "error": None}
    try:
        cls = find_strategy(name)
    except StrategyError as error:
        return {**about, "error": str(error)}
    return about | {
        "bars": [one.text for one in timeframes(cls)],
        "parameters": {field: scalar.default for field, scalar in parameters(cls).items()},
        "about": _said_of(cls),
    }


def _said_of(cls: type) -> str:
    """The first line of a strategy's own docstring, or of the strategy it grows from; none where nobody wrote one."""
    from simcore.strategy.strategy import Strategy

    own = [one for one in cls.__mro__ if issubclass(one, Strategy) and one is not Strategy]
    text = next((one.__dict__["__doc__"] for one in own if one.__dict__.get("__doc__")), "")
    return inspect.cleandoc(text).partition("\n")[0]
