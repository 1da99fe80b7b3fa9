"""`simcore brokers list | show NAME [SYMBOL] | diff A B`: presets and instruments, their sources, how two differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simcore.cli.options import AsJson
from simcore.cli.show import plain, print_json

app = typer.Typer(no_args_is_help=True, add_completion=False, help="List, show and compare the broker presets.")

if TYPE_CHECKING:
    from simcore.brokers.instrument import Instrument
    from simcore.brokers.presets import Preset
    from simcore.brokers.sourced import Sourced

_WEEK: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Name = Annotated[str, typer.Argument(metavar="NAME", help="One of `simcore brokers list`, or a file (.toml).")]
Symbol = Annotated[str | None, typer.Argument(metavar="SYMBOL", help="One of its instruments.", show_default=False)]


@app.command("list")
def list_presets(as_json: AsJson = False) -> None:
    """Every preset and what it stands for."""
    from simcore.brokers import presets

    found = [presets.load(name) for name in presets.names()]
    if as_json:
        print_json([{"name": p.name, "as_of": p.fields["as_of"], "summary": p.summary} for p in found])
        return
    rows = [(preset.name, str(preset.fields["as_of"]), preset.summary) for preset in found]
    Console().print(_table(("preset", "as of", "rules"), rows))


@app.command()
def show(name: Name, symbol: Symbol = None, as_json: AsJson = False) -> None:
    """Every field of a preset and the instruments it lists, or all of one instrument, and where it was read.

    * is what nobody could confirm, or each broker chooses itself.
    """
    from simcore.brokers import presets

    preset, fields, listed = presets.load(name), _fields(name), _instruments(name)
    if symbol is not None:
        _show_instrument(name, symbol, as_json=as_json)
        return
    if as_json:
        said = {"name": name, "fields": fields, "sources": preset.sources, "unverified": list(preset.unverified)}
        print_json({**said, "instruments": listed})
        return
    typer.echo(f"{name}: {preset.summary}\n")
    _print_said(fields, preset)
    if listed:
        typer.echo(f"\nInstruments; `simcore brokers show {name} SYMBOL` has all of one\n")
        heads = ("instrument", "class", "quote", "contract", "step", "qty", "leverage", "3 days")
        rows = [(one, *_contract(row)) for one, row in listed.items()]
        told = [n for n in range(len(heads)) if any(row[n] for row in rows)]
        Console().print(_table([heads[n] for n in told], [[row[n] for n in told] for row in rows]))


@app.command()
def diff(a: Name, b: Name, as_json: AsJson = False) -> None:
    """The fields in which two presets differ, and what both list with other terms."""
    fields, here, there = _differences(_fields(a), _fields(b)), _instruments(a), _instruments(b)
    own = [name for name in here if name in there]
    terms = {symbol: found for symbol in own if (found := _differences(here[symbol], there[symbol]))}
    if as_json:
        every = {f"{symbol}.{name}": two for symbol, found in terms.items() for name, two in found.items()}
        print_json({name: dict(zip((a, b), two, strict=True)) for name, two in (fields | every).items()})
        return
    if not fields and not terms:
        typer.echo(f"{a} and {b} are the same")
        return
    Console().print(_table(("field", a, b), [(name, *map(_text, two)) for name, two in fields.items()]))
    for found, symbols in _alike(terms):
        typer.echo(f"\n{', '.join(symbols)}")
        Console().print(_table(("field", a, b), [(name, *map(_text, two)) for name, two in found.items()]))
    for name, one, other in ((a, here, there), (b, there, here)):
        if one and other and one.keys() - other.keys():
            typer.echo(f"\nonly {name}: {', '.join(symbol for symbol in one if symbol not in other)}")


Differences = dict[str, tuple[Any, Any]]


def _differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> Differences:
    """The fields that are not the same in both, `unverified` aside."""
    names = [name for name in dict.fromkeys([*left, *right]) if name != "unverified"]
    return {name: (left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name)}


def _alike(terms: Mapping[str, Differences]) -> list[tuple[Differences, list[str]]]:
    """Each set of differences with all the instruments that have it."""
    found: dict[str, tuple[Differences, list[str]]] = {}
    for symbol, own in terms.items():
        found.setdefault(repr(own), (own, []))[1].append(symbol)
    return list(found.values())


def _show_instrument(name: str, symbol: str, *, as_json: bool) -> None:
    """The terms of one instrument, as the preset's table has them. Raises ConfigError for one it does not list."""
    from simcore.brokers import instruments, presets
    from simcore.brokers.errors import ConfigError
    from simcore.run.assumptions import contract

    table = presets.load(name).fields.get("instruments")
    found = instruments.load(table).entry(symbol) if table is not None else None
    if table is None or found is None:
        where = instruments.unlisted(symbol, table) or "has no table of instruments"
        raise ConfigError(f"{symbol if table else name} {where}")
    one = found.instrument(symbol, table)
    if as_json:
        said = {
            "name": symbol,
            "table": table,
            "group": found.group,
            "as_of": str(found.as_of or ""),
            "hours": found.hours,
        }
        more = {"sources": found.said.sources, "unverified": list(found.said.unverified)}
        print_json({**said, "fields": _plain_fields(one), **more})
        return
    rows = [
        (f"{one.name}{'*' if one.unverified else ''}", one.value, Text(one.source, style="dim"))
        for one in contract(one)
    ]
    if found.hours:
        rows.append(("hours", found.hours, Text("not kept, unless given as calendar", style="dim")))
    Console().print(_table(("field", "value", "source"), rows))


def _plain_fields(one: Instrument) -> dict[str, Any]:
    fields: dict[str, Any] = plain(one.model_dump(mode="json", exclude={"symbol", "table_name"}))
    return fields


def _print_said(fields: Mapping[str, Any], said: Preset | Sourced) -> None:
    """Fields, values and sources; what is not stated is a default."""
    rows = []
    for field, value in fields.items():
        head = field.partition(".")[0]
        source = said.sources.get(field) or said.sources.get(head, "" if head in said.fields else "default")
        rows.append((f"{field}{'*' if field in said.unverified else ''}", _text(value), Text(source, style="dim")))
    Console().print(_table(("field", "value", "source"), rows))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Its last column takes what room there is."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, no_wrap=head not in ("rules", "source"))
    for row in rows:
        table.add_row(*row)
    return table


def _instruments(name: str) -> dict[str, dict[str, Any]]:
    """Every instrument of a preset's table as plain values, with `unverified`; none without a table."""
    from simcore.brokers import instruments, presets

    table = presets.load(name).fields.get("instruments")
    listed = instruments.load(table).entries if table is not None else {}
    return {
        symbol: _plain_fields(entry.instrument(symbol, str(table))) | {"unverified": list(entry.said.unverified)}
        for symbol, entry in listed.items()
    }


def _contract(row: Mapping[str, Any]) -> list[str]:
    """The cells of one instrument."""
    from simcore.brokers.regimes import MAJORS

    def cell(text: str, *fields: str) -> str:
        return f"{text}*" if any(one in row["unverified"] for one in fields) else text

    group = str(row["asset_class"]).replace("_", " ")
    if group == "fx" and row["max_leverage"] is None:
        group = "fx major" if {row["base"], row["quote"]} <= MAJORS else "fx minor"
    triple = [day for day, n in zip(_WEEK, row["swap_days"], strict=True) if n > 1]
    qty = f"{row['qty_min']:g} to {row['qty_max']:g}" if row["qty_max"] else f"from {row['qty_min']:g}"
    steps = f" by {row['qty_increment']:g}" if row["qty_increment"] != row["qty_min"] else ""
    return [
        group,
        row["quote"] or "account's",
        cell(f"{row['contract_size']:,g}", "contract_size"),
        cell(f"{row['price_increment']:.{row['price_digits']}f}", "price_digits", "price_increment"),
        cell(qty + steps, "qty_min", "qty_max", "qty_increment"),
        cell(_text(row["max_leverage"]).replace("none", ""), "max_leverage"),
        cell(", ".join(triple) or "every day alike", "swap_days"),
    ]


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
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value) or "none"
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    return "none" if value is None else str(value)
