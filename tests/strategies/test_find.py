"""Strategies are found by name, module or file, and whatever is wrong is one line that says what."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import simcore as sc
from simcore.strategy import find
from simcore.strategy.errors import StrategyError
from simcore.strategy.find import find_strategy, known_strategies, make_strategy, read_parameters
from simcore.strategy.record import is_compiled
from strategies.momentum import EmaCross, FastEmaCross

BOT = """
import simcore as sc
{imports}

class Bot(sc.Strategy):
    period: int = 3
    near: float = 0.5
    shout: bool = False

    def on_quote(self, ctx):
        pass


class NotOne:
    pass
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name, module in [*sys.modules.items()]:
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def write(path: Path, imports: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BOT.format(imports=imports), encoding="utf-8")
    return path


def test_entry_points_name_the_library():
    assert known_strategies()["ema-cross"] == "strategies.momentum:EmaCross"
    assert find_strategy("ema-cross") is EmaCross
    assert find_strategy("strategies.momentum:EmaCross") is EmaCross
    assert find_strategy("strategies.momentum:FastEmaCross") is FastEmaCross


def test_a_file_is_found_and_imports_its_neighbours(place):
    write(place / "bots" / "mine.py", "import neighbour\n")
    (place / "bots" / "neighbour.py").write_text("X = 1\n", encoding="utf-8")
    found = find_strategy("bots/mine.py:Bot")
    assert found.__name__ == "Bot"
    assert find_strategy(f"{place / 'bots' / 'mine.py'}:Bot") is found


def test_two_files_of_one_name_are_two_modules(place):
    a, b = write(place / "a" / "bot.py"), write(place / "b" / "bot.py")
    assert find_strategy(f"{a}:Bot") is not find_strategy(f"{b}:Bot")


def test_a_module_below_the_working_directory_is_found(place):
    write(place / "mybots" / "trend.py")
    assert find_strategy("mybots.trend:Bot").__module__ == "mybots.trend"


def test_a_folder_of_ones_own_called_strategies_breaks_nothing(place):
    write(place / "strategies" / "momentum.py")
    (place / "strategies" / "__init__.py").touch()
    assert find_strategy("ema-cross") is EmaCross  # the entry point is still ours
    own = find_strategy("strategies.momentum:Bot")  # the module is theirs
    assert own.__name__ == "Bot"
    assert find_strategy("ema-cross") is EmaCross


def test_a_compiled_strategy_in_a_file_runs(place):
    write(place / "bot.py")
    quotes = sc.read_quotes(_quotes(place), symbol="EURUSD")
    assert sc.backtest(make_strategy("bot.py:Bot", compiled=True), quotes).account["equity"] == 10_000.0


def _quotes(place: Path) -> Path:
    path = place / "quotes.csv"
    path.write_text("ts,bid,ask\n1704189600000000000,1.1,1.1001\n1704189601000000000,1.1,1.1001\n", encoding="utf-8")
    return path


def test_the_form_may_be_chosen():
    assert not is_compiled(type(make_strategy("ema-cross")))
    assert is_compiled(type(make_strategy("ema-cross", compiled=True)))
    fast = "strategies.momentum:FastEmaCross"
    assert is_compiled(type(make_strategy(fast)))
    assert type(make_strategy(fast, compiled=False)) is EmaCross


def test_what_grows_from_a_compiled_class_has_no_plain_form(place):
    text = "from strategies.momentum import FastEmaCross\n\nclass Mine(FastEmaCross):\n    extra: int = 1\n"
    (place / "grown.py").write_text(text, encoding="utf-8")
    with pytest.raises(StrategyError, match=r"grown\.py:Mine grows from a compiled class, so it has no plain form"):
        make_strategy("grown.py:Mine", compiled=False)


def test_parameters_are_read_by_their_types(place):
    write(place / "bot.py")
    cls = find_strategy("bot.py:Bot")
    assert read_parameters(cls, ["period=7", "near=1e-3", "shout=yes"]) == {"period": 7, "near": 0.001, "shout": True}
    made = make_strategy("ema-cross", {"slow": 60}, texts=["fast=10"])
    assert (made.fast, made.slow) == (10, 60)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            "ema-cros",
            r"no strategy 'ema-cros', did you mean 'ema-cross'\?; write module:Class, file\.py:Class or one of ",
        ),
        ("ema-cross:", r"no strategy 'ema-cross:'"),
        ("nowhere.bots:Bot", r"no module 'nowhere\.bots', neither below .* nor installed"),
        ("strategies.momentun:EmaCross", r"no module 'strategies\.momentun'"),
        ("strategies.momentum:EmaCros", r"EmaCros is not there, did you mean 'EmaCross'\?; strategies there: EmaCross"),
        ("bot.py:NotOne", r"bot\.py: NotOne is no strategy; strategies there: Bot"),
        ("bto.py:Bot", r"bto\.py: no such file, did you mean 'bot\.py'\?"),
        ("syntax.py:Bot", r"syntax\.py, line 2: SyntaxError: "),
        ("broken.py:Bot", r"broken\.py, line 3: NameError: name 'sc_' is not defined"),
        ("lost.py:Bot", r"lost\.py, line 3: TypeError: Bot\.speed = 3 has no annotation and would not be saved"),
        ("needy.py:Bot", r"needy\.py, line 1: ModuleNotFoundError: No module named 'not_installed_anywhere'"),
    ],
)
def test_what_cannot_be_found_is_one_line(place, spec, said):
    write(place / "bot.py")
    (place / "syntax.py").write_text("x = 1\nclass Bot(\n", encoding="utf-8")
    (place / "broken.py").write_text("import simcore as sc\n\nclass Bot(sc_.Strategy):\n    pass\n", encoding="utf-8")
    (place / "lost.py").write_text("import simcore as sc\n\nclass Bot(sc.Strategy):\n    speed = 3\n", encoding="utf-8")
    (place / "needy.py").write_text("import not_installed_anywhere\n", encoding="utf-8")
    with pytest.raises(StrategyError, match=said) as caught:
        find_strategy(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fsat=10", r"EmaCross has no parameter 'fsat', did you mean 'fast'\?; it has fast, slow, qty, sl"),
        ("_side=1", r"EmaCross has no parameter '_side'"),
        ("fast=1.5", r"EmaCross's fast must be a whole number, was '1\.5'"),
        ("qty=much", r"EmaCross's qty must be a number, was 'much'"),
        ("fast", r"parameter 'fast': write name=value, such as fast=20"),
        ("fast=0", r"EmaCross\._fast: EMA needs a period of at least 1, was 0"),
        ("fast=99999999999999999999", r"EmaCross\(fast=\.\.\.\) must fit 64 bits"),
    ],
)
def test_wrong_parameters_are_one_line(text, said):
    with pytest.raises(StrategyError, match=said) as caught:
        make_strategy("ema-cross", texts=[text])
    assert "\n" not in str(caught.value)


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(StrategyError, match=r"parameter fast is given twice: 10, then '20'"):
        make_strategy("ema-cross", texts=["fast=10", "fast=20"])


def test_a_name_that_two_packages_claim_is_refused(monkeypatch):
    class Point:
        def __init__(self, value: str) -> None:
            self.name, self.value = "ema-cross", value

    points = [Point("strategies.momentum:EmaCross"), Point("strategies.momentum:EmaCross"), Point("mine:EmaCross")]
    monkeypatch.setattr(find, "entry_points", lambda group: points)
    with pytest.raises(StrategyError, match=r"ema-cross is the name of strategies\.momentum:EmaCross or mine:EmaCross"):
        find_strategy("ema-cross")
