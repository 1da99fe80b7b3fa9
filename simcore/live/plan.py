"""A plan: a strategy with its parameters, and what the broker can do; what it cannot is said before anything starts.

Order types, times in force and what orders carry are read from the strategy's source (see simcore.strategy.asked) and
held against the adapter's capabilities; quantities that are known against the contracts. What the source does not say
is looked at when the order is made: then it is DENIED, TYPE_FORBIDDEN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simcore.brokers.instrument import Instrument, is_multiple
from simcore.live.capabilities import Capabilities
from simcore.live.errors import SessionError
from simcore.strategy.asked import Asked, asked_of
from simcore.strategy.strategy import Strategy


@dataclass(frozen=True)
class Line:
    """One kind of order, or one quantity: who plays it ("" nobody), and where it is asked for first."""

    what: str
    by: str
    place: str


@dataclass(frozen=True)
class Plan:
    """`lines`: what is asked for; `missing`: what nobody can do, in words; `unread`: what is seen only as it runs."""

    strategy: str
    lines: list[Line]
    missing: list[str]
    unread: list[str]

    def check(self) -> None:
        """SessionError, one line with all that is missing."""
        if self.missing:
            raise SessionError(f"the broker cannot do what {self.strategy} asks for: {'; '.join(self.missing)}")


def plan_of(strategy: Strategy, can: Capabilities, contracts: Sequence[Instrument]) -> Plan:
    """What a strategy asks for, held against a broker."""
    asked = asked_of(strategy)
    first: dict[str, str] = {}
    for one in asked:
        for kind in sorted(one.kinds):
            first.setdefault(kind, one.place)
    lines = [Line(kind, can.player(kind), place) for kind, place in first.items()]
    missing = [f"no {can.lacks(kind)} ({place})" for kind, place in first.items() if can.lacks(kind)]
    wrong: dict[str, str] = {}
    for one in asked:
        for why in _quantities(one, contracts):
            wrong.setdefault(why, one.place)
    missing += [f"{why} ({place})" for why, place in wrong.items()]
    unread = [f"{one.unread} ({one.place})" for one in asked if one.unread]
    return Plan(type(strategy).__name__, lines, missing, unread)


def _quantities(asked: Asked, contracts: Sequence[Instrument]) -> list[str]:
    """Why a quantity that is known is none of the contracts it may be for; nothing where one of them takes it."""
    if asked.qty != asked.qty:
        return []
    chosen = [i for i in contracts if asked.symbol in ("", i.symbol)]
    if any(_takes(i, asked.qty) for i in chosen):
        return []
    most = (f"{i.qty_max:g}" if i.qty_max is not None else "any" for i in chosen)
    return [
        f"{i.symbol} takes {i.qty_min:g} to {top} by {i.qty_increment:g}, not {asked.qty:g}"
        for i, top in zip(chosen, most, strict=True)
    ]


def _takes(i: Instrument, qty: float) -> bool:
    most = i.qty_max if i.qty_max is not None else qty
    return i.qty_min <= qty <= most and is_multiple(qty, i.qty_increment)
