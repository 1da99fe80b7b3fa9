"""The tables inside a Broker: costs, delays, the limits and gates it can carry.

Rates are fractions (0.002 = 0.2 % of notional), commission amounts are per side, levels are ratios (1.0 = 100 %).
Everything is off by default: no commission, no slippage, no delay, no gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from simcore.brokers.currencies import Currency
from simcore.brokers.settings import (
    MaybeCount,
    MaybeNonNegative,
    MaybePositive,
    NonNegative,
    Positive,
    Settings,
    Whole,
    not_a_ratio,
)

_NOT_A_RATIO = 25  # nobody asks for a margin level of 2500 %; 150 is 150 per cent written wrongly

AssetClass = Literal[
    "fx", "gold", "metal", "index_major", "index_minor", "commodity", "stock", "crypto", "bond", "other"
]


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


class GroupLimits(Settings):
    """Limits on one instrument, or on all instruments of one class together."""

    max_leverage: MaybePositive = None  # notional / equity
    max_notional: MaybePositive = None  # account currency


class SymbolLimits(GroupLimits):
    """Limits on one instrument."""

    max_qty: MaybePositive = None  # what it may come to, lots


class Limits(Settings):
    """The user's own limits; an order beyond one is refused, or its qty cut to the largest that keeps them all and that
    the leverage of broker and regulator allows. See kernel.caps.
    """

    action: Literal["reject", "adjust"] = "reject"
    max_leverage: MaybePositive = None  # notional of everything / equity
    max_notional: MaybePositive = None  # of everything, account currency
    max_position_leverage: MaybePositive = None  # concentration: notional of one instrument / equity
    max_position_notional: MaybePositive = None  # of one instrument, account currency
    max_margin: MaybePositive = None  # used margin / equity
    max_orders: MaybeCount = None  # pending at once
    max_positions: MaybeCount = None  # open at once: tickets, or instruments of a netting account
    classes: Mapping[AssetClass, GroupLimits] = {}
    symbols: Mapping[str, SymbolLimits] = {}  # patterns; the first that matches, in place of max_position_...

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if self.max_margin is not None and self.max_margin > 1.0:
            raise ValueError(not_a_ratio("max_margin", self.max_margin))
        return self

    def of_symbol(self, symbol: str) -> SymbolLimits:
        """What holds for one instrument."""
        for pattern, limits in self.symbols.items():
            if fnmatchcase(symbol, pattern):
                return limits
        return SymbolLimits(max_leverage=self.max_position_leverage, max_notional=self.max_position_notional)


class Gates(Settings):
    """Checks before each order and the watch over the account; all off unless given. Levels are ratios."""

    margin_level: MaybePositive = None  # margin level an order must leave
    free_margin_factor: MaybePositive = None  # free margin before the order / margin it needs, at least
    warn_level: MaybePositive = None  # the watch warns below this margin level
    close_level: MaybePositive = None  # the watch closes the worst position below this
    legs: Annotated[Whole, Field(ge=1)] = 1  # orders sent at one instant that are checked together
    watch_seconds: MaybeNonNegative = None  # how often it looks; None or 0: on every tick

    @model_validator(mode="after")
    def _are_ratios(self) -> Self:
        for name in ("margin_level", "free_margin_factor", "warn_level", "close_level"):
            value = getattr(self, name)
            if value is not None and value > _NOT_A_RATIO:
                raise ValueError(not_a_ratio(name, value))
        if self.warn_level is not None and self.close_level is not None and self.warn_level < self.close_level:
            raise ValueError(
                f"warn_level = {self.warn_level:g} is below close_level = {self.close_level:g}: "
                "the watch would close before it warns"
            )
        return self


class MarginTier(Settings):
    """One leverage bracket of a perpetual or future, from a notional on."""

    floor: NonNegative  # notional in the quote currency
    maintenance: Positive  # maintenance margin rate
    max_leverage: Positive
