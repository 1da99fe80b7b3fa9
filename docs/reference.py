"""The reference page: every public name by what it is for, taken from the package itself."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Final

import simcore
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.settings import Configuration
from simcore.strategy.indicator import Indicator

# A name goes under the first heading whose packages hold it.
_PLACES: Final = {
    "Running": ("simcore.backtest", "simcore.signals", "simcore.result", "simcore.run.kept"),
    "Research": ("simcore.research", "simcore.ledger", "simcore.overfitting"),
    "Strategies": ("simcore.strategy",),
    "Brokers and instruments": ("simcore.brokers",),
    "Data": ("simcore.market",),
}
_FIELDS: Final[dict[str, type[Configuration]]] = {"Broker": Broker, "Instrument": Instrument}


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
            words = line.partition("  # ")[2]
            yield f"| `{node.target.id}` | {'follows' if default == 'DERIVED' else f'`{default}`'} | {words} |"
    yield ""
