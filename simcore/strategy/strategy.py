"""A strategy: parameters, memory, and handlers that the account calls.

    class EmaCross(sc.Strategy):
        bars = "1min"
        fast: int = 20
        slow: int = 50
        qty: float = 0.10
        _fast = sc.EMA("fast")
        _slow = sc.EMA("slow")

        def on_bar(self, ctx: sc.Context) -> None:
            fast, slow = self._fast.update(ctx.bar.close), self._slow.update(ctx.bar.close)
            if self._slow.ready and fast > slow and ctx.position <= 0:
                ctx.close()
                ctx.buy(self.qty)

Annotated fields are parameters; those that begin with an underscore are memory. Only bars, warmup and indicators need
no annotation. The same class runs in a backtest, on paper and live, and `sc.compiled` makes machine code of it.

Handlers, all of them optional: on_start; on_fill, and on_order for every new status of an order (accepted, filled,
canceled, expired, refused); on_timer; on_quote and on_print; on_bar for each closed bar, then on_bars once for that
time; on_stop.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from simcore.kernel.enums import Call
from simcore.market.errors import did_you_mean
from simcore.market.measure import parse_bars
from simcore.strategy.record import Record

HANDLERS = {f"on_{call.name.lower()}": call for call in Call if call > Call.NONE}
DEFAULT_BARS = 100  # closed bars kept where `bars` does not say how many


class Timeframe(NamedTuple):
    """Bars that a strategy asks for: their length in ns, its name, and how many closed ones are kept."""

    ns: int
    text: str
    kept: int


class Strategy(Record):
    __doc__ = __doc__  # what help() shows is how one is written

    __options__ = ("bars", "warmup")
    bars: str | tuple[str, ...] | dict[str, int] = ()
    warmup: int | None = None  # bars before orders are allowed; by default what `bars` asks to keep

    if TYPE_CHECKING:

        def __init__(self, **parameters: float) -> None: ...

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        timeframes(cls)
        warmup_bars(cls)
        for name, handler in vars(cls).items():
            if not name.startswith("on_") or not inspect.isfunction(handler):
                continue
            if name not in HANDLERS:
                hint = did_you_mean(name, HANDLERS) or f" There are {', '.join(HANDLERS)}."
                raise TypeError(f"{cls.__name__}.{name} is no handler and would never be called.{hint}")
            if list(inspect.signature(handler).parameters) != ["self", "ctx"]:
                raise TypeError(f"{cls.__name__}.{name} must be written: def {name}(self, ctx)")
            if inspect.isgeneratorfunction(handler) or inspect.iscoroutinefunction(handler):
                raise TypeError(f"{cls.__name__}.{name} must be a plain function; with yield or async it would not run")


def timeframes(strategy: Strategy | type[Strategy]) -> tuple[Timeframe, ...]:
    """The bars a strategy asks for, in its order. Raises TypeError or DataError for a `bars` that cannot be read."""
    cls = strategy if isinstance(strategy, type) else type(strategy)
    asked = (cls.bars,) if isinstance(cls.bars, str) else cls.bars
    if not isinstance(asked, tuple | list | dict) or not all(isinstance(text, str) for text in asked):
        raise TypeError(f'{cls.__name__}.bars must be "1min", ("1min", "1h") or {{"1min": 50}}, was {cls.bars!r}')
    least = cls.warmup if isinstance(cls.warmup, int) else 0
    found: list[Timeframe] = []
    for text in asked:
        spec = parse_bars(text)
        ns, name = spec.ns, spec.text
        kept = asked[text] if isinstance(asked, dict) else max(DEFAULT_BARS, least)
        if not isinstance(kept, int) or isinstance(kept, bool) or kept < 1:
            raise TypeError(f"{cls.__name__}.bars: {text!r} must keep at least 1 bar, was {kept!r}")
        if any(other.ns == ns for other in found):
            raise TypeError(f"{cls.__name__}.bars asks for {name} twice")
        found.append(Timeframe(ns, name, kept))
    return tuple(found)


def warmup_bars(strategy: Strategy | type[Strategy]) -> int:
    """Closed bars of the first timeframe before orders are allowed; TypeError for a `warmup` that is no count.

    Where `bars` says how many to keep, as many as span all of that: {"1min": 50, "1h": 2} needs 120 minutes.
    """
    cls = strategy if isinstance(strategy, type) else type(strategy)
    if cls.warmup is None:
        asked = timeframes(cls) if isinstance(cls.bars, dict) else ()
        if any(one.ns < 0 for one in asked):  # bars by ticks, range ...: no time to compare with others'
            return asked[0].kept
        return max((-(-one.kept * one.ns // asked[0].ns) for one in asked), default=0)
    if not isinstance(cls.warmup, int) or isinstance(cls.warmup, bool) or cls.warmup < 0:
        raise TypeError(f"{cls.__name__}.warmup must be a whole number of bars, 0 or more, was {cls.warmup!r}")
    if cls.warmup > 0 and not cls.bars:
        raise TypeError(f'{cls.__name__}.warmup counts bars; say which, such as bars = "1min"')
    return cls.warmup


def handled(strategy: Strategy | type[Strategy]) -> dict[str, Call]:
    """The handlers a strategy has, and the Call each answers."""
    return {name: call for name, call in HANDLERS.items() if hasattr(strategy, name)}
