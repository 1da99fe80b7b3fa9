"""Paths through the engine: each a feed of its own, or an account of its own, played as a backtest is.

Assumes the data in memory, as one feed. A path is reduced to its equity and used margin at the times of the backtest's
samples and to one row of figures before the next is played, so memory does not grow with what paths trade.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.account import Conditions
from simcore.backtest import Player, replay
from simcore.brokers.errors import ConfigError
from simcore.brokers.rules import head, terms
from simcore.kernel.buffers import TapeBuffer
from simcore.market.acted import ActedFeed
from simcore.market.checks import Float64, Int64
from simcore.market.feed import BAR_CLOSE, BAR_OPEN, Feed
from simcore.market.grid import grid
from simcore.research.grid import Values
from simcore.research.montecarlo import draws, models, rows
from simcore.research.shipped import Shipped
from simcore.research.sliced import in_one
from simcore.strategy.errors import StrategyError
from simcore.strategy.strategy import Strategy

KEPT: Final = 500  # points of a path that are kept
COLUMN: Final = "Equity Final [$]", "Return [%]", "Max. Drawdown [%]", "Min. Equity [$]", "Min. Margin Level [%]"
MILLISECOND: Final = 1_000_000
SEEDS: Final = 2**53
COUNTS: Final = "Margin Calls", "Stop Outs", "# Trades"


class Ended(NamedTuple):
    """Some paths: equity and used margin (paths, points), one row of figures a path, and what strategies raised."""

    equity: Float64
    used_margin: Float64
    table: list[dict[str, Any]]
    errors: list[str]


@dataclass(frozen=True)
class Paths:
    """All that the paths of a study share. settings: the method's numbers; model: where prices are a model's."""

    conditions: Conditions
    strategy: type[Strategy] | Shipped
    parameters: Values
    method: str
    seed: int
    settings: Mapping[str, Any]
    at: Int64 = field(default_factory=lambda: np.empty(0, np.int64))
    model: models.Model | None = None
    points: tuple[Float64, Float64] | None = None  # bids and spreads in steps of the grid, where that is all there is

    @property
    def feed(self) -> Feed:
        """The data."""
        found: Any = self.conditions.feed
        return found  # type: ignore[no-any-return]

    def made(self, **changed: Any) -> Strategy:
        """The strategy, some parameters changed."""
        cls = self.strategy.find() if isinstance(self.strategy, Shipped) else self.strategy
        return cls(**{**self.parameters, **changed})


def run(shared: Paths, paths: tuple[int, int]) -> Ended:
    """Play the paths first ... last - 1."""
    players: list[Player] = []
    told: list[Ended | tuple[Player, Mapping[str, Any]]] = []
    tape: TapeBuffer | None = None  # one serves path after path
    for path in range(*paths):
        conditions, changed, more = _DRAWS[shared.method.partition("_")[2] or shared.method](shared, path)
        try:
            player = Player(conditions, shared.made(**changed), None if conditions is shared.conditions else tape)
        except (TypeError, ValueError, StrategyError) as error:
            told.append(_failed(shared, str(error)))
            continue
        players.append(player)
        if conditions is not shared.conditions:
            replay([player])
            players.pop()
            told.append(_reduced(shared, player, more))
            tape = player.engine.tape
        else:
            told.append((player, more))
    if players:  # on the very data: all in one pass
        replay(players)
    found = [one if isinstance(one, Ended) else _reduced(shared, *one) for one in told]
    return joined(found)


def joined(parts: Sequence[Ended]) -> Ended:
    """The paths of several parts."""
    return Ended(
        np.concatenate([one.equity for one in parts]),
        np.concatenate([one.used_margin for one in parts]),
        [row for one in parts for row in one.table],
        [text for one in parts for text in one.errors],
    )


# ---------------------------------------------------------------------------------------------------- what a path is


Drawn = tuple[Conditions, Values, dict[str, Any]]  # the conditions of a path, changed parameters, what its row tells


def _blocks(shared: Paths, path: int) -> Drawn:
    """Blocks of ticks."""
    feed, s = shared.feed, shared.settings
    unit, count = s["unit"], s["rows"] // s["unit"]
    stationary = shared.method.startswith("stationary")
    blocks = draws.blocks(shared.seed, path, len(feed) // unit, count, float(s["block"]), stationary)
    out = np.empty((4, count * unit))
    scale, step = _grids(shared.conditions)
    if shared.points is not None:
        rows.quotes_together(blocks, *shared.points, float(scale[0]), float(step[0]), out)
        return replace(shared.conditions, feed=_with(feed, out)), {}, {}
    order = np.concatenate([np.arange(first, first + length) for first, length in blocks])
    instrument = _or_empty(feed.instrument, np.uint8)
    before = rows.previous(instrument, len(feed.symbols)) if instrument.size else np.empty(0, np.int64)
    given = (order, unit, *_columns(feed), instrument, before, scale, step, out)
    rows.put_together(*given)
    taken = (order[:, None] * unit + np.arange(unit)).ravel()
    kind, which = (None if one is None else one[taken] for one in (feed.kind, feed.instrument))
    return replace(shared.conditions, feed=_with(feed, out, kind=kind, instrument=which)), {}, {}


def _model(shared: Paths, path: int) -> Drawn:
    """Prices of a model, with the recorded spreads."""
    feed, model = shared.feed, shared.model
    assert model is not None
    n = len(feed)
    steps = -(-n // model.rows)
    z = draws.normals(shared.seed, path, n)
    u, w = draws.uniforms(shared.seed + 1, path, steps), draws.normals(shared.seed + 2, path, steps)
    middle = models.simulate(model, float(feed.bid[0] + feed.ask[0]) / 2.0, z, u, w)
    out = np.empty((4, n))
    scale, step = _grids(shared.conditions)
    given = (middle, *_columns(feed), float(scale[0]), float(step[0]), out)
    rows.priced(*given)
    return replace(shared.conditions, feed=_with(feed, out)), {}, {}


def _perturbed(shared: Paths, path: int) -> Drawn:
    """Wider spreads, slippage, latency, each drawn between none and the setting; orders missed by chance."""
    c, s = shared.conditions, shared.settings
    share = draws.uniforms(shared.seed, path, 4)
    wider, slip, late = 1.0 + s["spread"] * share[0], s["slippage"] * share[1], s["latency_ms"] * share[2]
    if wider != 1.0:
        out = np.empty((4, len(shared.feed)))
        given = (*_columns(shared.feed), _or_empty(shared.feed.instrument, np.uint8), wider, *_grids(c), out)
        rows.spread_out(*given)
        c = replace(c, feed=_with(shared.feed, out))
    if slip or late or s["missed"]:
        rules = c.rules(shared.made()).copy()
        terms(rules)["slippage"]["fixed"] += slip
        own = head(rules)
        own["latency"] += round(late * MILLISECOND)
        own["missed"], own["missed_seed"] = s["missed"], int(share[3] * SEEDS)
        c = replace(c, fixed_rules=rules)
    return c, {}, {"Spread [times]": wider, "Slippage [price]": slip, "Latency [ms]": late}


def _jittered(shared: Paths, path: int) -> Drawn:
    """Parameters moved by up to the setting's share of themselves."""
    numbers = shared.settings["parameters"]
    moves = 2.0 * draws.uniforms(shared.seed, path, len(numbers)) - 1.0
    moved = {
        name: value * (1.0 + shared.settings["jitter"] * float(move))
        for (name, value), move in zip(numbers.items(), moves, strict=True)
    }
    kept = {name: round(value) if isinstance(numbers[name], int) else value for name, value in moved.items()}
    return shared.conditions, kept, kept


_DRAWS: Final[dict[str, Callable[[Paths, int], Drawn]]] = {
    "ticks": _blocks,
    "perturb": _perturbed,
    "jitter": _jittered,
    **dict.fromkeys(models.MODELS, _model),
}


def _columns(feed: Feed) -> Any:
    """bid, ask, kind, x, y as compiled code takes them."""
    empty = np.empty(0)
    return (
        feed.bid,
        feed.ask,
        _or_empty(feed.kind, np.uint8),
        empty if feed.x is None else feed.x,
        empty if feed.y is None else feed.y,
    )


def _or_empty(values: Any, kind: Any) -> Any:
    return np.empty(0, kind) if values is None else values


def _with(feed: Feed, out: Float64, **columns: Any) -> Feed:
    """The feed with other prices; as many of its times as there are prices."""
    bid, ask, x, y = out
    more: dict[str, Any] = {"x": None if feed.x is None else x, "y": None if feed.y is None else y}
    return replace(feed, ts=feed.ts[: bid.size], bid=bid, ask=ask, **more, **columns)


def _grids(conditions: Conditions) -> tuple[Float64, Float64]:
    """Scale and step of each instrument's prices."""
    found = [grid(one.price_increment) for one in conditions.instruments]
    return np.array([one.scale for one in found]), np.array([one.numerator for one in found])


def points_of(conditions: Conditions) -> tuple[Float64, Float64] | None:
    """Bids, and asks less bids, in steps of the grid: of quotes of one instrument, without sizes; else None."""
    feed: Any = conditions.feed
    if feed.instrument is not None or feed.kind is not None or feed.x is not None:
        return None
    scale, step = _grids(conditions)
    bid, ask = (np.rint(prices * scale[0] / step[0]) for prices in (feed.bid, feed.ask))
    return bid, ask - bid


def whole(conditions: Conditions) -> Conditions:
    """The conditions with their data in memory, as one block. Raises ConfigError where rows are actions."""
    feed = conditions.feed
    if isinstance(feed, ActedFeed):
        raise ConfigError("actions: splits and dividends do not fit prices that are drawn anew; leave them out")
    return replace(conditions, feed=in_one(feed))


def unit_of(feed: Feed) -> int:
    """How many rows belong together: a bar's four, else one. Raises ConfigError where that cannot be said."""
    if not feed.timeframes:
        return 1
    bars = feed.kind is not None and len(feed) % 4 == 0 and feed.instrument is None
    if bars and np.array_equal(feed.kind.reshape(-1, 4)[0], np.arange(BAR_OPEN, BAR_CLOSE + 1)):  # type: ignore[union-attr]
        return 4
    raise ConfigError(
        "bars can be drawn anew for one instrument, played by the path 'ohlc', without prints beside them; give ticks"
    )


# ------------------------------------------------------------------------------------------------- what is left of it


def _reduced(shared: Paths, player: Player, more: Mapping[str, Any]) -> Ended:
    """A path that was played, at the times of the study."""
    if player.error is not None:
        return _failed(shared, str(player.error))
    ts, equity, used = samples_of(player)
    where = np.maximum(np.searchsorted(ts, shared.at, side="right") - 1, 0)
    where[-1] = ts.size - 1  # however long it took, the last is how it ended
    row = {**figures(equity, used, shared.conditions.cash), **_counts(player), **more}
    return Ended(equity[None, where], used[None, where], [row], [])


def samples_of(player: Player) -> tuple[Int64, Float64, Float64]:
    """Times, equity and used margin of the account's samples, the account as it ended last."""
    t = player.tables["samples"]
    end = player.engine.figures()
    now = int(player.engine.state.head["now"])
    equity = np.append(t["equity"], end["equity"])
    return np.append(t["ts"], now), equity, np.append(t["used_margin"], end["used_margin"])


def figures(equity: Float64, used: Float64, cash: float) -> dict[str, float]:
    """How a path ended, and the worst of it."""
    drawdown, least = np.empty(1), np.empty(1)
    draws.lowest(np.append(cash, equity)[None], drawdown, least)
    levels = equity[used > 0.0] / used[used > 0.0]
    last = float(equity[-1])
    values = (last, 100.0 * (last / cash - 1.0), -100.0 * float(drawdown[0]) + 0.0, float(least[0]))
    return dict(zip(COLUMN, (*values, 100.0 * float(levels.min()) if levels.size else np.nan), strict=True))


def _counts(player: Player) -> dict[str, int]:
    account = player.engine.state.account
    counted = (int(account["n_margin_calls"]), int(account["n_stop_outs"]), int(player.tables["trades"].size))
    return dict(zip(COUNTS, counted, strict=True))


def _failed(shared: Paths, error: str) -> Ended:
    nothing = np.full((1, shared.at.size), np.nan)
    row = {**dict.fromkeys(COLUMN, np.nan), **dict.fromkeys(COUNTS, 0)}
    return Ended(nothing, nothing, [row], [error])
