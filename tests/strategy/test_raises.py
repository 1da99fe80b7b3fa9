"""What a strategy raises while it runs: the same error in both forms, with the method and the line it came from."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from simcore.strategy.averages import EMA
from simcore.strategy.compiled import compiled
from simcore.strategy.context import Context
from simcore.strategy.errors import StrategyError
from simcore.strategy.fields import Array
from simcore.strategy.layout import write_memory
from simcore.strategy.places import raised_at
from simcore.strategy.strategy import Strategy
from tests.strategy.runs import Run, walk


def ratio(a: float, b: float) -> float:
    return a / b  # raises


class FloatDivision(Strategy):
    zero: float = 0.0

    def on_quote(self, ctx: Context) -> None:
        self.zero = ctx.bid / self.zero  # raises


class WholeDivision(Strategy):
    zero: int = 0

    def on_quote(self, ctx: Context) -> None:
        self.zero = 5 // self.zero  # raises


class Remainder(Strategy):
    zero: int = 0

    def on_quote(self, ctx: Context) -> None:
        self.zero = 5 % self.zero  # raises


class InAFunction(Strategy):
    zero: float = 0.0

    def on_quote(self, ctx: Context) -> None:
        self.zero = ratio(1.0, self.zero)


class BadIndex(Strategy):
    _a: Array[3]  # type: ignore[valid-type]

    def _put(self, i: int) -> None:
        self._a[i] = 1.0  # type: ignore[index] # raises

    def on_quote(self, ctx: Context) -> None:
        self._put(2)
        self._put(-3)
        self._put(3)


class BadNegativeIndex(Strategy):
    _a: Array[3]  # type: ignore[valid-type]
    _x: float = 0.0

    def on_quote(self, ctx: Context) -> None:
        self._x = self._a[-4]  # type: ignore[index] # raises


class BadIndicator(Strategy):
    _fast = EMA(3) * 2

    def on_quote(self, ctx: Context) -> None:
        self._fast[2].update(1.0)  # raises


class OtherSymbol(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Context) -> None:
        self._x = ctx["GBPUSD"].bid  # raises


class OtherNumber(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Context) -> None:
        self._x = ctx[1].bid  # raises


class OtherBars(Strategy):
    _n: int = 0

    def on_quote(self, ctx: Context) -> None:
        self._n = len(ctx.bars("1min"))  # raises


class NoBarYet(Strategy):
    bars = "1min"
    _x: float = 0.0

    def on_quote(self, ctx: Context) -> None:
        self._x = ctx.bars("1min")[-1].close  # raises


class NoTicket(Strategy):
    _qty: float = 0.0

    def on_quote(self, ctx: Context) -> None:
        self._qty = ctx.positions[2].qty  # raises


class ItsOwn(Strategy):
    def on_quote(self, ctx: Context) -> None:
        raise ValueError("mine")  # raises


CASES = [
    (FloatDivision, ZeroDivisionError, "FloatDivision.on_quote"),
    (WholeDivision, ZeroDivisionError, "WholeDivision.on_quote"),
    (Remainder, ZeroDivisionError, "Remainder.on_quote"),
    (InAFunction, ZeroDivisionError, "ratio"),
    (BadIndex, IndexError, "BadIndex._put"),
    (BadNegativeIndex, IndexError, "BadNegativeIndex.on_quote"),
    (BadIndicator, IndexError, "BadIndicator.on_quote"),
    (OtherSymbol, StrategyError, "OtherSymbol.on_quote"),
    (OtherNumber, IndexError, "OtherNumber.on_quote"),
    (OtherBars, StrategyError, "OtherBars.on_quote"),
    (NoBarYet, IndexError, "NoBarYet.on_quote"),
    (NoTicket, IndexError, "NoTicket.on_quote"),
    (ItsOwn, ValueError, "ItsOwn.on_quote"),
]


def _raised(strategy: Strategy) -> BaseException:
    """What reaches Python out of the engine, without the driver's own sentence around it."""
    run = Run(strategy)
    run.engine.load(walk(10))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the test
        run.driver.play()
    return caught.value.__cause__ or caught.value


@pytest.mark.parametrize(("cls", "error", "place"), CASES, ids=lambda value: getattr(value, "__name__", None))
def test_an_error_reaches_python_with_its_place(cls: Any, error: type[Exception], place: str) -> None:
    name = place.rpartition(".")[2]
    function = ratio if name == "ratio" else getattr(cls, name)
    lines, first = inspect.getsourcelines(function)
    line = first + next(i for i, text in enumerate(lines) if "# raises" in text or "raises" in text.split("#")[-1])
    for form in (cls, compiled(cls)):
        caught = _raised(form())
        assert type(caught) is error
        assert raised_at(cls, caught) == f"{place}, line {line}"


def test_what_was_done_before_the_error_stands() -> None:
    class Late(Strategy):
        _n: int = 0
        _a: Array[2]  # type: ignore[valid-type]

        def on_quote(self, ctx: Context) -> None:
            self._n += 1
            if self._n == 3:
                ctx.buy(0.1)
            self._a[self._n - 1] = 1.0  # type: ignore[index]

    for form in (Late, compiled(Late)):
        run = Run(form())
        run.engine.load(walk(10))
        with pytest.raises(StrategyError):
            run.driver.play()
        assert (run.memory._n, list(run.memory._a), run.account.contexts[0].position) == (3, [1.0, 1.0], 0.1)


def test_a_memory_can_be_written_again_after_an_error() -> None:
    run = Run(compiled(BadIndex)())
    run.engine.load(walk(10))
    with pytest.raises(StrategyError):
        run.driver.play()
    write_memory(run.strategy, run.engine.state.memory)
    assert list(run.memory._a) == [0.0, 0.0, 0.0]


class FloatForAnInt(Strategy):
    n: int = 0

    def on_quote(self, ctx: Context) -> None:
        self.n = ctx.bid  # type: ignore[assignment] # raises


class TextForAFloat(Strategy):
    _x: float = 0.0

    def _keep(self, x: Any) -> None:
        self._x = x  # raises

    def on_quote(self, ctx: Context) -> None:
        self._keep("1.1")


class NoneForAnInt(Strategy):
    n: int = 0

    def on_quote(self, ctx: Context) -> None:
        self.n = None  # type: ignore[assignment] # raises


class FloatForAnArrayOfInts(Strategy):
    _a: Array[3, int]  # type: ignore[valid-type]

    def on_quote(self, ctx: Context) -> None:
        self._a[1] = ctx.bid  # type: ignore[index] # raises


class UnknownTif(Strategy):
    def on_quote(self, ctx: Context) -> None:
        ctx.buy(0.1, tif="gtcc")  # raises


class AtTheStart(Strategy):
    def on_start(self, ctx: Context) -> None:
        raise ValueError("too early")  # raises


TOLD = [
    (
        FloatForAnInt,
        "FloatForAnInt.on_quote, line {}: a float is assigned to self.n, which is an int; write int(...), or declare "
        "the field as float",
    ),
    (TextForAFloat, "TextForAFloat._keep, line {}: a string is assigned to self._x, which is a float"),
    (NoneForAnInt, "NoneForAnInt.on_quote, line {}: None is assigned to self.n, which is an int"),
    (
        FloatForAnArrayOfInts,
        "FloatForAnArrayOfInts.on_quote, line {}: a float is assigned to an array's element, which is an int; write "
        "int(...), or declare the field as float",
    ),
    (
        UnknownTif,
        "UnknownTif.on_quote, line {}: tif='gtcc' must be one of gtc, day, gtd, ioc, fok, opg, cls. "
        'Did you mean "gtc"?',
    ),
    (ItsOwn, "ItsOwn.on_quote, line {} raised ValueError: mine"),
]


@pytest.mark.parametrize(("cls", "said"), TOLD, ids=lambda value: getattr(value, "__name__", None))
def test_the_sentence_names_the_line_the_cause_and_the_event(cls: Any, said: str) -> None:
    run = Run(cls())
    run.engine.load(walk(10))
    with pytest.raises(StrategyError) as caught:
        run.driver.play()
    lines, first = inspect.getsourcelines(cls)
    line = first + next(i for i, text in enumerate(lines) if "# raises" in text)
    heard = "(in on_quote, EURUSD, 2024-01-02T10:00:00.000+00:00); trading stopped there"
    assert str(caught.value) == f"{said.format(line)} {heard}"


def test_before_the_first_row_there_is_no_time() -> None:
    for form in (AtTheStart, compiled(AtTheStart)):
        with pytest.raises(StrategyError, match=r"too early \(in on_start, EURUSD, before the first row\)"):
            Run(form())
