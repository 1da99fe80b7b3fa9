"""The one error of strategies: what is wrong, where it stands in the source, what to write instead.

Two kinds of mistake end here. A class that could lose something in a crash, or that no machine code can be made of, is
refused when it is defined or compiled; a strategy that raises while it runs is named with its method and its line.
What a broker would refuse is never an error of this kind: it is an order that was REJECTED.
"""

from __future__ import annotations

from collections.abc import Iterable

from simcore.market.errors import did_you_mean


class StrategyError(Exception):
    """A strategy that cannot run as it is written: `Class.method, line N: cause`."""

    placed = False  # True where the text says so already

    @classmethod
    def at(cls, place: str, line: int | None, cause: str) -> StrategyError:
        """The error at a place in the source, such as EmaCross.on_bar, line 12."""
        error = cls(f"{place}, line {line}: {cause}" if line else f"{place}: {cause}")
        error.placed = True
        return error


class CauseError(Exception):
    """The cause alone, raised where the place is not known; whoever knows the place makes a StrategyError of it."""


def unknown_name(owner: str, name: str, choices: Iterable[str]) -> str:
    """The sentence for an attribute that does not exist, with the nearest one that does."""
    return f"{owner} has no attribute {name!r}.{did_you_mean(name, choices)}"
