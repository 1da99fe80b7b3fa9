"""Every margin model of the account, by name: random books margined by the twin and by the compiled account alike.

A book holds positions, pending orders, tiers and currencies by chance; one model at a time is laid over it (MODELS).
The names are the compiled account's own: its codes, presets and regimes, and the fields its margin reads. One that is
added there and not here fails: the twin does not know it yet.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import EnumType
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simcore.brokers.regimes import REGIMES
from simcore.kernel import enums, margin
from simcore.kernel.enums import (
    CalcMode,
    FreeMargin,
    LeverRange,
    MarginCause,
    Mode,
    ProfitConversion,
    StopOutMoney,
    Valuation,
)  # fmt: skip

from . import chance, houses
from .compare import Pair, play
from .programs import Program
from .shrink import play_small

CODES = (CalcMode, Mode, Valuation, ProfitConversion, FreeMargin, LeverRange, MarginCause, StopOutMoney)
NO_MARGIN = {  # codes of anything else
    "Call", "EventKind", "Hears", "Kind", "OrderType", "Reason", "Status", "SwapMode", "TimeInForce", "TradeMode",
    "Venue", "Why",
}  # fmt: skip
KINDS = (*(chance.quote,) * 6, *(chance.submit,) * 5, chance.bar, chance.modify, chance.close, chance.a_print)
LOTS = (*houses.TIERS, houses.LAST_TIER)
MONEY = (*houses.MORE_TIERS, houses.LAST_TIER)
NEWS = {"calendar": [{"ts": "2024-01-02T14:30:00+00:00"}, {"ts": "2024-01-03T14:30:00+00:00"}], "before_minutes": 600}
BARS = {"timeframe": "1min", "fast": 1, "slow": 2, "threshold": 1.1}


@dataclass(frozen=True)
class Model:
    """What it asks of the broker, of EURUSD and of DE40, a CFD."""

    broker: dict[str, Any] = field(default_factory=dict)
    fx: dict[str, Any] = field(default_factory=dict)
    cfd: dict[str, Any] = field(default_factory=dict)


def named(code: Any) -> str:
    return f"{type(code).__name__}.{code.name}"


def formula(mode: CalcMode, **terms: Any) -> Model:
    return Model(cfd={"calc_mode": mode.name.lower(), **terms})


def tiers(counted: LeverRange, of: tuple[dict[str, Any], ...]) -> Model:
    rule = {"range": counted.name.lower(), "symbols": ("EUR*", "DE*"), "tiers": of}
    return Model({"mode": "hedging", "dynamic_leverage": {"rules": (rule,)}})


def moved(**dynamic: Any) -> Model:
    return Model({"mode": "netting", "dynamic_leverage": dynamic})


PER_LOT = {"tick_value": 0.02, "initial_margin": 150.0}
BOND = {"face_value": 10.0, "accrued_interest": 0.37, "liquidity_rate": 0.6}
MODELS: dict[str, Model] = {
    "CalcMode.FOREX": Model(fx={"calc_mode": "forex"}),
    "CalcMode.FOREX_NO_LEVERAGE": Model(fx={"calc_mode": "forex_no_leverage"}),
    "CalcMode.FUTURES": formula(CalcMode.FUTURES, **PER_LOT, maintenance_margin=120.0),
    "CalcMode.CFD": formula(CalcMode.CFD),
    "CalcMode.CFD_INDEX": formula(CalcMode.CFD_INDEX, tick_value=0.05),
    "CalcMode.CFD_LEVERAGE": formula(CalcMode.CFD_LEVERAGE),
    "CalcMode.EXCH_STOCKS": formula(CalcMode.EXCH_STOCKS, margin_rates={"buy": [0.2, 0.1], "sell": [0.3, 0.0]}),
    "CalcMode.EXCH_STOCKS_MOEX": formula(CalcMode.EXCH_STOCKS_MOEX, liquidity_rate=0.6),
    "CalcMode.EXCH_FUTURES": formula(CalcMode.EXCH_FUTURES, **PER_LOT),
    "CalcMode.EXCH_FUTURES_FORTS": formula(
        CalcMode.EXCH_FUTURES_FORTS, **PER_LOT, initial_margin_sell=140.0, settlement_price=998.5,
        margin_currency_rate=3.5,
    ),
    "CalcMode.EXCH_OPTIONS": formula(CalcMode.EXCH_OPTIONS, tick_value=0.03),
    "CalcMode.EXCH_BONDS": formula(CalcMode.EXCH_BONDS, **BOND),
    "CalcMode.EXCH_BONDS_MOEX": formula(CalcMode.EXCH_BONDS_MOEX, **BOND),
    "CalcMode.SERV_COLLATERAL": formula(CalcMode.SERV_COLLATERAL, liquidity_rate=0.8),
    **{named(mode): Model({"mode": mode.name.lower()}) for mode in Mode},
    **{named(by): Model({"valuation": by.name.lower(), "margin_basis": "current"}) for by in Valuation},
    **{named(by): Model({"profit_conversion": by.name.lower()}) for by in ProfitConversion},
    **{named(counts): Model({"free_margin_mode": counts.name.lower()}) for counts in FreeMargin},
    "LeverRange.VOLUME": tiers(LeverRange.VOLUME, LOTS),
    "LeverRange.VOLUME_SYMBOL": tiers(LeverRange.VOLUME_SYMBOL, LOTS),
    "LeverRange.NOTIONAL": tiers(LeverRange.NOTIONAL, MONEY),
    "LeverRange.NOTIONAL_SYMBOL": tiers(LeverRange.NOTIONAL_SYMBOL, MONEY),
    "MarginCause.WEEKEND": Model({"weekend_margin": {"factor": 3, "classes": {"fx": 2}, "before_minutes": 600}}),
    "MarginCause.HOLIDAY": Model({"holiday_margin": {"factor": 2.5, "days": ["2024-01-03", "2024-01-04"]}}),
    "MarginCause.SESSION": moved(sessions={"factor": 0.3}, min_leverage=25),
    "MarginCause.NEWS": moved(news=NEWS),
    "MarginCause.VOLATILITY": moved(volatility=BARS),
    "StopOutMoney.PER_CENT": Model({"stop_out_mode": "percent", "margin_call_level": 9, "stop_out_level": 5}),
    "StopOutMoney.EQUITY": Model({"stop_out_mode": "money", "margin_call_level": 9_995, "stop_out_level": 9_000}),
    "StopOutMoney.FREE_MARGIN": Model(
        {"stop_out_mode": "money", "stop_out_money": "free_margin", "margin_call_level": 9_000, "stop_out_level": 8_000}
    ),
    "at the opening price": Model({"margin_basis": "open"}),
    "at today's price": Model({"margin_basis": "current", "conversion": "mid"}),
    "at the day's conversion": Model({"margin_rate_update": "daily", "currency": "JPY"}),
    "no reserve": Model({"pending_margin": False}),
    "fixed": Model(fx={"initial_margin": 2000.0, "maintenance_margin": 1500.0, "hedged_margin": 700.0}),
    "rates": Model(fx={"margin_rates": {"buy": [1.0, 0.5], "sell": [1.2, 0.0], "buy_limit": 0.0, "sell_stop": 0.7}}),
    "fixed under a regime": Model(
        {"regime": "mas", "dynamic_leverage": None}, {"initial_margin": 2000.0}, {"calc_mode": "cfd", **PER_LOT}
    ),
    "own leverage": Model(fx={"max_leverage": 20}),
    "covered lots": Model({"mode": "hedging"}, {"hedged_margin": 40_000}, {"hedged_margin": 0.4}),
    "covered on both sides": Model({"mode": "hedging", "hedged_sides": 2}, {"hedged_margin": 50_000}),
    "larger leg": Model({"mode": "hedging"}, {"hedged_use_leg": True}, {"hedged_use_leg": True}),
    **{f"preset {name}": Model(fields) for name, fields in houses.PRESETS.items()},
    **{f"regime {name}": Model({"regime": name, "dynamic_leverage": None}) for name in REGIMES},
}  # fmt: skip
READ = {  # what margin reads of an instrument, of the account's rules and of a tier
    "calc_mode", "contract_size", "convert_mid", "face_value", "hedged_margin", "hedged_use_leg", "initial",
    "initial_margin", "initial_margin_sell", "least_margin", "lever", "lever_path", "leverage", "maintenance",
    "maintenance_margin", "margin_currency_rate", "margin_current", "margin_initial_rate", "margin_maintenance_rate",
    "margin_path", "mode", "money_scale", "n", "n_instruments", "n_levers", "qty_increment", "range",
    "settlement_price", "tick_size", "tick_value", "up_to", "valuation",
}  # fmt: skip
NAMES = dict.fromkeys([*(named(code) for codes in CODES for code in codes), *MODELS])


def book(seed: int, model: Model, length: int = 25) -> Program:
    """An account that opens positions and leaves orders waiting, in three currencies, now and then under tiers."""
    pick = Random(seed).choice
    rules = {"mode": pick(("netting", "hedging", "exchange")), "leverage": pick((30, 100, 500)), **pick(houses.LEVERS)}
    rules |= {"currency": pick(("USD", "EUR", "JPY")), "margin_basis": pick(("open", "open", "current"))}
    rules |= {"free_margin_mode": pick(("all", "none")), "profit_conversion": pick(("deal", "mid"))}
    rules |= {"stop_out_level": 0.2, **model.broker}
    if rules.get("regime") == "nfa" and rules["mode"] == "hedging":
        rules |= houses.AMERICAN
    instruments = [
        {"symbol": "DE40", "kind": "cfd", "quote": pick(("USD", "EUR")), **pick(houses.CFD_TERMS), **model.cfd},
        {"symbol": "EURUSD", "kind": "fx", **pick(houses.FX_TERMS), **model.fx},
        {"symbol": "USDJPY", "kind": "fx"},
    ]
    first = {"do": "quote", "wait": 0, "move": 0, "spread": 2, "bid_size": None, "ask_size": None}
    steps = [{**first, "symbol": n} for n in range(len(instruments))]
    steps += [chance.step(pick, external=False, kinds=KINDS) for _ in range(length)]
    cash = pick((10_000, 100_000)) * (150 if rules["currency"] == "JPY" else 1)
    return Program(chance.lawful(rules, instruments), instruments, cash, steps)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=3, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
@given(st.integers(0, 2**40))
def test_the_twin_margins_as_the_compiled_account_does(name: str, seed: int) -> None:
    assert name in MODELS, f"{name} is new: margin.py and its neighbours have to know it, and MODELS"
    play_small(book(seed, MODELS[name]))


def read_by_margin() -> Iterator[str]:
    """Fields of rules, terms and tiers in the source of the compiled account's margin."""
    for file in sorted(Path(str(margin.__file__)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and re.fullmatch(r"t|rules?|terms\(.*\)", ast.unparse(node.value)):
                yield node.attr


def test_no_kind_of_code_is_unknown_here() -> None:
    kinds = {
        name for name, kind in vars(enums).items() if isinstance(kind, EnumType) and kind.__module__ == enums.__name__
    }
    assert kinds == {codes.__name__ for codes in CODES} | NO_MARGIN, "a model of margin? then it belongs to CODES"


def test_no_field_of_the_margin_is_unknown_here() -> None:
    assert set(read_by_margin()) == READ, "margin reads something else: the twin and MODELS have to follow"


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_felt_in_its_books(name: str) -> None:
    """What is laid over a book is in force: without it, some book has other figures."""

    def told(model: Model, seed: int) -> Any:
        pair: Pair = play(book(seed, model))
        return pair.twin.account(), pair.twin.events, pair.twin.fills

    assert any(told(MODELS[name], seed) != told(Model(), seed) for seed in range(40))
