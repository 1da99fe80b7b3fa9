"""The check itself: what is run, at which instants, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from simcore.brokers.errors import ConfigError
from simcore.progress import Hears, heard
from simcore.research.causality.future import WAYS
from simcore.research.causality.given import Given
from simcore.research.causality.remade import is_being_made
from simcore.research.causality.subjects import Subject, subject_of

WORDS: Final = {
    "again": "it was run once more on the same data",
    "cut": "what follows is cut off",
    "mirror": "what follows goes the other way",
    "soar": "what follows is half as high again",
    "plunge": "what follows is a third lower",
}
SHOWN: Final = 5  # leaks in the text


@dataclass(frozen=True)
class Leak:
    """One decision that hangs on the future: made at `ts`, or before; `at` is the instant the future begins after, ns.

    place: the bar, tick or row that was the last known. what: the order or answer, and what becomes of it. way: cut,
    mirror, soar, plunge, or again, where the very same data gave something else.
    """

    ts: int
    at: int
    place: str
    what: str
    way: str

    @property
    def name(self) -> str:
        """The order or the answer alone: "order 12", "the answer at row 7"."""
        return self.what.partition(",")[0]

    @property
    def text(self) -> str:
        """One line."""
        return f"{self.what}, where {WORDS[self.way]} after {self.place}"


@dataclass(frozen=True)
class Causality:
    """What the check found. It is true where nothing looked ahead: `if sc.causality(...)`.

    instants: after which the future was changed, ns or rows. decisions: how many there were. unchecked: what could not
    be looked at, a sentence each.
    """

    subject: str
    instants: tuple[int, ...]
    decisions: int
    leaks: tuple[Leak, ...]
    unchecked: tuple[str, ...] = ()

    @property
    def causal(self) -> bool:
        """Whether no decision hung on the future."""
        return not self.leaks

    def __bool__(self) -> bool:
        return self.causal

    @property
    def text(self) -> str:
        """What was found, a line each."""
        many = "1 decision hangs" if len(self.leaks) == 1 else f"{len(self.leaks)} decisions hang"
        lines = [f"{self.subject} looks ahead: {many} on what follows one of {len(self.instants)} instants"]
        if self.causal:
            sure = " as far as can be seen" if self.unchecked else ""
            lines = [
                f"{self.subject} does not look ahead{sure}: {self.decisions:,} decisions, the same whatever followed "
                f"{len(self.instants)} instants"
            ]
        lines += [f"  {leak.text}" for leak in self.leaks[:SHOWN]]
        return "\n".join([*lines, *(f"  not checked: {sentence}" for sentence in self.unchecked)])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `simcore causality --json` prints them."""
        return {
            **asdict(self),
            "causal": self.causal,
            "leaks": [{**asdict(one), "text": one.text} for one in self.leaks],
        }


def causality(
    subject: Any,
    data: Any,
    *,
    instants: int = 20,
    seed: int = 0,
    progress: Hears = None,
    **options: Any,
) -> Causality:
    """Change the future after some instants, and see whether anything that was decided before comes out otherwise.

    subject: a strategy; or a function of the data that makes one, that gives one answer a row (signals, an indicator:
    an array, a frame, several), a result of `sc.backtest`, or anything with `decisions`, a frame with the column ts.
    data: as `sc.backtest` takes it; for answers a row also a single frame. instants: how many; half of them where
    something is decided. options: those of `sc.backtest`. progress: True shows a bar; or a
    function that hears (instants done, of).
    Raises ConfigError for a subject that is none, DataError for data that are none, StrategyError where it fails.
    """
    if isinstance(instants, bool) or not isinstance(instants, int) or instants < 1:
        raise ConfigError(f"causality: instants must be a whole number of at least 1, was {instants!r}")
    account = {name: value for name, value in options.items() if name not in ("ledger", "finalize_trades")}
    if is_being_made():
        raise ConfigError("causality: it is called while it runs a strategy's file; put the call under a function")
    given = Given.of(data)
    tested = subject_of(subject, given, account)
    chosen = _instants(given, tested, instants)
    leaks = []
    with heard(progress, f"{tested.name}: causality", "instants") as tell:
        for done, at in enumerate(chosen):
            leak = _leak(tested, given, at, seed + done, "again" if done == len(chosen) - 1 else None)
            leaks += [leak] if leak is not None else []
            if tell is not None:
                tell(done + 1, len(chosen))
    first = {leak.name: leak for leak in reversed(leaks)}  # one order may show at many instants
    kept = tuple(leak for leak in leaks if first[leak.name] is leak)
    return Causality(tested.name, tuple(chosen), tested.count, kept, tuple(tested.unchecked))


def _leak(tested: Subject, given: Given, at: int, seed: int, again: str | None) -> Leak | None:
    """The first decision up to `at` that another future after it changes."""
    for way in (*((again,) if again else ()), *(way for way in WAYS if way in tested.ways)):
        found = tested.differs(at, way, seed)
        if found is not None:
            ts, what = found
            return Leak(ts, at, given.place(at), what, way)
    return None


def _instants(given: Given, tested: Subject, count: int) -> list[int]:
    """Half of them where something was decided, half spread evenly; each once, in order."""
    spread = given.moments()
    decided = np.asarray(tested.moments, np.int64)
    chosen = set(_even(decided, (count + 1) // 2)) | set(_even(spread[len(spread) // 20 : -1], count // 2))
    return sorted(chosen) or [int(spread[-1])]


def _even(values: Any, count: int) -> Iterator[int]:
    if len(values) and count:
        yield from (int(values[row]) for row in np.unique(np.linspace(0, len(values) - 1, count).round().astype(int)))
