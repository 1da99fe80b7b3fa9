"""`simcore brokers list | show NAME | diff A B`: the presets, where each number was read, and how two differ."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simcore.cli.options import AsJson
from simcore.cli.show import plain, print_json

app = typer.Typer(no_args_is_help=True, add_completion=False, help="List, show and compare the broker presets.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="One of `simcore brokers list`.")]


@app.command("list")
def list_presets(as_json: AsJson = False) -> None:
    """Every preset and what it stands for."""
    from simcore.brokers import presets

    found = [presets.load(name) for name in presets.names()]
    if as_json:
        print_json([{"name": p.name, "as_of": p.fields["as_of"], "summary": p.summary} for p in found])
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("preset", "as of", "rules"):
        table.add_column(head, no_wrap=head != "rules")
    for preset in found:
        table.add_row(preset.name, str(preset.fields["as_of"]), preset.summary)
    Console().print(table)


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Every field of a preset, and where it was read; * is what nobody could confirm, or each broker chooses itself."""
    from simcore.brokers import presets

    preset, fields = presets.load(name), _fields(name)
    if as_json:
        print_json({"name": name, "fields": fields, "sources": preset.sources, "unverified": list(preset.unverified)})
        return
    typer.echo(f"{name}: {preset.summary}\n")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("field", no_wrap=True)
    table.add_column("value", no_wrap=True)
    table.add_column("source")
    for field, value in fields.items():
        mark = "*" if field in preset.unverified else ""
        stated = field.partition(".")[0] in preset.fields
        source = preset.sources.get(field) or preset.sources.get(field.partition(".")[0], "")
        table.add_row(f"{field}{mark}", _text(value), Text(source or ("" if stated else "default"), style="dim"))
    Console().print(table)


@app.command()
def diff(a: Name, b: Name, as_json: AsJson = False) -> None:
    """The fields in which two presets differ."""
    left, right = _fields(a), _fields(b)
    names = [name for name in dict.fromkeys([*left, *right]) if left.get(name) != right.get(name)]
    if as_json:
        print_json({name: {a: left.get(name), b: right.get(name)} for name in names})
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("field", a, b):
        table.add_column(head)
    for name in names:
        table.add_row(name, _text(left.get(name)), _text(right.get(name)))
    Console().print(table if names else f"{a} and {b} are the same")


def _fields(name: str) -> dict[str, Any]:
    """Every field of the broker a preset makes, those of its tables as `commission.per_lot`."""
    from simcore.brokers.broker import Broker

    found: dict[str, Any] = {}
    for field, value in plain(Broker.preset(name).model_dump(mode="json")).items():
        if field == "preset_name":
            continue
        if isinstance(value, dict):
            found |= {f"{field}.{inner}": one for inner, one in value.items()}
        else:
            found[field] = value
    return found


def _text(value: Any) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
