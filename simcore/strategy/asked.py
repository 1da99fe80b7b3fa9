"""What a strategy may ask of a broker, read from its source: so a plan that a broker cannot do is refused at the start.

Every `buy`, `sell`, `modify` and `close_by` is looked at, in the class, in what it grows from, and in the functions of
yours that they call. What stands there as a constant or as a parameter of the strategy is known before the first tick;
what is computed while it runs (`**terms`, a tif in a variable) is not, and is looked at when the order is made.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from types import FunctionType
from typing import Any, Final

from simcore.kernel.enums import OrderType
from simcore.strategy.orders import TIFS
from simcore.strategy.places import methods, reached
from simcore.strategy.strategy import Strategy

ORDERS: Final = ("buy", "sell")
PRICED: Final = ("limit", "stop", "trail")
CARRIED: Final = ("sl", "tp", "oco", "parent", "post_only", "reduce_only", "display_qty")
TYPES: Final = {
    (False, False): OrderType.MARKET, (True, False): OrderType.LIMIT, (False, True): OrderType.STOP,
    (True, True): OrderType.STOP_LIMIT,
}  # fmt: skip
Known = tuple[Strategy, FunctionType]  # whose parameters, and the function that is read
LIBRARIES: Final = ("simcore", "numpy", "numba", "math")


@dataclass(frozen=True)
class Asked:
    """One call. `kinds`: order types, times in force and what orders carry, by their names; qty nan: not known.

    symbol: of ctx["GBPUSD"]; "": whichever the handler was called for. unread: what is known only while it runs.
    """

    place: str
    kinds: frozenset[str]
    qty: float = float("nan")
    symbol: str = ""
    unread: str = ""


def asked_of(strategy: Strategy) -> list[Asked]:
    """Every call of a strategy with these parameters that may reach a broker, in the order of its source."""
    found: list[Asked] = []
    for name, function in _functions(type(strategy)):
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        except (OSError, SyntaxError, TypeError):
            continue  # no source, as of a function made in a prompt
        first = function.__code__.co_firstlineno - 1
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                place = f"{name}, line {first + node.lineno}"
                told = _read(node, node.func, (strategy, function), place)
                found += [told] if told is not None else []
    return found


def _functions(cls: type) -> Iterator[tuple[str, FunctionType]]:
    """Methods of the class and its bases, then the functions they call, each once."""
    waiting: list[tuple[str, FunctionType]] = []
    for owner in cls.__mro__:
        if issubclass(owner, Strategy) and owner is not Strategy and not vars(owner).get("__compiled__", False):
            for value in vars(owner).values():
                waiting += [(f"{owner.__name__}.{one.__name__}", one) for one in methods(value)]
    seen = set()
    while waiting:
        name, function = waiting.pop(0)
        if function.__code__ in seen:
            continue
        seen.add(function.__code__)
        yield name, function
        for called, value in reached(function):
            inner = getattr(value, "py_func", value)
            if isinstance(inner, FunctionType) and inner.__module__.partition(".")[0] not in LIBRARIES:
                waiting.append((called, inner))


def _read(call: ast.Call, at: ast.Attribute, known: Known, place: str) -> Asked | None:
    given = {word.arg: word.value for word in call.keywords if word.arg is not None}
    unread = "" if len(given) == len(call.keywords) else "**terms"
    if at.attr in ORDERS:
        tif, is_known = _value(given.get("tif"), known, "gtc")
        if not is_known or tif not in TIFS:
            tif, unread = "gtc", unread or "tif"
        if tif == "gtc" and _may_be(given.get("expires")) == {True}:
            tif = "gtd"
        kinds = {str(tif), *_types(given), *(name for name in CARRIED if True in _may_be(given.get(name)))}
        qty, is_known = _value(call.args[0] if call.args else given.get("qty"), known, float("nan"))
        amount = float(qty) if is_known and isinstance(qty, int | float) else float("nan")
        return Asked(place, frozenset(kinds), amount, _symbol(at.value), unread)
    if at.attr == "modify":
        return Asked(place, frozenset({"modify"} | {"trail" for _ in given if "trail" in given}), unread=unread)
    return Asked(place, frozenset({"close_by"})) if at.attr == "close_by" else None


def _types(given: dict[str, ast.expr]) -> set[str]:
    """The order types that a call may make: its prices say which."""
    limit, stop, trail = (_may_be(given.get(name)) for name in PRICED)
    found = {OrderType.TRAILING_STOP} if True in trail else set()
    if False in trail:
        found |= {TYPES[one] for one in product(limit, stop)}
    return {one.name.lower() for one in found}


def _may_be(value: ast.expr | None) -> set[bool]:
    """Whether an argument is given: surely, surely not, or now this and now that."""
    if isinstance(value, ast.IfExp):
        return _may_be(value.body) | _may_be(value.orelse)
    return {value is not None and not (isinstance(value, ast.Constant) and value.value in (None, False, 0))}


def _value(value: ast.expr | None, known: Known, absent: Any) -> tuple[Any, bool]:
    """A constant, a parameter of the strategy or a global number, and whether it is known."""
    strategy, function = known
    if value is None:
        return absent, True
    if isinstance(value, ast.Constant):
        return (absent if value.value is None else value.value), True
    if isinstance(value, ast.Name) and value.id not in function.__code__.co_varnames:
        found = function.__globals__.get(value.id)
        return (found, True) if isinstance(found, int | float | str) else (absent, False)
    is_own = isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "self"
    if is_own and isinstance(value, ast.Attribute) and not value.attr.startswith("_"):
        return getattr(strategy, value.attr, absent), True
    return absent, False


def _symbol(receiver: ast.expr) -> str:
    """Of ctx["GBPUSD"]."""
    if isinstance(receiver, ast.Subscript) and isinstance(receiver.slice, ast.Constant):
        return receiver.slice.value if isinstance(receiver.slice.value, str) else ""
    return ""
