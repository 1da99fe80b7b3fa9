"""The module's surface: records, constants, functions and dtypes as the MetaTrader5 package has them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from bridges.emulators.mt5 import constants, install, uninstall
from bridges.emulators.mt5.functions import FUNCTIONS
from bridges.emulators.mt5.module import NAMES
from bridges.emulators.mt5.structs import STRUCTS, Tick
from tests.bridges.emulators.floor import START, opened, terminal


def test_records_have_the_fields_of_the_package(shared):
    layouts = json.loads((shared / "payloads" / "mt5_structs.json").read_text())
    assert {name: list(struct.__match_args__) for name, struct in STRUCTS.items()} == layouts
    assert sum(struct.n_fields for struct in STRUCTS.values()) == 256


def test_a_record_is_a_tuple_with_names():
    tick = Tick((1, 1.1, 1.2, 0.0, 0, 1000, 6, 0.0))
    assert (tick.bid, tick[1], len(tick), tick.n_fields) == (1.1, 1.1, 8, 8)
    assert tick._asdict()["time_msc"] == 1000
    assert tuple(tick) == tick
    assert repr(tick).startswith("Tick(time=1, bid=1.1, ask=1.2")
    with pytest.raises(TypeError, match="takes a 8-sequence"):
        Tick((1, 2))
    with pytest.raises(AttributeError):
        tick.bids  # noqa: B018


def test_constants_have_their_documented_values():
    # MQL5 Reference: hours carry bit 0x4000, weeks 0x8000, months both; the enumerations count from 0
    assert [constants.TIMEFRAME_M30, constants.TIMEFRAME_H1, constants.TIMEFRAME_H12] == [30, 16385, 16396]
    assert [constants.TIMEFRAME_D1, constants.TIMEFRAME_W1, constants.TIMEFRAME_MN1] == [16408, 32769, 49153]
    assert [constants.ORDER_FILLING_FOK, constants.ORDER_FILLING_IOC, constants.ORDER_FILLING_RETURN] == [0, 1, 2]
    assert [constants.TRADE_RETCODE_DONE, constants.TRADE_RETCODE_NO_MONEY] == [10009, 10019]
    assert [constants.TRADE_ACTION_DEAL, constants.TRADE_ACTION_PENDING, constants.TRADE_ACTION_SLTP] == [1, 5, 6]
    assert constants.COPY_TICKS_ALL == -1
    assert constants.RES_E_INTERNAL_FAIL_TIMEOUT == -10005
    assert sum(name.isupper() for name in vars(constants)) == 223


def test_the_module_has_32_functions_which_never_become_methods():
    mt5 = opened(terminal((1.1, 1.1001)))
    assert set(FUNCTIONS) == set(NAMES)
    assert len(NAMES) == 32

    class Bot:
        tick = mt5.symbol_info_tick

    assert Bot().tick("EURUSD").bid == 1.1
    assert not hasattr(type(mt5.order_send), "__get__")


def test_install_makes_it_importable():
    install(terminal((1.1, 1.1001)))
    try:
        import MetaTrader5 as mt5
        from MetaTrader5 import TradePosition

        assert mt5.initialize()
        assert TradePosition.n_fields == 19
        assert mt5.account_info().margin_mode == mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
    finally:
        uninstall()


def test_history_arrays_have_the_dtypes_of_the_package():
    t = terminal(*[(1.1, 1.1002), (1.1005, 1.1006), (1.0995, 1.0996)], every=30)
    mt5 = opened(t)
    t.step(), t.step()
    rates = mt5.copy_rates_from_pos("EURUSD", mt5.TIMEFRAME_M1, 0, 10)
    assert rates.dtype.names == ("time", "open", "high", "low", "close", "tick_volume", "spread", "real_volume")
    assert [rates.dtype[name].str for name in rates.dtype.names] == ["<i8", *["<f8"] * 4, "<u8", "<i4", "<u8"]
    # 10:00:00 and 10:00:30 in the first minute, 10:01:00 in the next; the narrowest spread of the first is 10 points
    assert rates.tolist() == [
        (START, 1.1, 1.1005, 1.1, 1.1005, 2, 10, 0),
        (START + 60, 1.0995, 1.0995, 1.0995, 1.0995, 1, 10, 0),
    ]
    ticks = mt5.copy_ticks_from("EURUSD", START, 10, mt5.COPY_TICKS_ALL)
    assert ticks.dtype.names == ("time", "bid", "ask", "last", "volume", "time_msc", "flags", "volume_real")
    assert ticks["bid"].tolist() == [1.1, 1.1005, 1.0995]
    assert ticks["time_msc"].tolist() == [(START + s) * 1000 for s in (0, 30, 60)]


def test_nothing_of_the_future_is_told():
    t = terminal(*[(1.1 + n / 1000, 1.1001 + n / 1000) for n in range(10)], every=60)
    mt5 = opened(t)
    for known in range(1, 10):
        assert len(mt5.copy_ticks_from("EURUSD", 0, 100, mt5.COPY_TICKS_ALL)) == known
        assert len(mt5.copy_rates_from("EURUSD", mt5.TIMEFRAME_M1, 4e9, 100)) == known
        assert mt5.copy_rates_range("EURUSD", mt5.TIMEFRAME_M1, START, START + 3600)["time"][-1] == START + 60 * (
            known - 1
        )
        assert mt5.symbol_info("EURUSD").bidhigh == mt5.symbol_info_tick("EURUSD").bid
        t.step()


def test_bars_of_every_timeframe_begin_where_they_should():
    from bridges.emulators.mt5.rates import starts

    # Wednesday 2024-05-15 13:47:11 on the server's clock
    at = np.array([int(datetime(2024, 5, 15, 13, 47, 11, tzinfo=UTC).timestamp())])

    def began(timeframe: int) -> str:
        return datetime.fromtimestamp(int(starts(at, timeframe)[0]), UTC).strftime("%a %d %b %H:%M")

    assert began(constants.TIMEFRAME_M5) == "Wed 15 May 13:45"
    assert began(constants.TIMEFRAME_M12) == "Wed 15 May 13:36"
    assert began(constants.TIMEFRAME_H4) == "Wed 15 May 12:00"
    assert began(constants.TIMEFRAME_D1) == "Wed 15 May 00:00"
    assert began(constants.TIMEFRAME_W1) == "Sun 12 May 00:00"
    assert began(constants.TIMEFRAME_MN1) == "Wed 01 May 00:00"


def test_the_servers_clock_is_that_of_its_zone():
    t = terminal((1.1, 1.1001), zone="+02:00")
    mt5 = opened(t)
    assert mt5.symbol_info_tick("EURUSD").time == START + 7200
    assert mt5.copy_ticks_from("EURUSD", START + 7200, 1, mt5.COPY_TICKS_ALL)["time"].tolist() == [START + 7200]
    assert t.time.instant(START + 7200) == START * 10**9


def test_a_failed_call_says_why():
    mt5 = opened(terminal((1.1, 1.1001)))
    assert mt5.symbol_info("EURUSDX") is None
    assert mt5.last_error() == (-4, "Terminal: Not found")
    assert mt5.symbols_total() == 1
    assert mt5.last_error() == (1, "Success")
    assert mt5.copy_rates_from_pos("EURUSD", 60, 0, 1) is None  # 60 is not a timeframe: H1 is 16385
    assert mt5.last_error()[0] == mt5.RES_E_INVALID_PARAMS
    assert mt5.symbol_info() is None
    assert mt5.last_error() == (-2, "Invalid arguments")
    mt5.shutdown()
    assert mt5.account_info() is None
    assert mt5.last_error() == (-10004, "No IPC connection")


def test_a_wrong_password_is_refused():
    t = terminal((1.1, 1.1001), login=7, password="secret")
    from bridges.emulators.mt5 import module_of

    mt5 = module_of(t)
    assert not mt5.initialize(login=7, password="guess")
    assert mt5.last_error() == (-6, "Terminal: Authorization failed")
    assert mt5.initialize(login=7, password="secret")
    assert not mt5.login(8)


def test_symbols_are_chosen_by_group():
    from bridges.emulators.mt5.symbols import chosen

    names = ["EURUSD", "USDJPY", "GBPUSD", "EURGBP", "XAUUSD"]
    assert chosen(names, "*USD*, !*EUR*") == ["USDJPY", "GBPUSD", "XAUUSD"]
    assert chosen(names, "EUR*,GBP*") == ["EURUSD", "GBPUSD", "EURGBP"]
    assert chosen(names, "*, !EUR") == ["USDJPY", "GBPUSD", "XAUUSD"]  # the documentation's own example
    assert chosen(names, "*") == names


def test_a_bot_that_asks_for_bars_at_once_has_some_history():
    mt5 = opened(terminal(*[(1.1, 1.1001)] * 121, every=60, history=1.0))
    assert mt5.symbol_info_tick("EURUSD").time == START + 3600
    assert len(mt5.copy_rates_from_pos("EURUSD", mt5.TIMEFRAME_M1, 1, 100)) == 60


def test_what_users_measured_on_real_terminals():
    t = terminal((1.1, 1.1001), (1.1, 1.1001))
    mt5 = opened(t)
    assert mt5.positions_get("EURUSD") is None  # filters have names
    assert mt5.last_error() == (-2, "Unnamed arguments not allowed")
    assert mt5.positions_get(symbol=None) is None
    assert mt5.last_error() == (-2, 'Invalid "symbol" argument')
    assert not mt5.initialize(path=None)
    assert mt5.last_error() == (-2, 'Invalid "path" argument')
    assert mt5.history_orders_get(None, None) is None
    assert mt5.history_orders_get(ticket=5) is None
    assert mt5.history_deals_get(ticket=5) == ()
    assert mt5.copy_rates_from_pos("EURUSD", mt5.TIMEFRAME_M1, 0, 100_000) is None  # more than the terminal holds
    assert mt5.last_error() == (-2, "Terminal: Invalid params")
    assert mt5.copy_rates_range("EURUSD", mt5.TIMEFRAME_M1, START - 100_001 * 60, START) is None
    assert len(mt5.copy_rates_range("EURUSD", mt5.TIMEFRAME_M1, START - 99_999 * 60, START)) == 1
    assert mt5.symbol_select("EURUSD", False)
    assert not mt5.symbol_info("EURUSD").visible
    assert mt5.symbol_info_tick("EURUSD") is None
    assert mt5.symbol_select("EURUSD")
    assert mt5.symbol_info_tick("EURUSD").bid == 1.1


def test_whoever_comes_names_the_account_unless_it_has_a_name():
    from bridges.emulators.mt5 import module_of

    mt5 = module_of(terminal((1.1, 1.1001)))
    assert mt5.initialize(path="C:/terminal64.exe", login=51_234, password="any", server="Broker-Demo")
    assert (mt5.account_info().login, mt5.account_info().server) == (51_234, "Broker-Demo")
    assert mt5.login(777, "any", "Other-Demo")  # by place, as bots write it
    assert (mt5.account_info().login, mt5.account_info().server) == (777, "Other-Demo")
    assert not mt5.login("777")  # a number, not a text
    assert mt5.last_error() == (-2, "Terminal: Invalid params")


def test_what_the_day_was_until_now_is_in_symbol_info():
    day = 86_400
    t = terminal((1.1, 1.1002), (1.2, 1.2003), (1.19, 1.1908), (1.21, 1.2101), every=day // 3)  # 10:00, 18:00, 2:00
    mt5 = opened(t)
    t.step(), t.step(), t.step()
    info = mt5.symbol_info("EURUSD")
    assert (info.session_open, info.session_close) == (1.19, 1.2)
    assert (info.bidhigh, info.bidlow, info.askhigh, info.asklow) == (1.21, 1.19, 1.2101, 1.1908)
    assert info.price_change == 0.8333  # per cent: 1.21 / 1.2 - 1


def test_a_frame_of_records_has_no_names_but_those_it_is_given():
    frame = pd.DataFrame([Tick(range(8))])  # as with the package, whose records are no named tuples
    assert list(frame.columns) == list(range(8))
    assert pd.DataFrame([Tick(range(8))._asdict()]).time_msc[0] == 5
