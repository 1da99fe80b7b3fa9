"""Memory: what a class body declares, what it refuses, and where the bytes lie."""

from __future__ import annotations

import ctypes
import math
import pickle
from typing import Literal

import numpy as np
import pytest

from simcore.strategy.averages import EMA, SMA
from simcore.strategy.bands import Bollinger
from simcore.strategy.compiled import compiled
from simcore.strategy.errors import StrategyError
from simcore.strategy.fields import Array, Window
from simcore.strategy.indicator import Indicator
from simcore.strategy.layout import bind, content, dtype_of, memory_bytes, view, write_memory
from simcore.strategy.oscillators import MACD
from simcore.strategy.record import is_compiled, parameters
from simcore.strategy.strategy import Strategy, timeframes, warmup_bars


class Cross(Strategy):
    bars = "1m"
    fast: int = 3
    slow: int = 5
    qty: float = 0.10
    hedge: bool = False
    _side: int = 0
    _last: Array[4]
    _counts: Array[Literal[2], int]
    _fast = SMA("fast")
    _slow = EMA("slow")

    def on_bar(self, ctx: object) -> None:
        self._side = 1


class Wider(Cross):
    qty: float = 0.5
    _bands = Bollinger("slow", 1.5)
    _more: float = 2.0


PicklableFast = compiled(Cross)


def test_parameters_have_defaults_and_are_given_by_name() -> None:
    strategy = Cross(fast=10, qty=1)
    assert (strategy.fast, strategy.slow, strategy.qty, strategy.hedge, strategy._side) == (10, 5, 1.0, False, 0)
    assert list(parameters(Cross)) == ["fast", "slow", "qty", "hedge"]
    assert repr(strategy) == "Cross(fast=10, slow=5, qty=1.0, hedge=False)"


def test_numpy_numbers_are_numbers() -> None:
    strategy = Cross(fast=np.int64(10), qty=np.float32(0.5), hedge=np.bool_(True))
    assert (strategy.fast, strategy.qty, strategy.hedge) == (10, 0.5, True)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"fats": 3}, "Cross has no parameter 'fats'. Did you mean \"fast\"?"),
        ({"_side": 3}, "Cross has no parameter '_side'. It has fast, slow, qty, hedge."),
        ({"fast": 3.0}, "Cross(fast=...) must be a whole number, was 3.0"),
        ({"fast": True}, "Cross(fast=...) must be a whole number, was True"),
        ({"fast": "3"}, "Cross(fast=...) must be a whole number, was '3'"),
        ({"fast": 2**63}, "Cross(fast=...) must fit 64 bits, was 9223372036854775808"),
        ({"qty": None}, "Cross(qty=...) must be a number, was None"),
        ({"qty": "1"}, "Cross(qty=...) must be a number, was '1'"),
        ({"hedge": 1}, "Cross(hedge=...) must be True or False, was 1"),
    ],
)
def test_a_wrong_parameter_is_one_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(TypeError) as caught:
        Cross(**given)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_parameters_are_not_positional() -> None:
    with pytest.raises(TypeError, match=r"Cross takes parameters by name, such as Cross\(fast=\.\.\., slow=\.\.\."):
        Cross(10)  # type: ignore[misc]


def test_an_indicators_size_is_the_parameter_it_names() -> None:
    strategy = Cross(fast=7)
    assert strategy._fast.period == 7
    assert len(strategy._fast._block) == 7
    # record: fast slow qty hedge _side, 4 floats, 2 ints, SMA (value ready period window(2) _i _sum), EMA (value ready
    # period _weight _count _sum): 5 + 4 + 2 + 7 + 6 = 24 words; then 7 words of window
    assert memory_bytes(strategy) == 8 * (24 + 7)
    with pytest.raises(ValueError, match=r"^Cross\._fast: SMA needs a period of at least 1, was 0$"):
        Cross(fast=0)
    with pytest.raises(ValueError, match=r"^EMA needs a period of at least 1, was -3$"):
        EMA(-3)


def test_arrays_start_at_zero_and_check_their_index() -> None:
    strategy = Cross()
    strategy._last[-1] = 2.5
    assert (list(strategy._last), list(strategy._counts)) == ([0.0, 0.0, 0.0, 2.5], [0, 0])
    with pytest.raises(IndexError):
        strategy._last[4] = 1.0
    with pytest.raises(TypeError):
        strategy._counts[0] = 1.5


def test_two_instances_share_nothing() -> None:
    one, two = Cross(fast=2), Cross(fast=2)
    one._last[0] = 1.0
    one._fast.update(5.0)
    assert (two._last[0], two._fast._sum) == (0.0, 0.0)
    assert content(two) == content(Cross(fast=2))


def test_a_child_appends_and_may_change_defaults() -> None:
    child = Wider(slow=9)
    assert (child.qty, child._more, child._bands.period, child._bands.deviations) == (0.5, 2.0, 9, 1.5)
    assert child._bands._moments.period == 9
    assert Cross().qty == 0.1
    child.on_bar(None)
    assert child._side == 1
    assert dtype_of(Wider).fields["_slow"][1] == dtype_of(Cross).fields["_slow"][1]  # type: ignore[index]


def test_numpy_sees_the_same_bytes() -> None:
    strategy = Wider(fast=3)
    strategy._last[2] = 7.0
    strategy._counts[1] = -4
    for x in (1.0, 2.0, 6.0):
        strategy._fast.update(x)
    row = np.frombuffer(content(strategy), dtype_of(Wider), 1)[0]
    assert (row["fast"], row["qty"], row["hedge"], row["_last"][2], row["_counts"][1]) == (3, 0.5, False, 7.0, -4)
    assert (row["_fast"]["value"], row["_fast"]["ready"]) == (3.0, True)  # (1 + 2 + 6) / 3
    assert row["_bands"]["_moments"]["period"] == 5
    assert math.isnan(row["_bands"]["upper"])


def test_a_memory_works_wherever_it_is_copied() -> None:
    strategy = Cross(fast=3)
    strategy._fast.update(1.0)
    buffer = np.zeros(memory_bytes(strategy) + 64, np.uint8)
    write_memory(strategy, buffer[64:])
    bound = bind(strategy, buffer.ctypes.data + 64, buffer)
    bound._fast.update(2.0)
    bound._fast.update(6.0)
    assert bound._fast.value == 3.0
    assert not strategy._fast.ready  # the original is untouched
    moved = buffer[64:].copy()
    again = view(Cross, moved.ctypes.data, moved)
    again._fast.update(1.0)
    assert again._fast.value == 3.0  # (2 + 6 + 1) / 3
    assert bound._fast._i == 0  # what happens in a copy stays there


def test_a_parameter_changed_too_late_is_refused_where_an_indicator_took_it() -> None:
    strategy = Cross(fast=3)
    strategy.qty = 0.7
    write_memory(strategy, bytearray(memory_bytes(strategy)))
    strategy.fast = 4
    sentence = r"Cross\.fast was changed from 3 to 4 after _fast had taken it; write Cross\(fast=4\)"
    with pytest.raises(StrategyError, match=sentence):
        write_memory(strategy, bytearray(memory_bytes(strategy)))


@pytest.mark.parametrize("cls", [Cross, PicklableFast])
def test_a_strategy_survives_pickling(cls: type[Cross]) -> None:
    strategy = cls(fast=4)
    strategy._last[1] = 3.0
    strategy._fast.update(2.0)
    again = pickle.loads(pickle.dumps(strategy))
    assert type(again) is cls
    assert content(again) == content(strategy)
    assert is_compiled(type(again)) == is_compiled(cls)


def test_several_indicators_of_one_kind() -> None:
    class Many(Strategy):
        period: int = 4
        _fast = EMA("period") * 3

    many = Many(period=2)
    many._fast[1].update(1.0)
    many._fast[1].update(3.0)
    assert ([one.value for one in many._fast][1], many._fast[0]._count, len(many._fast)) == (2.0, 0, 3)
    with pytest.raises(TypeError, match=r"EMA\(period='period'\) \* 0: write how many are wanted"):
        EMA("period") * 0


def test_an_indicator_of_ones_own_with_a_window() -> None:
    class Momentum(Indicator):
        parameters = ("period",)
        period: int
        _seen = Window("period")
        _count: int = 0

        def update(self, x: float) -> float:
            i = self._count % self.period
            self.ready = self._count >= self.period
            self.value = x - self._seen[i] if self.ready else math.nan
            self._seen[i] = x
            self._count += 1
            return self.value

    momentum = Momentum(2)
    assert [momentum.update(x) for x in (1.0, 2.0, 4.0, 8.0)][2:] == [3.0, 6.0]  # 4 - 1, 8 - 2


def test_slots_leave_no_room_for_anything_else() -> None:
    with pytest.raises(AttributeError, match="'Cross' object has no attribute 'extra'"):
        setattr(Cross(), "extra", 1)  # noqa: B010


def test_text_annotations_are_read_where_they_stand() -> None:
    length = 6

    class Local(Strategy):
        _seen: Array[length]  # type: ignore[valid-type]

    assert len(Local()._seen) == 6  # type: ignore[arg-type]


def _unannotated() -> None:
    class Broken(Strategy):
        threshold = 0.5


def _list() -> None:
    class Broken(Strategy):
        seen: list = None  # type: ignore[type-arg, assignment]


def _wrong_default() -> None:
    class Broken(Strategy):
        fast: int = 2.5  # type: ignore[assignment]


def _unknown_annotation() -> None:
    class Broken(Strategy):
        fast: Nowhere = 2  # type: ignore[name-defined] # noqa: F821


def _wrong_source() -> None:
    class Broken(Strategy):
        fast: int = 2
        _fast = EMA("fats")


def _float_source() -> None:
    class Broken(Strategy):
        fast: float = 2.0
        _fast = EMA("fast")

    Broken()


def _undeclared() -> None:
    class Broken(Strategy):
        _last: float = 0.0

        def on_quote(self, ctx: object) -> None:
            self._lst = 1.0


def _writes_ctx() -> None:
    class Broken(Strategy):
        def on_quote(self, ctx: object) -> None:
            ctx.bid = 1.0  # type: ignore[attr-defined]


def _handler() -> None:
    class Broken(Strategy):
        def on_tick(self, ctx: object) -> None: ...


def _handler_arguments() -> None:
    class Broken(Strategy):
        def on_bar(self, ctx: object, bar: object) -> None: ...


def _generator() -> None:
    class Broken(Strategy):
        def on_bar(self, ctx: object) -> object:
            yield 1


def _other_kind() -> None:
    class Broken(Cross):
        fast: float = 1.0  # type: ignore[assignment]


def _other_indicator() -> None:
    class Broken(Cross):
        _fast = EMA("fast")  # type: ignore[assignment]


def _second_base() -> None:
    class Mixin:
        pass

    class Broken(Mixin, Strategy):
        pass


def _array_default() -> None:
    class Broken(Strategy):
        _seen: Array[4] = 3  # type: ignore[valid-type]


def _array_length() -> None:
    class Broken(Strategy):
        _seen: Array[0]  # type: ignore[valid-type]


def _bare_array() -> None:
    class Broken(Strategy):
        _seen: Array  # type: ignore[type-arg]


@pytest.mark.parametrize(
    ("define", "sentence"),
    [
        (
            _unannotated,
            'Broken.threshold = 0.5 has no annotation and would not be saved; write "threshold: float = 0.5"',
        ),
        (_list, "Broken.seen is a list, which memory cannot hold: a field is float, int, bool, sc.Array[n] or an"),
        (_wrong_default, "Broken.fast must be a whole number, was 2.5"),
        (_unknown_annotation, "Broken.fast: the annotation 'Nowhere' cannot be read: name 'Nowhere' is not defined"),
        (_wrong_source, "Broken._fast takes 'fats', which is no parameter of the class. Did you mean \"fast\"?"),
        (_float_source, "Broken._fast: period (from fast) must be a whole number, was 2.0"),
        (
            _undeclared,
            'self._lst is no field and would not be saved; add "_lst: float" to the class. Did you mean "_last"?',
        ),
        (_writes_ctx, "ctx.bid cannot be assigned; ctx only shows and acts"),
        (_handler, 'Broken.on_tick is no handler and would never be called. Did you mean "on_timer"?'),
        (_handler_arguments, "Broken.on_bar must be written: def on_bar(self, ctx)"),
        (_generator, "Broken.on_bar must be a plain function; with yield or async it would not run"),
        (_other_kind, "Broken.fast is already a field of another kind in a class it grows from"),
        (_other_indicator, "Broken._fast is already a field of another kind in a class it grows from"),
        (_second_base, "Broken: a second base class would let attributes pass unsaved; give it Strategy as its own"),
        (_array_default, "Broken._seen: an array starts at zero and takes no default; set it in on_start"),
        (_array_length, "Array[0]: the length must be a whole number of at least 1"),
        (_bare_array, "Broken._seen: say how long the array is, such as sc.Array[50]"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_would_be_lost_is_refused_in_the_class_statement(define, sentence) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises((TypeError, StrategyError)) as caught:
        define()
    assert sentence in str(caught.value)


def test_an_undeclared_attribute_is_told_with_its_line() -> None:
    with pytest.raises(StrategyError, match=r"^Broken\.on_quote, line \d+: self\._lst is no field") as caught:
        _undeclared()
    assert f"line {_undeclared.__code__.co_firstlineno + 5}:" in str(caught.value)


def test_bars_in_every_spelling() -> None:
    class Two(Strategy):
        bars = {"1min": 50, "1h": 2}  # noqa: RUF012

    class Short(Strategy):
        bars = ("1m", "4h")
        warmup = 300

    assert [(one.text, one.kept) for one in timeframes(Two)] == [("1min", 50), ("1h", 2)]
    assert warmup_bars(Two) == 120  # two hours of minutes outlast fifty minutes
    assert [(one.text, one.kept) for one in timeframes(Short)] == [("1min", 300), ("4h", 300)]
    assert (warmup_bars(Short), warmup_bars(Cross), timeframes(Strategy)) == (300, 0, ())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bars": "1M"}, "months and years have no fixed length"),
        ({"bars": 5}, 'Broken.bars must be "1min", ("1min", "1h") or {"1min": 50}, was 5'),
        ({"bars": {"1min": 0}}, "Broken.bars: '1min' must keep at least 1 bar, was 0"),
        ({"bars": ("60s", "1m")}, "Broken.bars asks for 1min twice"),
        ({"bars": "1m", "warmup": -1}, "Broken.warmup must be a whole number of bars, 0 or more, was -1"),
        ({"warmup": 5}, 'Broken.warmup counts bars; say which, such as bars = "1min"'),
    ],
)
def test_bars_and_warmup_that_mean_nothing(options: dict[str, object], sentence: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        type(Strategy)("Broken", (Strategy,), {"__module__": __name__, "__qualname__": "Broken", **options})
    assert sentence in str(caught.value)


def test_macd_sizes_the_averages_inside_it() -> None:
    macd = MACD(3, 7, 2)
    assert (macd._fast.period, macd._slow.period, macd._signal.period) == (3, 7, 2)
    assert (macd._fast._weight, macd._slow._weight) == (0.5, 0.25)  # 2 / (3 + 1), 2 / (7 + 1)
    assert ctypes.sizeof(MACD) == memory_bytes(macd)  # no windows
