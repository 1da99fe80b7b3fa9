"""The compiled form: the same fills and the same bytes as plain Python, from a cache file of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernel.jit import cache_folder
from simcore.strategy.averages import EMA
from simcore.strategy.compiled import compiled
from simcore.strategy.context import Context
from simcore.strategy.fields import Array, Window
from simcore.strategy.handlers import compiled_handlers, hears, plain_handlers
from simcore.strategy.indicator import Indicator
from simcore.strategy.machine import build
from simcore.strategy.machine.source import fingerprint
from simcore.strategy.names import tag_name
from simcore.strategy.record import is_compiled, parameters
from simcore.strategy.strategy import Strategy
from tests.strategy.everything import Everything
from tests.strategy.runs import SECOND, Run, walk, walks

ROOT = Path(__file__).resolve().parents[2]


class EmaCross(Strategy):
    fast: int = 20
    slow: int = 50
    qty: float = 0.1
    _fast = EMA("fast")
    _slow = EMA("slow")

    def on_quote(self, ctx: Context) -> None:
        fast, slow = self._fast.update(ctx.mid), self._slow.update(ctx.mid)
        if not self._slow.ready:
            return
        if fast > slow and ctx.position <= 0:
            ctx.close()
            ctx.buy(self.qty, sl=ctx.bid - 0.01)
        elif fast < slow and ctx.position >= 0:
            ctx.close()
            ctx.sell(self.qty)


FastEmaCross = compiled(EmaCross)


def _both(cls: type[Strategy], columns: dict[str, Any], *symbols: str, **broker: Any) -> tuple[Run, Run]:
    plain = Run(cls(), *symbols, **broker).go(**columns).stop()
    fast = Run(compiled(cls)(), *symbols, **broker).go(**columns).stop()
    return plain, fast


def test_ema_cross_gives_the_same_bytes() -> None:
    plain, fast = _both(EmaCross, walk(5000))
    assert len(plain.told["fills"]) > 100
    assert plain.outcome() == fast.outcome()


@pytest.mark.parametrize(
    ("preset", "broker"),
    [
        ("mt5-hedging", {}),
        ("mt5-netting", {"commission": {"per_lot": 3.5}}),
        ("mt5-hedging", {"latency_ms": 1500}),
        ("mt5-netting", {"leverage": 5, "slippage": {"fixed": 0.00002}}),
    ],
)
def test_everything_gives_the_same_bytes(preset: str, broker: dict[str, Any]) -> None:
    plain, fast = _both(Everything, walks(6000, 3), "EURUSD", "GBPUSD", preset=preset, **broker)
    memory = plain.memory
    assert memory._stopped
    assert (memory._n, memory._fills > 50, memory._changes > 50, memory._counts[4] > 50) == (6000, True, True, True)
    assert plain.outcome() == fast.outcome()


class Chaos(Strategy):
    """Does something else at every quote, as a number in its memory decides."""

    seed: int = 1
    _id: int = 0
    _seen: float = 0.0

    def _draw(self, n: int) -> int:
        self.seed = (self.seed * 1103515245 + 12345) % 2147483648
        return self.seed // 65536 % n

    def on_quote(self, ctx: Context) -> None:
        what = self._draw(12)
        qty = (self._draw(30) - 2) * 0.01
        away = (self._draw(21) - 10) * 0.0001
        other = ctx[self._draw(2)]
        if what == 0:
            self._id = other.buy(qty, sl=other.bid - away, tp=other.bid + 2 * away)
        elif what == 1:
            self._id = other.sell(qty, limit=other.ask + away, tif="gtd", expires=ctx.ts + self._draw(90) * 10**9)
        elif what == 2:
            self._id = other.buy(qty, stop=other.ask + away, oco=self._id, tag="stop")
        elif what == 3:
            other.modify(self._id, limit=other.bid + away, qty=qty)
        elif what == 4:
            other.cancel(self._id - self._draw(3))
        elif what == 5:
            other.close(qty=qty if qty > 0.1 else None)
        elif what == 6:
            self._seen += len(other.orders) + other.equity + other.position
        elif what == 7:
            self._id = other.sell(qty, trail=away, parent=self._id)
        elif what == 8:
            for position in other.positions:
                self._seen += position.sl - position.price


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**31 - 1),
    data=st.integers(0, 1000),
    leverage=st.sampled_from([2, 30, 500]),
    preset=st.sampled_from(["mt5-hedging", "mt5-netting", "generic"]),
    latency=st.sampled_from([0, 700]),
)
def test_random_programs_give_the_same_bytes(seed: int, data: int, leverage: int, preset: str, latency: int) -> None:
    broker: dict[str, Any] = {"leverage": leverage, "preset": preset, "latency_ms": latency, "cash": 2000.0}
    outcomes = [
        Run(form(seed=seed), "EURUSD", "GBPUSD", **broker).go(**walks(300, data)).stop().outcome()
        for form in (Chaos, compiled(Chaos))
    ]
    assert outcomes[0] == outcomes[1]


def test_used_just_like_the_class() -> None:
    assert compiled(EmaCross) is FastEmaCross
    assert compiled(FastEmaCross) is FastEmaCross
    assert (is_compiled(FastEmaCross), is_compiled(EmaCross)) == (True, False)
    assert issubclass(FastEmaCross, EmaCross)
    assert (FastEmaCross.__name__, FastEmaCross.__doc__) == (EmaCross.__name__, EmaCross.__doc__)
    assert parameters(FastEmaCross) == parameters(EmaCross)
    assert repr(FastEmaCross(fast=9)) == "EmaCross(fast=9, slow=50, qty=0.1)"
    with pytest.raises(TypeError, match='Did you mean "fast"'):
        FastEmaCross(fasst=9)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"sc\.compiled takes a Strategy class"):
        compiled(EMA)  # type: ignore[type-var]


def test_a_decorator_and_a_child_of_a_compiled_class() -> None:
    @compiled
    class Base(Strategy):
        _n: int = 0

        def _step(self) -> int:
            return 1

        def on_quote(self, ctx: Context) -> None:
            self._n += self._step()

    class Child(Base):
        _more: int = 0

        def _step(self) -> int:
            self._more += 2
            return 10

    assert Run(Base()).go(**walk(5)).memory._n == 5
    child = Run(Child()).go(**walk(5))
    assert is_compiled(Child)
    assert (child.memory._n, child.memory._more) == (50, 10)


def test_an_indicator_of_ones_own_is_compiled_with_it() -> None:
    class Range(Indicator):
        parameters = ("period",)
        period: int
        _inner = EMA("period")

        def update(self, high: float, low: float) -> float:
            self.value = self._inner.update(high - low)
            self.ready = self._inner.ready
            return self.value

    class Ranged(Strategy):
        n: int = 3
        _range = Range("n")
        _sum: float = 0.0

        def on_quote(self, ctx: Context) -> None:
            x = self._range.update(ctx.ask, ctx.bid)
            if self._range.ready:
                self._sum += x

    plain, fast = _both(Ranged, walk(50))
    assert plain.memory._sum == pytest.approx(48 * 1e-4)  # 48 values of the constant spread
    assert plain.outcome() == fast.outcome()


def test_windows_and_flags_of_a_strategy_itself() -> None:
    class Seen(Strategy):
        n: int = 4
        _bids = Window("n")
        _marks = Window("n", int)
        _up: Array[3, bool]  # type: ignore[valid-type]
        _i: int = 0
        _sum: float = 0.0

        def on_quote(self, ctx: Context) -> None:
            i = self._i % len(self._bids)
            self._up[self._i % 3] = ctx.bid > self._bids[i]
            self._bids[i] = ctx.bid
            self._marks[i] = self._i
            self._i += 1
            for value in self._bids:
                self._sum += value
            for mark in self._marks:
                self._sum += mark
            for up in self._up:
                if up:
                    self._sum += 1.0

    plain, fast = _both(Seen, walk(9))
    assert list(plain.memory._marks) == [8, 5, 6, 7]
    assert plain.outcome() == fast.outcome()


def test_sizes_are_parameters_and_cost_no_compilation() -> None:
    told: list[str] = []
    for fast in (5, 500):
        compiled_handlers(FastEmaCross(fast=fast), told.append)
    assert len({id(compiled_handlers(FastEmaCross(fast=fast))) for fast in (5, 500)}) == 1
    assert fingerprint(FastEmaCross) == fingerprint(FastEmaCross)
    assert len(told) <= 1


def test_progress_is_told_before_a_first_compilation_only() -> None:
    class Fresh(Strategy):
        _n: int = 0

        def on_quote(self, ctx: Context) -> None:
            self._n += 1

    cls = compiled(Fresh)
    for path in (cache_folder() / "strategies").glob(f"*Fresh_{fingerprint(cls)}*"):
        path.unlink()
    told: list[str] = []
    compiled_handlers(cls(), told.append)
    assert told == ["compiling Fresh"]
    build._COMPILED.pop(cls)
    compiled_handlers(cls(), told.append)
    assert told == ["compiling Fresh"]  # the second time from its file


def test_a_file_shows_no_function_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # numba's names repeat from process to process: with two files of one name the second would run the first's code
    class Shown(Strategy):
        _n: int = 0

        def on_quote(self, ctx: Context) -> None:
            self._n += 1

        def on_fill(self, ctx: Context) -> None:
            self._n += 2

    cls = compiled(Shown)
    for path in (cache_folder() / "strategies").glob(f"*Shown_{fingerprint(cls)}*"):
        path.unlink()
    made: list[Any] = []
    make = build.dispatcher
    monkeypatch.setattr(build, "dispatcher", lambda *given: made.append(make(*given)) or made[-1])
    compiled_handlers(cls())
    code = made[0].overloads[build.SIGNATURE.args].library._final_module
    shown = [f.name for f in code.functions if not f.is_declaration and f.linkage.name != "internal"]
    assert shown
    assert all(f"Shown_{fingerprint(cls)}" in name for name in shown)


def _globals_of(level: float) -> type[Strategy]:
    class Level(Strategy):
        _above: int = 0

        def on_quote(self, ctx: Context) -> None:
            if ctx.bid > level:
                self._above += 1

    return Level


def test_the_cache_file_knows_the_constants_it_was_made_with() -> None:
    low, high = _globals_of(0.0), _globals_of(9.0)
    assert fingerprint(low) != fingerprint(high)
    assert fingerprint(low) == fingerprint(_globals_of(0.0))
    assert [Run(compiled(cls)()).go(**walk(7)).memory._above for cls in (low, high)] == [7, 0]


bid, update, _n = [0.0], lambda self, x: [{}], {"of": "another thing"}  # names of attributes, and of this module


class Attributes(Strategy):
    _n: int = 0
    _fast = EMA(3)

    def on_quote(self, ctx: Context) -> None:
        if self._fast.update(ctx.bid) > 0.0:
            self._n += 1


def test_a_global_named_as_an_attribute_is_none_of_the_strategys(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint.__wrapped__(Attributes)
    assert Run(compiled(Attributes)()).go(**walk(7)).memory._n == 5  # the average is ready at the third quote
    monkeypatch.setitem(globals(), "bid", [1.0])
    assert fingerprint.__wrapped__(Attributes) == before


def test_another_process_reads_the_file_and_agrees() -> None:
    code = (
        "from tests.strategy.test_compiled import FastEmaCross\n"
        "from tests.strategy.runs import Run, walk\n"
        "from simcore.strategy.handlers import compiled_handlers\n"
        "import hashlib\n"
        "told = []\n"
        "compiled_handlers(FastEmaCross(), told.append)\n"
        "run = Run(FastEmaCross()).go(**walk(500)).stop()\n"
        "print(hashlib.sha256(run.outcome()[0]).hexdigest(), told)\n"
    )
    run = Run(FastEmaCross()).go(**walk(500)).stop()
    import hashlib

    wanted = f"{hashlib.sha256(run.outcome()[0]).hexdigest()} []"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == wanted


def test_the_mask_of_what_a_strategy_hears() -> None:
    # quote, print, bar, bars, fill, order, timer are bits 1 to 7; start and stop are not the kernel's
    assert hears(Everything) == 0b11111010
    assert hears(EmaCross) == 0b10


def test_plain_strategies_have_no_compiled_handlers() -> None:
    with pytest.raises(TypeError, match=r"EmaCross is plain Python; make it with sc\.compiled"):
        compiled_handlers(EmaCross())


def test_plain_handlers_are_bound_to_the_memory_they_are_given() -> None:
    strategy = EmaCross()
    memory = np.frombuffer(bytes(4096), np.uint8).copy()
    handlers = plain_handlers(strategy, memory.ctypes.data, memory)
    assert list(handlers) == [1]
    assert handlers[1].__self__ is not strategy  # type: ignore[attr-defined]


def test_tags_of_compiled_code_are_known_by_name() -> None:
    run = Run(compiled(Chaos)(seed=5), "EURUSD", "GBPUSD").go(**walks(300, 1)).stop()
    tags = {tag_name(int(row["order"]["tag"])) for row in run.told["changes"]}
    assert "stop" in tags


def test_timers_and_time_are_the_same_in_both_forms() -> None:
    class Clock(Strategy):
        _fired: int = 0
        _at: int = 0
        _hour: int = 0
        _minute: int = 0
        _weekday: int = 0

        def on_start(self, ctx: Context) -> None:
            ctx.set_timer(1_704_189_600 * 10**9 + 90 * 10**9)

        def on_timer(self, ctx: Context) -> None:
            self._fired += 1
            self._at = ctx.ts
            self._hour = ctx.hour
            self._minute = ctx.minute
            self._weekday = ctx.weekday

    for form in (Clock, compiled(Clock)):
        memory = Run(form(), timezone="Asia/Tokyo").go(**walk(200)).memory
        assert memory._fired == 1
        assert memory._at == 1_704_189_600 * SECOND + 90 * SECOND
        assert (memory._hour, memory._minute, memory._weekday) == (19, 1, 1)  # 10:01:30 UTC, in Tokyo
