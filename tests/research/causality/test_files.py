"""What a strategy's own file works out of data, and what it reads while it runs, is given another future too."""

from __future__ import annotations

import ast
import linecache
import re
import sqlite3
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simcore as sc
from simcore.research.causality.remade import needed
from simcore.research.causality.texts import retold, table_of
from simcore.strategy.find import find_function, find_strategy
from tests.research.causality.test_causality import BARS, FRAME

PRICES = FRAME.rename_axis("time")
MINE = """
import numpy as np
import pandas as pd
import polars as pl
import simcore as sc
{before}

class Bot(sc.Strategy):
    bars = "1min"
    _n: int = -1

    def on_bar(self, ctx: sc.Context) -> None:
        self._n += 1
        if {up}:
            if ctx.position == 0.0:
                ctx.buy(0.1)
        else:
            ctx.close()
"""
SIGNALS = "bool(UP.get(pd.Timestamp(ctx.bar.ts, tz='UTC'), False))"


def checked(folder: Path, before: str, up: str = SIGNALS, instants: int = 5) -> sc.Causality:
    """The check of a strategy in a file of its own, which knows its prices as `prices.csv`."""
    PRICES.to_csv(folder / "prices.csv")
    read = f'FILE = "{folder / "prices.csv"}"\ndf = pd.read_csv(FILE, index_col=0, parse_dates=True)\n'
    file = folder / f"bot_{abs(hash((str(folder), before, up)))}.py"
    file.write_text(MINE.format(before=read + before, up=up))
    return sc.causality(find_strategy(f"{file}:Bot")(), BARS, instants=instants)


WORKED_OUT = {
    "the next close": "UP = df.close.shift(-1) > df.close",
    "a centred mean": "UP = df.close.rolling(7, center=True).mean() > df.close",
    "longer bars by their start": "UP = df.close.resample('5min').last().reindex(df.index, method='ffill') > df.close",
    "filled back": "UP = df.close.where(df.index.minute % 4 == 0).bfill() > df.close",
    "scaled by the whole": "UP = (df.close - df.close.mean()) / df.close.std() < 0",
    "the best of the day": "UP = df.groupby(df.index.floor('10min')).close.transform('max') > df.close",
    "merged by the day": (
        "tops = df.high.resample('10min').max().rename('top').reset_index()\n"
        "both = pd.merge_asof(df.reset_index()[['time', 'close']], tops, on='time')\n"
        "UP = pd.Series((both.top > both.close + 2e-4).to_numpy(), df.index)"
    ),
    "a column put in later": "def add(d):\n    d['up'] = d.close.shift(-1) > d.close\nadd(df)\nUP = df.up",
}


@pytest.mark.parametrize("before", WORKED_OUT.values(), ids=WORKED_OUT)
def test_what_the_file_worked_out_of_the_future_is_found(tmp_path: Path, before: str) -> None:
    found = checked(tmp_path, before)
    assert not found, found.text
    assert found.leaks[0].name.startswith("order ")
    assert found.unchecked == ()


@pytest.mark.parametrize(
    ("before", "up"),
    [
        ("TOP = float(df.high.max())", "ctx.bar.close < TOP - 5e-4"),
        ("class Model:\n    mean = float(df.close.mean())\nMODEL = Model()", "ctx.bar.close < MODEL.mean"),
        ("NEXT = (df.close.shift(-1) > df.close).tolist()", "NEXT[self._n]"),
        ("NEXT = dict(zip([t.value for t in df.index], df.close.shift(-1) > df.close))", "NEXT.get(int(ctx.bar.ts))"),
    ],
    ids=["number", "model", "list", "by time"],
)
def test_whatever_its_form_is(tmp_path: Path, before: str, up: str) -> None:
    assert not checked(tmp_path, before, up)


@pytest.mark.parametrize(
    "before",
    [
        "UP = df.close.rolling(7).mean() > df.close",
        "UP = df.close.shift(1) > df.close",
        "UP = df.close.expanding().mean() > df.close",
        "longer = df.close.resample('5min').last().shift(1)\nUP = longer.reindex(df.index, method='ffill') > df.close",
    ],
)
def test_what_the_file_worked_out_of_the_past_is_causal(tmp_path: Path, before: str) -> None:
    found = checked(tmp_path, before, instants=10)
    assert found, found.text
    assert found.decisions > 10
    assert found.unchecked == ()


READ = {
    "pandas": "pd.read_csv(FILE).close",
    "polars": "pl.read_csv(FILE)['close']",
    "lazy": "pl.scan_csv(FILE).collect()['close']",
    "parquet": "pd.read_parquet(FILE.replace('.csv', '.parquet')).close",
    "numpy": "np.load(FILE.replace('.csv', '.npy'))[:, 1]",
    "text": "[float(row.split(',')[4]) for row in Path(FILE).read_text().splitlines()[1:]]",
    "simcore": "sc.read_bars(FILE, symbol='EURUSD').close",
    "database": "pd.read_sql('SELECT * FROM prices', sqlite3.connect(FILE + '.db')).close",
}


@pytest.mark.parametrize("ahead", [0, 1])
@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_a_file_that_it_reads_while_it_runs_is_looked_through(tmp_path: Path, read: str, ahead: int) -> None:
    PRICES.to_parquet(tmp_path / "prices.parquet")
    np.save(tmp_path / "prices.npy", np.column_stack([PRICES.index.asi8.astype(float), PRICES.close]))
    with sqlite3.connect(tmp_path / "prices.csv.db") as connection:
        PRICES.reset_index().to_sql("prices", connection, index=False)
    before = f"import sqlite3\nfrom pathlib import Path\ndef closes():\n    return list({read})"
    found = checked(
        tmp_path, before, f"(lambda c: c[min(self._n + {ahead}, 99)] > c[max(self._n - 1, 0)])(closes())", 2
    )
    assert found.causal == (ahead == 0), found.text


def test_the_very_data_of_the_check_need_no_file(tmp_path: Path) -> None:
    file = tmp_path / "own_data.py"
    file.write_text(
        "import numpy as np\nimport simcore as sc\nfrom tests.research.causality.test_causality import walk\n"
        "bars = sc.resample(walk(3), '1min')\nUP = np.sign(np.diff(bars.close, append=0.0))\n"
        "def make(n):\n    class Local(sc.Strategy):\n        bars = '1min'\n        _n: int = -1\n"
        "        def on_bar(self, ctx):\n            self._n += 1\n"
        "            if UP[self._n] > 0 and ctx.position == 0:\n                ctx.buy(0.1)\n"
        "            elif UP[self._n] < 0:\n                ctx.close()\n    return Local\n"
        "Bot = sc.compiled(make(1))\n"
    )
    cls: Any = find_strategy(f"{file}:Bot")
    data = __import__("own_data").bars
    assert not sc.causality(cls(), data, instants=4)


def test_the_cells_of_a_notebook_are_run_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [
        "%matplotlib inline",
        "import simcore as sc",
        "frame['z'] = (frame.close - frame.close.mean()) / frame.close.std()",
        "class Bot(sc.Strategy):\n    bars = '1min'\n    _n: int = -1\n    def on_bar(self, ctx):\n"
        "        self._n += 1\n        z = frame.z.iloc[self._n]\n        if z < 0 and ctx.position == 0:\n"
        "            ctx.buy(0.1)\n        elif z > 0:\n            ctx.close()",
        "result = sc.backtest(Bot(), {'EURUSD': frame}, ledger=None)",
    ]
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    vars(main).update(In=cells, frame=FRAME.copy())
    for number, cell in enumerate(cells[1:]):
        place = f"<cell {number}>"
        monkeypatch.setitem(linecache.cache, place, (len(cell), None, cell.splitlines(keepends=True), place))
        exec(compile(cell, place, "exec"), vars(main))
    found = sc.causality(main.Bot(), {"EURUSD": main.frame}, instants=4)
    assert not found
    assert found.unchecked == ()


def test_modules_that_it_imports_are_made_anew(tmp_path: Path) -> None:
    PRICES.to_csv(tmp_path / "prices.csv")
    (tmp_path / "my_signals.py").write_text(
        f"import pandas as pd\nfrom pandas import read_csv\ndf = read_csv('{tmp_path / 'prices.csv'}', index_col=0)\n"
        "UP = (df.close.shift(-1) > df.close).tolist()\n"
    )
    assert not checked(tmp_path, "from my_signals import UP", "UP[self._n]")
    import my_signals

    assert my_signals.df.close.iloc[-1] == pytest.approx(PRICES.close.iloc[-1])


def test_only_what_a_strategy_needs_is_run_anew() -> None:
    source = """
import pandas as pd
import simcore as sc
df = pd.read_csv("x.csv")
other = pd.read_csv("y.csv")
print(df)
pd.set_option("display.width", 100)
def prepare(frame): frame["up"] = frame.close.diff() > LEVEL
LEVEL = 0.0
prepare(df)
df.sort_index(inplace=True)
class Bot(sc.Strategy):
    def on_bar(self, ctx): return df.up
Fast = sc.compiled(Bot)
table = sc.sweep(Bot, df)
print(sc.causality(Bot(), df).text)
"""
    left_out = ("other", "print", "pd.set_option", "Fast", "table")
    kept = [ast.unparse(one) for one in needed(ast.parse(source).body, "Bot")]
    assert kept == [text for one in ast.parse(source).body if not (text := ast.unparse(one)).startswith(left_out)]


def test_a_function_of_a_frame_that_uses_what_its_file_read(tmp_path: Path) -> None:
    PRICES.to_csv(tmp_path / "prices.csv")
    file = tmp_path / "my_functions.py"
    file.write_text(
        f"import pandas as pd\nTOP = pd.read_csv('{tmp_path / 'prices.csv'}').high.max()\n"
        "def near_top(frame):\n    return frame.close > TOP - 5e-4\n"
        "def honest(frame):\n    return frame.close > frame.close.cummax() - 5e-4\n"
    )
    assert not sc.causality(find_function(f"{file}:near_top"), FRAME, instants=5)
    assert sc.causality(find_function(f"{file}:honest"), FRAME, instants=5)


def test_what_cannot_be_changed_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"level": 1.1}')
    model = f"open('{tmp_path / 'model.json'}')"
    before = f"import json\ndef level():\n    with {model} as file:\n        return json.load(file)['level']"
    found = checked(tmp_path, before, "ctx.bar.close > level()", instants=2)
    assert found
    assert [one for one in found.unchecked if "model.json, which it opens while it runs" in one]
    assert "does not look ahead as far as can be seen" in found.text


def test_what_is_read_piece_by_piece_is_told(tmp_path: Path) -> None:
    before = "def rows():\n    return sum(len(one) for one in pd.read_csv(FILE, chunksize=40))"
    found = checked(tmp_path, before, "rows() == 100 and self._n % 7 == 3", instants=2)
    assert found.decisions > 5
    assert [one for one in found.unchecked if "prices.csv, which it opens while it runs" in one]


def test_a_function_that_fails_is_one_line() -> None:
    def wrong(frame: pd.DataFrame) -> Any:
        return frame.Close

    with pytest.raises(sc.StrategyError, match=re.escape("has no attribute 'Close'; it is given a frame with open,")):
        sc.causality(wrong, FRAME)


def test_a_table_in_text_keeps_its_spelling() -> None:
    text = "Date;Close;Name\n2024-01-02 10:00;1.10000;a\n2024-01-02 11:00;1.20000;b\n2024-01-02 12:00;1.30000;c\n"
    table = table_of(text)
    assert table is not None
    other = table.frame.assign(Close=[1.1, 1.2, 1.5])
    assert retold(table, other) == text.replace("1.30000", "1.50000")
    assert table_of('{"a": 1}\n\n\n') is None
