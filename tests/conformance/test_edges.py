"""Cases of the published kinds at their edges, worked out by hand: rounding, zero, tiers' borders, yen, currencies."""

from __future__ import annotations

from typing import Any

import pytest

from simcore.conformance import run_document

LOT = 100_000

MARGINS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # 1,000 / 3 = 333.333...
    ("mt5-forex", {"calc_mode": "FOREX", "side": "buy", "symbol": "USDJPY", "lots": 0.01, "contract_size": LOT,
                   "leverage": 3}, {"margin": 333.33, "currency": "USD"}),
    # no leverage, whatever the account has: 0.3 * 100,000
    ("mt5-forexnolev", {"calc_mode": "FOREX_NO_LEVERAGE", "side": "sell", "symbol": "USDJPY", "lots": 0.3,
                        "contract_size": LOT, "account_leverage": 500}, {"margin": 30_000.0}),
    # 2 * 3,333.25 * 0.5 / 0.01
    ("mt5-cfdindex", {"calc_mode": "CFDINDEX", "lots": 2, "contract_size": 1, "price": 3333.25, "tick_value": 0.5,
                      "tick_size": 0.01}, {"margin": 333_325.0}),
    # a sell at its bid: 7 * 10 * 12.345 = 864.15, in euro
    ("mt5-stocks", {"calc_mode": "EXCH_STOCKS", "symbol": "X", "lots": 7, "contract_size": 10, "bid": 12.345,
                    "side": "sell", "quote": "EUR"}, {"margin": 864.15, "currency": "EUR"}),
    # the fixed margin is still divided by leverage: 0.03 * 50,000 / 200
    ("mt5-fixed-forex", {"calc_mode": "FOREX", "margin_initial": 50_000, "lots": 0.03, "leverage": 200},
     {"margin": 7.5}),
    # 1,000.01 * 0.005 = 5.00005
    ("mt5-rate", {"margin": 1000.01, "long_margin_rate": 0.005}, {"margin": 5.0}),
    ("mt5-rate", {"margin": 333.0, "short_margin_rate": 1.5}, {"margin": 499.5}),
    # 100 * 150.025 = 15,002.5: yen have no digits, a half goes up
    ("mt5-convert", {"margin_in_margin_ccy": 100.0, "margin_currency": "USD", "deposit_currency": "JPY", "side": "buy",
                     "USDJPY_ask": 150.025, "USDJPY_bid": 150.0}, {"margin": 15_003.0, "currency": "JPY"}),
    # 37,000 / 30 * 1.08765 = 1,341.435
    ("mt5-calcmargin", {"function": "order_calc_margin", "action": "SELL", "symbol": "EURUSD", "lots": 0.37,
                        "contract_size": LOT, "leverage": 30, "deposit": "USD", "implied_base_to_usd": 1.08765},
     {"margin": 1341.44}),
    # the base is the deposit: no price in it
    ("mt5-spec-fxpro", {"symbol": "USDJPY", "lots": 2, "contract_size": LOT, "leverage": 500, "deposit": "USD"},
     {"margin": 400.0}),
    # 0.1 * 100 * 2,000.50 / 20 * 0.5 = 500.125
    ("mt5-xau-seed", {"calc_mode": "CFDLEVERAGE", "symbol": "XAUUSD", "lots": 0.1, "contract_size": 100,
                      "price": 2000.5, "leverage": 20, "rate": 0.5}, {"margin": 500.13}),
    # 25,000 / 30 = 833.333...
    ("mt4-forex", {"mode": "Forex", "symbol": "GBPJPY", "lots": 0.25, "contract_size": LOT, "leverage": 30},
     {"margin": 833.33, "currency": "GBP"}),
    # MetaTrader 4 writes its modes with a dash: 3 * 10 * 15.5 / 5
    ("mt4-cfd", {"mode": "CFD-Leverage", "lots": 3, "contract_size": 10, "price": 15.5, "leverage": 5},
     {"margin": 93.0}),
    ("mt4-percentage", {"margin": 1279.0, "percentage": 50}, {"margin": 639.5}),
    # half a lot at 1.10: 50,000 / 100 * 1.1 = 550.00; half of it, a fifth of it
    ("mt4-fxchoice", {"symbol": "EURUSD", "lots": 0.5, "leverage": 100, "deposit": "USD", "margin_call_pct": 50,
                      "stop_out_pct": 20, "EURUSD": 1.1},
     {"margin": 550.0, "margin_call_equity": 275.0, "stop_out_equity": 110.0}),
]  # fmt: skip

HEDGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # 3 uncovered, 2 covered at half a contract: 3 + 2 * 0.5 lots
    ("mt5-hedged-basic", {"method": "basic", "positions": [["buy", 2], ["sell", 5]], "symbol": "EURUSD",
                          "contract_size": LOT, "margin_hedged": 50_000, "margin_initial": 0},
     {"uncovered_volume": 3, "covered_volume": 2, "charged_as_lots": 4}),
    ("mt4-hedged", {"method": "basic", "positions": [["buy", 2], ["sell", 1]], "contract_size": LOT, "hedged": 0,
                    "leverage": 100}, {"charged_as_lots": 1}),  # covered lots are free
    ("mt4-hedged", {"method": "basic", "positions": [["buy", 1], ["sell", 1]], "contract_size": LOT,
                    "hedged": 25_000, "leverage": 100}, {"charged_as_lots": 0.5}),  # on each side
    # 2 * 900 held; to place 1 against them: 1,800 + 1 covered at 300; afterwards 900 + 300
    ("mt5-hedged-fixed", {"method": "basic", "fixed_margin": True, "margin_initial": 1500, "margin_maintenance": 900,
                          "margin_hedged": 300, "existing": ["sell", 2], "new_order": ["buy", 1], "deposit": "USD"},
     {"margin_existing": 1800.0, "margin_needed_to_place": 2100.0, "margin_after_open": 1200.0}),
    # 2,000 * 20.5 / 50, and nothing on order
    ("mt5-samedir", {"calc_mode": "CFDLEVERAGE", "positions": [["sell", 1, 20.0], ["sell", 1, 21.0]], "orders": [],
                     "contract_size": 1000, "leverage": 50, "rates_all": 1},
     {"wavg_open": 20.5, "margin_positions": 820.0, "margin_orders": 0.0, "margin_total": 820.0}),
    # orders alone make a side: 2,000 * 1.1 + 1,000 * 1.3 = 3,500 against 3,000 * 1.2
    ("mt5-largerleg", {"method": "larger_leg", "calc_mode": "FOREX", "symbol": "EURUSD",
                       "positions": [["sell", 3, 1.2]], "orders": [["buy_limit", 2, 1.1], ["buy_stop", 1, 1.3]],
                       "contract_size": LOT, "leverage": 100, "deposit": "USD", "rates_all": 1},
     {"margin_long": 3500.0, "margin_short": 3600.0, "margin_total": 3600.0}),
    ("mt4-largerleg", {"method": "larger_leg", "mode": "CFD", "positions": [["buy", 2, 10.0], ["sell", 3, 11.0]],
                       "contract_size": 100, "leverage": 100},
     {"long_leg": 2000.0, "short_leg": 3300.0, "margin": 3300.0}),
    # netting: 1 bought, 3 sold leave 2 short; 1 sold leaves nothing
    ("mt5-netting-pending", {"account": "netting", "symbol": "USDJPY", "position": ["buy", 1.0], "order": ["sell", 3.0],
                             "order_state": "executed", "leverage": 100},
     {"position": ["sell", 2.0], "margin": 2000.0}),
    ("mt5-netting-pending", {"account": "netting", "symbol": "USDJPY", "position": ["buy", 1.0], "order": ["sell", 1.0],
                             "order_state": "executed", "leverage": 100}, {"margin": 0.0}),
    # sell 2 at 100, settled at 95, a point is 2 * 1.1: sell side 2 * (60 - 11) = 98; buy side -2 * (50 + 11) and the
    # order's 3 * (50 - 11)
    ("mt5-forts", {"calc_mode": "EXCH_FUTURES_FORTS", "symbol": "Si", "settlement": 95, "initial_margin_buy": 50,
                   "position": {"side": "sell", "volume": 2, "open": 100}, "initial_margin_sell": 60, "tick_value": 2,
                   "orders": [{"type": "buy_limit", "volume": 3, "price": 90}], "tick_size": 1,
                   "margin_currency_rate": 10}, {"margin_buy": -5.0, "margin_sell": 98.0, "margin": 98.0}),
]  # fmt: skip

TIERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # 333.33 for 3 lots is 111.11 each: one lot charged, the others at 0
    ("mt5-floating-volume", {"range": "volume", "positions": [["buy", 1.0, "AAA", 100], ["buy", 2.0, "BBB", 233.33]],
                             "tiers": [[1, 1], ["inf", 0]]}, {"margin_per_lot": 111.11, "margin": 111.11}),
    # the position ends where the first tier does, the order fills the second: 10 * 1,000 + 10 * 2,000
    ("mt5-floating-volume", {"account": "hedging", "deposit": "USD", "leverage": 100, "symbol": "USDCHF",
                             "contract_size": LOT, "position": ["sell", 10], "order": ["sell_limit", 10],
                             "tiers": [[10, 1], [20, 2], ["inf", 3]], "range": "volume"},
     {"base_margin": 20_000.0, "margin": 30_000.0}),
    # exactly the first tier's bound: 650 * 0.5
    ("mt5-floating-conv", {"symbol": "AUDCHF", "lots": 1, "contract_size": LOT, "leverage": 100, "AUDUSD_ask": 0.65,
                           "rule_ccy": "USD", "tiers": [[65_000, 0.5], ["inf", 2]]},
     {"notional_usd": 65_000.0, "margin": 325.0}),
]  # fmt: skip

MONEY: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # -5,000 JPY / 109.5 = -45.662
    ("mt5-deal", {"function": "history_deals_get", "symbol": "USDJPY", "side": "buy", "lots": 0.1, "open": 110.0,
                  "close": 109.5, "contract_size": LOT, "deposit": "USD"}, {"profit": -45.66}),
    ("mt5-deal", {"function": "history_deals_get", "symbol": "EURUSD", "side": "sell", "lots": 0.03, "open": 1.10001,
                  "close": 1.10001, "contract_size": LOT, "deposit": "USD"}, {"profit": 0.0}),
    # 0.095 * 3 = 0.285: a half goes up
    ("mt5-book-deal", {"section": "x", "symbol": "XAUUSD", "side": "buy", "lots": 0.03, "open": 1970.005,
                       "close": 1970.10, "contract_size": 100, "deposit": "USD"}, {"profit": 0.29}),
    # 300 points: 300 CHF / 0.9
    ("mt5-calcprofit", {"function": "order_calc_profit", "action": "buy", "symbol": "USDCHF", "lots": 1.0,
                        "points": 300, "point": 1e-5, "contract_size": LOT, "deposit": "USD", "implied_close": 0.9},
     {"profit": 333.33}),
    # legs rounded first: 39,766.65 - 39,600.00
    ("mt5-profit-forex", {"calc_mode": "FOREX", "side": "sell", "lots": 0.33, "contract_size": LOT, "open": 1.2,
                          "close": 1.20505, "quote": "USD"}, {"profit": -166.65}),
    ("mt4-profit", {"mode": "CFD", "side": "buy", "lots": 2, "contract_size": 10, "open": 100.0, "close": 99.5},
     {"profit": -10.0}),
    # credit counts in equity; 900 / 450
    ("mt5-account", {"function": "account_info", "balance": 1000.0, "credit": 200.0, "profit": -300.0, "margin": 450.0},
     {"equity": 900.0, "margin_free": 450.0, "margin_level": 200.0}),
    # nothing used: the API's level is 0
    ("mt5-account", {"function": "account_info", "balance": 1000.0, "credit": 0.0, "profit": 0.0, "margin": 0.0},
     {"equity": 1000.0, "margin_free": 1000.0, "margin_level": 0.0}),
    ("mt5-level-empty", {"section": "x", "margin": 0.0, "equity": -5.0}, {"margin_level": 0.0}),
    # free margin below zero
    ("mt5-book-account", {"section": "x", "balance": 5000.0, "profit": -4000.0, "margin": 2000.0},
     {"equity": 1000.0, "margin_free": -1000.0, "margin_level": 50.0}),
    # the worst side either way: 1,000 / 150 and 1,000 / 149.9 for a tick of 0.01
    ("mt5-tickvalue", {"function": "symbol_info", "symbol": "GBPJPY", "deposit": "USD", "contract_size": LOT,
                       "tick_size": 0.01, "implied_USDJPY_ask": 150.0, "implied_USDJPY_bid": 149.9},
     {"trade_tick_value_profit": 6.666666666666667, "trade_tick_value_loss": 6.671114076050701}),
    # a point of 100 JPY is 0.66666, rounded 0.67 first: 12.5 * 0.67 = 8.375
    ("mt5-swap-points", {"swap_mode": "POINTS", "symbol": "USDJPY", "side": "buy", "lots": 1.0, "contract_size": LOT,
                         "point": 0.001, "deposit": "USD", "JPYUSD": 0.0066666, "swap_long": 12.5},
     {"point_value_profit_ccy": 100.0, "point_value_deposit": 0.67, "swap": 8.38}),
    # each night by itself: 1.25 * 0.50 = 0.625, 0.63 three times
    ("mt5-swap-amalga", {"symbol": "EURUSD", "side": "sell", "lots": 0.5, "contract_size": LOT, "point": 1e-5,
                         "swap_short_points": 1.25, "nights": 3, "deposit": "USD"}, {"point_value": 0.5, "swap": 1.89}),
    # 10 * 55.5 * 3 * 2.5 % / 365 = 0.1140
    ("mt5-swap-interest", {"swap_mode": "INTEREST_OPEN", "calc_mode": "CFD", "contract_size": 10, "price": 55.5,
                           "lots": 3, "swap_long_pct": 2.5, "days_in_year": 365}, {"swap": 0.11}),
    ("mt5-swap-lotcost", {"swap_mode": "INTEREST", "calc_mode": "FOREX", "contract_size": LOT, "price": 1.1},
     {"lot_cost": 100_000.0}),  # Forex: the price counts not
    ("mt5-swap-holiday", {"multipliers": {"mon": 1, "tue": 1}, "holiday": "tue", "consider_holidays": True},
     {"mon_multiplier": 2, "tue_multiplier": 0}),
    ("mt5-swap-holiday", {"multipliers": {"tue": 1, "wed": 3}, "holiday": "wed", "consider_holidays": False},
     {"tue_multiplier": 1, "wed_multiplier": 3}),
    ("mt4-swap-reopen", {"rollover": "reopen", "side": "buy", "close": 150.123, "swap_points": -5, "digits": 3},
     {"reopen": 150.118}),
    # short 5,000 dollars at 5 % a year: 5,000 * 0.05 / 365 = 0.6849 a night
    ("oanda-financing", {"instrument": "USD_JPY", "units": -5000, "price_5pm": 150.0, "short_rate": -0.05,
                         "day_count": 365}, {"financing": -0.68}),
]  # fmt: skip

ENDINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # a cent decides; an order without margin is never deleted
    ("mt5-so-order", {"so_mode": "percent", "event": "x", "pending_orders": [{"id": 1, "margin": 0}],
                      "positions": [{"id": "A", "profit": -5}, {"id": "B", "profit": -5.01}]},
     {"sequence": ["close position B", "close position A"], "never_deleted": ["order 1"]}),
    ("mt5-so-order", {"positions": [{"id": "A", "profit": 0}, {"id": "B", "profit": -0.01}], "event": "x"},
     {"first_closed": "B"}),
    ("mt5-so-compensation", {"balance_after_last_so_close": -0.01, "compensate_negative_balance": True},
     {"operation": "so compensation", "amount": 0.01, "balance": 0.0}),
    ("mt5-so-compensation", {"balance_after_last_so_close": -50.0, "compensate_negative_balance": False},
     {"balance": -50.0}),
    ("mt5-so-partial", {"account": "netting", "account_type": "real", "position_volume": 30, "volume_max": 20,
                        "event": "x"}, {"first_close": 20, "second_close_if_still_below": 10}),
    ("mt5-so-partial", {"account": "netting", "account_type": "real", "position_volume": 20, "volume_max": 20,
                        "event": "x"}, {"first_close": 20}),
    ("esma", {"instrument": "crypto CFD", "notional": 5000.0, "class_margin": 0.5},
     {"initial_margin": 2500.0, "closeout_funds": 1250.0}),
    ("esma-class", {"instrument": "bitcoin", "notional": 30_001, "class_margin": 0.5}, {"initial_margin": 15_000.5}),
    ("nfa", {"pair": "GBPUSD", "notional_usd": 123_456, "rate": 0.03}, {"security_deposit": 3703.68}),
    # a short: opened at the bid of 1.1, valued at the ask: -2.00; 998 / 220
    ("oanda-mt5", {"balance": 1000.0, "home": "USD", "symbol": "EURUSD", "units": -10_000, "trade_price": 1.1,
                   "bid": 1.099, "ask": 1.1002, "margin_rate": 0.02},
     {"margin": 220.0, "upl": -2.0, "equity": 998.0, "free_margin": 778.0, "margin_level": 453.64}),
    # the same at mid 1.0999: 10,000 * 1.0999 * 2 % = 219.98, +1.00; half of 219.98 of 1,001
    ("oanda-v20", {"balance": 1000.0, "home": "USD", "instrument": "EUR_USD", "units": -10_000, "trade_price": 1.1,
                   "bid": 1.0998, "ask": 1.1, "margin_rate": 0.02},
     {"margin_used": 219.98, "unrealized_pl_mid": 1.0, "nav_mid": 1001.0, "margin_available": 781.02,
      "margin_closeout_percent": 10.99}),
    ("t212", {"total_funds": 100.0, "margin": 100.0}, {"account_status": 50.0}),
    ("t212", {"total_funds": 50.01, "margin": 100.0}, {"stop_out": False}),
    ("xtb", {"equity": 29.99, "margin": 100.0}, {"margin_level": 29.99}),
]  # fmt: skip

ALL = [*MARGINS, *HEDGES, *TIERS, *MONEY, *ENDINGS]


@pytest.mark.parametrize(("kind", "inputs", "expected"), ALL, ids=[f"{k}-{n}" for n, (k, *_) in enumerate(ALL)])
def test_at_the_edge(kind, inputs, expected):
    (outcome,) = run_document({"cases": [{"id": "one", "kind": kind, "inputs": inputs, "expected": expected}]})
    assert (outcome.status, outcome.wrong) == ("passed", ())
