"""What random programs are made of. Everything is a choice from a list, by hypothesis (`programs`) or by a seed.

Hypothesis shrinks what fails; the seeded form mixes more evenly and so gets deeper into an account's life.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from .programs import FAR, FX, SECOND, Program

Pick = Callable[[Sequence[Any]], Any]
HOUR = 3600 * SECOND

# Sets of instruments in which every conversion into USD, EUR or JPY has its legs quoted.
BOOKS = (
    ("EURUSD",),
    ("EURUSD", "USDJPY"),
    ("EURGBP", "GBPUSD", "EURUSD", "USDJPY"),
    ("DE40", "EURUSD", "USDJPY"),
)
OFFSETS = (10, 20, 5, 50, 30, 100, 8, 200, 15, 25, 10, 20, 5, 50, 30, 100, 8, 200, 1, 0, -1, -10, -50)
QTYS = ("0.1", "0.5", "0.3", "0.01", "0.04", "0.2", "1", "2")
MANY_QTYS = QTYS * 8 + ("5", "20", "0", "0.001", "0.015", "1000.01")
WAITS = (SECOND, SECOND, 60 * SECOND, 0, 1, 60 * SECOND, HOUR, HOUR, 9 * HOUR, 24 * HOUR, 50 * HOUR)
MOVES = (range(-60, 61), range(-60, 61), range(-300, 301), (0, 50, -50), (-2500, 2500, -6000, 6000))
SIZES = (None,) * 12 + ("0.1", "0.3", "1", "0.02", "0", "0.537")
RATIOS = ((2, 1), (7, 1), (3, 2), (1, 10), (1, 3), (9, 7), (11, 10))
DIVIDENDS = ("0.001", "0.01", "0.0123", "0.05")
NTH = (0, 0, 0, 0, 1, 1, 2, FAR)  # of the open tickets or working orders, counted from the youngest
COMMISSIONS: tuple[dict[str, Any], ...] = (
    {},
    {"per_lot": 3.5},
    {"rate": 0.0001, "min": 2.0},
    {"maker": 0.00001, "taker": 0.00005},
    {"maker": -0.00001, "taker": 0.00003, "per_lot": 0.5},
    {"per_lot": 2.0, "min": 1.0, "max_rate": 0.00001},
    {"per_share": 0.00003, "min": 1.5, "currency": "EUR"},
)
SLIPPAGES: tuple[dict[str, Any], ...] = ({}, {}, {"fixed": 0.001}, {"spread_share": 0.2}, {"volume_share": 0.0007})
MARGINS: tuple[dict[str, Any], ...] = (
    *({},) * 5,
    {"conversion": "mid"},
    {"pending_margin": False},
    {"margin_basis": "current", "valuation": "mid", "conversion": "mid", "pending_margin": False},  # OANDA v20
    {"margin_basis": "current", "conversion": "mid"},  # Trading 212
    {"margin_basis": "current"},
    {"valuation": "last", "profit_conversion": "market"},
    {"profit_conversion": "mt4"},
)
TIERS: tuple[dict[str, Any], ...] = ({"up_to": 0.5, "initial": 0.5}, {"up_to": 2, "initial": 1, "maintenance": 0.7})
MORE_TIERS: tuple[dict[str, Any], ...] = ({"up_to": 20_000, "initial": 0.0}, {"up_to": 90_000, "initial": 1.0})
LAST_TIER: dict[str, Any] = {"initial": 3.0, "maintenance": 2.0}
LEVERS: tuple[dict[str, Any], ...] = (  # floating leverage
    *({},) * 6,
    {"dynamic_leverage": {"rules": ({"range": "volume", "tiers": (*TIERS, LAST_TIER)},)}},
    {"dynamic_leverage": {"rules": ({"range": "volume_symbol", "symbols": ("E*",), "tiers": (*TIERS, LAST_TIER)},)}},
    {
        "dynamic_leverage": {
            "rules": (
                {"range": "notional", "symbols": ("EUR*", "USD*"), "tiers": (*MORE_TIERS, LAST_TIER)},
                {"range": "notional_symbol", "currency": "USD", "tiers": (*MORE_TIERS, LAST_TIER)},
            )
        }
    },
)
LEVELS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"margin_call_level": 1.2, "stop_out_level": 0.8},
    {"margin_call_level": None, "stop_out_level": 0.3},
    {"margin_call_level": 2.0, "stop_out_level": None},
    {"stop_out_mode": "money", "margin_call_level": 1500, "stop_out_level": 400},
)
CLOCKS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"rollover": "00:00 UTC"},
    {"day_start": "09:30 Europe/London"},
    {"calendar": "fx"},
    {"calendar": "fx", "day_start": "00:00 Asia/Tokyo"},
)
LATENCIES: tuple[Any, ...] = (
    0,
    0,
    0,
    100,
    2000,
    {"table": (0, 100, 5000), "seed": 7},
    {"table": (500, 0.001, 60_000), "seed": 11},
)
HOUSES: tuple[dict[str, Any], ...] = (  # what else a broker may lay down
    *({},) * 8,
    {"limit_orders": 3},
    {"limit_positions": 2},
    {"negative_balance_protection": True, "withdraw_credit": True},
)
OF_NETTING: tuple[dict[str, Any], ...] = (
    *({},) * 4,
    {"stop_out_splits": True},
    {"stop_out_mode": "percent", "stop_out_level": 0.5, "margin_call_level": 0.9, "stop_out_target": 0.6},
    {"stop_out_closes": "all"},
)
OF_EXCHANGE: tuple[dict[str, Any], ...] = ({}, {}, {"stop_out_splits": True}, {"stop_out_closes": "all"})
OF_HEDGING: tuple[dict[str, Any], ...] = (
    *({},) * 4,
    {"fifo_close": True, "hedge_allowed": False},
    {"fifo_close": True},
    {"hedge_allowed": False},
    {"stop_out_fully_hedged": True},
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    *({},) * 12,
    {"trade_mode": "long_only"},
    {"trade_mode": "short_only", "qty_max": 2},
    {"trade_mode": "close_only"},
    {"trade_exemode": "market", "filling_mode": ("ioc",)},
    {"trade_exemode": "market", "filling_mode": ("fok", "boc")},
    {"trade_exemode": "exchange", "filling_mode": ()},
    {"order_mode": ("market", "limit", "sl", "close_by")},
    {"order_mode": ("limit", "stop", "tp"), "order_gtc_mode": "daily_excluding_stops"},
    {"order_gtc_mode": "daily"},
    {"expiration_mode": ("gtc", "specified_day")},
    {"expiration_mode": ("day", "specified")},
    {"volume_limit": 1.0},
)
TRAILS = (0, 20, 50, 100, 200, 3, -5)  # points; 0 and less take a trail away
TAKEN_AWAY = (None,) * 8 + ("sl", "tp")
SWAPS = ((0.0, 0.0), (-6.5, 1.25), (2.0, -7.77))
FX_TERMS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"calc_mode": "forex_no_leverage"},
    {"initial_margin": 2000.0, "maintenance_margin": 1500.0, "hedged_margin": 700.0},
    {"margin_rates": {"buy": [1.0, 0.5], "sell": [1.2, 0.0], "buy_limit": 0.0, "sell_stop": 0.7}},
    {"swap_mode": "currency_base"},
    {"swap_mode": "interest_open"},
)
CFD_TERMS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"calc_mode": "cfd", "quote": "EUR"},
    {"calc_mode": "exch_stocks", "swap_mode": "interest_current"},
    {"calc_mode": "exch_stocks", "margin_rates": {"buy": [0.2, 0.1], "sell": [0.3, 0.0], "buy_limit": 0.2}},
    {"calc_mode": "exch_stocks_moex", "quote": "EUR", "liquidity_rate": 0.6, "margin_rates": {"buy": 0.1, "sell": 0.1}},
    {"calc_mode": "exch_bonds", "quote": "USD", "face_value": 10.0, "accrued_interest": 0.37},
    {"calc_mode": "exch_options", "quote": "USD", "tick_value": 0.03, "initial_margin": 120.0},
    {"calc_mode": "exch_futures", "quote": "EUR", "tick_value": 0.02, "initial_margin": 90.0, "maintenance_margin": 70},
    {
        "calc_mode": "exch_futures_forts", "quote": "USD", "tick_value": 0.02, "settlement_price": 998.5,
        "initial_margin": 150.0, "initial_margin_sell": 140.0, "margin_currency_rate": 3.5,
    },
    {"calc_mode": "serv_collateral", "liquidity_rate": 0.8},
    {
        "calc_mode": "futures", "initial_margin": 300.0, "maintenance_margin": 250.0, "quote": "USD",
        "swap_mode": "currency_deposit",
    },
    {"quote": "USD", "price_increment": 0.25, "swap_mode": "currency_margin"},
    {"calc_mode": "cfd_index", "quote": "USD", "tick_value": 0.05},
)  # fmt: skip


def once_in(pick: Pick, n: int) -> bool:
    """True once in n."""
    return bool(pick((False,) * (n - 1) + (True,)))


def now_and_then(pick: Pick, n: int, values: Sequence[Any]) -> Any:
    """None, and once in n one of the values."""
    return pick(values) if once_in(pick, n) else None


def quote(pick: Pick) -> dict[str, Any]:
    return {
        "do": "quote", "wait": pick(WAITS), "symbol": pick(range(4)), "move": pick(pick(MOVES)),
        "spread": pick((2, 0, 1, 10, 40)), "bid_size": pick(SIZES), "ask_size": pick(SIZES),
    }  # fmt: skip


def bar(pick: Pick) -> dict[str, Any]:
    return {
        "do": "bar", "wait": pick(WAITS), "symbol": pick(range(4)), "move": pick(range(-60, 61)),
        "up": pick(range(251)), "down": pick(range(251)), "close": pick(range(5)),
    }  # fmt: skip


def submit(pick: Pick) -> dict[str, Any]:
    return {
        "do": "submit", "symbol": pick(range(4)), "side": pick((1, -1)), "qty": pick(MANY_QTYS),
        "type": pick(("market", "limit", "stop", "market", "limit", "stop", "market", "stop_limit", "trailing_stop")),
        "tif": pick(("gtc",) * 10 + ("day", "gtd", "gtd", "ioc", "fok", "opg", "cls")),
        "offset": pick(OFFSETS), "second": pick(OFFSETS), "lasts": pick((60 * SECOND, 5 * HOUR, 30 * HOUR, SECOND, 0)),
        "sl": now_and_then(pick, 3, OFFSETS), "tp": now_and_then(pick, 3, OFFSETS),
        "oco": now_and_then(pick, 8, (0, -1, 1, FAR)), "parent": now_and_then(pick, 8, NTH),
        "reduce_only": once_in(pick, 16), "post_only": once_in(pick, 8),
        "display_qty": now_and_then(pick, 8, ("0.1", "0.02")), "ticket": now_and_then(pick, 8, NTH),
        "waits": once_in(pick, 10), "stop_too": once_in(pick, 4),
    }  # fmt: skip


def modify(pick: Pick) -> dict[str, Any]:
    changes = {name: now_and_then(pick, 3, OFFSETS) for name in ("limit", "stop", "sl", "tp")}
    return {
        "do": "modify", "order": pick(NTH), "ticket": once_in(pick, 2), "symbol": pick(range(4)), **changes,
        "qty": now_and_then(pick, 4, QTYS), "trail": now_and_then(pick, 5, TRAILS),
        "expires": now_and_then(pick, 8, (60 * SECOND, 5 * HOUR, 0, 30 * HOUR)), "takes_away": pick(TAKEN_AWAY),
    }  # fmt: skip


def cancel(pick: Pick) -> dict[str, Any]:
    return {"do": "cancel", "order": pick(NTH)}


def close(pick: Pick) -> dict[str, Any]:
    return {"do": "close", "symbol": pick(range(4)), "order": pick(NTH), "qty": now_and_then(pick, 3, QTYS)}


def close_by(pick: Pick) -> dict[str, Any]:
    return {"do": "close_by", "order": pick(NTH), "other": pick((1, 0, 2, FAR))}


def deposit(pick: Pick) -> dict[str, Any]:
    return {
        "do": "deposit", "wait": pick(WAITS), "amount": pick((500, -500, 20_000, -3_000)), "credit": once_in(pick, 4),
    }  # fmt: skip


def a_print(pick: Pick) -> dict[str, Any]:
    return {
        "do": "print", "wait": pick(WAITS), "symbol": pick(range(4)), "move": pick(pick(MOVES)), "spread": 0,
        "bid_size": None, "ask_size": None,
    }  # fmt: skip


def wait(pick: Pick) -> dict[str, Any]:
    return {"do": "pass", "wait": pick(WAITS)}


def fill(pick: Pick) -> dict[str, Any]:
    return {
        "do": "fill", "wait": pick(WAITS), "order": pick((*NTH, None)), "symbol": pick(range(4)), "side": pick((1, -1)),
        "qty": pick(QTYS), "move": pick((0, 0, 1, -3, 20, -200)), "commission": pick((0.0, 0.0, 3.5, -0.25)),
        "swap": pick((0.0, 0.0, -1.25, 0.5)), "ticket": now_and_then(pick, 2, NTH),
    }  # fmt: skip


def order_event(pick: Pick) -> dict[str, Any]:
    statuses = ("ACCEPTED",) * 6 + ("CANCELED", "EXPIRED", "REJECTED", "UNKNOWN")
    return {"do": "order_event", "wait": pick(WAITS), "order": pick(NTH), "status": pick(statuses)}


SHARES = (
    (quote, 14),
    (submit, 9),
    (bar, 2),
    (modify, 3),
    (a_print, 1),
    (close, 2),
    (cancel, 1),
    (close_by, 1),
    (deposit, 1),
    (wait, 1),
)
KINDS = tuple(kind for kind, share in SHARES for _ in range(share))
KINDS_ELSEWHERE = (*KINDS, *(fill,) * 8, *(order_event,) * 5)  # where the broker is elsewhere


def split(pick: Pick) -> dict[str, Any]:
    return {"do": "split", "wait": pick(WAITS), "symbol": pick(range(4)), "ratio": pick(RATIOS)}


def dividend(pick: Pick) -> dict[str, Any]:
    return {"do": "dividend", "wait": pick(WAITS), "symbol": pick(range(4)), "amount": pick(DIVIDENDS)}


# what else befalls a stock
OF_STOCKS = (*KINDS, split, split, dividend, dividend)


def step(pick: Pick, external: bool, kinds: Sequence[Any] = KINDS) -> dict[str, Any]:
    made: dict[str, Any] = pick(KINDS_ELSEWHERE if external else kinds)(pick)
    return made


def broker(pick: Pick) -> dict[str, Any]:
    mode = pick(("netting", "netting", "hedging", "hedging", "exchange"))
    return {
        "currency": pick(("USD", "USD", "EUR", "JPY")),
        "mode": mode,
        "leverage": pick((100, 200, 30, 500)),
        "marketable_limit": pick(("fill", "reject")),
        "changes_when_closed": pick((True, False)),
        "limit_fill": pick(("limit", "limit", "improve")),
        "intrabar": pick(("worst", "path")),
        "negative_balance_protection": pick((False, True)),
        "latency_ms": pick(LATENCIES),
        "commission": pick(COMMISSIONS),
        "slippage": pick(SLIPPAGES),
        **pick(MARGINS),
        **pick(LEVELS),
        **pick(CLOCKS),
        **pick(HOUSES),
        **pick(LEVERS),
        **pick({"netting": OF_NETTING, "hedging": OF_HEDGING, "exchange": OF_EXCHANGE}[mode]),
    }


def instrument(pick: Pick, symbol: str) -> dict[str, Any]:
    swap_long, swap_short = pick(SWAPS)
    made = {"symbol": symbol, "kind": "fx" if symbol in FX else "cfd", "swap_long": swap_long, "swap_short": swap_short}
    made |= {"stops_level": pick((0, 0, 5)), "freeze_level": pick((0, 0, 0, 10))}
    made |= {"hedged_use_leg": once_in(pick, 5)}
    share = pick((None, None, 0.0, 0.5))
    if share is not None:
        made["hedged_margin"] = share * (100_000 if symbol in FX else 1)
    made |= pick(CONDITIONS)
    return {**made, **pick(FX_TERMS if symbol in FX else CFD_TERMS)}


def setting(pick: Pick, external: bool) -> Program:
    """A program that has only its first quotes, of all instruments or of all but one; external: broker elsewhere."""
    rules, book = broker(pick), pick(BOOKS)
    if rules["currency"] == "JPY" and len(book) == 1:
        book = BOOKS[1]
    cash = pick((10_000, 3_000, 1_000, 100_000)) * (150 if rules["currency"] == "JPY" else 1)
    plain = {"do": "quote", "wait": 0, "move": 0, "spread": 2, "bid_size": None, "ask_size": None}
    steps = [{**plain, "symbol": n} for n in range(len(book))]
    if len(book) > 1 and not external and once_in(pick, 5):
        steps.remove(pick(steps))
    prints_only = (pick(book),) if once_in(pick, 12) else ()
    return Program(rules, [instrument(pick, symbol) for symbol in book], cash, steps, prints_only, external)


@st.composite
def programs(draw: st.DrawFn, least: int = 12, most: int = 40, external: bool = False) -> Program:
    """Programs hypothesis can shrink."""
    made = setting(lambda values: draw(st.sampled_from(values)), external)
    made.steps += draw(st.lists(steps(external), min_size=least, max_size=most))
    return made


@st.composite
def steps(draw: st.DrawFn, external: bool) -> dict[str, Any]:
    return step(lambda values: draw(st.sampled_from(values)), external)


def seeded_program(seed: int, n: int, external: bool = False, kinds: Sequence[Any] = KINDS) -> Program:
    """The program of a seed, n steps long."""
    pick = Random(seed).choice
    made = setting(pick, external)
    made.steps += [step(pick, external, kinds) for _ in range(n)]
    return made
