"""What cannot be compiled is one sentence: `Class.method, line N: cause`; the line is the one marked `# here`."""

from __future__ import annotations

import inspect
import random
from typing import Any

import pytest

from simcore.strategy.averages import EMA
from simcore.strategy.compiled import compiled
from simcore.strategy.errors import StrategyError
from simcore.strategy.fields import Array
from simcore.strategy.machine.build import compile_handlers
from simcore.strategy.strategy import Strategy

SETTINGS = {"qty": 1.0}


class UnknownTif(Strategy):
    def on_quote(self, ctx: Any) -> None:
        ctx.buy(1.0, tif="bogus")  # here


class TextMadeWhileRunning(Strategy):
    def on_quote(self, ctx: Any) -> None:
        tif = "gtc" if ctx.bid > 1.0 else "day"
        ctx.buy(1.0, tif=tif)  # here


class UnknownArgument(Strategy):
    def on_quote(self, ctx: Any) -> None:
        ctx.buy(1.0, limt=1.0)  # here


class TextForANumber(Strategy):
    def on_quote(self, ctx: Any) -> None:
        ctx.buy("1")  # here


class TooManyArguments(Strategy):
    def on_quote(self, ctx: Any) -> None:
        ctx.qty_for(1.0, 2.0)  # here


class UnknownField(Strategy):
    quantity: float = 1.0

    def on_quote(self, ctx: Any) -> None:
        ctx.buy(self.quantty)  # type: ignore[attr-defined] # here


class UnknownOfCtx(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Any) -> None:
        self._x = ctx.bidd  # here


class UnknownOfABar(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Any) -> None:
        self._x = ctx.bar.closs  # here


class UnknownOfAnIndicator(Strategy):
    _fast = EMA(3)

    def on_quote(self, ctx: Any) -> None:
        self._fast.updat(1.0)  # type: ignore[attr-defined] # here


class FloatInAnIntField(Strategy):
    _n: int = 0

    def on_quote(self, ctx: Any) -> None:
        self._n = ctx.bid  # here


class QuotientInAnIntField(Strategy):
    _n: int = 4

    def on_quote(self, ctx: Any) -> None:
        self._n = self._n / 2  # type: ignore[assignment] # here


class FloatInAHelper(Strategy):
    _n: int = 0

    def _keep(self, x: Any) -> None:
        y = x * 2.0
        self._n = y  # here

    def on_quote(self, ctx: Any) -> None:
        self._keep(ctx.bid)


class FloatInAnIntArray(Strategy):
    _seen: Array[3, int]  # type: ignore[valid-type]

    def on_quote(self, ctx: Any) -> None:
        self._seen[0] = ctx.bid  # type: ignore[index] # here


class NoneInAField(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Any) -> None:
        self._x = None  # type: ignore[assignment] # here


class ReplacesAnIndicator(Strategy):
    _fast = EMA(3)

    def on_quote(self, ctx: Any) -> None:
        self._fast = ctx.bid  # here


class AssignsToCtx(Strategy):
    def on_quote(self, ctx: Any) -> None:
        ctx["EURUSD"].bid = 3.0  # here


class Parent(Strategy):
    def on_quote(self, ctx: Any) -> None:
        ctx.close()


class CallsSuper(Parent):
    def on_quote(self, ctx: Any) -> None:
        super().on_quote(ctx)  # here


class CallsItsParentByName(Parent):
    def on_quote(self, ctx: Any) -> None:
        Parent.on_quote(self, ctx)  # here


class UndefinedName(Strategy):
    def on_quote(self, ctx: Any) -> None:
        nowhere(ctx)  # type: ignore[name-defined] # noqa: F821 # here


class ADictOutside(Strategy):
    def on_quote(self, ctx: Any) -> None:
        ctx.buy(SETTINGS["qty"])  # here


class ALibrary(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Any) -> None:
        self._x = random.choice([1.0, 2.0])  # here


class CatchesByName(Strategy):
    def on_quote(self, ctx: Any) -> None:
        try:
            ctx.buy(1.0)
        except ValueError:  # here
            ctx.close()


class WrongArguments(Strategy):
    def _put(self, x: float, y: float) -> float:
        return x + y

    def on_quote(self, ctx: Any) -> None:
        self._put(1.0)  # type: ignore[call-arg] # here


class ListOfObjects(Strategy):
    _i: int = 0
    _x: float = 0.0

    def on_quote(self, ctx: Any) -> None:
        mixed = [ctx.bar, 1.0]
        self._x = mixed[self._i]  # here


class SymbolAgainstANumber(Strategy):
    def on_quote(self, ctx: Any) -> None:
        if ctx.symbol == 3:  # here
            ctx.close()


class SymbolAmongSeveral(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Any) -> None:
        if ctx.symbol in ("EURUSD", "GBPUSD"):  # here
            self._x = 1.0


class GeneratorExpression(Strategy):
    _x: float = 0.0
    _a: Array[5]  # type: ignore[valid-type]

    def on_quote(self, ctx: Any) -> None:
        self._x = sum(v for v in self._a)  # type: ignore[attr-defined] # here


class ContextManager(Strategy):
    def on_quote(self, ctx: Any) -> None:
        with open("x"):  # here
            pass


class Deletes(Strategy):
    def on_quote(self, ctx: Any) -> None:
        x = 1.0
        del x  # here


class Sorts(Strategy):
    _x: float = 0.0
    _a: Array[5]  # type: ignore[valid-type]

    def on_quote(self, ctx: Any) -> None:
        self._x = sorted(self._a)[0]  # type: ignore[call-overload] # here


class SymbolForANumber(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Any) -> None:
        self._x = ctx.symbol  # here


class UnknownTimeframe(Strategy):
    _n: int = 0

    def on_quote(self, ctx: Any) -> None:
        self._n = len(ctx.bars("1x"))  # here


class TwoKinds(Strategy):
    _x: float = 0.0

    def on_quote(self, ctx: Any) -> None:
        thing = 1.0
        if ctx.bid > 1.0:
            thing = ctx.bar
        self._x = thing.close  # type: ignore[attr-defined] # here


class MixedDict(Strategy):
    def on_quote(self, ctx: Any) -> None:
        mixed: dict[Any, Any] = {"a": 1, 2: 2.5}  # here
        if mixed["a"] > ctx.bid:
            ctx.close()


class ImportsWithin(Strategy):
    def on_quote(self, ctx: Any) -> None:
        x = ctx.bid
        import json  # here

        json.dumps(x)


class CallsANumber(Strategy):
    def on_quote(self, ctx: Any) -> None:
        if ctx.position() == 0:  # here
            ctx.buy(1.0)


CASES = {
    UnknownTif: "tif='bogus' must be one of gtc, day, gtd, ioc, fok, opg, cls.",
    TextMadeWhileRunning: "buy(tif=...): tif must be a constant string",
    UnknownArgument: "buy takes no 'limt'. Did you mean \"limit\"?",
    TextForANumber: "buy(qty=...): qty must be a number, was a string",
    TooManyArguments: "ctx.qty_for: too many positional arguments",
    UnknownField: "self has no attribute 'quantty'. Did you mean \"quantity\"?",
    UnknownOfCtx: "ctx has no attribute 'bidd'. Did you mean \"bid\"?",
    UnknownOfABar: "Bar has no attribute 'closs'. Did you mean \"close\"?",
    UnknownOfAnIndicator: "self has no attribute 'updat'. Did you mean \"update\"?",
    FloatInAnIntField: "a float is assigned to self._n, which is an int; write int(...), or declare the field as float",
    QuotientInAnIntField: "a float is assigned to self._n, which is an int",
    FloatInAHelper: "a float is assigned to self._n, which is an int",
    FloatInAnIntArray: "a float is assigned to FloatInAnIntArray._seen[...], which is an int",
    NoneInAField: "None is assigned to self._x, which is a float",
    ReplacesAnIndicator: "self._fast cannot be replaced; set its elements or call its methods",
    AssignsToCtx: "ctx.bid cannot be assigned; ctx only shows and acts",
    CallsSuper: "super() cannot be compiled; give what both need a method of its own",
    CallsItsParentByName: "Parent cannot be used in compiled code",
    UndefinedName: "the name nowhere is not defined",
    ADictOutside: "SETTINGS cannot be used in compiled code; only numbers, constant strings, functions, math and numpy",
    ALibrary: "choice is not known in compiled code",
    CatchesByName: "`except` with an exception's name cannot be compiled",
    WrongArguments: "a method is called with the wrong arguments: missing a required argument: 'y'",
    ListOfObjects: "a list holds values of one kind in compiled code; keep numbers in an sc.Array",
    SymbolAgainstANumber: "a symbol is compared with one constant string at a time",
    SymbolAmongSeveral: 'a symbol is compared with one constant string at a time (a == "x" or a == "y"), was a string',
    GeneratorExpression: "a generator expression cannot be compiled; write a list in brackets, or a loop",
    ContextManager: "`with` cannot be compiled",
    Deletes: "`del` cannot be compiled; leave it out",
    Sorts: "what is called here cannot be compiled with these arguments",
    SymbolForANumber: "a symbol is assigned to self._x, which is a float",
    UnknownTimeframe: 'unknown timeframe "1x"',
    MixedDict: "a dict holds keys of one kind and values of one kind in compiled code; keep what is mixed in fields",
    ImportsWithin: "`import` within a method cannot be compiled; write it at the top of the file",
    CallsANumber: "a float cannot be called; leave out the brackets",
    TwoKinds: "thing is once a float and once a Bar; give it one type",
}


def _line(cls: type) -> int:
    lines, first = inspect.getsourcelines(cls)
    return first + next(i for i, text in enumerate(lines) if "# here" in text)


def _method(cls: type) -> str:
    return f"{cls.__name__}._keep" if cls is FloatInAHelper else f"{cls.__name__}.on_quote"


@pytest.mark.parametrize("cls", CASES, ids=lambda cls: cls.__name__)
def test_the_sentence(cls: type[Strategy]) -> None:
    with pytest.raises(StrategyError) as caught:
        compile_handlers(compiled(cls))
    sentence = str(caught.value)
    assert sentence.startswith(f"{_method(cls)}, line {_line(cls)}: ")
    assert CASES[cls] in sentence
    assert "\n" not in sentence
    assert len(sentence) < 300


def test_what_is_plain_python_only_still_runs_plain() -> None:
    from tests.strategy.runs import Run, walk

    assert Run(CallsSuper()).go(**walk(3)).engine.figures()["balance"] == 10_000.0
