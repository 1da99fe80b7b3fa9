"""`simcore backtest --actions --path`: splits and dividends that the account books, bars played with more points."""

from __future__ import annotations

import pytest

import simcore as sc
from simcore.strategy.find import make_strategy
from tests.cli.run import good, parsed, refused

BARS = """date,open,high,low,close
1970-01-01,60,60,60,60
1970-01-02,60,62,59,61
1970-01-03,60,60.5,59.5,60
1970-01-04,30,31,29,30
"""
ACTIONS = "ex_date,dividend,split\n1970-01-03,0.5,\n1970-01-04,,2\n"
HOLD = """
import simcore as sc

class Hold(sc.Strategy):
    bars = "1D"

    def on_bar(self, ctx):
        if ctx.position == 0.0 and not ctx.orders:
            ctx.buy(100)
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"x.csv": BARS, "actions.csv": ACTIONS, "hold.py": HOLD}.items():
        (tmp_path / name).write_text(text)
    stock = ("--symbol", "X", "--broker", "cash", "--set", "day_start=00:00 UTC", "--instrument", "kind=stock")
    return "backtest", "hold.py:Hold", "--data", "x.csv", *stock


def test_they_reach_the_run(call):
    told = parsed(*call, "--actions", "actions.csv", "--path", "dense")
    assert told["stats"]["Dividends [$]"] == 50.0  # 0.50 on the hundred bought on the second day's open
    assert told["account"]["equity"] == 10_050.0  # 100 at 60 are 200 at 30
    expected = sc.backtest(
        make_strategy("hold.py:Hold"),
        {"X": sc.read_bars("x.csv", symbol="X")},
        broker=sc.Broker.preset("cash").replace(day_start="00:00 UTC"),
        instruments=[sc.Instrument.stock("X")],
        path="dense",
        actions={"X": sc.read_actions("actions.csv", symbol="X")},
    )
    assert told["fingerprint"] == expected.fingerprint
    plain = parsed(*call, "--actions", "X=actions.csv")
    assert plain["account"] == told["account"]
    assert plain["fingerprint"] != told["fingerprint"]  # the days are played as more rows
    assert "Dividends" in good(*call, "--actions", "actions.csv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--path", "dens"), 'path="dens" is unknown; it is one of ohlc, dense. Did you mean "dense"?'),
        (("--actions", "nowhere.csv"), "--actions nowhere.csv: actions cannot be read"),
        (("--actions", "Y=actions.csv"), "--actions Y=actions.csv: Y is no --symbol"),
        (("--actions", "x.csv"), "--actions x.csv: no column of split or dividend; there are date, open"),
    ],
)
def test_refuses(call, options, message):
    assert message in refused(*call, *options)


def test_files_of_several_symbols_are_named(call):
    data = ("--data", "X=x.csv", "Y=x.csv", "--symbol", "X", "Y")
    stocks = ("--instrument", "symbol=X,kind=stock", "--instrument", "symbol=Y,kind=stock", "--broker", "cash")
    line = refused("backtest", "hold.py:Hold", *data, *stocks, "--actions", "actions.csv")
    assert "--actions actions.csv: say whose they are, such as --actions X=actions.csv" in line
    told = parsed("backtest", "hold.py:Hold", *data, *stocks, "--actions", "Y=actions.csv")
    assert told["stats"]["Dividends [$]"] == 0.0  # of X, the first, which alone was bought
