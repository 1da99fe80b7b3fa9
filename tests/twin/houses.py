"""What random accounts are made of: brokers and instruments, each rule a choice from a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simcore.brokers import presets

from .programs import COIN, FX

Pick = Callable[[Sequence[Any]], Any]

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
    {"stop_out_mode": "money", "stop_out_money": "free_margin", "margin_call_level": 900, "stop_out_level": 0},
)
CLOCKS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"rollover": "00:00 UTC"},
    {"day_start": "09:30 Europe/London"},
    {"calendar": "fx"},
    {"calendar": "fx", "day_start": "00:00 Asia/Tokyo"},
    {"calendar": "XNYS"},
    {"calendar": "XLON", "day_start": "00:00 Europe/London"},
    {"calendar": "XTKS", "rollover": "15:00 Asia/Tokyo"},
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
    {"hedged_sides": 2},
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
REGIMES: tuple[dict[str, Any], ...] = (
    *({},) * 12,
    {"regime": "esma-retail"},
    {"regime": "esma-professional"},
    {"regime": "fca-retail"},
    {"regime": "fca-professional"},
    {"regime": "asic-retail", "as_of": "2022-03-01"},
    {"regime": "nfa"},
    {"regime": "nfa", "as_of": "2020-05-04"},
    {"regime": "japan"},
    {"regime": "japan", "as_of": "2011-02-01"},
    {"regime": "mas"},
    {"regime": "mas-accredited"},
)
AMERICAN = {"fifo_close": True, "hedge_allowed": False}  # what the NFA asks of tickets
PRESETS = {
    name: {field: value for field, value in presets.load(name).fields.items() if field != "as_of"}
    for name in presets.names()
}
CLASSES = (*(None,) * 6, "gold", "index_major", "metal", "stock", "crypto", "commodity", "bond")
SWAPS = ((0.0, 0.0), (-6.5, 1.25), (2.0, -7.77))
FX_TERMS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"calc_mode": "forex_no_leverage"},
    {"initial_margin": 2000.0, "maintenance_margin": 1500.0, "hedged_margin": 700.0},
    {"margin_rates": {"buy": [1.0, 0.5], "sell": [1.2, 0.0], "buy_limit": 0.0, "sell_stop": 0.7}},
    {"swap_mode": "currency_base"},
    {"swap_mode": "interest_open", "swap_days": (1, 1, 1, 1, 3, 0, 0)},
    {"swap_mode": "currency_profit"},
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
COIN_TERMS: tuple[dict[str, Any], ...] = (
    {},
    {"swap_mode": "interest_current", "swap_days": (1, 1, 1, 1, 1, 1, 1), "calendar": "24/7"},
    {"kind": "spot", "swap_mode": "currency_base", "swap_long": -0.001, "swap_short": 0.0002},
    {"margin_rates": {"buy": [0.5, 0.4], "sell": 0.5}},
    {"calc_mode": "cfd_leverage", "max_leverage": 2},
)
HOURS = (*(None,) * 12, "fx", "XNYS", "XTKS")  # of an instrument, where they are not its broker's


def once_in(pick: Pick, n: int) -> bool:
    """True once in n."""
    return bool(pick((False,) * (n - 1) + (True,)))


def broker(pick: Pick) -> dict[str, Any]:
    """Once in five a preset, with chance where it says nothing."""
    preset = PRESETS[pick(tuple(PRESETS))] if once_in(pick, 5) else {}
    mode = preset.get("mode") or pick(("netting", "netting", "hedging", "hedging", "exchange"))
    made = {
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
        **preset,
    }
    if preset.get("stop_out_closes") == "all":
        made.pop("stop_out_target", None)
    return made | under_law(pick, made)


def under_law(pick: Pick, made: Mapping[str, Any]) -> dict[str, Any]:
    """A regime, and what goes with it."""
    law = dict(pick(REGIMES))
    if law.get("regime") == "nfa" and made["mode"] == "hedging":
        law |= AMERICAN
    if law.get("regime", "").endswith("retail") and made.get("stop_out_mode") == "money":
        law |= {"stop_out_mode": "percent", "margin_call_level": 1.0, "stop_out_level": 0.3}
    return law


def instrument(pick: Pick, symbol: str) -> dict[str, Any]:
    swap_long, swap_short = pick(SWAPS)
    kind = "fx" if symbol in FX else pick(("perpetual", "spot")) if symbol == COIN else "cfd"
    made = {"symbol": symbol, "kind": kind, "swap_long": swap_long, "swap_short": swap_short, "calendar": pick(HOURS)}
    made |= {"stops_level": pick((0, 0, 5)), "freeze_level": pick((0, 0, 0, 10))}
    made |= {"hedged_use_leg": once_in(pick, 5)}
    share = pick((None, None, 0.0, 0.5))
    if share is not None:
        made["hedged_margin"] = share * (100_000 if symbol in FX else 1)
    named = pick(CLASSES)
    if named is not None and symbol not in FX:
        made["asset_class"] = named
    if once_in(pick, 8):
        made["max_leverage"] = pick((1, 25, 150))
    made |= pick(CONDITIONS)
    if symbol == COIN:
        return {**made, "price_increment": 1.0, **pick(COIN_TERMS)}
    return {**made, **pick(FX_TERMS if symbol in FX else CFD_TERMS)}
