"""Every scenario holds, tells what its golden text says, and between them they show every reason code."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

import pytest

from simcore.kernel.enums import Reason
from simcore.scenario import ScenarioRun, load_document, run_scenario

from .golden import files, golden, play, text_of

# Where each reason comes up.
REASONS = {
    Reason.QTY_NOT_POSITIVE: "refused_quantities",
    Reason.QTY_BELOW_MIN: "refused_quantities",
    Reason.QTY_ABOVE_MAX: "refused_quantities",
    Reason.QTY_OFF_GRID: "refused_quantities",
    Reason.NO_QUOTE: "refused_without_quotes",
    Reason.MARKET_CLOSED: "tif_opg",
    Reason.PRICE_NOT_POSITIVE: "refused_prices",
    Reason.PRICE_WRONG_SIDE: "refused_prices",
    Reason.STOPS_TOO_CLOSE: "refused_protection",
    Reason.SL_WRONG_SIDE: "refused_protection",
    Reason.TP_WRONG_SIDE: "refused_protection",
    Reason.EXPIRES_IN_PAST: "tif_gtd",
    Reason.NO_MONEY: "refused_no_money",
    Reason.POST_ONLY_CROSSES: "post_only",
    Reason.NOTHING_TO_REDUCE: "reduce_only",
    Reason.UNKNOWN_ORDER: "order_modify_cancel",
    Reason.UNKNOWN_POSITION: "tickets",
    Reason.CLOSE_QTY: "tickets",
    Reason.FROZEN: "freeze_level",
    Reason.NO_CONVERSION: "refused_without_quotes",
    Reason.NOT_OPPOSITE: "tickets",
    Reason.NOT_HEDGING: "close_by_netting",
    Reason.OCO_ENDED: "links_ended",
    Reason.PARENT_ENDED: "links_ended",
    Reason.TRAIL_NOT_POSITIVE: "refused_prices",
    Reason.TYPE_FORBIDDEN: "tif_types",
    Reason.TRADE_DISABLED: "mt5_trade_modes",
    Reason.LONG_ONLY: "mt5_trade_modes",
    Reason.SHORT_ONLY: "mt5_trade_modes",
    Reason.CLOSE_ONLY: "mt5_trade_modes",
    Reason.INVALID_ORDER: "mt5_order_modes",
    Reason.INVALID_FILL: "mt5_filling_modes",
    Reason.INVALID_EXPIRATION: "mt5_order_modes",
    Reason.LIMIT_ORDERS: "mt5_number_limits",
    Reason.LIMIT_VOLUME: "mt5_volume_limit",
    Reason.LIMIT_POSITIONS: "mt5_number_limits",
    Reason.FIFO_CLOSE: "mt5_fifo",
    Reason.HEDGE_PROHIBITED: "mt5_fifo",
    Reason.BOOK_FULL: "full_book",
    Reason.POSITIONS_FULL: "full_positions",
    Reason.REQUESTS_FULL: "full_requests",
    Reason.NOT_ENOUGH_SIZE: "tif_ioc",
    Reason.OCO_FILLED: "oco",
    Reason.PARENT_CANCELED: "bracket_parent_canceled",
    Reason.BY_REQUEST: "order_modify_cancel",
    Reason.TIME: "tif_day",
    Reason.STOP_OUT: "stop_out_chain",
    Reason.NO_MONEY_AT_TRIGGER: "no_money_at_trigger",
    Reason.POSITION_CLOSED: "tickets",
    Reason.CORPORATE_ACTION: "split_reverse",
    Reason.GATE_MARGIN_LEVEL: "gate_margin_level",
    Reason.GATE_FREE_MARGIN: "gate_free_margin",
    Reason.LIMIT_LEVERAGE: "limit_leverage_reject",
    Reason.LIMIT_CLASS_LEVERAGE: "limits_every_kind",
    Reason.LIMIT_POSITION_LEVERAGE: "limits_every_kind",
    Reason.LIMIT_NOTIONAL: "limits_by_notional",
    Reason.LIMIT_CLASS_NOTIONAL: "limits_by_notional",
    Reason.LIMIT_POSITION_NOTIONAL: "limits_by_notional",
    Reason.LIMIT_POSITION_QTY: "limits_by_notional",
    Reason.LIMIT_MARGIN: "limits_every_kind",
    Reason.LIMIT_MAX_ORDERS: "limits_every_kind",
    Reason.LIMIT_MAX_POSITIONS: "limits_adjust_every_kind",
    Reason.LIMIT_FREE_MARGIN: "limits_adjust_to_regime",
    Reason.GATE_LEGS: "gate_legs_together",
}
# What a scenario cannot show.
ELSEWHERE = {
    Reason.NONE: "nothing was refused",
    Reason.NOT_WARM: "a scenario has no strategy that warms up",
    Reason.UNHEARD_FULL: "a scenario has no strategy that hears what it caused",
    Reason.UNKNOWN_INSTRUMENT: "a symbol that is none of the instruments makes the file malformed",
    Reason.NOT_LIVE: "a scenario is no live session",
    Reason.TOO_LATE: "a scenario is no live session",
    Reason.NEVER_ARRIVED: "a scenario is no live session",
    Reason.TIMERS_FULL: "a scenario has no strategy that sets timers",
}


@cache
def played(file: Path) -> ScenarioRun:
    return play(file)


by_name = pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)


@by_name
def test_scenario(file):
    run = played(file)
    assert run.passed, "\n".join(map(str, run.failures))


@by_name
def test_scenario_tells_what_its_golden_text_says(file):
    assert golden(file).read_text("utf-8") == text_of(played(file)), "see `python -m tests.scenarios.golden`"


@by_name
def test_scenario_has_its_arithmetic_and_expects_something(file):
    document = load_document(file)
    assert any(character.isdigit() for character in document["why"])
    assert any("expect" in event for event in document["events"])


def test_there_is_a_golden_text_for_every_scenario_and_no_other():
    assert {path.stem for path in files()} == {path.stem for path in golden(files()[0]).parent.glob("*.txt")}


def test_every_reason_comes_up_or_cannot():
    assert set(REASONS) | set(ELSEWHERE) == set(Reason)
    assert not set(REASONS) & set(ELSEWHERE)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_reason_comes_up(reason):
    steps = played(scenario(REASONS[reason])).steps
    told = [event for step in steps for event in step.events if event.get("reason") == reason.name]
    assert told
    assert told[0]["text"]


def scenario(name: str) -> Path:
    return next(file for file in files() if file.stem == name)


def wrong(file: Path) -> list[str]:
    """The failures of a scenario in which every number that is expected of the account is one cent more."""
    document = copy.deepcopy(load_document(file))
    for event in document["events"]:
        account = event.get("expect", {}).get("account", {})
        account.update({name: value + 0.01 for name, value in account.items() if value is not None})
    return [failure.what for failure in run_scenario(document, name=file.name).failures]


def test_one_cent_off_fails():
    names = ("balance", "used_margin", "equity", "free_margin", "margin_level", "unrealized_pnl")
    assert wrong(scenario("open_long")) == [f"account.{name}" for name in names]


# An expectation of the scenario open_long that does not hold, and what is said of it.
WRONG = [
    ({"order": {"a": "REJECTED"}}, "order.a.status: expected REJECTED, was FILLED"),
    ({"order": {"a": {"filled_qty": 0.99}}}, "order.a.filled_qty: expected 0.99, was 1.0"),
    ({"order": {"a": {"avg_price": 1.10011}}}, "order.a.avg_price: expected 1.10011, was 1.1001"),
    ({"order": {"a": {"reason": "NO_MONEY"}}}, "order.a.reason: expected NO_MONEY, was None"),
    ({"position": {"EURUSD": -1.0}}, "position.EURUSD: expected -1.0, was 1.0"),
    ({"account": {"margin_level": None}}, "account.margin_level: expected infinite, was 9.080992637032997"),
    ({"events": [{"type": "stop_out"}]}, "events[0]: expected stop_out, was order ts 2024-01-02T10:00:01Z"),
    ({"events": [{"type": "fill", "price": 1.10011}]}, "events[0]: expected fill price 1.10011, was fill ts"),
    ({"events": [{"type": "fill"}, {"type": "fill"}]}, "events[1], after fill ts 2024-01-02T10:00:01Z symbol EURUSD"),
    ({"events": [{"type": "fill"}, {"type": "order", "status": "ACCEPTED"}]}, "events[1], after fill"),
    ({"events": []}, "events: expected nothing, was order ts"),
]


@pytest.mark.parametrize(("expect", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_expectation_fails(expect, said):
    document = load_document(scenario("open_long"))
    *before, last = document["events"]
    run = run_scenario({**document, "events": [*before, {**last, "expect": expect}]})
    assert [f"{failure}".startswith(f"event 3 (2024-01-02T10:00:02Z): {said}") for failure in run.failures] == [True]
