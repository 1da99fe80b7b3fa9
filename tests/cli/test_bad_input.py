"""Every class of bad input is one line on stderr, exit code 2, nothing on stdout and nothing written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from simcore.kernel.image import NotKept
from tests.cli.run import SAMPLE, parsed, refused, run

RUN = ("backtest", "ema-cross", *SAMPLE)
OPEN_LONG = Path(__file__).parent.parent / "scenarios/open_long.json"

BAD = {
    "no such verb": (("bactest",), r"No such command 'bactest'. Did you mean 'backtest'\? \(see simcore --help\)"),
    "no such option": ((*RUN, "--brokr", "x"), r"No such option: --brokr"),
    "no strategy": (("backtest",), r"Missing argument 'STRATEGY'"),
    "no data": (("backtest", "ema-cross", "--symbol", "EURUSD"), r"Missing option '--data'"),
    "no symbol": (("backtest", "ema-cross", *SAMPLE[:2]), r"Missing option '--symbol'"),
    "cash is text": ((*RUN, "--cash", "much"), r"Invalid value for '--cash': .*number"),
    "unknown strategy": (("backtest", "ema-cros", *SAMPLE), r"no strategy 'ema-cros', did you mean 'ema-cross'\?"),
    "unknown parameter": ((*RUN, "-p", "fsat=10"), r"EmaCross has no parameter 'fsat', did you mean 'fast'\?"),
    "wrong parameter": ((*RUN, "-p", "fast=ten"), r"EmaCross's fast must be a whole number, was 'ten'"),
    "parameter out of range": ((*RUN, "-p", "fast=0"), r"EMA needs a period of at least 1, was 0"),
    "unknown preset": ((*RUN, "--broker", "mt5-hedgin"), r"unknown preset 'mt5-hedgin'; did you mean 'mt5-hedging'\?"),
    "unknown field": ((*RUN, "--set", "levrage=5"), r"Broker: unknown field 'levrage' = 5; did you mean 'leverage'\?"),
    "unknown inner field": (
        (*RUN, "--set", "commission.per_lo=3"),
        r"unknown field 'commission\.per_lo' = 3; did you mean 'per_lot'\?",
    ),
    "wrong field": ((*RUN, "--set", "stop_out_level=half"), r"stop_out_level = 'half': must be a number"),
    "a level in per cent": ((*RUN, "--set", "stop_out_level=50"), r"must be a ratio; write 50 % as 0\.5"),
    "set without a value": ((*RUN, "--set", "leverage"), r"--set 'leverage': write field=value"),
    "set twice": ((*RUN, "--set", "leverage=5", "leverage=6"), r"--set: leverage is given twice"),
    "leverage below one": ((*RUN, "--leverage", "0.5"), r"leverage = 0\.5: must be at least 1"),
    "no money": ((*RUN, "--cash", "0"), r"cash must be a positive amount of USD, was 0\.0"),
    "unknown regime": ((*RUN, "--set", "regime=esma"), r"regime = 'esma': must be one of none, esma-retail, "),
    "unknown calculation mode": (
        (*RUN, "--set", "EURUSD.calc_mode=forx"),
        r"calc_mode = 'forx': must be one of forex, ",
    ),
    "a regime after the data": (
        (*RUN, "--set", "regime=mas"),
        r"regime = 'mas' holds since 2019-10-08, .* of 2016-06-14",
    ),
    "rules of a day after the data": ((*RUN, "--set", "as_of=2030-01-01"), r"after the data, which end 2016-06-14"),
    "negative leverage": ((*RUN, "--leverage", "-5"), r"leverage = -5\.0: must be at least 1"),
    "a missing cross": ((*RUN, "--currency", "GBP"), r"no quotes to convert USD to GBP: GBPUSD is missing"),
    "margin that shrinks": ((*RUN, "--set", "weekend_margin=0.5"), r"weekend_margin\.factor = .*0\.5.*at least 1"),
    "no such news": (
        (*RUN, "--set", "dynamic_leverage.news.calendar=news.csv"),
        r"news\.calendar = 'news\.csv': news\.csv: cannot be read",
    ),
    "unknown size": ((*RUN, "--size", "XXL"), r"unknown size 'XXL'; known: L, M, S"),
    "unknown sample": ((*RUN, "--sample", "1x"), r'unknown timeframe "1x"'),
    "instrument field": ((*RUN, "--instrument", "contract_siz=5"), r"did you mean 'contract_size'\?"),
    "instrument of no data": ((*RUN, "--instrument", "symbol=GBPUSD,kind=cfd"), r"no data of GBPUSD"),
    "instrument override": ((*RUN, "--set", "EURUSD.swap_lon=5"), r"did you mean 'swap_long'\?"),
    "missing file": (
        ("backtest", "ema-cross", "--data", "nowhere.parquet", "--symbol", "EURUSD"),
        r"nowhere\.parquet: no such file",
    ),
    "no file of a pattern": (
        ("backtest", "ema-cross", "--data", "nowhere-*.csv", "--symbol", "EURUSD"),
        r"--data nowhere-\*\.csv: no file has such a name",
    ),
    "unknown ending": (
        ("backtest", "ema-cross", "--data", "x.doc", "--symbol", "EURUSD"),
        r"x\.doc: no such file",
    ),
    "more symbols than files": ((*RUN, "--symbol", "GBPUSD"), r"--data: 1 files for 2 symbols; name them"),
    "symbol twice": ((*RUN, "--symbol", "EURUSD"), r"--symbol EURUSD is given twice"),
    "file of no symbol": (
        ("backtest", "ema-cross", "--data", "EURUSB=a.csv", "--symbol", "EURUSD"),
        r"EURUSB is no --symbol; did you mean 'EURUSD'\?",
    ),
    "unknown kind": ((*RUN, "--kind", "ticks"), r"--kind ticks: must be one of quotes, prints, bars"),
    "timeframe of quotes": ((*RUN, "--timeframe", "1min"), r"holds quotes, and only bars have one"),
    "quotes read as bars": ((*RUN, "--kind", "bars"), r"no column for open"),
    "unknown column": ((*RUN, "--column", "bid=Bud"), r'no column "Bud" for bid'),
    "unknown option of a reader": ((*RUN, "--read", "unt=s"), r"--read unt: is no option .*did you mean 'unit'\?"),
    "unknown zone": ((*RUN, "--timezone", "Mars/Base"), r"Mars/Base"),
    "no pair of currencies": (
        ("backtest", "ema-cross", *SAMPLE[:2], "--symbol", "XAUUSDmicro"),
        r"Instrument XAUUSDmicro: .* not in the table metatrader \(did you mean 'XAUUSD'\?\).* kind=cfd",
    ),
    "report into nowhere": ((*RUN, "--report", "no/such/folder/out.html"), r"no/such/folder"),
    "demo into nowhere": (("demo", "--report", "no/such/folder/out.html"), r"no/such/folder"),
    "preset to show": (("brokers", "show", "mt6"), r"unknown preset 'mt6'"),
    "preset to compare": (("brokers", "diff", "cash", "mt6"), r"unknown preset 'mt6'"),
    "strategy to warm": (("warm", "nothing"), r"no strategy 'nothing'"),
}


@pytest.mark.parametrize(("args", "said"), BAD.values(), ids=[name.replace(" ", "-") for name in BAD])
def test_is_refused_in_one_line(args, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = refused(*args)
    assert re.search(said, line), line
    assert list(tmp_path.iterdir()) == []


def test_a_row_at_fault_is_named(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("ts,bid,ask\n2024-01-02 10:00:00,1.1,1.1001\n2024-01-02 10:00:01,-1,1.1001\n", encoding="utf-8")
    line = refused("backtest", "ema-cross", "--data", path, "--symbol", "EURUSD")
    assert "bad.csv, row 2: bid is -1" in line


# A file and what must be said of it: an argument that the readers take is told as the option that sets it.
ADVICE = {
    "missing column": ("ts,bid,aks\n2024-01-02,1.1,1.2\n", (), r'no column for ask; .* Pass --column ask="aks"$'),
    "no header": ("2024-01-02,1.1,1.2\n", (), r"not a header; pass --read names=ts,bid,ask for the columns$"),
    "small numbers": ("ts,bid,ask\n1,1.1,1.2\n2,1.1,1.2\n", (), r'pass --read unit="s", "ms", "us" or "ns"$'),
    "day or month": ("ts,bid,ask\n02/01/2024 10:00,1,1\n", (), r'pass --read time_format="%d/%m/%Y \.\.\." or "%m/'),
    "one bar": ("ts,open,high,low,close\n2024-01-02,1,1,1,1\n", (), r'pass --timeframe "1min", "1h", "1D"'),
    "two columns of a name": ("ts,bid,bid,ask\n2024-01-02,1,1,1\n", (), r'two columns are named "bid"; rename one'),
    "crossed bar": (
        "ts,open,high,low,close\n2024-01-02,1,1,2,1\n",
        ("--timeframe", "1D"),
        r"row 1: low 2 is above high 1; are the columns swapped\?",
    ),
}


@pytest.mark.parametrize(("text", "options", "said"), ADVICE.values(), ids=[name.replace(" ", "-") for name in ADVICE])
def test_advice_names_the_file_and_the_option(text, options, said, tmp_path):
    path = tmp_path / "eurusd.csv"
    path.write_text(text, encoding="utf-8")
    line = refused("backtest", "ema-cross", "--data", path, "--symbol", "EURUSD", *options)
    assert line.startswith(f"simcore: {path}")
    assert re.search(said, line), line


def test_the_options_that_advice_names_mend_it(tmp_path):
    path = tmp_path / "eurusd.txt"
    path.write_text("02.01.2024 10:00:00;1.1;1.2\n02.01.2024 10:00:01;1.1;1.2\n", encoding="utf-8")
    where = ("backtest", "ema-cross", "--data", path, "--symbol", "EURUSD")
    told = parsed(*where, "--read", "names=ts,bid,ask", "time_format=%d.%m.%Y %H:%M:%S", "--read", "separator=;")
    assert (told["stats"]["Ticks"], told["stats"]["Start"]) == (2, "2024-01-02T10:00:00Z")


@pytest.mark.parametrize("verb", ["backtest", "demo"])
def test_a_place_for_the_report_is_asked_for_before_the_run(verb, tmp_path, monkeypatch):
    """An hour of replay is not thrown away for a folder that is not there."""

    def ran(*args: object, **kwargs: object) -> None:
        raise AssertionError("the run began")

    monkeypatch.setattr("simcore.cli.compiling.compile_kernel", ran)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    args = RUN if verb == "backtest" else ("demo",)
    assert "does not exist; make it first" in refused(*args, "--report", tmp_path / "no" / "out.html")
    assert "is a folder; name a file in it" in refused(*args, "--report", tmp_path)
    assert "is no file but a device or a pipe" in refused(*args, "--report", pipe)
    assert pipe.is_fifo()


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, small_disk):
    with small_disk(100_000):
        line = refused(*RUN, "--report", tmp_path / "out.html")
    with small_disk(1_000_000):
        session = refused("paper", *RUN[1:], "--session", tmp_path / "session")
    assert "out.html could not be written: file too large; nothing was written. Free some space" in line
    assert "journal.sqlite: event 1" in session
    assert "could not be written: the disk is full or fails" in session
    assert sorted(path.name for path in tmp_path.iterdir()) == ["session"]
    assert "was never closed" in refused("verify", tmp_path / "session")


def test_a_cache_that_cannot_be_kept_is_one_line(monkeypatch, tmp_path):
    """Warming is there to keep it; other verbs run all the same."""
    told = "the compiled account cannot be kept: a folder: No space left on device; free some space"
    monkeypatch.setattr("simcore.kernel.image.is_kept", lambda: False)
    monkeypatch.setattr("simcore.kernel.image.load", lambda progress=None: warnings.warn(told, NotKept, stacklevel=1))
    done = run("warm")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (2, f"simcore: {told}")
    done = run("scenario", OPEN_LONG)
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (0, f"{OPEN_LONG}: note: {told}")


def test_a_strategy_that_raises_is_named(tmp_path):
    path = tmp_path / "bot.py"
    path.write_text(
        "import simcore as sc\n\nclass Bot(sc.Strategy):\n    bars = '1min'\n\n"
        "    def on_bar(self, ctx):\n        ctx.buy(1 / 0)\n",
        encoding="utf-8",
    )
    line = refused("backtest", f"{path}:Bot", *SAMPLE)
    # the first minute is proved closed by the first tick at or past 00:01
    assert "Bot.on_bar, line 7 raised ZeroDivisionError: " in line
    assert "EURUSD, 2016-06-14T00:01:0" in line
    assert "trading stopped there" in line


def test_a_strategy_that_cannot_be_compiled_says_why(tmp_path):
    path = tmp_path / "bot.py"
    path.write_text(
        "import simcore as sc\n\nclass Bot(sc.Strategy):\n    n: int = 0\n\n"
        "    def on_quote(self, ctx):\n        self.n = ctx.bid\n",
        encoding="utf-8",
    )
    line = refused("backtest", f"{path}:Bot", *SAMPLE, "--compiled")
    assert "Bot.on_quote, line 7: a float is assigned to self.n, which is an int" in line


def test_a_mistake_of_ours_keeps_its_traceback(monkeypatch):
    """Only what a user can mend is one line; a bug is not dressed up as one."""

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("simcore.strategy.find.form_of", broken)
    done = run(*RUN)
    assert isinstance(done.exception, RuntimeError)


def test_a_real_process_ends_with_code_two_and_one_line():
    command = [str(Path(sys.executable).parent / "simcore"), "backtest", "ema-cros", *SAMPLE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("simcore: no strategy 'ema-cros'")
    assert done.stderr.count("\n") == 1
