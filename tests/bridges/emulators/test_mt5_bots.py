"""Unmodified bots on the emulator: two of our own in processes of their own; aiomql and pdmt5 from PyPI."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import types
from datetime import UTC, datetime
from pathlib import Path

import pytest

import simcore as sc
from bridges.emulators.mt5 import Terminal, install, uninstall
from simcore.market.sample import sample_path
from tests.bridges.emulators.floor import terminal
from tests.cli.run import SAMPLE, good, refused, run

START = datetime(2016, 6, 14, tzinfo=UTC)  # of the sample
BOTS = Path(__file__).with_name("bots.py")
SERVE = ("serve", "--wire", "mt5", "--speed", "max", "--json", *SAMPLE)


@pytest.mark.parametrize(("name", "least"), [("crossing", 20), ("grid", 4)])
def test_a_bot_in_another_process_trades_recorded_ticks(name, least, tmp_path, capfd):
    connect = tmp_path / "mt5.json"
    ours = json.loads(good(*SERVE, "--connect", connect, "--", sys.executable, BOTS, name))
    deals, balance, equity, margin = capfd.readouterr().out.split()
    assert int(deals) >= least
    assert ours["account"]["balance"] == float(balance)
    assert ours["account"]["equity"] == float(equity)
    assert ours["account"]["used_margin"] == float(margin)
    # fills sum to the position, profits to the balance, each deal once
    entries = [deal for deal in ours["deals"] if deal["symbol"]]
    assert len({deal["ticket"] for deal in ours["deals"]}) == len(ours["deals"])
    assert 10_000.0 + sum(deal["profit"] for deal in entries) == pytest.approx(float(balance), abs=1e-6)
    net = sum(deal["volume"] * (1 if deal["type"] == 0 else -1) for deal in entries)
    assert abs(round(net, 8)) == (0.1 if name == "crossing" else 0.0)
    assert not connect.exists()


def test_a_bot_that_fails_ends_the_command_with_its_code(tmp_path):
    bot = tmp_path / "bot.py"
    bot.write_text("import MetaTrader5 as mt5\nassert mt5.initialize()\nraise SystemExit(7)\n")
    done = run(*SERVE, "--connect", tmp_path / "mt5.json", "--", sys.executable, bot)
    assert done.exit_code == 7


def test_ctrl_c_ends_it_with_the_account_and_leaves_no_token_behind(tmp_path):
    connect = tmp_path / "mt5.json"
    arguments = [*map(str, SAMPLE), "--connect", str(connect)]
    command = [sys.executable, "-c", "from simcore.cli import app; app()", "serve", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], text=True) as process:
        assert process.stdout.readline().startswith("MetaTrader 5 on 127.0.0.1:")
        assert connect.exists()
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert told.endswith("0 deals, 0 positions open, balance 10,000.00, equity 10,000.00 USD\n")
    assert not connect.exists()


def test_what_serve_cannot_do_is_one_line(tmp_path):
    assert "--speed fast: must be a number above 0" in refused("serve", *SAMPLE, "--speed", "fast")
    assert "--history -1.0: must be a number of hours" in refused("serve", *SAMPLE, "--history", "-1")
    assert "there is no such emulator" in refused("serve", *SAMPLE, "--wire", "mt6")
    assert "cannot be read" in refused("serve", *SAMPLE, "--faults", tmp_path / "none.toml")


@pytest.fixture
def emulated(monkeypatch):
    """The sample behind `import MetaTrader5`."""
    quotes = sc.read_quotes(sample_path(), symbol="EURUSD")
    t = Terminal({"EURUSD": quotes}, speed="max", login=7, password="pw", server="Demo")
    install(t)
    for name in ("pandas_ta", "mplfinance"):  # what the package draws with; nothing here draws
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    yield t
    uninstall()
    for name in [name for name in sys.modules if name.split(".")[0] == "aiomql"]:
        del sys.modules[name]


def test_aiomql_trades_on_it(emulated):
    aiomql = pytest.importorskip("aiomql", reason="aiomql is not installed: pip install --no-deps aiomql pytz")

    async def trade():
        terminal_ = aiomql.MetaTrader()
        assert await terminal_.initialize(login=7, password="pw", server="Demo")
        symbol = aiomql.Symbol(name="EURUSD")
        assert await symbol.initialize()
        for _ in range(50):
            tick = await symbol.info_tick()
        candles = await symbol.copy_rates_from_pos(timeframe=aiomql.TimeFrame.M1, count=1)
        assert candles[-1].close == tick.bid or len(candles) == 1
        order = aiomql.Order(
            symbol="EURUSD", type=aiomql.OrderType.BUY, volume=0.1, price=tick.ask, sl=1.0, tp=1.2,
            type_filling=aiomql.OrderFilling.IOC,
        )  # fmt: skip
        checked = await order.check()
        sent = await order.send()
        return checked, sent, await terminal_.positions_get()

    checked, sent, positions = asyncio.run(trade())
    assert checked.retcode == 0
    assert sent.retcode == 10009
    assert (positions[0].volume, positions[0].sl, positions[0].ticket) == (0.1, 1.0, sent.order)
    assert emulated.venue.figures["used_margin"] == checked.margin


def test_mt5linux_methods_are_all_there():
    """Whoever injects an object of mt5linux's kind finds the same names here."""
    module = terminal((1.1, 1.1001))
    install(module)
    try:
        import MetaTrader5 as mt5

        names = ["initialize", "login", "shutdown", "order_send", "copy_ticks_range", "history_deals_get"]
        assert all(callable(getattr(mt5, name)) for name in names)
    finally:
        uninstall()


def test_pdmt5_makes_frames_of_it(emulated):
    pdmt5 = pytest.importorskip("pdmt5", reason="pdmt5 is not installed: pip install --no-deps pdmt5")
    with pdmt5.Mt5DataClient(config=pdmt5.Mt5Config(login=7, password="pw", server="Demo")) as client:
        tick = client.symbol_info_tick_as_dict(symbol="EURUSD")
        request = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "price": tick["ask"], "type_filling": 1}
        assert client.order_check_as_dict(request)["retcode"] == 0
        sent = client.order_send_as_dict(request)
        held = client.positions_get_as_df(symbol="EURUSD")
        assert (held.ticket[0], held.volume[0], held.price_open[0]) == (sent["order"], 0.1, sent["price"])
        assert client.history_deals_get_as_df(position=sent["order"]).profit[0] == 0.0
        assert client.copy_ticks_from_as_df("EURUSD", START, 1, -1).shape == (1, 8)
        with pytest.raises(pdmt5.Mt5RuntimeError, match=r"\(-4, 'Terminal: Not found'\)"):
            client.symbol_info_as_df("NOPE")
