"""Brokers' worked examples: what is built passes, other numbers pass too, and a wrong figure fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simcore.brokers.errors import ConfigError
from simcore.conformance import run_document, run_file, summary
from simcore.conformance.kinds import COMPUTE

BUILT = ("mt4", "mt5", "oanda", "esma", "nfa", "t212", "xtb")


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, Any]:
    """The cases of the reference, by id."""
    return json.loads((shared / "reference" / "broker_cases.json").read_text("utf-8"))


def built(kind: str) -> bool:
    return kind.startswith(BUILT)


def test_every_case_of_what_is_built_passes(cases):
    outcomes = [one for one in run_document(cases) if built(one.kind)]
    assert [(one.id, one.wrong) for one in outcomes if one.status != "passed"] == []
    assert len(outcomes) >= 70


def test_a_case_without_expectation_is_computed(cases):
    bare = [{k: v for k, v in one.items() if k != "expected"} for one in cases["cases"] if built(one["kind"])]
    got = {one.id: one for one in run_document({"cases": bare})}
    assert {one.status for one in got.values()} == {"computed"}
    for one in cases["cases"]:
        if built(one["kind"]):
            assert set(one["expected"]) <= set(got[one["id"]].got), one["id"]


def test_a_wrong_figure_fails(cases):
    one = next(one for one in cases["cases"] if one["kind"] == "mt5-forex")
    wrong = one | {"expected": {"margin": one["expected"]["margin"] + 0.1}}
    (outcome,) = run_document({"cases": [wrong]})
    assert outcome.status == "failed"
    assert outcome.wrong == ("margin: expected 1000.1, got 1000.0",)


OTHERS = [
    # 2.5 lots of 100,000 at 1:30 = 8,333.33
    ("mt5-forex", {"calc_mode": "FOREX", "side": "sell", "symbol": "GBPUSD", "lots": 2.5, "contract_size": 100000,
                   "leverage": 30}, {"margin": 8333.33, "currency": "GBP"}),
    # 3 * 50 * 71.25 = 10,687.50
    ("mt5-cfd", {"calc_mode": "CFD", "symbol": "oil", "lots": 3, "contract_size": 50, "ask": 71.25, "side": "buy",
                 "quote": "USD"}, {"margin": 10687.5}),
    # 500 EUR at the bid 1.0950 for a sell
    ("mt5-convert", {"margin_in_margin_ccy": 500.0, "margin_currency": "EUR", "deposit_currency": "USD", "side": "sell",
                     "EURUSD_bid": 1.0950, "EURUSD_ask": 1.0952}, {"margin": 547.5}),
    # long 2 of 3, short 1: 1 uncovered at 1.2 and 1 covered at (2 * 1.2 + 1.1) / 3: 100,000 / 100 each
    ("mt5-hedged-basic", {"method": "basic", "symbol": "EURUSD", "calc_mode": "FOREX", "deposit": "USD",
                          "positions": [["buy", 2, 1.2], ["sell", 1, 1.1]], "margin_hedged": 50000,
                          "contract_size": 100000, "rate_buy": 1, "rate_sell": 1, "leverage": 100},
     {"uncovered_volume": 1, "margin_uncovered": 1200.0, "margin_covered": 583.33, "margin_total": 1783.33}),
    # buy 5 at 100: 5 * (50 + 4) = 270; the sell formula: -5 * (60 - 4) = -280
    ("mt5-forts", {"calc_mode": "EXCH_FUTURES_FORTS", "symbol": "X", "position": {"side": "buy", "volume": 5,
                   "open": 100}, "orders": [], "settlement": 98, "initial_margin_buy": 50, "initial_margin_sell": 60,
                   "tick_value": 2, "tick_size": 1, "margin_currency_rate": 0},
     {"margin_buy": 270.0, "margin_sell": -280.0, "margin": 270.0}),
    # 3.5 lots of 300 each: the first at half, the others twice: 150 + 2.5 * 600 = 1,650
    ("mt5-floating-volume", {"range": "volume", "positions": [["buy", 1.0, "AAA", 300], ["sell", 2.5, "BBB", 750]],
                             "tiers": [[1, 0.5], [10, 2]]}, {"margin_per_lot": 300.0, "margin": 1650.0}),
    # 2 lots * -1.5 points * (0.00001 * 100,000 = 1.00) = -3.00
    ("mt5-swap-points", {"swap_mode": "POINTS", "symbol": "EURUSD", "side": "sell", "lots": 2.0,
                         "contract_size": 100000, "point": 1e-05, "deposit": "USD", "swap_short": -1.5},
     {"point_value_deposit": 2.0, "swap": -3.0}),
    # 10,000 * 25.5 * 4 % / 365 = 27.945 -> 27.95
    ("oanda-financing", {"instrument": "EUR_USD", "units": 10000, "price_5pm": 25.5, "long_rate": 0.04,
                         "day_count": 365}, {"financing": 27.95}),
    ("mt5-so-order", {"positions": [{"id": "x", "profit": -1}, {"id": "y", "profit": -3}, {"id": "z", "profit": -2}],
                      "pending_orders": [{"id": 7, "margin": 5}, {"id": 9, "margin": 0}]},
     {"sequence": ["delete order 7", "close position y", "close position z", "close position x"],
      "never_deleted": ["order 9"]}),
    ("mt5-so-partial", {"account": "netting", "account_type": "demo", "position_volume": 50, "volume_max": 20,
                        "event": "stop out"}, {"first_close": 50}),
    # 4,000 equity, 1,600 margin: 250 %; 400 of margin and 300 of equity: 50 * 300 / 400 = 37.5
    ("xtb", {"equity": 4000.0, "margin": 1600.0}, {"margin_level": 250.0}),
    ("t212", {"total_funds": 300.0, "margin": 400.0}, {"account_status": 37.5, "stop_out": False}),
    ("t212", {"total_funds": 300.0, "margin": 100.0}, {"account_status": 75.0}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "inputs", "expected"), OTHERS, ids=[f"{k}-{n}" for n, (k, *_) in enumerate(OTHERS)])
def test_other_numbers_of_the_same_kinds(kind, inputs, expected):
    (outcome,) = run_document({"cases": [{"id": "one", "kind": kind, "inputs": inputs, "expected": expected}]})
    assert outcome.wrong == ()


def test_kinds_without_rules_are_unsupported_and_counted():
    outcomes = run_document({"cases": [{"id": "a", "kind": "no-such-broker", "inputs": {}}]})
    assert summary(outcomes)["unsupported"] == 1
    assert outcomes[0].wrong == ("no rules for no-such-broker yet",)


def test_no_case_is_named_in_the_runner(cases):
    """No identifier of a case and none of its expected figures stands in the code that computes them."""
    package = Path(run_document.__code__.co_filename).parent
    code = "\n".join(path.read_text("utf-8") for path in package.glob("*.py"))
    assert [one["id"] for one in cases["cases"] if one["id"] in code] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON"),
        ("[]", 'must hold an object with "cases", a list'),
        ('{"cases": [{"id": "a"}]}', "case 0: must have id, kind and inputs"),
    ],
)
def test_a_file_that_is_none(tmp_path, text, message):
    file = tmp_path / "cases.json"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=message):
        run_file(file)


def test_every_kind_that_computes_is_of_what_is_built():
    assert all(built(kind) for kind in COMPUTE)
