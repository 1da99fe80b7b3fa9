"""Which quoted crosses turn one currency into another.

A cross is an instrument of kind fx or spot that is quoted in this run. The way is the pair itself, else two steps
over USD, else two steps over any other currency, in alphabetical order. Source: MetaTrader 5 Platform, "Conversion"
(the last fallback is ours, for accounts without a dollar pair).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from simcore.brokers.currencies import CURRENCIES, coin_pair
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument


class Step(NamedTuple):
    """`cross` is an index into the instruments; the amount is multiplied by its price, or divided if `inverse`."""

    cross: int
    inverse: bool


# How the market orders a pair: the earlier is the base. Others follow the dollar, which EUR, GBP, AUD, NZD precede.
_BASES: Final = ("EUR", "GBP", "AUD", "NZD", "USD", "CAD", "CHF", "JPY")


def path(from_ccy: str, to_ccy: str, instruments: Sequence[Instrument]) -> tuple[Step, ...]:
    """The crosses, in the order to apply them, that turn an amount of `from_ccy` into `to_ccy`; none if they are equal.

    Raises ConfigError that names the missing pair and what to add.
    """
    if from_ccy == to_ccy:
        return ()
    crosses = _crosses(instruments)
    direct = _step(crosses, from_ccy, to_ccy)
    if direct is not None:
        return (direct,)
    currencies = {currency for pair in crosses for currency in pair} - {from_ccy, to_ccy}
    for between in sorted(currencies, key=lambda c: (c != "USD", c)):
        first, second = _step(crosses, from_ccy, between), _step(crosses, between, to_ccy)
        if first is not None and second is not None:
            return (first, second)
    raise ConfigError(_missing(from_ccy, to_ccy, crosses) + _of_no_use(from_ccy, to_ccy, instruments))


def _crosses(instruments: Sequence[Instrument]) -> dict[tuple[str, str], int]:
    """(base, quote) -> index; the first instrument of a pair counts."""
    found: dict[tuple[str, str], int] = {}
    for index, instrument in enumerate(instruments):
        if instrument.kind in ("fx", "spot") and instrument.base and instrument.quote:
            found.setdefault((instrument.base, instrument.quote), index)
    return found


def _step(crosses: dict[tuple[str, str], int], from_ccy: str, to_ccy: str) -> Step | None:
    if (from_ccy, to_ccy) in crosses:
        return Step(crosses[from_ccy, to_ccy], False)
    if (to_ccy, from_ccy) in crosses:
        return Step(crosses[to_ccy, from_ccy], True)
    return None


def _missing(from_ccy: str, to_ccy: str, crosses: dict[tuple[str, str], int]) -> str:
    pair = _as_quoted(from_ccy, to_ccy)
    ways = f"quotes of {pair}"
    halves = [_as_quoted(c, "USD") for c in (from_ccy, to_ccy) if c != "USD" and _step(crosses, c, "USD") is None]
    if "USD" not in (from_ccy, to_ccy):
        ways += f", or of {' and '.join(halves)} to go over USD"
    return f"no quotes to convert {from_ccy} to {to_ccy}: {pair} is missing; add {ways}"


def _of_no_use(from_ccy: str, to_ccy: str, instruments: Sequence[Instrument]) -> str:
    """Words for a CFD on a coin, which names the pair but converts nothing."""
    for i in instruments:
        if i.kind == "cfd" and set(coin_pair(i.symbol) or ()) & {from_ccy, to_ccy} - CURRENCIES:
            return f" ({i.symbol} is a CFD, which converts nothing: give it as Instrument.spot({i.symbol!r}))"
    return ""


def _as_quoted(one: str, other: str) -> str:
    """The symbol the market uses for two currencies; a coin is priced in money."""
    if (one in CURRENCIES) != (other in CURRENCIES):
        return other + one if one in CURRENCIES else one + other
    rank = {c: i for i, c in enumerate(_BASES)}
    if one not in rank and other not in rank:
        return one + other
    return one + other if rank.get(one, len(rank)) < rank.get(other, len(rank)) else other + one
