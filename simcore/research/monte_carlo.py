"""monte_carlo(): what else could have come of a strategy, by a thousand paths.

method                        what is drawn
trade_shuffle                 the backtest's closed trades in another order
trade_bootstrap               as many of its trades, each drawn from all of them
stationary_returns, circular_returns    its returns between equity samples, in blocks
stationary_ticks, circular_ticks        blocks of the recorded ticks or bars, played through the engine
perturb                       the recorded ticks with wider spreads, slippage, latency, missed fills
jitter                        the recorded ticks with other parameters
gbm, jump, garch, heston, regime        prices of a model fitted to the data, played through the engine

Every path is a whole account: the engine's rules, margin and financing hold on it. Paths of trades and returns know no
margin. The same seed gives the same bytes on any number of threads and on Ray; without any perturbation every path is
the backtest, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from simcore.backtest import Player, replay
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.inputs import Data
from simcore.ledger.ledger import Place, keep, ledger_of
from simcore.ledger.measured import trial_of
from simcore.market.checks import Float64
from simcore.progress import Hears, Progress, heard
from simcore.report.sheet import nanoseconds
from simcore.research.executors import check, cores, spread
from simcore.research.grid import check_parameter, class_of
from simcore.research.montecarlo import draws, models, played
from simcore.research.montecarlo.outcome import MonteCarlo
from simcore.research.shipped import Shipped
from simcore.research.sweep import opened
from simcore.result import Result
from simcore.strategy.driver import describe
from simcore.strategy.errors import StrategyError
from simcore.strategy.handlers import compiled_handlers
from simcore.strategy.record import is_compiled
from simcore.strategy.strategy import Strategy

LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
PERTURBED: Final = {"spread": 0.5, "slippage": 0.0, "latency_ms": 100.0, "missed": 0.05}
_KINDS: Final = {
    "trade_shuffle": draws.SHUFFLE,
    "trade_bootstrap": draws.BOOTSTRAP,
    "circular_returns": draws.CIRCULAR,
    "stationary_returns": draws.STATIONARY,
}
SETTINGS: Final[dict[str, dict[str, Any]]] = {  # method -> its settings and what they are by default
    "trade_shuffle": {},
    "trade_bootstrap": {"compound": False},
    "stationary_returns": {"block": None},
    "circular_returns": {"block": None},
    "stationary_ticks": {"block": None, "rows": None},
    "circular_ticks": {"block": None, "rows": None},
    "perturb": PERTURBED,
    "jitter": {"jitter": 0.1, "vary": None},
    **{name: {} for name in models.MODELS},
}
METHODS: Final = tuple(SETTINGS)


def monte_carlo(
    strategy: Strategy | type[Strategy] | Result,
    data: Data | None = None,
    *,
    method: str = "trade_bootstrap",
    n: int = 1_000,
    seed: int = 0,
    levels: Sequence[float] = LEVELS,
    ruin: float = 0.5,
    executor: str = "threads",
    workers: int | None = None,
    ledger: Place = True,
    progress: Hears = None,
    **more: Any,
) -> MonteCarlo:
    """Draw n paths and return them with bands, probabilities and figures; see the module's text for the methods.

    strategy: an instance, or a class with its defaults; a Result serves for the methods of trades and returns, without
    data. levels: shares of the paths that bands lie at. ruin: an account is ruined where its equity is at or below
    this share of the cash. executor, workers: as in sc.sweep. ledger: where the backtest is written to, as kind
    monte_carlo; paths are no trials. progress: True shows a bar; or a function that hears (paths done, of).

    Settings of a method: block, the length of a block in rows (bars) or returns, or its mean (default: the third root
    of the returns, a hundredth of the rows); rows, how many rows a path has (default all); compound=True draws trades'
    returns on the balance, not money; spread=0.5, up to so much wider; slippage, a price distance, latency_ms, each
    between none and that; missed, the chance that an order finds nothing when its time has come: the engine cancels it,
    the strategy hears of that (orders that can only close are filled);
    jitter=0.1, parameters up to so much larger or smaller, those that `vary` names or all but qty. Where none of
    perturb's four is given, it takes 0.5, 0, 100 and 0.05. All other arguments are those of sc.backtest.

    Raises ConfigError for what is malformed, a strategy without trades, or one that fails on every path.
    """
    settings = _settings(method, more)
    _check(n, seed, levels, ruin)
    check(executor, workers)
    chosen = tuple(sorted(float(level) for level in levels))
    if isinstance(strategy, Result):
        base = strategy
        if data is not None or more or method not in _KINDS:
            raise ConfigError(f"monte_carlo: of a Result, {', '.join(_KINDS)} can be drawn, without data or account")
    else:
        written = ledger_of(ledger)
        cls, parameters = class_of(strategy)
        if data is None:
            raise ConfigError("monte_carlo: give the data that the strategy trades")
        conditions = opened("monte_carlo", data, more)
        instance = strategy if isinstance(strategy, Strategy) else cls()
        player = Player(conditions if method in _KINDS else played.whole(conditions), instance)
        replay([player])
        base = player.result()
        if written is not None:
            keep(written, [trial_of(base, kind="monte_carlo")])
    common = {"method": method, "n": n, "seed": seed, "levels": chosen, "ruin": ruin, "settings": settings}
    if method in _KINDS:
        return _drawn(base, settings, common)
    paths = _shared(player, cls, parameters, method, seed, settings)
    with heard(progress, f"{cls.__name__}: {method}", "paths") as tell:
        return _played(paths, player, executor, workers, tell, {**common, "settings": paths.settings})


def _settings(method: Any, more: dict[str, Any]) -> dict[str, Any]:
    """The method's own settings, taken out of `more`."""
    if method not in SETTINGS:
        raise ConfigError(f"monte_carlo: method {method!r} is not known; {did_you_mean(method, METHODS)}")
    every = {name for takes in SETTINGS.values() for name in takes}
    given = {name: more.pop(name) for name in list(more) if name in every}
    for name, value in given.items():
        if name not in SETTINGS[method]:
            takes = ", ".join(SETTINGS[method]) or "no settings"
            raise ConfigError(f"monte_carlo: method {method!r} has no {name}; it takes {takes}")
        whole = name in ("block", "rows")
        if name in ("compound", "vary") or (whole and value is None):
            continue
        least = 1.0 if whole else 0.0
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not least <= value < np.inf:
            raise ConfigError(f"monte_carlo: {name} must be a number of at least {least:g}, was {value!r}")
        if name in ("missed", "jitter") and value > 1.0:
            raise ConfigError(f"monte_carlo: {name} is a share between 0 and 1, was {value!r}")
    if method == "perturb" and given:
        return {**dict.fromkeys(PERTURBED, 0.0), **given}
    return {**SETTINGS[method], **given}


def _check(n: Any, seed: Any, levels: Sequence[float], ruin: float) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ConfigError(f"monte_carlo: n must be a whole number of paths, at least 1, was {n!r}")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**62:
        raise ConfigError(f"monte_carlo: seed must be a whole number from 0 to 2**62, was {seed!r}")
    if not len(levels) or not all(0.0 < level < 1.0 for level in levels):
        raise ConfigError(f"monte_carlo: levels are shares between 0 and 1, such as (0.05, 0.5, 0.95), was {levels!r}")
    if not 0.0 <= ruin < 1.0:
        raise ConfigError(f"monte_carlo: ruin is a share of the cash, 0 or more and below 1, was {ruin!r}")


# ------------------------------------------------------------------------------------------------ trades and returns


def _drawn(base: Result, settings: Mapping[str, Any], common: dict[str, Any]) -> MonteCarlo:
    """Paths of what the backtest made, drawn anew."""
    method, n, cash = common["method"], common["n"], float(base.run.cash)
    trades = method.startswith("trade")
    compound = not trades or bool(settings.get("compound"))
    results = _trades(base, compound) if trades else _returns(base)
    if results.size < 2:
        raise ConfigError(f"monte_carlo: {results.size} {'trades' if trades else 'returns'} are too few to draw from")
    length = float(settings.get("block") or max(1, round(results.size ** (1.0 / 3.0))))
    equity = np.empty((n, results.size + 1))
    draws.equity_paths(results, cash, compound, common["seed"], 0, _KINDS[method], length, equity)
    deepest, least = np.empty(n), np.empty(n)
    draws.lowest(equity, deepest, least)
    table = {
        "Equity Final [$]": equity[:, -1],
        "Return [%]": 100.0 * (equity[:, -1] / cash - 1.0),
        "Max. Drawdown [%]": -100.0 * deepest + 0.0,
        "Min. Equity [$]": least,
    }
    grown = np.cumprod(1.0 + results) * cash if compound else cash + np.cumsum(results)
    return MonteCarlo(
        **common,
        cash=cash,
        currency=base.run.broker.currency,
        unit="trade" if trades else "return",
        at=np.arange(results.size + 1),
        equity=equity,
        used_margin=None,
        original=np.append(cash, grown),
        table=table,
    )


def _trades(base: Result, compound: bool) -> Float64:
    """Net result of each closed trade: money, or the share of the balance before it."""
    t = base.run.tables["trades"]
    net = np.round(t["pnl"] + t["swap"] - t["commission"], base.run.broker.money_digits)
    before = float(base.run.cash) + np.append(0.0, np.cumsum(net)[:-1])
    return np.asarray(net / before) if compound else net


def _returns(base: Result) -> Float64:
    """Simple returns between equity samples."""
    equity = base.equity
    values = np.append(float(base.run.cash), equity["equity"].to_numpy())
    if (values <= 0.0).any():
        raise ConfigError("monte_carlo: the backtest lost everything, so it has no returns to draw from")
    assert nanoseconds(equity["ts"]).size
    return np.asarray(values[1:] / values[:-1] - 1.0)


# ------------------------------------------------------------------------------------------------- through the engine


def _shared(
    player: Player, cls: type[Strategy], given: Mapping[str, Any], method: str, seed: int, settings: Mapping[str, Any]
) -> played.Paths:
    """What all paths share; the model fitted."""
    c = player.conditions
    feed: Any = c.feed
    ts = played.samples_of(player)[0]
    at = ts[np.unique(np.linspace(0, ts.size - 1, min(played.KEPT, ts.size)).round().astype(np.int64))]
    found, model = dict(settings), None
    if method.endswith("_ticks"):
        unit = found["unit"] = played.unit_of(feed)
        rows = min(int(found["rows"] or len(feed)), len(feed)) // unit * unit
        found["rows"], found["block"] = max(rows, unit), found["block"] or max(1, len(feed) // unit // 100)
        at = at[at <= feed.ts[found["rows"] - 1]] if found["rows"] < len(feed) else at
    elif method == "jitter":
        found["parameters"] = _varied(player.strategy, found["vary"])
    elif method == "perturb":
        if found["latency_ms"] and not isinstance(c.broker.latency_ms, int | float):
            raise ConfigError("monte_carlo: latency is drawn from a table already; give a number as latency_ms")
    else:
        if feed.instrument is not None:
            raise ConfigError(f"monte_carlo: {method} makes the prices of one instrument; there are {feed.symbols}")
        model = models.fit(method, (feed.bid + feed.ask) / 2.0, played.unit_of(feed))
        found.update(model.fitted)
    points = played.points_of(c) if method.endswith("_ticks") else None
    return played.Paths(c, cls, dict(given), method, seed, found, at, model, points)


def _varied(strategy: Strategy, names: Any) -> dict[str, Any]:
    """The parameters to move and their values. Raises ConfigError for one that does not exist or is no number."""
    values = {name: value for name, value in describe(strategy)[1].items() if not isinstance(value, bool)}
    for name in names or ():
        check_parameter(type(strategy), name, "monte_carlo: vary")
        if name not in values:
            raise ConfigError(f"monte_carlo: vary: {name} is no number, so it cannot be moved")
    return {name: value for name, value in values.items() if (name in names if names else name != "qty")}


def _played(
    paths: played.Paths,
    player: Player,
    executor: str,
    workers: int | None,
    progress: Progress | None,
    common: dict[str, Any],
) -> MonteCarlo:
    n = common["n"]
    cls: Any = paths.strategy
    if executor == "ray":
        paths = replace(paths, strategy=Shipped.of(cls))
    elif is_compiled(cls):
        compiled_handlers(player.strategy)
    size = max(1, min(64, -(-n // (8 * cores(executor, workers)))))
    tasks = [(first, min(first + size, n)) for first in range(0, n, size)]
    found: dict[int, played.Ended] = {}
    for number, ended in spread(played.run, paths, tasks, executor, workers):
        found[number] = ended
        if progress is not None:
            progress(min(sum(len(one.table) for one in found.values()), n), n)
    ended = played.joined([found[number] for number in range(len(tasks))])
    if len(ended.errors) == n:
        raise StrategyError(f"monte_carlo: every path failed; the first: {ended.errors[0]}")
    ts, equity, _ = played.samples_of(player)
    where = np.maximum(np.searchsorted(ts, paths.at, side="right") - 1, 0)
    where[-1] = ts.size - 1 if paths.at[-1] == ts[-1] else where[-1]
    names = dict.fromkeys(name for row in ended.table for name in row)
    return MonteCarlo(
        **common,
        cash=paths.conditions.cash,
        currency=paths.conditions.broker.currency,
        unit="ts",
        at=paths.at,
        equity=ended.equity,
        used_margin=ended.used_margin,
        original=equity[where],
        table={name: np.array([row.get(name, np.nan) for row in ended.table]) for name in names},
        failed=len(ended.errors),
    )
