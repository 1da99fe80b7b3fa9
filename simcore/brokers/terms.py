"""The tables inside a Broker: costs, delays, the limits and gates it can carry.

Rates are fractions (0.002 = 0.2 % of notional), commission amounts are per side, levels are ratios (1.0 = 100 %).
Everything is off by default: no commission, no slippage, no delay, no gate.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from simcore.brokers.currencies import Currency
from simcore.brokers.settings import (
    MaybeNonNegative,
    MaybePositive,
    NonNegative,
    Positive,
    Settings,
    Whole,
)


class Commission(Settings):
    """What a fill costs, per side, booked with the fill.

    The parts add up: per_lot * qty + per_share * qty * contract_size + rate * notional; `maker` and `taker` are rates
    that depend on whether the order rested, and replace `rate`.
    """

    per_lot: NonNegative = 0.0  # money per unit of qty
    per_share: NonNegative = 0.0  # money per unit of the underlying: qty * contract_size
    rate: NonNegative = 0.0  # of notional
    maker: float = 0.0  # of notional, for a fill of a resting order; below 0 is a rebate
    taker: NonNegative = 0.0  # of notional, for a fill that took liquidity
    min: NonNegative = 0.0  # money, at least, per order
    max_rate: MaybePositive = None  # of notional, at most, per order; wins over `min`
    currency: Currency | None = None  # of per_lot, per_share and min; None: the account's

    @model_validator(mode="after")
    def _one_kind_of_rate(self) -> Self:
        if self.rate and (self.maker or self.taker):
            raise ValueError("give either rate, or maker and taker")
        return self


class Slippage(Settings):
    """How much worse than the quote a market or stop fill is; the parts add up."""

    fixed: NonNegative = 0.0  # a price distance
    spread_share: NonNegative = 0.0  # of the spread
    volume_share: NonNegative = 0.0  # c in price * c * sqrt(qty / quoted size); 0 where quotes carry no size


class LatencyTable(Settings):
    """Delays in ms, one drawn for each order with a seeded generator."""

    table: Annotated[tuple[NonNegative, ...], Field(min_length=1)]
    seed: Annotated[Whole, Field(lt=2**63)] = 0


def _latency_kind(value: Any) -> str:
    return "<table>" if isinstance(value, dict | LatencyTable) else "<number>"


# A number of ms, or a table to draw from. The tags keep pydantic from reporting both readings of one mistake.
Latency = Annotated[
    Annotated[NonNegative, Tag("<number>")] | Annotated[LatencyTable, Tag("<table>")], Discriminator(_latency_kind)
]


class Limits(Settings):
    """The user's own limits; an order beyond one is refused, or its qty cut to the largest allowed."""

    action: Literal["reject", "adjust"] = "reject"
    max_leverage: MaybePositive = None  # notional of all positions / equity


class Gates(Settings):
    """Checks before each order and the watch over the account; all off unless given. Levels are ratios."""

    margin_level: MaybePositive = None  # margin level an order must leave
    free_margin_factor: MaybePositive = None  # free margin before the order / margin it needs, at least
    warn_level: MaybePositive = None  # the watch warns below this margin level
    close_level: MaybePositive = None  # the watch closes the worst position below this
    legs: Annotated[Whole, Field(ge=1)] = 1  # orders sent at one instant that are checked together
    watch_seconds: MaybeNonNegative = None  # how often it looks; None or 0: on every tick


def _as_bound(value: object) -> object:
    return None if isinstance(value, str) and value.lower() == "inf" else value


class LeverageTier(Settings):
    """One step of a floating-leverage rule: what part of the plain margin is charged up to a bound."""

    up_to: Annotated[MaybePositive, BeforeValidator(_as_bound)] = None  # lots or money; None: the last, without bound
    initial: NonNegative  # multiplies the initial margin; 0 charges nothing
    maintenance: NonNegative | None = None  # None: as initial


class LeverageRule(Settings):
    """Which instruments a set of tiers applies to, and what the tiers count. Source: MetaTrader 5 "Leverages"."""

    symbols: tuple[str, ...] = ("*",)  # patterns; the first rule that matches an instrument holds
    range: Literal["volume", "volume_symbol", "notional", "notional_symbol"] = "volume"
    currency: Currency | None = None  # of a notional range; None: the account's
    tiers: Annotated[tuple[LeverageTier, ...], Field(min_length=1, max_length=16)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        bounds = [tier.up_to for tier in self.tiers]
        inner = [bound for bound in bounds[:-1] if bound is not None]
        last = float("inf") if bounds[-1] is None else bounds[-1]
        steps = [*inner, last]
        if len(inner) != len(bounds) - 1 or any(b <= a for a, b in pairwise(steps)):
            raise ValueError("tiers must ascend by up_to, and only the last may be without one")
        return self


class DynamicLeverage(Settings):
    """Leverage that falls as volume or notional grows: rules from top to bottom."""

    rules: Annotated[tuple[LeverageRule, ...], Field(min_length=1)]


class MarginTier(Settings):
    """One leverage bracket of a perpetual or future, from a notional on."""

    floor: NonNegative  # notional in the quote currency
    maintenance: Positive  # maintenance margin rate
    max_leverage: Positive
