"""Instrument: what is traded, as one frozen value.

`qty` counts the instrument's own unit (lots, contracts, shares, coins) and `contract_size` turns it into units. Each
kind comes with the defaults of its market; a broker's own contract specification differs in the details, so override
what yours states. A CFD, stock or future without a quote currency is priced in the account's (`resolved`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator

from simcore.brokers.conditions import (
    EVERY_EXPIRATION,
    EVERY_ORDER,
    ExecutionMode,
    Expirations,
    Fillings,
    GtcMode,
    Orders,
    TradeMode,
    fillings,
)
from simcore.brokers.currencies import METALS, Code, coin_pair, fx_pair, names_metal
from simcore.brokers.errors import ConfigError
from simcore.brokers.settings import (
    DERIVED,
    Configuration,
    MaybePositive,
    NonNegative,
    Number,
    Positive,
    Settings,
    Whole,
)
from simcore.brokers.terms import AssetClass, MarginTier

if TYPE_CHECKING:
    from simcore.brokers.broker import Broker

Kind = Literal["fx", "cfd", "stock", "future", "perpetual", "spot"]
CalcMode = Literal[
    "forex",
    "forex_no_leverage",
    "cfd",
    "cfd_index",
    "cfd_leverage",
    "futures",
    "exch_stocks",
    "exch_futures",
    "exch_futures_forts",
    "exch_options",
    "exch_bonds",
    "exch_stocks_moex",
    "exch_bonds_moex",
    "serv_collateral",
]
SwapMode = Literal[
    "disabled",
    "points",
    "currency_base",
    "currency_margin",
    "currency_deposit",
    "currency_profit",
    "interest_current",
    "interest_open",
    "reopen_current",
    "reopen_bid",
]


class _Defaults(NamedTuple):
    contract_size: float
    price_digits: int
    qty_min: float
    qty_max: float | None
    calc_mode: CalcMode | None  # None: stocks follow the account
    asset_class: AssetClass


_KINDS: Final[Mapping[str, _Defaults]] = {
    "fx": _Defaults(100_000.0, 5, 0.01, 1000.0, "forex", "fx"),
    "cfd": _Defaults(1.0, 2, 0.01, 1000.0, "cfd_leverage", "other"),
    "stock": _Defaults(1.0, 2, 1.0, None, None, "stock"),
    "future": _Defaults(1.0, 2, 1.0, None, "futures", "other"),
    "perpetual": _Defaults(1.0, 2, 0.001, None, "cfd_leverage", "crypto"),
    "spot": _Defaults(1.0, 2, 0.00001, None, "exch_stocks", "crypto"),
}
_WEDNESDAY_TRIPLE: Final = (1.0, 1.0, 3.0, 1.0, 1.0, 0.0, 0.0)  # Monday to Sunday
_GRID_TOLERANCE: Final = 1e-6  # of an increment, as in the kernel
_FOREX_MODES: Final = ("forex", "forex_no_leverage")


def _pair_of_rates(value: object) -> object:
    # one number is both; a maintenance rate of 0 means "as initial" (MetaTrader 5, symbol settings)
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return (value, value)
    return value


Rates = Annotated[tuple[NonNegative, NonNegative], BeforeValidator(_pair_of_rates)]


class MarginRates(Settings):
    """What the formula's margin is multiplied by, [initial, maintenance], per order type.

    Initial 0: that type needs no margin and is not checked; maintenance 0: as initial.
    Source: MetaTrader 5, margin rates.
    """

    buy: Rates = (1.0, 1.0)
    sell: Rates = (1.0, 1.0)
    buy_limit: Rates = (1.0, 1.0)
    sell_limit: Rates = (1.0, 1.0)
    buy_stop: Rates = (1.0, 1.0)
    sell_stop: Rates = (1.0, 1.0)
    buy_stop_limit: Rates = (1.0, 1.0)
    sell_stop_limit: Rates = (1.0, 1.0)


class Instrument(Configuration):
    """One instrument's contract. Frozen; `replace` gives a changed copy. Raises ConfigError for anything malformed."""

    kind: Kind
    symbol: Annotated[str, Field(min_length=1, pattern=r"^\S+$")]
    base: Code | None = None  # what is bought: fx, perpetual, spot
    quote: Code | None = None  # what the price counts; None: the account currency
    margin_currency: Code | None = None  # fx: base; otherwise: quote
    contract_size: Positive = DERIVED  # units per 1.0 of qty
    price_digits: Annotated[Whole, Field(le=12)] = DERIVED
    price_increment: Positive = DERIVED  # 10 ** -price_digits; also the point of stops_level and swaps
    tick_value: MaybePositive = None  # quote currency per price_increment and 1.0 of qty; None: by contract_size
    qty_min: Positive = DERIVED
    qty_max: MaybePositive = DERIVED  # None: no maximum
    qty_increment: Positive = DERIVED
    calc_mode: CalcMode | None = None  # margin and profit formula
    margin_rates: MarginRates = MarginRates()
    initial_margin: NonNegative = 0.0  # money per lot in the margin currency, in place of the formula; 0: none
    maintenance_margin: NonNegative = 0.0  # the same for an open position; 0: as initial
    hedged_margin: NonNegative = DERIVED  # contract size of the covered lots; 0: they are free
    hedged_use_leg: bool = False  # margin of the larger side only
    leverage_tiers: tuple[MarginTier, ...] = ()
    max_leverage: MaybePositive = None  # the most the broker gives this instrument; None: the account's
    swap_mode: SwapMode = "points"
    swap_long: Number = 0.0  # points, money or per cent a year, as swap_mode says; below 0 is paid
    swap_short: Number = 0.0
    swap_days: Annotated[tuple[NonNegative, ...], Field(min_length=7, max_length=7)] = _WEDNESDAY_TRIPLE
    swap_year: Positive = 360.0  # days of the year interest counts with
    face_value: Positive = 1000.0  # bonds: what 100 per cent of the price stand for
    accrued_interest: NonNegative = 0.0  # of a bond, quote currency: paid with its price on an exchange account
    liquidity_rate: Annotated[NonNegative, Field(le=1)] = DERIVED  # exchange: the share of a long's value that counts
    settlement_price: MaybePositive = None  # FORTS: yesterday's
    initial_margin_sell: NonNegative = 0.0  # FORTS: of a sell per lot, where initial_margin is that of a buy
    margin_currency_rate: NonNegative = 0.0  # FORTS: per cent
    stops_level: Whole = 0  # least distance of SL, TP and pending prices from the market, price increments
    freeze_level: Whole = 0  # so near its trigger nothing may be changed, price increments
    trade_mode: TradeMode = "full"  # what may be opened; see brokers.conditions for these and their sources
    trade_exemode: ExecutionMode | None = None  # how orders are executed; None: every filling is taken
    filling_mode: Fillings | None = None  # fillings flagged; None: all
    order_mode: Orders = EVERY_ORDER  # kinds of orders taken; a trailing stop counts as a stop
    order_gtc_mode: GtcMode = "gtc"  # whether good-till-canceled orders, SL and TP end with the broker's day
    expiration_mode: Expirations = EVERY_EXPIRATION  # of pending orders
    volume_limit: NonNegative = 0.0  # most qty of one side, position and pending orders; 0: none
    asset_class: AssetClass = DERIVED
    calendar: str | None = None  # sessions; None: the broker's
    table_name: str | None = None  # the table it was read from; see brokers.instruments

    @classmethod
    def of(cls, symbol: str, kind: Kind | None = None, *, broker: Broker | str | None = None, **over: Any) -> Self:
        """The instrument of a symbol, with any field overridden.

        Without a `kind` it is as the broker's table lists it (`broker` is a Broker, or the name of a preset or table);
        else two currencies are fx, and anything else raises ConfigError.
        """
        if kind is None and isinstance(symbol, str):
            from simcore.brokers import instruments  # tables hold Instruments

            table = instruments.of_broker(broker)
            listed = instruments.described(symbol, table, **over)
            if listed is not None:
                return cls(**listed.given())
            if fx_pair(symbol) is None:
                where = instruments.unlisted(symbol, table, " and ")
                hint = f"state its kind: {', '.join(_KINDS)} (metals, indices and shares of a broker are kind=cfd)"
                raise ConfigError(f"Instrument {symbol}: symbol is not two currencies{where}; {hint}")
        return cls(symbol=symbol, kind=kind or "fx", **over)

    @classmethod
    def fx(cls, symbol: str, **over: Any) -> Self:
        """Spot FX: lots of 100,000, margin in the base currency and without the price in it."""
        return cls(symbol=symbol, kind="fx", **over)

    @classmethod
    def cfd(cls, symbol: str, **over: Any) -> Self:
        """A contract for difference: price * qty * contract_size / leverage."""
        return cls(symbol=symbol, kind="cfd", **over)

    @classmethod
    def stock(cls, symbol: str, **over: Any) -> Self:
        """Shares, whole ones."""
        return cls(symbol=symbol, kind="stock", **over)

    @classmethod
    def future(cls, symbol: str, **over: Any) -> Self:
        """A future: margin is money per contract, so give `initial_margin`, and `contract_size` or `tick_value`."""
        return cls(symbol=symbol, kind="future", **over)

    @classmethod
    def perpetual(cls, symbol: str, **over: Any) -> Self:
        """A linear perpetual swap: quantity in coins, profit in the quote currency."""
        return cls(symbol=symbol, kind="perpetual", **over)

    @classmethod
    def spot(cls, symbol: str, **over: Any) -> Self:
        """Coins bought outright."""
        return cls(symbol=symbol, kind="spot", **over)

    def resolved(self, currency: str, *, exchange: bool = False) -> Self:
        """The same instrument with what follows from the account: its currency, and the formula for stocks.

        Stocks are paid in full (exch_stocks) on an exchange account, else priced by leverage (cfd_leverage).
        """
        quote = self.quote or currency
        mode = self.calc_mode or ("exch_stocks" if exchange else "cfd_leverage")
        return self.replace(quote=quote, margin_currency=self.margin_currency or quote, calc_mode=mode)

    @classmethod
    def _subject(cls, fields: Mapping[str, Any]) -> str:
        return f"Instrument {fields['symbol']}" if isinstance(fields.get("symbol"), str) else "Instrument"

    @model_validator(mode="after")
    def _derive(self) -> Self:
        kind = _KINDS[self.kind]
        pair = self._pair()
        if pair is not None:
            self._fill(base=pair[0], quote=pair[1])
        self._fill(calc_mode=kind.calc_mode, asset_class=kind.asset_class)
        self._fill(margin_currency=self.base if self.calc_mode in _FOREX_MODES else self.quote)
        digits = 3 if self.kind == "fx" and self.quote == "JPY" else kind.price_digits
        self._fill(price_digits=digits if self.price_increment is None else decimals(self.price_increment))
        self._fill(price_increment=float(f"1e-{self.price_digits}"))
        by_tick = self.kind == "future" and self.tick_value is not None
        self._fill(contract_size=(self.tick_value or 1.0) / self.price_increment if by_tick else kind.contract_size)
        self._fill(hedged_margin=self.contract_size)
        self._fill(liquidity_rate=1.0 if (self.calc_mode or "exch_stocks").startswith("exch_") else 0.0)
        self._fill(qty_increment=min(kind.qty_min, self.qty_min or kind.qty_min))
        self._fill(qty_min=max(kind.qty_min, self.qty_increment))
        most = kind.qty_max if kind.qty_max is None or kind.qty_max >= self.qty_min else None
        self._fill(qty_max=most)
        return self

    def _pair(self) -> tuple[str | None, str | None] | None:
        """Base and quote as the symbol names them; None for what has no base."""
        if self.kind == "fx":
            named = fx_pair(self.symbol)
            base, quote = self.base or (named and named[0]), self.quote or (named and named[1])
            if base in METALS or quote in METALS or (named is None and names_metal(self.symbol)):
                raise ValueError(f"a metal is not fx; use kind=cfd: Instrument.cfd({self.symbol!r}, contract_size=...)")
            if not base or not quote:
                raise ValueError("symbol is not two currencies; give base and quote, or another kind (cfd, spot, ...)")
            return base, quote
        return coin_pair(self.symbol) if self.kind in ("spot", "perpetual") else None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not is_multiple(self.price_increment, float(f"1e-{self.price_digits}")):
            digits = f"price_digits = {self.price_digits}"
            raise ValueError(f"price_increment = {self.price_increment:g}: must be a multiple of the last of {digits}")
        if not is_multiple(self.qty_min, self.qty_increment):
            raise ValueError(
                f"qty_min = {self.qty_min:g}: must be a multiple of qty_increment = {self.qty_increment:g}"
            )
        if self.qty_max is not None and self.qty_max < self.qty_min:
            raise ValueError(f"qty_max = {self.qty_max:g}: must not be below qty_min = {self.qty_min:g}")
        if self.volume_limit and self.volume_limit < self.qty_min:
            raise ValueError(
                f"volume_limit = {self.volume_limit:g}: must be 0, or not below qty_min = {self.qty_min:g}"
            )
        if not fillings(self.trade_exemode, self.filling_mode)[0]:
            raise ValueError("filling_mode names neither fok nor ioc, which trade_exemode = 'market' needs")
        floors = [tier.floor for tier in self.leverage_tiers]
        if floors and (floors[0] != 0 or any(b <= a for a, b in pairwise(floors))):
            raise ValueError("leverage_tiers must start at floor 0 and ascend")
        return self


def decimals(increment: float) -> int:
    """How many decimals a grid of this increment needs: 2 for 0.25. Read to twelve figures, so that 3 * 0.1 needs 1."""
    exponent = Decimal(f"{increment:.12g}").normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def is_multiple(value: float, increment: float) -> bool:
    """Whether `value` lies on the grid, but for what floats lose."""
    steps = value / increment
    return abs(steps - round(steps)) <= _GRID_TOLERANCE
