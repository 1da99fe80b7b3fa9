"""walk_forward(): parameters chosen on one stretch of data, traded on the next, again and again.

In each window every combination is run on the training data, the best by the objective is taken, and it is run on the
testing data. Nothing of a window of testing is used before it. The strategy comes to testing warm: it is played over
the training data (and the gap) before, in the very account that will trade, where its orders are refused until testing
begins, as they are before `warmup` is over; its memory and its bars are then those of that moment.

What is stitched together is one account through all windows. positions="flat" closes what is open at the end of each
stretch, at its last quote; "carry" leaves positions, orders and the account's whole state to the next parameters
(on_stop is then heard only at the end).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.account import Conditions, sample_every
from simcore.backtest import Player, replay
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.brokers.rules import head
from simcore.inputs import Data
from simcore.ledger.ledger import Ledger, Place, kept_together, ledger_of
from simcore.market.checks import text_of
from simcore.market.timeframe import timeframe_from_ns
from simcore.progress import Hears, heard
from simcore.research.counted import Counted
from simcore.research.executors import check
from simcore.research.grid import Values, Where, class_of, combinations
from simcore.research.objective import Objective, best_of, check_objective, value_of
from simcore.research.sliced import in_one, sliced
from simcore.research.sweep import opened, swept
from simcore.research.table import Figures, Row, figures_of, frame_of
from simcore.research.walked import WalkForwardResult
from simcore.research.windows import Length, WalkForward, Window
from simcore.result import Result
from simcore.run.ended import joined_all, run_of, told
from simcore.run.frames import time_column
from simcore.strategy.strategy import Strategy

POSITIONS: Final = ("flat", "carry")
NEVER: Final = 2**62  # bars of warm-up that no data have
SHOWN: Final = ("Return [%]", "Sharpe Ratio", "Max. Drawdown [%]", "# Trades")


def walk_forward(
    strategy: type[Strategy] | Strategy,
    data: Data,
    *,
    params: Mapping[str, Any],
    training: Length | WalkForward,
    testing: Length | None = None,
    step: Length | None = None,
    anchored: bool = False,
    gap: Length = 0,
    embargo: Length = 0,
    objective: Objective = "Sharpe Ratio",
    maximize: bool = True,
    where: Where | None = None,
    positions: str = "flat",
    optimizer: str = "sweep",
    trials: int = 50,
    seed: int = 0,
    executor: str = "threads",
    workers: int | None = None,
    ledger: Place = True,
    progress: Hears = None,
    **account: Any,
) -> WalkForwardResult:
    """Choose parameters by `objective` in each window of training and trade them in the next of testing.

    training, testing, step, anchored, gap, embargo: see sc.WalkForward, which may stand for them as `training`.
    objective: a statistic's name or a function of a run's statistics (a dict); the largest is taken, or the smallest
    with maximize=False. positions: "flat" or "carry", see the module's text. optimizer: "sweep", every combination of
    params, or "optuna", `trials` of them, or of ranges as in sc.optimize. where, executor, workers: as in sc.sweep.
    ledger: where every run is written to, as kind walk_forward. progress: True shows a bar; or a function
    that hears (windows done, of). All other arguments
    are those of sc.backtest.

    Raises ConfigError for windows longer than the data, an objective that is no statistic or has no figure, and what
    sc.sweep raises.
    """
    check_objective(objective)
    check(executor, workers)
    for name, value, known in (("positions", positions, POSITIONS), ("optimizer", optimizer, ("sweep", "optuna"))):
        if value not in known:
            raise ConfigError(f"walk_forward: {name} = {value!r}; {did_you_mean(value, known)}")
    plan = _plan(training, testing, step, anchored, gap, embargo)
    written = ledger_of(ledger)
    cls, _ = class_of(strategy)
    conditions = opened("walk_forward", data, account)
    windows = plan.windows(conditions.feed)
    if positions == "carry" and any(a.kept_end < b.test_start for a, b in pairwise(windows)):
        raise ConfigError("positions = 'carry': testing leaves gaps that nobody would trade; give a step <= testing")
    if len(windows) > 1:
        conditions = replace(conditions, feed=conditions.feed if _stays(conditions) else in_one(conditions.feed))
    search = _Search(strategy, params, where, objective, maximize, executor, workers, optimizer, trials, seed, written)
    done = []
    with heard(progress, f"{cls.__name__}: walk-forward", "windows") as tell, kept_together(written):
        for window in windows:
            done.append(search.window(conditions, window))
            if tell is not None:
                tell(len(done), len(windows))
    names = list(done[0].chosen)
    through = stitched(cls, conditions, windows, [one.chosen for one in done], positions)
    through.ledger = written
    return WalkForwardResult(
        windows=pl.DataFrame([one.row for one in done], infer_schema_length=None).with_columns(
            time_column(np.array([getattr(w, name) for w in windows])).alias(name) for name in Window._fields[1:]
        ),
        stitched=through,
        trainings=[one.table for one in done],
        parameters=names,
        objective=objective if isinstance(objective, str) else getattr(objective, "__name__", "objective"),
        positions=positions,
    )


def _plan(training: Any, testing: Any, step: Any, anchored: bool, gap: Any, embargo: Any) -> WalkForward:
    if isinstance(training, WalkForward):
        return training
    if testing is None:
        raise ConfigError('walk_forward: say how long testing is, such as testing="63D"')
    return WalkForward(training, testing, step, anchored, gap, embargo)


def _stays(conditions: Conditions) -> bool:
    """Whether slices of the feed cost nothing: it lies in one piece, or in a store."""
    return type(conditions.feed).__name__ != "MergedFeed"


@dataclass(frozen=True)
class _Done:
    """A window: the parameters chosen, its row, its training's table."""

    chosen: Values
    row: Row
    table: pl.DataFrame


@dataclass(frozen=True)
class _Search:
    """How each window's parameters are found."""

    strategy: Any
    params: Mapping[str, Any]
    where: Where | None
    objective: Objective
    maximize: bool
    executor: str
    workers: int | None
    optimizer: str
    trials: int
    seed: int
    ledger: Ledger | None

    def window(self, conditions: Conditions, window: Window) -> _Done:
        """Train and test."""
        cls, _ = class_of(self.strategy)
        train = part(conditions, window.train_start, window.train_end)
        found, names = self._trained(cls, train)
        rows = [one.row for one in found]
        place = f"window {window.number}, training {text_of(window.train_start)} to {text_of(window.train_end)}: "
        best = rows[best_of(rows, self.objective, self.maximize, place)]
        chosen = {name: best[name] for name in names}
        tested = self._tested(cls, conditions, window, chosen)
        return _Done(chosen, self._row(window, chosen, best, tested.row), frame_of(rows, names))

    def _trained(self, cls: type[Strategy], train: Conditions) -> tuple[list[Figures], list[str]]:
        if self.optimizer == "optuna":
            from simcore.research.optimize import searched

            return searched(self, train)
        rows = combinations(self.strategy, self.params, self.where)
        counted = Counted.of(self.ledger, "walk_forward", cls, train, rows)
        found = swept(cls, train, rows, executor=self.executor, workers=self.workers, counted=counted)
        return found, [*rows[0]]

    def _tested(self, cls: type[Strategy], conditions: Conditions, window: Window, chosen: Values) -> Figures:
        """The chosen parameters in the whole window of testing, with the cash of the start."""
        player = played(cls(**chosen), conditions, window, window.test_end, flat=True)
        tested = replace(player.conditions, feed=sliced(conditions.feed, window.test_start, window.test_end))
        player.conditions = tested
        found = figures_of(chosen, player.result() if player.error is None else player.error)
        counted = Counted.of(self.ledger, "walk_forward", cls, tested, chosen)
        if counted is not None:
            counted.keep([found])
        return found

    def _row(self, window: Window, chosen: Values, train: Row, test: Row) -> Row:
        days = [(window.train_end - window.train_start), (window.test_end - window.test_start)]
        made = [float(one.get("Return [%]") or 0.0) / d for one, d in zip((train, test), days, strict=True)]
        row: Row = {"window": window.number, **dict.fromkeys(Window._fields[1:], 0), **chosen}
        for name, one in (("train", train), ("test", test)):
            row[f"{name} objective"] = value_of(one, self.objective)
            row |= {f"{name} {key}": one.get(key) for key in SHOWN}
        row["efficiency"] = made[1] / made[0] if made[0] > 0.0 else float("nan")
        return {**row, "error": test["error"]}


# --------------------------------------------------------------------------------------------------- one account


def part(conditions: Conditions, start: int, end: int, **changed: Any) -> Conditions:
    """The conditions on a part of the data."""
    return replace(conditions, feed=sliced(conditions.feed, start, end), _rules={}, **changed)


def played(
    strategy: Strategy, conditions: Conditions, window: Window, end: int, *, flat: bool, before: Player | None = None
) -> Player:
    """Trade one window of testing up to `end`, warm from its training; what was told before testing is forgotten.

    before: the account that goes on, its money where `flat`, all of it else.
    """
    cash = float(before.engine.figures()["equity"]) if before is not None and flat else conditions.cash
    c = part(conditions, window.train_start, end, finalize_trades=flat, cash=cash)
    rules = c.rules(strategy).copy()
    warm = int(head(rules)["warmup"][0])
    head(rules)["warmup"] = NEVER
    player = Player(replace(c, fixed_rules=rules), strategy)

    def begin() -> None:
        head(rules)["warmup"] = warm
        player.forget()
        if before is not None and flat:
            player.engine.state.account["last_order_id"] = before.engine.state.account["last_order_id"]
        elif before is not None:
            own = int(head(rules)["memory_at"][0])  # behind it lies the strategy's memory, which is the new one's
            player.engine.state.buffer[:own] = before.engine.state.buffer[:own]

    replay([player], pause=(window.test_start, begin), stops=flat)
    return player


def stitched(
    cls: type[Strategy], conditions: Conditions, windows: Sequence[Window], chosen: Sequence[Values], positions: str
) -> Result:
    """The one account that trades each window's parameters until the next window takes over."""
    flat = positions == "flat"
    feed = sliced(conditions.feed, windows[0].test_start, windows[-1].kept_end)
    every = sample_every(feed, conditions.sample)
    c = replace(conditions, sample=timeframe_from_ns(every).text if every else None)
    tables: list[Mapping[str, Any]] = []
    player: Player | None = None
    seconds = 0.0
    for window, parameters in zip(windows, chosen, strict=True):
        player = played(cls(**parameters), c, window, window.kept_end, flat=flat, before=player)
        if player.error is not None:
            raise player.error
        if not flat and window is windows[-1]:
            player.stop()
        tables.append(told(player.engine, [player.tables]))
        seconds += player.seconds
    assert player is not None
    given = (feed, conditions.broker, conditions.resolved, conditions.cash, joined_all(tables))
    name = f"{cls.__name__} (walk-forward)"
    return Result(run_of(player.engine, name, *given, sample_every=every, seconds=seconds))
