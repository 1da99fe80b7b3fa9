"""Faults the emulator makes happen: what the caller sees, and what is true at the broker."""

from __future__ import annotations

import re

import pytest

from bridges.emulators.mt5 import Fault, Faults
from simcore.brokers.errors import ConfigError
from tests.bridges.emulators.floor import START, deal, opened, terminal

FLAT = [(1.1, 1.1002)] * 4


def faulty(*plan: Fault):
    t = terminal(*FLAT, faults=Faults(list(plan)))
    return t, opened(t)


def test_a_lost_reply_left_an_order_at_the_broker():
    _, mt5 = faulty(Fault(what="lost_reply", function="order_send"))
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1) is None
    assert mt5.last_error() == (-10005, "IPC timeout")
    assert mt5.positions_total() == 1


def test_a_lost_request_left_nothing():
    _, mt5 = faulty(Fault(what="lost_request", function="order_send"))
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1) is None
    assert mt5.positions_total() == 0


def test_a_refusal_has_the_planned_code_once():
    _, mt5 = faulty(Fault(what="refused", function="order_send", retcode=10024))
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1).retcode == mt5.TRADE_RETCODE_TOO_MANY_REQUESTS
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1).retcode == mt5.TRADE_RETCODE_DONE


def test_the_connection_goes_and_comes():
    _, mt5 = faulty(Fault(what="disconnected", function="account_info", call=2, times=2))
    assert [mt5.account_info() is None for _ in range(4)] == [False, True, True, False]


def test_a_restarted_terminal_wants_initialize_again():
    _, mt5 = faulty(Fault(what="restarted", function="account_info"))
    assert mt5.account_info() is None
    assert mt5.symbols_total() is None
    assert mt5.initialize()
    assert mt5.symbols_total() == 1


def test_what_was_just_made_may_not_be_listed_yet():
    _, mt5 = faulty(Fault(what="hidden", function="positions_get"))
    deal(mt5, mt5.ORDER_TYPE_BUY, 0.1)
    assert [len(mt5.positions_get()) for _ in range(2)] == [0, 1]


def test_deals_come_twice_or_backwards():
    _, mt5 = faulty(
        Fault(what="doubled", function="history_deals_get"),
        Fault(what="reversed", function="history_deals_get", call=2),
    )
    deal(mt5, mt5.ORDER_TYPE_BUY, 0.1)
    assert [d.type for d in mt5.history_deals_get(0, START + 9)] == [2, 2, 0, 0]
    assert [d.type for d in mt5.history_deals_get(0, START + 9)] == [0, 2]


def test_the_servers_clock_jumps():
    _, mt5 = faulty(Fault(what="shifted", function="symbol_info_tick", call=2, seconds=3600.0))
    assert [mt5.symbol_info_tick("EURUSD").time - START for _ in range(2)] == [0, 3600]


def test_trading_is_switched_off():
    t, mt5 = faulty(Fault(what="no_trading", function="order_send"))
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1).retcode == mt5.TRADE_RETCODE_CLIENT_DISABLES_AT
    assert not mt5.terminal_info().trade_allowed
    t.trade_allowed = True
    assert deal(mt5, mt5.ORDER_TYPE_BUY, 0.1).retcode == mt5.TRADE_RETCODE_DONE


def test_somebody_else_trades_the_account():
    _, mt5 = faulty(
        Fault(what="outside", function="positions_get", call=2, act="close"),
        Fault(what="outside", function="account_info", act="deposit", amount=500.0),
    )
    deal(mt5, mt5.ORDER_TYPE_BUY, 0.1)
    assert [len(mt5.positions_get()) for _ in range(2)] == [1, 0]
    assert mt5.account_info().balance == 10_000.0 - 2.0 + 500.0


def test_a_plan_is_read_from_a_file(tmp_path):
    file = tmp_path / "faults.toml"
    file.write_text('[[fault]]\nwhat = "lost_reply"\nfunction = "order_send"\ncall = 3\n')
    assert Faults.read(file).plan == [Fault(what="lost_reply", function="order_send", call=3)]
    file.write_text('[[fault]]\nwhat = "lost_replay"\n')
    with pytest.raises(ConfigError, match=r"lost_replay.*lost_reply"):
        Faults.read(file)
    file.write_text('[[fault]]\nwhat = "mute"\nfuntcion = "x"\n')
    with pytest.raises(ConfigError, match=r"fault 1: unknown key 'funtcion'.*function"):
        Faults.read(file)
    file.write_text("[[fault]\n")
    with pytest.raises(ConfigError, match="is not TOML"):
        Faults.read(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        Faults.read(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('function = "ordersend"', "fault 1: function = 'ordersend' is none of the package; did you mean 'order_send'"),
        ('call = "three"', "fault 1: call = 'three' must be a whole number"),
        ("seconds = true", "fault 1: seconds = True must be a number"),
        ("times = 0", "fault 1: times = 0 must be 1 or more"),
        ("retcode = 99", "fault 1: retcode = 99 is none a trade server has"),
        ('act = "sell"', "fault 1: act = 'sell' must be one of close, cancel, deposit"),
    ],
)
def test_a_mistake_in_a_plan_is_named(lines, said, tmp_path):
    file = tmp_path / "faults.toml"
    file.write_text(f'[[fault]]\nwhat = "lost_reply"\n{lines}\n')
    with pytest.raises(ConfigError, match=re.escape(said)):
        Faults.read(file)


def test_what_would_never_happen_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="refused never happens to positions_get, but to order_send"):
        Fault(what="refused", function="positions_get")
    file = tmp_path / "faults.toml"
    for text in ("", 'fault = "x"\n', "fault = []\n"):
        file.write_text(text)
        with pytest.raises(ConfigError, match=r"holds no \[\[fault\]\] table"):
            Faults.read(file)


def test_every_return_code_has_its_words():
    from bridges.emulators.mt5 import constants as c
    from bridges.emulators.mt5.retcodes import COMMENTS

    assert {value for name, value in vars(c).items() if name.startswith("TRADE_RETCODE_")} <= set(COMMENTS)
