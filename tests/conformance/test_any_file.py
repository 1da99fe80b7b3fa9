"""Files somebody else writes: other numbers, numbers as text, fields missing, more of them, in any order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simcore.brokers.errors import ConfigError
from simcore.conformance import run_document, run_file
from tests.conformance.test_cases import built

LOT = 100_000

FRESH: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # MetaTrader's own name of a mode: 0.37 * 100,000
    ("mt5-forexnolev", {"calc_mode": "SYMBOL_CALC_MODE_FOREX_NO_LEVERAGE", "side": "sell", "symbol": "AUDNZD",
                        "lots": 0.37, "contract_size": LOT, "account_leverage": 50}, {"margin": 37_000.0}),
    # a sell of a quote is at its bid: 2.5 * 10 * 71.0
    ("mt5-cfd", {"calc_mode": "CFD", "symbol": "oil", "lots": 2.5, "contract_size": 10, "ask": 72.0, "bid": 71.0,
                 "side": "sell", "quote": "EUR"}, {"margin": 1775.0, "currency": "EUR"}),
    # USD into EUR at the ask of the inverse, 1 / 1.0998: 500 / 1.0998
    ("mt5-convert", {"margin_in_margin_ccy": 500.0, "margin_currency": "USD", "deposit_currency": "EUR", "side": "buy",
                     "EURUSD_bid": 1.0998, "EURUSD_ask": 1.1}, {"margin": 454.63, "currency": "EUR"}),
    # over the dollar, the worse side at each step: 100 * 1.25 * 150.5
    ("mt5-convert", {"margin_in_margin_ccy": 100.0, "margin_currency": "GBP", "deposit_currency": "JPY", "side": "buy",
                     "GBPUSD_ask": 1.25, "USDJPY_ask": 150.5}, {"margin": 18_813.0, "currency": "JPY"}),
    # the base of a cross converts: 130,000 / 200 * 1.17
    ("mt5-calcmargin", {"action": "SELL", "symbol": "EURJPY", "lots": 1.3, "contract_size": LOT, "leverage": 200,
                        "deposit": "USD", "implied_base_to_usd": 1.17}, {"margin": 760.5, "currency": "USD"}),
    ("mt5-spec-fxpro", {"symbol": "EURGBP", "lots": 2, "contract_size": LOT, "leverage": 50, "deposit": "USD",
                        "EURUSD": 1.2}, {"margin": 4800.0}),
    # through the inverse: 100,000 / 25 / 0.8
    ("mt5-spec-fxpro", {"symbol": "GBPJPY", "lots": 1, "contract_size": LOT, "leverage": 25, "deposit": "EUR",
                        "EURGBP": 0.8}, {"margin": 5000.0}),
    # 1,250 + 2 * 1,270 + 1,240 = 5,030 against 2 * 1,260 + 1,280; the stop lies below the limit of the other side
    ("mt5-largerleg", {"method": "larger_leg", "calc_mode": "FOREX", "symbol": "GBPUSD",
                       "positions": [["buy", 1, 1.25], ["sell", 2, 1.26]],
                       "orders": [["buy_stop", 2, 1.27], ["sell_limit", 1, 1.28], ["buy_limit", 1, 1.24]],
                       "contract_size": LOT, "leverage": 100, "deposit": "USD", "rates_all": 1},
     {"margin_long": 5030.0, "margin_short": 3800.0, "margin_total": 5030.0}),
    # 200 pips of 100,000 in CAD at the stated USDCAD: 2,000 / 1.25
    ("mt5-deal", {"symbol": "EURCAD", "side": "buy", "lots": 1, "open": 1.45, "close": 1.47, "contract_size": LOT,
                  "deposit": "USD", "USDCAD": 1.25}, {"profit": 1600.0, "currency": "USD"}),
    # 0.01 * 250,000 of a short at the mid 1.25: 0.5 * 12,500 / 49,975
    ("oanda-v20", {"balance": 50_000.0, "home": "USD", "instrument": "GBP_USD", "units": -250_000,
                   "trade_price": 1.2499, "bid": 1.2499, "ask": 1.2501, "margin_rate": 0.04},
     {"margin_used": 12_500.0, "unrealized_pl_mid": -25.0, "nav_mid": 49_975.0, "margin_closeout_percent": 12.51}),
    # 5 years of gilts: 4.75 % of 12,345.67 and half of it
    ("esma", {"instrument": "bond", "notional": 12_345.67, "class_margin": 0.0475},
     {"initial_margin": 586.42, "closeout_funds": 293.21}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "inputs", "expected"), FRESH, ids=[f"{k}-{n}" for n, (k, *_) in enumerate(FRESH)])
def test_fresh_numbers(kind: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    (outcome,) = run_document({"cases": [{"id": "one", "kind": kind, "inputs": inputs, "expected": expected}]})
    assert (outcome.status, outcome.wrong) == ("passed", ())


def as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [as_text(one) for one in value]
    if isinstance(value, dict):
        return {key: one if key == "id" else as_text(one) for key, one in value.items()}
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def in_capitals(value: Any) -> Any:
    if isinstance(value, list):
        return [in_capitals(one) for one in value]
    return value.upper() if value in ("buy", "sell") else value


def shuffled(inputs: dict[str, Any]) -> dict[str, Any]:
    names = list(inputs)
    Random(len(names)).shuffle(names)
    return {name: inputs[name] for name in names}


WRITTEN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "text": as_text,
    "capitals": lambda x: {name: in_capitals(value) for name, value in x.items()},
    "shuffled": shuffled,
    "more": lambda x: {"printed_on": "page 7", "spread": None, "lots": None, "quote": None, **x, "remark": {"a": [1]}},
}


@pytest.mark.parametrize("way", WRITTEN)
def test_however_a_file_is_written(shared: Path, way: str) -> None:
    cases = json.loads((shared / "reference" / "broker_cases.json").read_text("utf-8"))["cases"]
    rewritten = [one | {"inputs": WRITTEN[way](one["inputs"])} for one in cases if built(one["kind"])]
    assert [(one.id, one.wrong) for one in run_document({"cases": rewritten}) if one.status != "passed"] == []


def test_what_cannot_be_computed_says_why(shared: Path) -> None:
    """Each case with each of its fields left out, or nonsense: a figure or one line, never anything else."""
    cases = json.loads((shared / "reference" / "broker_cases.json").read_text("utf-8"))["cases"]
    worse = []
    for n, one in enumerate(one for one in cases if built(one["kind"])):
        for name in one["inputs"]:
            left = {k: v for k, v in one["inputs"].items() if k != name}
            for m, inputs in enumerate((left, {**left, name: "abc"}, {**left, name: []}, {**left, name: -1})):
                worse.append({"id": f"{n} {name} {m}", "kind": one["kind"], "inputs": inputs})
    for outcome in run_document({"cases": worse}):
        assert outcome.status == "computed" or "\n" not in outcome.wrong[0]
        assert outcome.status in ("computed", "failed")


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"inputs": [1]}, r"case 0 \(a\): inputs must be an object, not \[1\]"),
        ({"inputs": {}, "expected": 7}, r"case 0 \(a\): expected must be an object, not 7"),
    ],
)
def test_a_malformed_case(tmp_path: Path, case: dict[str, Any], message: str) -> None:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [{"id": "a", "kind": "mt5-forex"} | case]}), "utf-8")
    with pytest.raises(ConfigError, match=message):
        run_file(file)


def test_two_cases_of_one_name() -> None:
    case = {"id": "a", "kind": "mt5-rate", "inputs": {}}
    with pytest.raises(ConfigError, match="case 1: id a is there twice"):
        run_document({"cases": [case, case]})


def test_a_case_that_builds_on_itself() -> None:
    (outcome,) = run_document({"cases": [{"id": "a", "kind": "mt5-rate", "inputs": {"base": "a"}}]})
    assert outcome.wrong == ("ValueError: inputs: base a builds on itself",)
