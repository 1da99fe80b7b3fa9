"""Weekly hours of CFD markets by name: "metals", "index-us" and the others of weeks.toml, without holidays."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from simcore.market.hours import MarketHours, Segment
from simcore.market.timeframe import SECOND
from simcore.market.zones import parse_zone

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@cache
def weeks() -> Mapping[str, MarketHours]:
    """Every market's hours, by name."""
    text = resources.files(__package__).joinpath("weeks.toml").read_text("utf-8")
    return {name: _hours(name, stated) for name, stated in tomllib.loads(text).items()}


def _hours(name: str, stated: Mapping[str, str]) -> MarketHours:
    days: dict[str, tuple[Segment, ...]] = {}
    for named, text in stated.items():
        if named != "zone":
            first, _, last = named.partition("-")
            for day in _DAYS[_DAYS.index(first) : _DAYS.index(last or first) + 1]:
                days[day] = tuple(_segment(part) for part in text.split())
    return MarketHours(name, parse_zone(stated["zone"]), stated["zone"], tuple(days.get(day, ()) for day in _DAYS))


def _segment(text: str) -> Segment:
    start, stop = (_wall(clock) for clock in text.split("-"))
    return Segment(start, stop, True)


def _wall(clock: str) -> int:
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 * SECOND
