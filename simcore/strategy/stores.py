"""Assignments to attributes that memory does not have, found when the class is defined.

`self.last = 1.0` without a field `last` would fail at the first tick that reaches it; written on ctx it would never do
anything. Both are seen in the source, so the class statement already says so.
"""

from __future__ import annotations

import ast
import dis
import inspect
import textwrap
from collections.abc import Iterator
from types import FunctionType

from simcore.market.errors import did_you_mean
from simcore.strategy.errors import StrategyError


def check_stores(cls: type, namespace: dict[str, object], fields: set[str]) -> None:
    """Raise StrategyError for the first `self.name = ...` in a class body where `name` is no field."""
    known = {_mangled(cls.__name__, name) for name in fields}
    for method, value in namespace.items():
        if not isinstance(value, FunctionType):
            continue
        suspects = {i.argval for i in dis.get_instructions(value) if i.opname == "STORE_ATTR"} - known
        suspects = {name for name in suspects if not isinstance(getattr(cls, name, None), property)}
        for owner, name, line in _assigned(value) if suspects else ():
            if name not in suspects:
                continue
            place = f"{cls.__name__}.{method}"
            if owner == "ctx":
                raise StrategyError.at(place, line, f"ctx.{name} cannot be assigned; ctx only shows and acts")
            hint = did_you_mean(name, fields)
            raise StrategyError.at(
                place, line, f'self.{name} is no field and would not be saved; add "{name}: float" to the class.{hint}'
            )


def _assigned(function: FunctionType) -> Iterator[tuple[str, str, int]]:
    """(self or ctx, attribute, line) of every assignment to an attribute of the method's first two arguments."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return  # no source to read, as in a prompt: the assignment itself will fail
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    owners = dict(zip(names, ("self", "ctx") if names[1:2] == ("ctx",) else ("self",), strict=False))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            owner = owners.get(node.value.id)
            if owner:
                yield owner, node.attr, function.__code__.co_firstlineno + node.lineno - 1


def _mangled(cls: str, name: str) -> str:
    return f"_{cls.lstrip('_')}{name}" if name.startswith("__") and not name.endswith("__") else name
