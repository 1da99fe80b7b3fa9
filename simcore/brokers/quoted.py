"""A flat account at one quote: what the questions of Broker (margin, check, max_qty, liquidation_price) are put to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simcore.brokers.asked import number, quote_of
from simcore.brokers.currencies import coin_pair, fx_pair
from simcore.brokers.errors import ConfigError, shown
from simcore.brokers.instrument import Instrument
from simcore.brokers.statement import START
from simcore.brokers.whatif import Account

if TYPE_CHECKING:
    from simcore.brokers.broker import Broker


def _cross(symbol: str) -> Instrument:
    """What a price of two currencies, or of a coin in one, converts with."""
    return Instrument.fx(symbol) if fx_pair(symbol) or not coin_pair(symbol) else Instrument.spot(symbol)


def quoted_account(
    broker: Broker, symbol: object, price: Any, quotes: Mapping[str, Any], balance: float, start: int | None = None
) -> tuple[str, Account]:
    """(symbol, an account that holds nothing, its instrument quoted, and the crosses it converts through).

    A pair whose margin is in the account's currency can be asked about without a price.
    """
    if not isinstance(symbol, Instrument | str):
        raise ConfigError(f"symbol = {shown(symbol)}: must be an Instrument, or a symbol the broker lists")
    one = Instrument.of(symbol, broker=broker) if isinstance(symbol, str) else symbol
    told = {name: quote_of(name, quote) for name, quote in quotes.items()}
    own = told.pop(one.symbol, None) if price is None else quote_of("price", price)
    if own is None and not (one.calc_mode == "forex" and one.margin_currency == broker.currency):
        raise ConfigError(f"{one.symbol} has no price; give price=, or quotes={{{one.symbol!r}: (bid, ask)}}")
    told.pop(one.symbol, None)
    held = Account(
        broker,
        [one, *map(_cross, told)],
        balance=number("balance", balance),
        start=START if start is None else start,
    )
    for name, quote in (told | {one.symbol: own or (1.0, 1.0)}).items():
        held.quote(name, *quote)
    return one.symbol, held
