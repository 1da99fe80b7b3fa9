"""`simcore backtest`: the table, the JSON, the report, and that every option reaches the run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import simcore as sc
from simcore.market.sample import sample_path
from strategies.momentum import EmaCross
from tests.cli.run import SAMPLE, good, parsed, run


@pytest.fixture(scope="module")
def expected() -> sc.Result:
    """The same run as the command's, without the command line."""
    return sc.backtest(EmaCross(), sc.read_quotes(sample_path(), symbol="EURUSD"))


def test_json_holds_stats_account_and_fills(expected):
    told = parsed("backtest", "strategies.momentum:EmaCross", *SAMPLE)
    assert set(told) == {"stats", "account", "fills", "fingerprint", "quality"}
    assert told["account"]["balance"] == expected.account["balance"]
    assert told["account"]["equity"] == told["stats"]["Equity Final [$]"] == expected.account["equity"]
    assert list(told["stats"]) == list(expected.stats.index)
    assert told["stats"]["Start"] == "2016-06-14T00:00:00.098000Z"
    assert told["stats"]["Duration"] == pytest.approx(86_397.079)  # 00:00:00.098 to 23:59:57.177, seconds
    assert told["stats"]["Sharpe Ratio"] is None  # of one day there is none
    assert len(told["fills"]) == len(expected.fills) == told["stats"]["Fills"] > 50
    first, there = told["fills"][0], expected.fills.row(0, named=True)
    assert {k: first[k] for k in ("order", "symbol", "side", "qty", "price")} == {
        k: there[k] for k in ("order", "symbol", "side", "qty", "price")
    }
    assert first["ts"].startswith("2016-06-14T00:50:00.896") and first["ts"].endswith("Z")  # noqa: PT018
    assert told["fingerprint"] == expected.fingerprint


def test_a_flat_account_has_no_margin_level():
    told = parsed("backtest", "ema-cross", *SAMPLE, "--finalize-trades")
    assert told["account"]["used_margin"] == 0.0
    assert told["account"]["margin_level"] is None


def test_table_shows_the_statistics_and_the_account(expected):
    text = good("backtest", "ema-cross", *SAMPLE)
    assert "EmaCross(fast=20, slow=50, qty=0.1, sl=0.0)" in text
    for words in ("Equity Final", "Max. Drawdown", "Margin Calls", "Account at the end", "100,005 ticks in "):
        assert words in text
    assert f"{expected.account['equity']:,.2f} USD" in text
    assert f"fingerprint {expected.fingerprint}" in text
    assert f"data {expected.quality['EURUSD'].verdict}" in text


def test_refused_orders_are_told_with_their_reason():
    """1,000 lots need 1,110,000 USD of margin at leverage 100."""
    text = good("backtest", "ema-cross", *SAMPLE, "-p", "qty=1000")
    assert "orders refused:" in text
    assert "NO_MONEY: not enough money: " in text


def test_compiled_and_plain_are_the_same_run():
    plain = parsed("backtest", "donchian-atr", *SAMPLE, "--plain")
    compiled = parsed("backtest", "donchian-atr", *SAMPLE, "--compiled")
    assert plain == compiled


def test_report_is_written(tmp_path):
    path = tmp_path / "out.html"
    assert f"report {path}" in good("backtest", "grid", *SAMPLE, "--report", path).replace("\n", "")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "Grid on EURUSD" in text


def test_parameters_reach_the_strategy():
    fast = parsed("backtest", "ema-cross", *SAMPLE, "-p", "fast=5", "slow=20", "-p", "qty=0.2")
    direct = sc.backtest(EmaCross(fast=5, slow=20, qty=0.2), sc.read_quotes(sample_path(), symbol="EURUSD"))
    assert fast["fingerprint"] == direct.fingerprint


def test_broker_and_instrument_reach_the_account():
    told = parsed(
        "backtest", "ema-cross", *SAMPLE, "--broker", "mt5-netting", "--leverage", 50, "--cash", 5000,
        "--set", "commission.per_lot=3.5", "EURUSD.qty_min=0.1", "--set", "stop_out_level=0.3", "--size", "s",
    )  # fmt: skip
    broker = sc.Broker.preset("mt5-netting", leverage=50, stop_out_level=0.3).replace(**{"commission.per_lot": 3.5})
    direct = sc.backtest(
        EmaCross(),
        sc.read_quotes(sample_path(), symbol="EURUSD"),
        broker=broker,
        instruments=[sc.Instrument.fx("EURUSD", qty_min=0.1)],
        cash=5_000,
        size="S",
    )
    assert told["fingerprint"] == direct.fingerprint
    # 0.1 lot at 3.5 a lot and side: 0.35 with each fill of 0.1
    assert told["fills"][0]["commission"] == pytest.approx(0.35)


@pytest.mark.filterwarnings("default")
def test_another_currency_is_the_accounts():
    told = parsed("backtest", "ema-cross", *SAMPLE, "--currency", "EUR")
    assert told["stats"]["Currency"] == "EUR"


def test_preset_keeps_its_own_leverage_unless_told():
    """A cash account pays in full: 0.05 lot is 5,000 EUR, so margin is 5,000 times a price of about 1.11 USD."""
    at_one = parsed("backtest", "ema-cross", *SAMPLE, "--broker", "cash", "-p", "qty=0.05")
    assert at_one["account"]["used_margin"] == pytest.approx(5_000 * 1.11, rel=0.01)
    at_ten = parsed("backtest", "ema-cross", *SAMPLE, "--broker", "cash", "--leverage", 10, "-p", "qty=0.05")
    assert at_ten["account"]["used_margin"] == pytest.approx(500 * 1.11, rel=0.01)


def test_two_instruments_from_two_files(tmp_path):
    quotes = sc.read_quotes(sample_path(), symbol="EURUSD")
    first, second = quotes.slice(0, 50_000), quotes.slice(50_000)  # the second half moved to the hours of the first
    moved = second.with_columns({**second.given(), "ts": second.ts - second.ts[0] + first.ts[0]})
    for name, part in {"a": first, "b": moved}.items():
        part.to_polars().write_parquet(tmp_path / f"{name}.parquet")
    files = (tmp_path / "a.parquet", tmp_path / "b.parquet")
    told = parsed("backtest", "pair-reversion", "--data", *files, "--symbol", "EURUSD", "GBPUSD")
    assert {fill["symbol"] for fill in told["fills"]} == {"EURUSD", "GBPUSD"}
    named = [f"{symbol}={file}" for symbol, file in zip(("EURUSD", "GBPUSD"), files, strict=True)]
    again = parsed("backtest", "pair-reversion", "--data", *named, "--symbol", "EURUSD", "--symbol", "GBPUSD")
    assert again == told


def test_files_of_one_symbol_follow_each_other(tmp_path, expected):
    quotes = sc.read_quotes(sample_path(), symbol="EURUSD")
    for name, part in {"1": quotes.slice(0, 40_000), "2": quotes.slice(40_000)}.items():
        part.to_polars().write_csv(tmp_path / f"{name}.csv")
    told = parsed("backtest", "ema-cross", "--symbol", "EURUSD", "--data", tmp_path / "*.csv")
    assert told["fingerprint"] == expected.fingerprint


def test_bars_are_told_by_their_columns(tmp_path):
    from simcore.market.resample import resample

    bars = resample(sc.read_quotes(sample_path(), symbol="EURUSD"), "1min")
    bars.to_polars().write_csv(tmp_path / "bars.csv")
    told = parsed("backtest", "ema-cross", "--data", tmp_path / "bars.csv", "--symbol", "EURUSD")
    assert told["stats"]["Ticks"] == 4 * len(bars)  # a bar is fed as four quotes
    assert len(told["fills"]) > 50


def test_what_is_no_pair_of_currencies_needs_its_kind(tmp_path):
    path = tmp_path / "gold.csv"
    path.write_text("ts,bid,ask\n2024-01-02 10:00:00,2000.00,2000.20\n2024-01-02 10:00:01,2001.00,2001.20\n", "utf-8")
    where = ("--data", path, "--symbol", "XAUUSD")
    told = parsed("backtest", "ema-cross", *where, "--instrument", "kind=cfd,contract_size=100,quote=USD")
    assert told["stats"]["Ticks"] == 2


def test_options_may_come_first():
    assert parsed("backtest", *SAMPLE, "ema-cross")["account"]


def test_a_real_process_prints_json_and_nothing_else(tmp_path):
    """The installed command itself, from a folder that is not the project's."""
    command = [str(Path(sys.executable).parent / "simcore"), "backtest", "ema-cross", *SAMPLE, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=600)
    assert json.loads(done.stdout)["stats"]["Ticks"] == 100_005
    assert list(tmp_path.iterdir()) == []


def test_traceback_is_shown_when_asked_for():
    done = run("backtest", "ema-cros", *SAMPLE, "--traceback")
    assert done.exit_code == 1
    assert isinstance(done.exception, sc.StrategyError)


def test_an_order_is_explained():
    text = good("backtest", "ema-cross", *SAMPLE, "--explain", "1")
    assert text.startswith("Order 1: ")
    assert "The account just before order 1 was sent" in text
    told = parsed("backtest", "ema-cross", *SAMPLE, "--explain", "1")
    assert told["order"]["id"] == 1
    assert told["account"]["balance"] == 10_000.0


def test_an_order_there_is_not_is_one_line():
    line = run("backtest", "ema-cross", *SAMPLE, "--explain", "999999")
    assert line.exit_code == 2
    assert "the run has no order 999999; its ids are 1 to " in line.stderr
