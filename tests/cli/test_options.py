"""Options that take several values, fields and their values, and which file is whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from simcore.brokers.errors import ConfigError
from simcore.cli.sources import assign
from simcore.cli.texts import make_broker, make_instruments, pairs, spread


@pytest.mark.parametrize(
    ("args", "spelled"),
    [
        ("x --data a b --json", "x --data a --data b --json"),
        ("x --data a b c --symbol A B", "x --data a --data b --data c --symbol A --symbol B"),
        ("x -p a=1 b=2 --set c=3", "x -p a=1 -p b=2 --set c=3"),
        ("x --cash 5 --data a", "x --cash 5 --data a"),
        ("x --data a -- b c", "x --data a -- b c"),
        ("--data a.csv b.csv x --json", "--data a.csv --data b.csv x --json"),  # x is the strategy
        ("--symbol EURUSD x", "--symbol EURUSD x"),
        ("-p a=1 b=2 x", "-p a=1 -p b=2 x"),
        ("--data a.csv x b.csv", "--data a.csv x b.csv"),
        ("", ""),
    ],
)
def test_several_values_are_spread(args, spelled):
    assert spread(args.split()) == spelled.split()


def test_values_are_what_json_makes_of_them():
    found = pairs("--set", ["a=1", "b=1.5", "c=true", "d=null", "e=[1, 2]", "f=17:00 UTC", "g=a=b"])
    assert found == {"a": 1, "b": 1.5, "c": True, "d": None, "e": [1, 2], "f": "17:00 UTC", "g": "a=b"}


def test_fields_of_a_symbol_are_the_instruments():
    broker, others = make_broker("mt5-hedging", None, None, ["leverage=30", "EURUSD.swap_long=-6"], ["EURUSD"])
    assert broker.leverage == 30.0
    assert others == {"EURUSD": {"swap_long": -6}}


def test_fields_inside_a_table_reach_it():
    broker, _ = make_broker("mt5-hedging", "EUR", 200.0, ["commission.per_lot=3.5", "slippage.fixed=0.00001"])
    assert (broker.currency, broker.leverage) == ("EUR", 200.0)
    assert (broker.commission.per_lot, broker.slippage.fixed) == (3.5, 0.00001)


def test_instruments_are_fx_unless_described():
    texts = ["symbol=XAUUSD,kind=cfd,contract_size=100,quote=USD,swap_days=[1,1,3,1,1,0,0]"]
    pair, gold = make_instruments(["EURUSD", "XAUUSD"], texts, {"EURUSD": {"swap_long": -6}})
    assert (pair.kind, pair.swap_long) == ("fx", -6.0)
    assert (gold.kind, gold.contract_size, gold.swap_days) == ("cfd", 100.0, (1, 1, 3, 1, 1, 0, 0))


def test_one_of_several_instruments_must_be_named():
    with pytest.raises(ConfigError, match=r"say which of EURUSD, XAUUSD with symbol=NAME"):
        make_instruments(["EURUSD", "XAUUSD"], ["kind=cfd"], {})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv", "c=d.csv"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("files", "symbols", "found"),
    [
        (["a.csv"], ["A"], {"A": ["a.csv"]}),
        (["b.csv", "a.csv"], ["A"], {"A": ["b.csv", "a.csv"]}),
        (["?.csv"], ["A"], {"A": ["a.csv", "b.csv"]}),
        (["c=d.csv"], ["A"], {"A": ["c=d.csv"]}),
        (["a.csv", "b.csv"], ["A", "B"], {"A": ["a.csv"], "B": ["b.csv"]}),
        (["B=a.csv", "A=b.csv", "B=b.csv"], ["A", "B"], {"A": ["b.csv"], "B": ["a.csv", "b.csv"]}),
        (["A=?.csv", "B=b.csv"], ["A", "B"], {"A": ["a.csv", "b.csv"], "B": ["b.csv"]}),
    ],
)
def test_files_are_assigned_to_symbols(place, files, symbols, found):
    assert assign(files, symbols) == {symbol: [Path(one) for one in own] for symbol, own in found.items()}


@pytest.mark.parametrize(
    ("files", "symbols", "said"),
    [
        (["a.csv", "b.csv"], ["A", "B", "C"], r"2 files for 3 symbols; name them, such as --data A=a\.csv"),
        (["A=a.csv", "b.csv"], ["A", "B"], r"1 files for 2 symbols"),
        (["A=a.csv"], ["A", "B"], r"--symbol B has no file; give --data B=FILE"),
        (["a.csv"], [], r"--symbol NAME is missing"),
    ],
)
def test_files_without_a_symbol_are_refused(place, files, symbols, said):
    with pytest.raises(ConfigError, match=said):
        assign(files, symbols)
