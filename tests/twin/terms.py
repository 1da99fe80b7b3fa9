"""One instrument's terms, read from a plain dict into Decimals, and the way from one currency to another.

The dicts have the field names and defaults of the design (Instrument). Everything is exact decimal arithmetic; a float
is read as it prints, so 0.1 is one tenth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from simcore.kernel.enums import CalcMode, OrderType, SwapMode

ZERO = Decimal(0)
ONE = Decimal(1)
# The rounding rule counts what is within a millionth (and a hair) of the last digit below a half as a half.
NEARLY = Decimal("0.000001001")
MILLISECOND = 1_000_000
CROSSES = ("fx", "spot")  # kinds that convert currencies

FOREX_MODES = (CalcMode.FOREX, CalcMode.FOREX_NO_LEVERAGE)
RATE_NAMES = {
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop",
    OrderType.TRAILING_STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
}


def number(value: Any) -> Decimal | None:
    """A Decimal, or None for what is not given (None, nan, and "none" as presets have it)."""
    if value is None or value == "none":
        return None
    exact = value if isinstance(value, Decimal) else Decimal(str(float(value)) if isinstance(value, float) else value)
    return None if exact.is_nan() else exact


def need(value: Any) -> Decimal:
    exact = number(value)
    if exact is None:
        raise ValueError("a number is needed")
    return exact


@dataclass(frozen=True)
class Terms:
    """One instrument's rules."""

    symbol: str
    kind: str
    base: str | None
    quote: str
    margin_currency: str
    contract_size: Decimal
    price_digits: int
    increment: Decimal
    tick_value: Decimal
    qty_min: Decimal
    qty_max: Decimal | None
    qty_increment: Decimal
    mode: CalcMode
    margin_rates: Mapping[str, tuple[Decimal, Decimal]]
    initial_margin: Decimal
    maintenance_margin: Decimal
    max_leverage: Decimal | None
    hedged_margin: Decimal
    hedged_use_leg: bool
    swap_mode: SwapMode
    swap_long: Decimal
    swap_short: Decimal
    swap_days: tuple[Decimal, ...]
    swap_year: Decimal
    asset_class: str
    stops_distance: Decimal
    freeze_distance: Decimal
    face_value: Decimal
    accrued_interest: Decimal
    liquidity_rate: Decimal
    settlement_price: Decimal
    initial_margin_sell: Decimal
    margin_currency_rate: Decimal
    trade_mode: str
    execution: str | None
    fillings: tuple[str, ...] | None
    takes: tuple[str, ...]
    lasting: tuple[str, ...]
    gtc_mode: str
    volume_limit: Decimal
    calendar: str | None  # its own hours, in place of the account's
    least: Decimal = ZERO  # of its value, where a regime asks for more than money per lot

    def on_grid(self, price: Decimal) -> Decimal:
        """The nearest price of the instrument's grid."""
        return (price / self.increment).quantize(ONE, ROUND_HALF_EVEN) * self.increment

    def freezes(self, market: Decimal, price: Decimal) -> bool:
        """Whether a price is within the freeze level of the market."""
        return self.freeze_distance > 0 and abs(market - price) <= self.freeze_distance

    def order_rate(self, side: int, kind: OrderType) -> Decimal:
        """Initial margin rate of an order type."""
        word = "buy" if side > 0 else "sell"
        name = word if kind == OrderType.MARKET else f"{word}_{RATE_NAMES[kind]}"
        return self.margin_rates[name][0]

    @property
    def has_fixed_margin(self) -> bool:
        return self.initial_margin > 0 or self.mode in (CalcMode.FUTURES, CalcMode.EXCH_FUTURES)

    def opening_rate(self, side: int) -> Decimal:
        """Margin rate of what is about to be opened."""
        return self.margin_rates["buy" if side > 0 else "sell"][0]

    def position_rate(self, side: int) -> Decimal:
        """Maintenance rate of a position's side, or the initial one where maintenance is 0."""
        initial, maintenance = self.margin_rates["buy" if side > 0 else "sell"]
        return maintenance if maintenance > 0 else initial


KINDS: dict[str, dict[str, Any]] = {
    "fx": {"contract_size": 100_000, "price_digits": 5, "qty_min": "0.01", "qty_max": 1000, "calc_mode": "forex"},
    "cfd": {"contract_size": 1, "price_digits": 2, "qty_min": "0.01", "qty_max": 1000, "calc_mode": "cfd_leverage"},
    "stock": {"contract_size": 1, "price_digits": 2, "qty_min": 1, "qty_max": None, "calc_mode": "cfd_leverage"},
    "future": {"contract_size": 1, "price_digits": 2, "qty_min": 1, "qty_max": None, "calc_mode": "futures"},
    "perpetual": {
        "contract_size": 1,
        "price_digits": 2,
        "qty_min": "0.001",
        "qty_max": None,
        "calc_mode": "cfd_leverage",
    },
    "spot": {"contract_size": 1, "price_digits": 2, "qty_min": "0.00001", "qty_max": None, "calc_mode": "exch_stocks"},
}
CLASSES = {"fx": "fx", "stock": "stock", "perpetual": "crypto", "spot": "crypto"}


def _margin_rates(given: Mapping[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
    rates = {}
    for side in ("buy", "sell"):
        for suffix in ("", "_limit", "_stop", "_stop_limit"):
            value = given.get(side + suffix, 1)
            pair = value if isinstance(value, tuple | list) else (value, value)
            rates[side + suffix] = (need(pair[0]), need(pair[1]))
    return rates


def read_terms(
    instrument: Mapping[str, Any], account_currency: str, *, exchange: bool = False, sides: int = 1
) -> Terms:
    """Terms of a dict with the fields of Instrument; fields left out take the design's defaults.

    sides: how many sides of a covered lot hedged_margin is charged for (MetaTrader 4: 2).
    """
    symbol, kind = instrument["symbol"], instrument.get("kind", "fx")
    given = {name: value for name, value in instrument.items() if value is not None}
    names_both = kind in ("fx", "perpetual", "spot")  # six letters: what is bought, what it is priced in
    base = given.get("base") or (symbol[:3] if names_both else None)
    quote = given.get("quote") or (symbol[3:6] if names_both else account_currency)
    defaults = dict(KINDS[kind])
    if kind == "fx" and quote == "JPY":
        defaults["price_digits"] = 3

    if kind == "stock" and exchange:
        defaults["calc_mode"] = "exch_stocks"

    def field(name: str, otherwise: Any = None) -> Any:
        return given.get(name, defaults.get(name, otherwise))

    increment = need(given.get("price_increment", ONE.scaleb(-int(field("price_digits")))))
    digits = int(given.get("price_digits", max(0, -int(increment.normalize().as_tuple().exponent))))
    contract = need(field("contract_size"))
    mode = CalcMode[field("calc_mode").upper().removesuffix("_MOEX")]
    qty_min = need(field("qty_min"))
    return Terms(
        symbol=symbol,
        kind=kind,
        base=base,
        quote=quote,
        margin_currency=given.get("margin_currency") or (str(base) if mode in FOREX_MODES else quote),
        contract_size=contract,
        price_digits=digits,
        increment=increment,
        tick_value=need(field("tick_value", contract * increment)),
        qty_min=qty_min,
        qty_max=number(field("qty_max")),
        qty_increment=need(field("qty_increment", qty_min)),
        mode=mode,
        margin_rates=_margin_rates(given.get("margin_rates") or {}),
        initial_margin=need(field("initial_margin", 0)),
        maintenance_margin=need(field("maintenance_margin", 0)),
        hedged_margin=need(field("hedged_margin", contract)) * sides,
        max_leverage=number(field("max_leverage")),
        hedged_use_leg=bool(field("hedged_use_leg", False)),
        swap_mode=SwapMode[field("swap_mode", "points").upper()],
        swap_long=need(field("swap_long", 0)),
        swap_short=need(field("swap_short", 0)),
        swap_days=tuple(need(x) for x in field("swap_days", (1, 1, 3, 1, 1, 0, 0))),
        swap_year=need(field("swap_year", 360)),
        asset_class=field("asset_class", CLASSES.get(kind, "other")),
        stops_distance=need(field("stops_level", 0)) * increment,
        freeze_distance=need(field("freeze_level", 0)) * increment,
        face_value=need(field("face_value", 1000)),
        accrued_interest=need(field("accrued_interest", 0)),
        liquidity_rate=need(field("liquidity_rate", 1 if mode.name.startswith("EXCH_") else 0)),
        settlement_price=need(field("settlement_price", 0)),
        initial_margin_sell=need(field("initial_margin_sell", 0)),
        margin_currency_rate=need(field("margin_currency_rate", 0)),
        trade_mode=field("trade_mode", "full"),
        execution=field("trade_exemode"),
        fillings=field("filling_mode"),
        takes=tuple(field("order_mode", ("market", "limit", "stop", "stop_limit", "sl", "tp", "close_by"))),
        lasting=tuple(field("expiration_mode", ("gtc", "day", "specified", "specified_day"))),
        gtc_mode=field("order_gtc_mode", "gtc"),
        volume_limit=need(field("volume_limit", 0)),
        calendar=field("calendar"),
    )


def conversion_path(from_ccy: str, to_ccy: str, terms: Sequence[Terms]) -> list[tuple[str, bool]]:
    """(symbol, inverse) legs that turn from_ccy into to_ccy: the pair itself, else over USD, else over another."""
    if from_ccy == to_ccy:
        return []

    def leg(one: str, other: str) -> tuple[str, bool] | None:
        for t in terms:
            if t.kind in CROSSES and (t.base, t.quote) == (one, other):
                return t.symbol, False
        for t in terms:
            if t.kind in CROSSES and (t.base, t.quote) == (other, one):
                return t.symbol, True
        return None

    direct = leg(from_ccy, to_ccy)
    if direct:
        return [direct]
    currencies = {c for t in terms for c in (t.base, t.quote) if c}
    for between in sorted(currencies, key=lambda c: (c != "USD", c)):
        first, second = leg(from_ccy, between), leg(between, to_ccy)
        if first and second:
            return [first, second]
    raise ValueError(f"no quotes to convert {from_ccy} to {to_ccy}")
