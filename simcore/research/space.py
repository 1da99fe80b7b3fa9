"""What an optimiser may choose from, and what it must keep to.

    params = {"fast": range(5, 51, 5), "slow": (50, 500), "sl": (0.0, 0.01), "side": [1, -1]}

A range or a tuple (low, high[, step]) is every number between, both ends included for a tuple; a list is a choice,
unless it is of numbers that are evenly apart: then it is a range, too.

    constraints = {"max_drawdown": 20, "min_trades": 30, "stop_outs": 0}
    constraints = ["max_drawdown <= 20", "trades >= 30", "stop_outs == 0"]

Names are those of the statistics, or they in small letters without their units (Sharpe Ratio is sharpe_ratio, # Trades
is trades).
Drawdowns count as positive per cent. In the first form max_... is an upper limit, min_... a lower one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.research.grid import Values, check_parameter, read_axes
from simcore.research.objective import statistics
from simcore.research.table import Row
from simcore.strategy.record import parameters
from simcore.strategy.strategy import Strategy

_SIGNS: Final[dict[str, Callable[[float, float], float]]] = {  # how far a value is beyond a limit, 0 or below: kept
    "<=": lambda value, limit: value - limit,
    ">=": lambda value, limit: limit - value,
    "==": lambda value, limit: abs(value - limit),
    "<": lambda value, limit: value - limit if value != limit else 1e-9,
    ">": lambda value, limit: limit - value if value != limit else 1e-9,
}

_LIMIT: Final = re.compile(r"\s*(\S.*?)\s*(<=|>=|==|<|>)\s*(-?[\d.]+(?:e-?\d+)?)\s*")


class Between(NamedTuple):
    """Numbers from low to high, both included, `step` apart (None: any float)."""

    low: float
    high: float
    step: float | None


Axis = Between | list[Any]


def read_space(cls: type[Strategy], params: Any) -> dict[str, Axis]:
    """The parameters and what may be chosen for each. Raises ConfigError."""
    if not isinstance(params, Mapping) or not params:
        raise ConfigError(f"params must name what may be chosen, such as dict(fast=(5, 50)), was {params!r}")
    return {name: _axis(cls, name, given) for name, given in params.items()}


def _axis(cls: type[Strategy], name: str, given: Any) -> Axis:
    check_parameter(cls, name, "params")
    kind = parameters(cls)[name].kind
    if isinstance(given, tuple):
        if len(given) not in (2, 3) or not all(isinstance(one, int | float) for one in given):
            raise ConfigError(f"params: {name} must be (low, high) or (low, high, step), was {given!r}")
        low, high, step = (*given, 1 if kind is int else None)[:3]
        if kind is bool or not low < high or (step is not None and not step > 0):
            raise ConfigError(f"params: {name} must go up from low to high by a step above 0, was {given!r}")
        read_axes(cls, {name: [low, high]})
        return Between(low, high, step)
    values = read_axes(cls, {name: given})[name]
    apart = [b - a for a, b in pairwise(values)] if kind is not bool else []
    if len(apart) > 1 and apart[0] > 0 and all(abs(one - apart[0]) < 1e-12 for one in apart):
        return Between(values[0], values[-1], apart[0])
    return values


def suggest(trial: Any, cls: type[Strategy], space: Mapping[str, Axis]) -> Values:
    """One combination, as the optimiser of `trial` wants it."""
    chosen: Values = {}
    for name, axis in space.items():
        if isinstance(axis, list):
            chosen[name] = axis[0] if len(axis) == 1 else trial.suggest_categorical(name, axis)
        elif parameters(cls)[name].kind is int:
            chosen[name] = trial.suggest_int(name, int(axis.low), int(axis.high), step=int(axis.step or 1))
        else:
            chosen[name] = trial.suggest_float(name, axis.low, axis.high, step=axis.step)
    return chosen


class Constraint(NamedTuple):
    """A limit on a statistic."""

    name: str
    statistic: str
    sign: str
    limit: float

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.limit:g}"

    def beyond(self, row: Row) -> float:
        """How far a row is beyond it; 0 or below where it keeps to it, 1e9 where it has no such figure."""
        value: Any = row.get(self.statistic)
        if value is None or value != value:
            return 1e9
        return _SIGNS[self.sign](abs(value) if "Drawdown" in self.statistic else float(value), self.limit)


def short_names() -> dict[str, str]:
    """Statistics by their short names; of two alike the first, which is the one in per cent."""
    found: dict[str, str] = {}
    for name in statistics():
        short = re.sub(r"[^a-z0-9]+", "_", re.sub(r"\[.*?\]", "", name).lower()).strip("_")
        found.setdefault(short, name)
    return found


def read_constraints(given: Any) -> list[Constraint]:
    """The limits of either form. Raises ConfigError for a statistic there is not."""
    if given is None:
        return []
    if isinstance(given, Mapping):
        return [_limit(str(name), value) for name, value in given.items()]
    if isinstance(given, str) or not isinstance(given, Iterable):
        given = [given]
    return [_condition(text) for text in given]


def _limit(name: str, value: Any) -> Constraint:
    known = short_names()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"constraints: {name} must be a number, was {value!r}")
    side, _, rest = name.partition("_")
    if side in ("min", "max") and rest in known:
        return Constraint(rest, known[rest], ">=" if side == "min" else "<=", float(value))
    sign = {"min": ">=", "max": "<="}.get(side, "==")
    return Constraint(name, _known(name), sign, float(value))


def _condition(text: Any) -> Constraint:
    match = _LIMIT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        example = '"stop_outs == 0"'
        raise ConfigError(f"constraints: write a statistic, a sign and a number, such as {example}, not {text!r}")
    name = match[1]
    side, _, rest = name.partition("_")
    if side in ("min", "max") and name not in short_names() and rest in short_names():
        name = rest  # "min_trades >= 30" is meant as "trades >= 30"
    return Constraint(name, _known(name), match[2], float(match[3]))


def _known(name: str) -> str:
    known = short_names()
    if name in statistics():
        return name
    if name not in known:
        raise ConfigError(f"constraints: there is no statistic {name!r}; {did_you_mean(name, known)}")
    return known[name]
