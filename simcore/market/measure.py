"""Bars that end when something has happened, not when time is up: "100tick", "5000vol", "0.0010range", "0.0010renko".

"100tick" holds 100 quotes or prints. "5000vol" ends with the print that brings its volume to 5,000 or more; what is
above is not carried over. "0.0010range" ends with the tick that takes its bid high to 0.0010 or more above its bid low,
so a jump may make it taller. "0.0010renko" is a brick of exactly that height: the next one stands on top of it, or,
where the price turned, under it, so a turn takes twice the size. Range and renko are price distances, whatever the
instrument's increment. The bar that is not finished when the data end is left out.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from simcore.market.errors import DataError
from simcore.market.timeframe import Timeframe, parse_timeframe, timeframe_from_ns

TICK: Final = "tick"
VOLUME: Final = "vol"
RANGE: Final = "range"
RENKO: Final = "renko"

_SPELLINGS: Final = {
    TICK: ("tick", "ticks"),
    VOLUME: ("vol", "volume"),
    RANGE: ("range",),
    RENKO: ("renko",),
}
_WORDS: Final = (TICK, VOLUME, RANGE, RENKO)
_NANO: Final = 10**9
_LARGEST: Final = 2e9
_WORD_OF: Final = {spelling: word for word, spellings in _SPELLINGS.items() for spelling in spellings}


class Measure(NamedTuple):
    """What ends a bar: `word` (tick, vol, range, renko), `size` of it, and the canonical `text` ("100tick")."""

    word: str
    size: float
    text: str

    @property
    def ns(self) -> int:
        """A number below zero that stands where a timeframe has its length; `bars_of` reads it."""
        return -(round(self.size * _NANO) * len(_WORDS) + _WORDS.index(self.word))


def parse_measure(text: str) -> Measure | None:
    """Read "100tick", "50 vol", "0.0010range", "renko:10"; None where `text` names none of them.

    Raises DataError for a size that is not above zero, and for a part of a tick.
    """
    if not isinstance(text, str):
        return None
    given = "".join(reversed(text.split(":"))) if text.count(":") == 1 else text
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-z]+)\s*", given)
    word = _WORD_OF.get(match[2].lower()) if match else None
    if match is None or word is None:
        return None
    size = float(match[1])
    if not size > 0 or (word == TICK and size != int(size)):
        needs = "a whole number of ticks, 1 or more" if word == TICK else "above zero"
        raise DataError(
            f'timeframe "{text}": the size must be {needs}, such as {"100" if word == TICK else "0.5"}{word}'
        )
    if size > _LARGEST:
        raise DataError(f'timeframe "{text}": the size must be at most {_LARGEST:,.0f}')
    return Measure(word, size, f"{size:.15g}{word}")


def parse_bars(text: str) -> Timeframe | Measure:
    """Read what bars are made by: a time ("5min") or a measure ("100tick"). Raises DataError for anything else."""
    try:
        return parse_measure(text) or parse_timeframe(text)
    except DataError as error:
        if str(error).startswith("unknown timeframe"):
            raise DataError(f"{error}; or what ends a bar: 100tick, 5000vol, 0.5range, 0.5renko") from error
        raise


def bars_of(ns: int) -> Timeframe | Measure:
    """What bars are made by, from its number: the ns of a timeframe, or a measure's."""
    if ns > 0:
        return timeframe_from_ns(ns)
    size, word = divmod(-ns, len(_WORDS))
    return Measure(_WORDS[word], size / _NANO, f"{size / _NANO:.15g}{_WORDS[word]}")
