"""Trade conditions as settings, MetaTrader's numbers for refusals, and what an account says before anything is sent."""

from __future__ import annotations

import pytest

from simcore.brokers.broker import Broker
from simcore.brokers.conditions import fillings
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.retcodes import NAMES, RETCODES, reason_of, retcode
from simcore.kernel.enums import Reason

HEDGING = Broker.preset("mt5-hedging")
OURS = {*range(40, 60), *range(80, 100)}  # what we refuse: no server hears of it
ENDINGS = {Reason.OCO_FILLED, Reason.PARENT_CANCELED, Reason.BY_REQUEST, Reason.TIME, Reason.STOP_OUT}


def test_bits_and_numbers_of_metatrader_are_its_words():
    by_bits = Instrument.fx("EURUSD", filling_mode=3, order_mode=127, expiration_mode=9, trade_mode=1, trade_exemode=2)
    by_words = Instrument.fx(
        "EURUSD", filling_mode=("fok", "ioc"),
        order_mode=("market", "limit", "stop", "stop_limit", "sl", "tp", "close_by"),
        expiration_mode=("gtc", "specified_day"),
        trade_mode="long_only", trade_exemode="market",
    )  # fmt: skip
    assert by_bits == by_words


# Which fillings market orders may have: FOK 1, IOC 2, RETURN 8; pending orders rest, post-only (BOC 4) where flagged.
@pytest.mark.parametrize(
    ("execution", "flagged", "market", "pending"),
    [
        (None, None, 1 | 2 | 8, 1 | 2 | 4 | 8),  # nothing said: everything
        ("request", ("fok",), 1 | 2 | 8, 8),  # all three whatever is flagged
        ("instant", (), 1 | 2 | 8, 8),
        ("market", ("fok", "ioc"), 1 | 2, 8),  # never a rest
        ("market", ("ioc", "boc"), 2, 4 | 8),
        ("exchange", ("fok",), 1 | 8, 8),  # always a rest
        ("exchange", None, 1 | 2 | 8, 4 | 8),
    ],
)
def test_fillings_follow_from_the_execution_mode(execution, flagged, market, pending):
    assert fillings(execution, flagged) == (market, pending)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("trade_mode", "longonly", "trade_mode = 'longonly': must be one of disabled, long_only, .*'long_only'"),
        ("trade_mode", 5, "trade_mode = 5: must be one of disabled, .* or MetaTrader's number 0 to 4"),
        ("filling_mode", ("iok",), "filling_mode.0 = 'iok': must be one of fok, ioc, boc"),
        ("filling_mode", 8, "filling_mode = 8: must be a list of words or a sum of fok 1, ioc 2, boc 4"),
        ("order_gtc_mode", "weekly", "order_gtc_mode = 'weekly': must be one of gtc, daily, daily_excluding_stops"),
        ("volume_limit", -1, "volume_limit = -1: must be at least 0"),
        ("volume_limit", 0.001, "volume_limit = 0.001: must be 0, or not below qty_min = 0.01"),
    ],
)
def test_a_wrong_condition_is_one_clear_line(field, value, told):
    with pytest.raises(ConfigError, match=f"Instrument EURUSD: {told}"):
        Instrument.fx("EURUSD", **{field: value})


def test_market_execution_needs_a_filling():
    with pytest.raises(ConfigError, match="filling_mode names neither fok nor ioc"):
        Instrument.fx("EURUSD", trade_exemode="market", filling_mode=("boc",))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"mode": "netting", "fifo_close": True}, "fifo_close = True with mode = 'netting': only a hedging account"),
        ({"mode": "netting", "hedge_allowed": False}, "hedge_allowed = False with mode = 'netting'"),
        ({"mode": "netting", "stop_out_fully_hedged": True}, "stop_out_fully_hedged = True with mode = 'netting'"),
        ({"mode": "exchange", "stop_out_target": 0.6}, "stop_out_target = 0.6: parts are closed with mode = 'netting'"),
        ({"mode": "netting", "stop_out_target": 0.4}, "stop_out_target = 0.4: must not be below stop_out_level = 0.5"),
        ({"limit_orders": -1}, "limit_orders = -1: must be at least 0"),
        ({"gates": {"margin_level": 150}}, "gates = .*: margin_level = 150: must be a ratio; write 150 % as 1.5"),
        ({"gates": {"close_level": 100}}, "gates = .*: close_level = 100: must be a ratio; write 100 % as 1"),
        ({"gates": {"free_margin_factor": 120}}, "gates = .*: free_margin_factor = 120: must be a ratio"),
        ({"gates": {"warn_level": 1, "close_level": 1.5}}, "gates = .*: warn_level = 1 is below close_level = 1.5"),
        ({"limits": {"max_margin": 5}}, "limits = .*: max_margin = 5: must be a ratio; write 5 % as 0.05"),
    ],
)
def test_a_rule_that_does_not_fit_the_account_is_one_clear_line(fields, told):
    with pytest.raises(ConfigError, match=f"Broker: {told}"):
        Broker(**fields)


def test_every_refusal_of_a_server_has_metatraders_number():
    heard = {r for r in Reason if r not in OURS and r not in ENDINGS} - {Reason.NONE, Reason.CORPORATE_ACTION}
    assert set(RETCODES) == heard
    assert set(RETCODES.values()) <= set(NAMES)
    assert all(retcode(reason) is None for reason in OURS if reason in set(Reason))


# The numbers MetaTrader prints beside the words, from its own list.
@pytest.mark.parametrize(
    ("reason", "number"),
    [
        ("QTY_ABOVE_MAX", 10014), ("PRICE_WRONG_SIDE", 10015), ("STOPS_TOO_CLOSE", 10016), ("TRADE_DISABLED", 10017),
        ("MARKET_CLOSED", 10018), ("NO_MONEY", 10019), ("INVALID_EXPIRATION", 10022), ("FROZEN", 10029),
        ("INVALID_FILL", 10030), ("LIMIT_ORDERS", 10033), ("LIMIT_VOLUME", 10034), ("INVALID_ORDER", 10035),
        ("CLOSE_QTY", 10038), ("LIMIT_POSITIONS", 10040), ("LONG_ONLY", 10042), ("SHORT_ONLY", 10043),
        ("CLOSE_ONLY", 10044), ("FIFO_CLOSE", 10045), ("HEDGE_PROHIBITED", 10046),
    ],
)  # fmt: skip
def test_numbers(reason, number):
    assert retcode(reason) == retcode(Reason[reason]) == number
    assert retcode(reason_of(number)) == number


def test_a_number_that_is_no_refusal_has_no_reason():
    assert [reason_of(code) for code in (10008, 10009, 10031)] == [None, None, None]


def test_a_verdict_says_metatraders_number():
    eurusd = Instrument.fx("EURUSD", trade_mode="short_only")
    no = HEDGING.check(eurusd, "buy", 0.1, 1.1, 10_000)
    assert (no.allowed, no.reason, no.retcode) == (False, "SHORT_ONLY", 10043)
    assert no.sentence == "EURUSD may only be sold: buying 0.1 EURUSD would open 0.1 long"
    assert HEDGING.check(eurusd, "sell", 0.1, 1.1, 10_000).retcode == 0  # order_check: 0 is well
    gated = HEDGING.replace(**{"gates.margin_level": 20.0})
    assert gated.check(eurusd, "sell", 0.1, 1.1, 1_000).retcode is None


@pytest.mark.parametrize(("qty", "part"), [(30.0, 14.54), (20.0, 4.54)])
def test_the_part_that_is_closed_is_the_smallest_that_restores_the_level(qty, part):
    # At 970 equity 300 allows 300 / 0.6 = 500.00 of margin: 15.4639 lots of 970 / 30 each, so 15.46 stay, whatever
    # was held before (30: equity 1,200 - 900; 20: 900 - 600).
    broker = Broker.preset("trading212-cfd", currency="EUR", leverage=30)
    held = broker.account([Instrument.cfd("DE40", price_digits=1)], balance=300 + 30 * qty)
    held.quote("DE40", 1000, 1000)
    held.open("DE40", "buy", qty, 1000)
    held.quote("DE40", 970, 970)
    used = qty * 970 / 30
    left = held.net_qty("DE40")
    assert round(qty - left, 8) == (part if 0.5 * used >= 300 else 0.0)
    assert held.figures["margin_level"] >= (0.6 if 0.5 * used >= 300 else 0.0)
    if left < qty:  # one hundredth less would not have done
        assert 300 / ((left + 0.01) * 970 / 30) < 0.6


def test_the_nfa_allows_tickets_that_close_oldest_first_and_do_not_hedge():
    eurusd = Instrument.fx("EURUSD")
    with pytest.raises(ConfigError, match="use mode = 'netting', or fifo_close = true with hedge_allowed = false"):
        HEDGING.replace(regime="nfa").check(eurusd, "buy", 0.1, 1.1, 10_000)
    american = HEDGING.replace(regime="nfa", fifo_close=True, hedge_allowed=False)
    assert american.margin(eurusd, "buy", 1.0, 1.1) == 2200.0  # 2 % of 110,000


def test_the_price_of_liquidation_of_shares_is_the_tick_at_which_they_are_sold():
    # 800 at 50 cost 40,000 of 10,000; 0.05 * 800 p = 800 p - 30,000 at p = 30,000 / 760 = 39.4737
    share = Instrument.stock("ACME", margin_rates={"buy": [0.2, 0.05], "sell": 1.0})
    held = Broker.preset("mt5-exchange").account([share], balance=10_000)
    held.quote("ACME", 50.0)
    assert held.submit("ACME", "buy", 800).allowed
    assert held.liquidation_price("ACME") == 39.47
    held.quote("ACME", 39.48)
    assert held.net_qty("ACME") == 800
    held.quote("ACME", 39.47)
    assert held.net_qty("ACME") == 0


def test_our_own_watch_closes_the_oldest_on_a_fifo_account():
    # a 1 at 1.10, b 1 at 1.12: at 1.11 b loses 1,000 and a wins as much; 2,220.00 used, equity 2,300 is 103.6 %. The
    # watch would close the loser first, but the account takes the oldest only: a closes, and with it the level is well
    broker = HEDGING.replace(fifo_close=True, **{"gates.close_level": 1.05, "gates.watch_seconds": 0})
    held = broker.account([Instrument.fx("EURUSD")], balance=2_300)
    held.quote("EURUSD", 1.10)
    a = held.open("EURUSD", "buy", 1.0, 1.10)
    held.quote("EURUSD", 1.12)
    b = held.open("EURUSD", "buy", 1.0, 1.12)
    held.quote("EURUSD", 1.11)
    assert [p["ticket"] for p in held.positions()] == [b]
    assert a < b
    assert held.figures["balance"] == 3_300.0
