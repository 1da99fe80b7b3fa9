"""The reference page: every public name by what it is for, taken from the package itself."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Final

import simcore
from simcore.brokers.broker import Broker
from simcore.brokers.dynamic import DynamicLeverage, HolidayMargin, ShutMargin
from simcore.brokers.instrument import Instrument, MarginRates
from simcore.brokers.settings import Configuration, Settings
from simcore.brokers.terms import Commission, Gates, LatencyTable, Limits, MarginTier, Slippage, SymbolLimits
from simcore.strategy import views
from simcore.strategy.indicator import Indicator

# A name goes under the first heading whose packages hold it.
_PLACES: Final = {
    "Running": ("simcore.backtest", "simcore.signals", "simcore.result", "simcore.run.kept"),
    "Research": ("simcore.research", "simcore.ledger", "simcore.overfitting", "simcore.report.heat"),
    "Strategies": ("simcore.strategy",),
    "Brokers and instruments": ("simcore.brokers",),
    "Data": ("simcore.market",),
}
_FIELDS: Final[dict[str, type[Configuration]]] = {"Broker": Broker, "Instrument": Instrument}
# The tables inside each: the field that holds one.
_TABLES: Final[dict[str, dict[str, type[Settings]]]] = {
    "Broker": {
        "commission": Commission,
        "slippage": Slippage,
        "latency_ms": LatencyTable,
        "limits": Limits,
        "limits.symbols": SymbolLimits,
        "gates": Gates,
        "dynamic_leverage": DynamicLeverage,
        "weekend_margin": ShutMargin,
        "holiday_margin": HolidayMargin,
    },
    "Instrument": {"margin_rates": MarginRates, "leverage_tiers": MarginTier},
}
# What ctx hands out, and its fields.
_VIEWS: Final = {
    "`ctx.bar`, `ctx.bars()[-1]`": [*views.BAR_FIELDS, "timeframe"],
    "`ctx.fill`, `ctx.change`": [*views.NOTICE_FIELDS],
    "`ctx.positions[0]`": [*views.POSITION_FIELDS],
    "`ctx.orders[0]`, `ctx.order(id)`": [*views.ORDER_FIELDS],
}


def reference() -> str:
    """Every name of `simcore.__all__`, under a heading, as Sphinx documents it."""
    left = [name for name in simcore.__all__ if not name.startswith("_")]
    parts = []
    for heading, places in _PLACES.items():
        own = [name for name in left if home(name).startswith(places)]
        left = [name for name in left if name not in own]
        parts += [f"## {heading}", "", *(line for name in sorted(own, key=_order) for line in _entry(name))]
    if left:
        parts += ["## Codes", "", *(line for name in left for line in _entry(name))]
    return "\n".join(parts)


def home(name: str) -> str:
    """The module a public name is defined in."""
    return str(getattr(getattr(simcore, name), "__module__", ""))


def _order(name: str) -> tuple[bool, bool, str]:
    """Functions first, then classes, indicators and errors last."""
    one = getattr(simcore, name)
    late = inspect.isclass(one) and issubclass(one, Indicator | Exception)
    return late, inspect.isclass(one), name


def _entry(name: str) -> Iterator[str]:
    one = getattr(simcore, name)
    yield "```{eval-rst}"
    if inspect.isclass(one):
        yield f".. autoclass:: simcore.{name}{'(**fields)' if name in _FIELDS else ''}"
        if not issubclass(one, Exception):
            yield "   :members:"
        if name in _FIELDS:
            yield f"   :exclude-members: {', '.join(['model_config', *_FIELDS[name].model_fields])}"
    else:
        yield f".. autofunction:: simcore.{name}"
    yield "```\n"
    if name in _FIELDS:
        yield from _fields(_FIELDS[name])
        for field, table in _TABLES[name].items():
            yield from (f"**`{field}`**: {(inspect.getdoc(table) or '').partition(chr(10))[0]}", "", *_fields(table))
    if name == "Context":
        yield from ("| what `ctx` hands out | its fields |", "|---|---|")
        yield from (f"| {what} | `{' '.join(fields)}` |" for what, fields in _VIEWS.items())
        yield ""


def _fields(cls: type) -> Iterator[str]:
    """A table of a setting's fields: the comment behind each in the source says what it is."""
    source = inspect.getsource(cls)
    lines = source.splitlines()
    yield "| field | default | |"
    yield "|---|---|---|"
    for node in ast.parse(source).body[0].body:  # type: ignore[attr-defined]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            line = lines[(node.end_lineno or node.lineno) - 1]
            default = ast.unparse(node.value) if node.value else "must be given"
            words = "; ".join(filter(None, (_choices(node.annotation), line.partition("  # ")[2])))
            yield f"| `{node.target.id}` | {'follows' if default == 'DERIVED' else f'`{default}`'} | {words} |"
    yield ""


def _choices(annotation: ast.expr) -> str:
    """The words that a Literal allows."""
    if not isinstance(annotation, ast.Subscript) or ast.unparse(annotation.value) != "Literal":
        return ""
    chosen = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    return ", ".join(f"`{ast.literal_eval(one)}`" for one in chosen)
