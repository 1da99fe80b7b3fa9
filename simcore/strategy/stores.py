"""Assignments that memory cannot take: to attributes it does not have, and of values of another kind.

`self.last = 1.0` without a field `last` would fail at the first tick that reaches it; written on ctx it would never do
anything. Both are seen in the source, so the class statement already says so. A float for an int field is seen by the
compiler, or while it runs; both forms tell it in the same sentence.
"""

from __future__ import annotations

import ast
import dis
import inspect
import re
import textwrap
from collections.abc import Iterator
from types import FunctionType, TracebackType

from simcore.market.errors import did_you_mean
from simcore.strategy.errors import StrategyError
from simcore.strategy.fields import Scalar


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


def misfit(value: str, target: str, kind: type) -> str:
    """The sentence for a `value` ("a float") that `target` cannot hold; `kind` is what the field is."""
    if kind is int and value == "a float":
        return f"a float is assigned to {target}, which is an int; write int(...), or declare the field as float"
    return f"{value} is assigned to {target}, which is {'an int' if kind is int else 'a float'}"


def refused_store(error: BaseException) -> str | None:
    """The same sentence for what a field refused while plain code ran; None where that is not what was raised.

    ctypes names neither the field nor what it holds, but the instruction that raised does.
    """
    given = re.search(r"^'(\w+)' object cannot be interpreted as an integer|must be real number, not (\w+)", str(error))
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if not isinstance(error, TypeError) or given is None or trace is None:
        return None
    code = trace.tb_frame.f_code
    name = given[1] or given[2]
    value = {"NoneType": "None", "str": "a string"}.get(name, f"a {name}")
    for done in dis.get_instructions(code):
        if done.offset != trace.tb_lasti:
            continue
        if done.opname == "STORE_SUBSCR":
            return misfit(value, "an array's element", int if given[1] else float)
        owner = trace.tb_frame.f_locals.get(code.co_varnames[0]) if code.co_varnames else None
        field = getattr(type(owner), "__fields__", {}).get(done.argval) if done.opname == "STORE_ATTR" else None
        return misfit(value, f"self.{done.argval}", field.kind) if isinstance(field, Scalar) else None
    return None
