"""Money: profit of a deal, the account's figures, tick value, swaps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from simcore.brokers.currencies import fx_pair
from simcore.brokers.instrument import Instrument
from simcore.brokers.zones import SECOND
from simcore.conformance.kinds import (
    Got,
    Inputs,
    account,
    case,
    crosses,
    instrument,
    mode_of,
    per_cent,
    quotes_in,
    stated,
)

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONDAY: Final = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)
NIGHT: Final = 86_400.0


def _deal(x: Inputs, side: str, open: float, close: float) -> Got:
    """Profit of a deal in the deposit currency, or the profit currency where none is stated."""
    symbol = str(x.get("symbol", "EURUSD")).replace("_", "")
    pair = fx_pair(symbol)
    currency = x.get("deposit", x.get("quote", pair[1] if pair else "USD"))
    quote = None if pair else x.get("quote", currency)
    one = instrument({"calc_mode": "forex" if pair else "cfd_leverage"} | dict(x), symbol, quote=quote)
    quotes = {name: sides for name, sides in quotes_in(x).items() if name != symbol}
    held = account(x, one, *crosses(quotes), currency=currency)
    for name, (bid, ask) in (quotes | {symbol: (close, close)}).items():
        held.quote(name, bid, ask)
    return {"profit": held.profit(symbol, side.lower(), x["lots"], open, close), "currency": currency}


def _told(now: Mapping[str, Any]) -> Got:
    """The account's figures as MetaTrader 5 names them."""
    return {
        "equity": now["equity"], "margin": now["used_margin"], "margin_free": now["free_margin"],
        "margin_level": per_cent(now["margin_level"]),
    }  # fmt: skip


@case("mt5-deal", "mt5-book-deal", "mt5-profit-forex", "mt4-profit")
def deal(x: Inputs) -> Got:
    """A closed deal."""
    return _deal(x, x["side"], x["open"], x["close"])


@case("mt5-position")
def position(x: Inputs) -> Got:
    """An open position at its current price."""
    return _deal(x, x["side"], x["price_open"], x["price_current"])


@case("mt5-calcprofit")
def calculated(x: Inputs) -> Got:
    """A move of so many points, towards the close that converts where one is stated."""
    side = str(x["action"]).lower()
    close = float(x.get("implied_close", 1.0))
    move = x["points"] * x["point"] * (1.0 if side == "buy" else -1.0)
    return _deal({**x, "digits": 12, "point": None}, side, close - move, close)


@case("mt5-account", "mt5-book-account", "mt5-ordercheck", "mt5-level-empty", "xtb")
def figures(x: Inputs) -> Got:
    """Equity, free margin and margin level of an account of which sums are stated."""
    balance = float(x.get("balance", x.get("equity", 0.0)))
    margin = x.get("margin", x.get("margin_after"))
    if margin is None:  # one position of one lot
        symbol = str(x["symbol"])
        pair = fx_pair(symbol)
        alone = account(
            x, instrument({"calc_mode": "forex"} | dict(x), symbol, quote=None), currency=pair[0] if pair else "USD"
        )
        alone.quote(symbol, 1.0)
        margin = alone.margin(symbol, "buy", x["lots"])
    levels = {"margin_call_level": x["so_call"] / 100.0, "stop_out_level": x["so_so"] / 100.0} if "so_call" in x else {}
    now = stated(balance, x.get("profit", 0.0), [margin], x, credit=x.get("credit", 0.0), **levels).figures
    return _told(now)


@case("mt5-book-check")
def checked(x: Inputs) -> Got:
    """OrderCheck: the account as it would be after the order."""
    if "margin_new" in x:
        held = stated(
            x["balance"], x["profit"], [x["margin_before"], x["margin_new"]], x, credit=-x["commission_blocked"]
        )
        now = held.figures
    else:
        symbol = str(x["symbol"])
        one = instrument(
            {"contract_size": 100.0} | dict(x), symbol, calc_mode="cfd_leverage", quote="USD", qty_min=1e-6
        )
        held = account({"leverage": 100.0} | dict(x), one, balance=x["equity"])
        held.quote(symbol, x["price"])
        verdict = held.check(symbol, "buy", x["lots"])
        now = {"equity": verdict.equity, "used_margin": verdict.used_margin, "free_margin": verdict.free_margin,
               "margin_level": verdict.margin_level}  # fmt: skip
    return _told(now)


@case("mt5-tickvalue")
def tick_value(x: Inputs) -> Got:
    """What a tick is worth, in profit and in loss."""
    symbol = str(x["symbol"])
    one = instrument(x, symbol, quote=None, price_digits=None, price_increment=x["tick_size"])
    quotes = quotes_in(x)
    held = account(x, one, *crosses(quotes))
    for pair, (bid, ask) in quotes.items():
        held.quote(pair, bid, ask)
    return {
        "trade_tick_value_profit": held.tick_value(symbol),
        "trade_tick_value_loss": held.tick_value(symbol, loss=True),
    }


@case("mt5-swap-points", "mt5-swap-amalga", "mt5-swap-interest", "mt5-swap-lotcost", "oanda-financing")
def swap(x: Inputs) -> Got:
    """One position over the nights that are asked for, at the broker's rollover."""
    symbol = str(x.get("symbol", x.get("instrument", "X"))).replace("_", "")
    price = float(x.get("price", x.get("price_5pm", 1.0)))
    qty = float(x.get("lots", x.get("units", 1.0)))
    side = str(x.get("side", "buy" if qty > 0.0 else "sell"))
    one = _swapped(x, symbol)
    deposit = str(x.get("deposit", "USD"))
    quotes = {pair: quote for pair, quote in quotes_in(x).items() if pair != symbol}
    held = account(x, one, *crosses(quotes), currency=deposit, start=int(MONDAY.timestamp()) * SECOND)
    for pair, (bid, ask) in quotes.items():
        held.quote(pair, bid, ask)
    held.quote(symbol, price)
    qty = abs(qty)
    held.open(symbol, side, qty, price)
    before = held.figures["unrealized_pnl"]
    held.pass_time(NIGHT * float(x.get("nights", 1)))
    charged = held.figures["unrealized_pnl"] - before
    return {
        "point_value_profit_ccy": held.point_value(symbol, qty), "point_value": held.point_value(symbol, qty, side),
        "point_value_deposit": held.point_value(symbol, qty, side), "swap": charged, "financing": charged,
        "lot_cost": held.lot_cost(symbol, price), "currency": deposit,
    }  # fmt: skip


def _swapped(x: Inputs, symbol: str) -> Instrument:
    """The instrument of a swap case: points unless it says interest; every night counts once."""
    forex = fx_pair(symbol) is not None
    over: dict[str, Any] = {"swap_days": (1.0,) * 7, "quote": None if forex else "USD", "qty_min": 1e-6}
    mode = str(x.get("swap_mode", "points")).lower()
    over["swap_mode"] = "interest_current" if mode.startswith("interest") or "day_count" in x else "points"
    for side in ("long", "short"):
        names = (f"swap_{side}", f"swap_{side}_points", f"swap_{side}_pct")
        over[f"swap_{side}"] = next((x[name] for name in names if name in x), 100.0 * x.get(f"{side}_rate", 0.0))
    if "days_in_year" in x or "day_count" in x:
        over["swap_year"] = x.get("days_in_year", x.get("day_count"))
    if "tick_size" in x:
        over |= {"price_digits": None, "price_increment": x["tick_size"]}
    if "units" in x:
        over["contract_size"] = 1.0
    if mode_of(x) == "futures":
        over["initial_margin"] = 1.0
    return instrument({"calc_mode": "forex" if forex else None} | dict(x), symbol, **over)


@case("mt5-swap-holiday")
def holiday(x: Inputs) -> Got:
    """How often each night of a week with a holiday is charged: a swap of one unit of money a lot tells."""
    weights = {day: float(x["multipliers"].get(day, 1.0)) for day in DAYS}
    at = DAYS.index(x["holiday"])
    days = [MONDAY.date() + dt.timedelta(days=at)] if x["consider_holidays"] else []
    nights = _nights(tuple(weights.values()), days)
    return {f"{day}_multiplier": nights[n] for n, day in enumerate(DAYS) if day in x["multipliers"]}


def _nights(weights: tuple[float, ...], holidays: list[dt.date]) -> list[float]:
    """What each night of a week charges."""
    one = Instrument.cfd("X", quote="USD", swap_mode="currency_deposit", swap_long=1.0, swap_days=weights)
    held = account({}, one, swap_holidays=tuple(holidays), start=int(MONDAY.timestamp()) * SECOND)
    held.quote("X", 1.0)
    held.open("X", "buy", 1.0, 1.0)
    charged = []
    for _ in DAYS:
        before = held.figures["unrealized_pnl"]
        held.pass_time(NIGHT)
        charged.append(held.figures["unrealized_pnl"] - before)
    return charged


@case("mt4-swap-reopen")
def reopened(x: Inputs) -> Got:
    """A position that is closed at the end of the day and opened again, dearer by the swap's points."""
    one = instrument(x, "EURUSD", swap_mode="reopen_current", swap_days=(1.0,) * 7,
                     **{f"swap_{'long' if x['side'] == 'buy' else 'short'}": x["swap_points"]})  # fmt: skip
    held = account(x, one, currency="USD", start=int(MONDAY.timestamp()) * SECOND)
    held.quote("EURUSD", x["close"])
    held.open("EURUSD", x["side"], 1.0, x["close"])
    held.pass_time(NIGHT)
    return {"reopen": held.positions()[0]["price"]}


@case("mt45-swap-triple")
def triple(x: Inputs) -> Got:
    """What a broker quotes so that the platform's triple night charges the days that are rolled."""
    weights = tuple(3.0 if day == x["day"][:3] else 1.0 for day in DAYS)
    charged = float(x["swap_per_day_points"]) * float(x["calendar_days_rolled"])
    return {"quoted_points": charged / _nights(weights, [])[DAYS.index(x["day"][:3])], "charged_points": charged}
