"""The combinations of parameters that are tried: every one of a grid, or those of it that a condition keeps.

    params = {"fast": [5, 10, 20], "slow": range(50, 201, 50)}
    where = "fast < slow"                  # or lambda fast, slow: fast < slow, or lambda p: p["fast"] < p["slow"]

The parameter named first changes slowest. Values are checked before anything runs.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Final

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.strategy.fields import checked
from simcore.strategy.record import parameters
from simcore.strategy.strategy import Strategy

Values = dict[str, Any]
Where = str | Callable[..., Any]

_ALLOWED: Final = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.cmpop, ast.BinOp,
    ast.operator, ast.Name, ast.Load, ast.Constant,
)  # fmt: skip


def class_of(strategy: Any) -> tuple[type[Strategy], Values]:
    """A strategy's class, and the parameters that an instance fixes. Raises ConfigError for what is no strategy."""
    if isinstance(strategy, Strategy):
        return type(strategy), dict(strategy._given)
    if isinstance(strategy, type) and issubclass(strategy, Strategy):
        return strategy, {}
    raise ConfigError(f"strategy must be a class that grows from sc.Strategy, or an instance of one, was {strategy!r}")


def combinations(strategy: Any, params: Mapping[str, Any], where: Where | None = None) -> list[Values]:
    """Every combination of `params` that `where` keeps, with the parameters an instance fixes.

    Raises ConfigError for a parameter that does not exist or is of another kind, and for a grid that is empty.
    """
    cls, fixed = class_of(strategy)
    axes = read_axes(cls, params)
    kept = condition(cls, where)
    found = [{**fixed, **dict(zip(axes, values, strict=True))} for values in product(*axes.values())]
    rows = [row for row in found if kept(row)]
    if not rows:
        raise ConfigError(f"where: keeps none of the {len(found)} combinations of {', '.join(axes)}; loosen it")
    return rows


def read_axes(cls: type[Strategy], params: Any) -> dict[str, list[Any]]:
    """The values of each parameter, each of the parameter's kind and once. Raises ConfigError."""
    if not isinstance(params, Mapping) or not params:
        raise ConfigError(f"params must name the values to try, such as dict(fast=[5, 10, 20]), was {params!r}")
    axes: dict[str, list[Any]] = {}
    for name, given in params.items():
        check_parameter(cls, name, "params")
        values = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
        kind = parameters(cls)[name].kind
        try:
            axes[name] = list(dict.fromkeys(checked(f"params: {cls.__name__}.{name}", kind, one) for one in values))
        except TypeError as error:
            raise ConfigError(str(error)) from error
        if not values:
            raise ConfigError(f"params: {name} has no values, so there is nothing to try; give at least one")
    return axes


def check_parameter(cls: type[Strategy], name: str, place: str) -> None:
    """Raise ConfigError where the class has no such parameter."""
    known = parameters(cls)
    if name not in known:
        raise ConfigError(f"{place}: {cls.__name__} has no parameter {name!r}; {did_you_mean(name, known)}")


def condition(cls: type[Strategy], where: Where | None) -> Callable[[Values], bool]:
    """`where` as a function of one combination. Raises ConfigError for a text that cannot be read."""
    defaults = {name: field.default for name, field in parameters(cls).items()}
    if where is None:
        return lambda row: True
    if isinstance(where, str):
        code = _read(cls, where)
        return lambda row: bool(eval(code, {"__builtins__": {}}, {**defaults, **row}))
    if not callable(where):
        raise ConfigError(f'where must be a text such as "fast < slow" or a function, was {where!r}')
    asked = list(inspect.signature(where).parameters)
    if all(name in defaults for name in asked):
        return lambda row: bool(where(**{name: {**defaults, **row}[name] for name in asked}))
    if len(asked) == 1:
        return lambda row: bool(where(_Combination({**defaults, **row})))
    wrong = next(name for name in asked if name not in defaults)
    raise ConfigError(f"where: {cls.__name__} has no parameter {wrong!r}; {did_you_mean(wrong, defaults)}")


class _Combination(dict[str, Any]):
    """A combination whose values are attributes, too."""

    __getattr__ = dict.__getitem__


def _read(cls: type[Strategy], text: str) -> Any:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise ConfigError(f"where: {text!r} cannot be read: {error.msg}") from error
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise ConfigError(f"where: {text!r} may compare parameters and reckon with them, no {type(node).__name__}")
        if isinstance(node, ast.Name):
            check_parameter(cls, node.id, f"where: {text!r}")
    return compile(tree, "<where>", "eval")


def made(cls: type[Strategy], rows: Sequence[Values]) -> list[Strategy | Exception]:
    """An instance of each combination, or what it raised."""
    found: list[Strategy | Exception] = []
    for row in rows:
        try:
            found.append(cls(**row))
        except (TypeError, ValueError) as error:
            found.append(error)
    return found
