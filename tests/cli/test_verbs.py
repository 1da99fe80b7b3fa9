"""The smaller verbs: demo, brokers, strategies, warm, and what every start costs."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from simcore.brokers.broker import Broker
from simcore.cli import VERBS
from simcore.kernel.jit import cache_folder
from simcore.strategy.find import known_strategies
from tests.cli.run import good, parsed, refused, run


def test_demo_runs_reports_and_stops_an_account_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = good("demo")
    flat = " ".join(text.split())
    assert "DonchianAtr(" in flat
    assert "100,005 real EURUSD quotes of 2016-06-14" in flat
    assert "the same account, byte for byte" in flat
    assert (tmp_path / "simcore-demo.html").stat().st_size > 100_000
    assert f"report: {tmp_path / 'simcore-demo.html'}" in text
    assert "margin call: equity 661.00 USD is 99.18 % of used margin 666.47 USD" in flat
    assert flat.count("stop-out of position") == 3
    assert "Left: 110.00 USD." in flat
    assert "simcore backtest ema-cross --data" in flat


def test_demo_tells_machines_the_same(tmp_path):
    told = parsed("demo", "--report", tmp_path / "out.html")
    assert told["plain_is_the_same"] is True
    assert told["stats"]["Ticks"] == 100_005
    assert Path(told["report"]) == tmp_path / "out.html"
    # three sells of 1.0 at 1.11077, 1.11124, 1.11036, closed at 1.11365, 1.11456, 1.11306: -288 - 332 - 270
    assert told["stop_out"]["account"]["balance"] == 110.0
    assert [one["type"] for one in told["stop_out"]["events"]].count("stop_out") == 3


def test_brokers_lists_every_preset():
    told = parsed("brokers", "list")
    assert [one["name"] for one in told] == Broker.presets()
    assert all(date.fromisoformat(one["as_of"]) and one["summary"] for one in told)
    text = good("brokers", "list")
    assert all(name in text for name in Broker.presets())


@pytest.mark.parametrize("name", Broker.presets())
def test_brokers_shows_every_field(name):
    told = parsed("brokers", "show", name)
    assert told["fields"]["leverage"] == Broker.preset(name).leverage
    assert told["fields"]["commission.per_lot"] == Broker.preset(name).commission.per_lot
    assert "mode" in told["sources"]
    assert "stop_out_level" in good("brokers", "show", name)


def test_brokers_shows_a_file_of_ones_own(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text("as_of = 2024-06-01\nunverified = ['leverage']\n[broker]\nleverage = 200\n", "utf-8")
    told = parsed("brokers", "show", str(mine))
    assert (told["fields"]["leverage"], told["unverified"], told["instruments"]) == (200, ["leverage"], {})


def test_brokers_shows_an_instrument():
    told = parsed("brokers", "show", "mt5-gold-500", "XAUUSD.r")
    assert (told["table"], told["group"], told["hours"]) == ("metatrader", "gold", "metals")
    assert told["as_of"] == "2026-11-21"
    assert (told["fields"]["contract_size"], told["unverified"]) == (100.0, ["qty_max"])
    assert "contract size    100 " in good("brokers", "show", "mt5-gold-500", "XAUUSD")
    assert parsed("brokers", "show", "mt5-hedging")["instruments"]["US500"]["asset_class"] == "index_major"
    said = "simcore: XAUUSDX is not in the table metatrader (did you mean 'XAUUSD'?)"
    assert refused("brokers", "show", "mt5-hedging", "XAUUSDX") == said
    assert refused("brokers", "show", "cash", "XAUUSD") == "simcore: cash has no table of instruments"


def test_brokers_compares_what_both_list():
    told = parsed("brokers", "diff", "mt5-hedging", "oanda-v20-eu")
    assert told["XAUUSD.contract_size"] == {"mt5-hedging": 100.0, "oanda-v20-eu": 1.0}
    assert told["AUDUSD.max_leverage"] == {"mt5-hedging": None, "oanda-v20-eu": 20.0}
    text = good("brokers", "diff", "mt5-hedging", "oanda-v20-eu")
    assert "\nonly oanda-v20-eu: CADHKD" in text
    assert "\nEURUSD, GBPUSD, USDJPY" in text


def test_brokers_compares_two():
    told = parsed("brokers", "diff", "mt5-hedging", "mt5-netting")
    assert told["mode"] == {"mt5-hedging": "hedging", "mt5-netting": "netting"}
    assert "leverage" not in told
    assert "hedging" in good("brokers", "diff", "mt5-hedging", "mt5-netting")
    assert "are the same" in good("brokers", "diff", "cash", "cash")


def test_strategies_lists_what_is_installed():
    told = {one["name"]: one for one in parsed("strategies", "list")}
    assert set(told) == set(known_strategies())
    cross = told["ema-cross"]
    assert cross["class"] == "strategies.momentum:EmaCross"
    assert cross["bars"] == ["1min"]
    assert cross["parameters"] == {"fast": 20, "slow": 50, "qty": 0.1, "sl": 0.0}
    assert cross["about"].startswith("Long while the fast average is above the slow one")
    assert cross["error"] is None
    assert "fast=20 slow=50" in good("strategies", "list")


def test_a_strategy_that_cannot_be_imported_hides_no_other(monkeypatch):
    known = {**known_strategies(), "lost": "nowhere.at_all:Lost"}
    monkeypatch.setattr("simcore.strategy.find.known_strategies", lambda: known)
    told = {one["name"]: one for one in parsed("strategies", "list")}
    assert told["lost"]["error"].startswith("no module 'nowhere.at_all'")
    assert told["grid"]["error"] is None


def test_a_strategy_that_says_nothing_of_itself_borrows_no_words(monkeypatch, tmp_path):
    (tmp_path / "mute_bots.py").write_text(
        "import simcore as sc\n\nclass Mute(sc.Strategy):\n    def on_quote(self, ctx): ...\n\n"
        'class Said(sc.Strategy):\n    """Does nothing.\n\n    At length."""\n    def on_quote(self, ctx): ...\n\n'
        "Fast = sc.compiled(Said)\n",
        encoding="utf-8",
    )
    names = {name.lower(): f"{tmp_path}/mute_bots.py:{name}" for name in ("Mute", "Said", "Fast")}
    monkeypatch.setattr("simcore.strategy.find.known_strategies", lambda: names)
    told = {one["name"]: one["about"] for one in parsed("strategies", "list")}
    assert told == {"mute": "", "said": "Does nothing.", "fast": "Does nothing."}


def test_warm_says_where_the_compiled_code_lies():
    told = parsed("warm", "ema-cross", "grid")
    assert told["folder"] == str(cache_folder())
    assert told["strategies"] == ["EmaCross", "Grid"]
    assert str(cache_folder()) in good("warm").replace("\n", "")
    assert parsed("warm")["compiled"] is False  # by now it is


def test_help_lists_the_verbs_and_imports_none_of_them():
    code = (
        "import sys; from typer.testing import CliRunner; from simcore.cli import app\n"
        "text = CliRunner().invoke(app, ['--help']).stdout\n"
        "heavy = {'numba', 'numpy', 'pandas', 'polars', 'pydantic', 'plotly', 'simcore.cli.backtest'}\n"
        "print('backtest' in text and 'demo' in text, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "True []"


@pytest.mark.parametrize("verb", [*VERBS, "brokers list", "brokers show", "brokers diff", "strategies list"])
def test_every_verb_has_help(verb):
    done = run(*verb.split(), "--help")
    assert done.exit_code == 0
    assert "Usage" in done.stdout


@pytest.mark.slow
def test_a_cold_start_compiles_once_and_says_so(tmp_path):
    """An empty cache folder: the line about compiling is told, stdout stays JSON; the second start is silent."""
    import os

    environment = {**os.environ, "SIMCORE_CACHE": str(tmp_path / "cache")}
    command = [str(Path(sys.executable).parent / "simcore"), "warm"]
    options = {"capture_output": True, "text": True, "check": True, "env": environment, "timeout": 600}
    first = subprocess.run(command, **options)
    assert first.stderr == "compiling the account, once; about half a minute\n"
    assert first.stdout.startswith("the account compiled in ")
    second = subprocess.run(command, **options)
    assert second.stderr == ""
    assert second.stdout.startswith("the account was compiled already")
