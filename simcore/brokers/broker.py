"""Broker: the rules of an account as one frozen value.

It says what the account may do and what it costs: leverage, margin levels, at which prices positions are valued and
money is converted, commission, slippage, delay, when the day ends. A preset states a platform's documented behaviour;
leverage and margin levels are each broker's own choice, so check them against yours. Nothing is charged by default.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from simcore.brokers import presets
from simcore.brokers.currencies import Currency, money_digits
from simcore.brokers.dynamic import DynamicLeverage, HolidayMargin, ShutMargin, shut_margin
from simcore.brokers.errors import ConfigError
from simcore.brokers.settings import (
    DERIVED,
    Configuration,
    MaybeNonNegative,
    MaybePositive,
    Number,
    Whole,
    merged,
    not_a_ratio,
)
from simcore.brokers.sourced import is_file
from simcore.brokers.terms import Commission, Gates, Latency, Limits, Slippage
from simcore.brokers.zones import check_zone, parse_clock
from simcore.market.instants import Instant, ns_of

if TYPE_CHECKING:
    from simcore.brokers.instrument import Instrument
    from simcore.brokers.whatif import Account, Verdict

Quote = float | Sequence[float]  # a price, or bid and ask
Quotes = Mapping[str, Quote]
Regime = Literal[
    "none", "esma-retail", "esma-professional", "fca-retail", "fca-professional", "asic-retail", "asic-professional",
    "nfa", "japan", "mas", "mas-accredited",
]  # fmt: skip

_NOT_A_RATIO = 10  # nobody is closed at a margin level of 1000 %; 50 is 50 per cent written wrongly


def _clock(text: str) -> str:
    parse_clock(text)
    return text


def _listed(name: str) -> str:
    from simcore.brokers.instruments import check_name  # tables hold Instruments, which Broker need not load

    return check_name(name)


Clock = Annotated[str, AfterValidator(_clock)]
Listed = Annotated[str, AfterValidator(_listed)]
Zone = Annotated[str, AfterValidator(check_zone)]


class Broker(Configuration):
    """The rules of one account. Frozen; `replace` gives a changed copy. Raises ConfigError for anything malformed.

    Money is in the account currency, rates and levels are ratios, delays ms. "None" where a field allows it: never.
    """

    preset_name: str | None = None  # the preset the rules started from
    as_of: dt.date | None = None  # the day they held
    currency: Currency = "USD"
    leverage: Annotated[Number, Field(ge=1)] = 100.0
    mode: Literal["netting", "hedging", "exchange"] = "netting"
    valuation: Literal["sided", "mid", "last", "mark"] = "sided"  # price at which open positions are valued
    margin_basis: Literal["open", "current"] = "open"  # price and rate of margin: the opening's, or now's
    pending_margin: bool = True  # whether a pending order reserves margin
    margin_call_level: MaybeNonNegative = 1.0  # None: never called
    stop_out_level: MaybeNonNegative = 0.5  # acts at or below; None: never
    stop_out_mode: Literal["percent", "money"] = "percent"  # levels are equity / used_margin, or amounts
    stop_out_money: Literal["equity", "free_margin"] = "equity"  # amounts of what: equity, or equity - used_margin
    stop_out_closes: Literal["largest_loss", "all"] = "largest_loss"  # one action and look again, or everything
    stop_out_splits: bool = False  # netting: a forced close takes at most qty_max, then looks again (real accounts)
    stop_out_fully_hedged: bool = False  # hedging: covered positions without margin go too, once equity is below 0
    stop_out_target: MaybePositive = None  # closes parts of positions, until the margin level is back at this
    negative_balance_protection: bool = False
    withdraw_credit: bool = False  # with negative_balance_protection: the credit goes when the balance is lifted
    fifo_close: bool = False  # hedging: positions of an instrument are closed oldest first
    hedge_allowed: bool = True  # hedging: opposite positions of an instrument
    limit_orders: Whole = 0  # most pending orders; 0: no limit
    limit_positions: Whole = 0  # most positions; hedging counts pending orders too; 0: no limit
    regime: Regime = "none"
    limits: Limits = Limits()
    dynamic_leverage: DynamicLeverage | None = None
    money_digits: Annotated[Whole, Field(le=10)] = DERIVED  # decimals of money; from the currency
    conversion: Literal["sided", "mid"] = "sided"  # bid or ask of the cross, or between them
    profit_conversion: Literal["deal", "market", "mid", "mt4"] = DERIVED  # of results; see kernel.convert
    hedged_sides: Literal[1, 2] = 1  # hedged_margin is per covered lot, or (MetaTrader 4) per side of it
    commission: Commission = Commission()
    slippage: Slippage = Slippage()
    latency_ms: Latency = 0.0  # from submit to the venue
    feed_latency_ms: Latency = 0.0  # from the venue to us; adds to the order's
    limit_fill: Literal["limit", "improve"] = "limit"  # a resting limit fills at its price, or at a better one
    marketable_limit: Literal["reject", "fill"] = "fill"  # a limit that crosses the quote: refused, or taker
    changes_when_closed: bool = True  # may orders and stops be changed and orders canceled while the market is closed
    intrabar: Literal["worst", "path"] = "worst"  # a bar that spans SL and TP: SL, or as the path goes
    rollover: Clock = "17:00 America/New_York"  # when swaps are charged
    day_start: Clock = DERIVED  # bounds daily bars and DAY orders; the rollover
    timezone: Zone = "UTC"  # of ctx.hour, minute and weekday
    gates: Gates = Gates()
    weekend_margin: Annotated[ShutMargin, BeforeValidator(shut_margin)] = ShutMargin()  # a number: of every class
    holiday_margin: Annotated[HolidayMargin, BeforeValidator(shut_margin)] = HolidayMargin()
    free_margin_mode: Literal["all", "none", "profit", "loss"] = "all"  # floating results that count in free margin
    margin_rate_update: Literal["open", "daily"] = "open"  # conversion of margin: the opening's, or the day's
    swap_holidays: tuple[dt.date, ...] = ()  # charged on the day before, with its own
    calendar: str | None = None  # sessions; None: open whenever it ticks
    instruments: Listed | None = None  # the table, or own file (.toml), that describes its symbols

    @model_validator(mode="after")
    def _derive(self) -> Self:
        self._fill(money_digits=money_digits(self.currency), day_start=self.rollover)
        self._fill(profit_conversion="mid" if self.conversion == "mid" else "deal")
        return self

    @model_validator(mode="after")
    def _fits_the_mode(self) -> Self:
        only = "only a hedging account has several positions of an instrument; use mode = 'hedging'"
        for name, asked in (
            ("fifo_close", self.fifo_close),
            ("hedge_allowed", not self.hedge_allowed),
            ("stop_out_fully_hedged", self.stop_out_fully_hedged),
        ):
            if asked and self.mode != "hedging":
                raise ValueError(f"{name} = {getattr(self, name)} with mode = {self.mode!r}: {only}")
        if self.mode == "exchange" and self.dynamic_leverage is not None and self.dynamic_leverage.rules:
            retail = "tiers are of retail accounts; use mode = 'netting' or 'hedging'"
            raise ValueError(f"dynamic_leverage.rules with mode = 'exchange': {retail}")
        if self.stop_out_target is not None:
            level = f"stop_out_target = {self.stop_out_target:g}"
            if self.mode == "exchange" or self.stop_out_mode != "percent" or self.stop_out_closes != "largest_loss":
                needs = "mode = 'netting' or 'hedging', stop_out_mode = 'percent' and stop_out_closes = 'largest_loss'"
                raise ValueError(f"{level}: parts are closed with {needs} only")
            if self.stop_out_target < (self.stop_out_level or 0.0):
                raise ValueError(f"{level}: must not be below stop_out_level = {self.stop_out_level:g}")
        return self

    @model_validator(mode="after")
    def _levels_are_ratios(self) -> Self:
        if self.stop_out_mode == "money":
            return self
        for name in ("margin_call_level", "stop_out_level"):
            level = getattr(self, name)
            if level is not None and level > _NOT_A_RATIO:
                raise ValueError(not_a_ratio(name, level))
        return self

    def __init__(self, **fields: Any) -> None:
        # "preset" is how files and the command line name the start; as an attribute it is the constructor below
        name = fields.pop("preset", None)
        if name is not None and not isinstance(name, str):
            raise ConfigError(f"preset = {name!r}: must be a name; known: {', '.join(presets.names())}")
        if name is not None:
            fields = merged(presets.load(name).fields, fields) | {"preset_name": name}
        try:
            super().__init__(**fields)
        except ConfigError as error:
            raise ConfigError(f"{name}: {error}" if name and is_file(name) else str(error)) from None

    @classmethod
    def preset(cls, name: str, **overrides: Any) -> Self:
        """The rules of a platform, with any field overridden; "commission.per_lot" names a field inside a table.

        Raises ConfigError for an unknown preset or a malformed override.
        """
        return cls(preset=name, **overrides)

    @classmethod
    def presets(cls) -> list[str]:
        """The names `preset` takes."""
        return presets.names()

    def account(self, instruments: Sequence[Instrument], balance: float = 0.0, **fields: Any) -> Account:
        """An account under these rules to ask: margin, profit, checks, liquidation; see brokers.whatif."""
        from simcore.brokers.whatif import Account  # it compiles and loads the kernel, which a mere setting need not

        return Account(self, list(instruments), balance=balance, **fields)

    def margin(
        self, symbol: Instrument | str, side: str | int, qty: float, price: Quote | None = None,
        quotes: Quotes | None = None, at: Instant | None = None, type: str = "market",
    ) -> float:  # fmt: skip
        """Margin of one order as if nothing else were held, account currency; a market order's with floating leverage.

        `symbol` may be an Instrument, and must be one where the broker's table does not list it. `price` is a number or
        (bid, ask); `quotes` maps the crosses it converts through (or the symbol itself) to the same. `at` is the moment
        that is asked about (weekends, sessions, news); a Tuesday morning unless given. Raises ConfigError for a missing
        price or cross.
        """
        name, held = self._asked(symbol, price, quotes, at=at)
        if self.dynamic_leverage is not None and self.dynamic_leverage.rules and type == "market":
            return held.margin_with_tiers(name, side, qty)
        return held.margin(name, side, qty, type=type)

    def check(
        self, order: Instrument | Mapping[str, Any] | str, side: str | int | None = None, qty: float | None = None,
        price: Quote | None = None, balance: float | None = None, quotes: Quotes | None = None,
        at: Instant | None = None, *, instrument: Instrument | None = None, **fields: Any,
    ) -> Verdict:  # fmt: skip
        """What the broker would say to one order on a flat account.

        `order` is a dict with the fields of an order (symbol, side, qty, type, limit, stop, sl, tp, ...), or an
        instrument or a symbol with the others as arguments. An instrument the broker does not list is given as such.
        """
        given = {"symbol": order} if not isinstance(order, Mapping) else dict(order)
        given |= fields | {name: value for name, value in (("side", side), ("qty", qty)) if value is not None}
        if balance is None:
            raise ConfigError("balance is required: the money on the account that is asked about")
        known, held = self._asked(instrument or given.get("symbol"), price, quotes, balance, at)
        return held.check(given | {"symbol": known})

    def max_qty(
        self, symbol: Instrument | str, free_margin: float, safety: float = 0.8, *, price: Quote | None = None,
        side: str | int = "buy", quotes: Quotes | None = None, at: Instant | None = None,
    ) -> float:  # fmt: skip
        """The largest market order that `safety` times this free margin pays for, on the instrument's grid."""
        from simcore.brokers.asked import number

        share = number("safety", safety, above=0.0)
        if share > 1.0:
            raise ConfigError(f"safety = {safety:g}: must be at most 1, the share of the free margin to use")
        name, held = self._asked(symbol, price, quotes, number("free_margin", free_margin) * share, at)
        return held.max_qty(name, side)

    def liquidation_price(
        self, symbol: Instrument | str, side: str | int, qty: float, price: Quote | None = None,
        balance: float | None = None, quotes: Quotes | None = None, at: Instant | None = None,
    ) -> float:  # fmt: skip
        """The price at which the broker closes this one position, by the margin of `at`; nan where no price does.

        It was opened at `price`: a buy at the ask, a sell at the bid.
        """
        if balance is None:
            raise ConfigError("balance is required: the money on the account that is asked about")
        name, held = self._asked(symbol, price, quotes, balance, at)
        held.open(name, side, qty)
        return held.liquidation_price(name)

    def _asked(
        self, symbol: object, price: Quote | None, quotes: Quotes | None, balance: float = 0.0,
        at: Instant | None = None,
    ) -> tuple[str, Account]:  # fmt: skip
        """(symbol, an account that holds nothing and is quoted so)."""
        from simcore.brokers.quoted import quoted_account

        start = None if at is None else ns_of(at, "at")
        return quoted_account(self, symbol, price, quotes or {}, balance, start)

    @property
    def levels_are(self) -> Literal["percent", "equity", "free_margin"]:
        """What margin_call_level and stop_out_level are: ratios (percent), or amounts of equity or of free margin."""
        return self.stop_out_money if self.stop_out_mode == "money" else "percent"

    @property
    def has_limits(self) -> bool:
        """Whether the user set any limit."""
        return any(self.limits.model_dump(exclude={"action"}).values())

    @property
    def has_gates(self) -> bool:
        """Whether a gate stands before orders."""
        return bool(self.gates.margin_level or self.gates.free_margin_factor)

    def given(self) -> dict[str, Any]:
        """The fields that were stated, the preset's included, as plain values; `Broker(**broker.given()) == broker`."""
        fields = super().given()
        name = fields.pop("preset_name", None)
        return {"preset": name, **fields} if name is not None else fields

    def replace(self, **overrides: Any) -> Self:
        """A copy with other values; tables merge, and "commission.per_lot" names a field inside one."""
        if "preset" in overrides:
            hint = f"start anew with Broker.preset({overrides['preset']!r})"
            raise ConfigError(f"Broker: preset = {overrides['preset']!r} cannot be replaced; {hint}")
        return super().replace(**overrides)
