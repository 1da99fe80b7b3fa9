"""Monte Carlo: nothing perturbed is the backtest; blocks keep the path within; the same seed is the same bytes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

import simcore as sc
from simcore.account import Conditions
from simcore.backtest import Player, replay
from simcore.kernel.enums import OrderType, Reason, Status
from simcore.market.columns import Quotes
from simcore.research.monte_carlo import METHODS
from simcore.research.montecarlo import draws, models, played, rows
from simcore.research.montecarlo.outcome import drawdowns, quantiles
from tests.research.bots import BarCross, Cross, FastBarCross, FastCross, FastOpener, quotes

STRATEGY = FastCross(fast=50, slow=300)
CASH = 2_000.0
ENGINE = [name for name in METHODS if not name.startswith("trade") and not name.endswith("returns")]


@pytest.fixture(scope="module")
def base() -> sc.Result:
    return sc.backtest(STRATEGY, quotes(), cash=CASH)


def run(method: str, n: int = 6, data: Any = None, **more: Any) -> Any:
    return sc.monte_carlo(STRATEGY, quotes() if data is None else data, method=method, n=n, cash=CASH, **more)


# ------------------------------------------------------------------------------------------------------ nothing changed


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("perturb", {"spread": 0, "slippage": 0, "latency_ms": 0, "missed": 0}),
        ("jitter", {"jitter": 0}),
        ("circular_ticks", {"block": 20_000, "seed": 12}),
    ],
)
def test_without_perturbation_every_path_is_the_backtest_byte_for_byte(base, method, more):
    c = played.whole(Conditions.of(quotes(), cash=CASH))
    given = {name: value for name, value in more.items() if name != "seed"}
    found = run(method, n=2, **given) if method != "circular_ticks" else None
    states = []
    for path in range(2):
        settings = {"parameters": {"fast": 50, "slow": 300}, **given}
        if method == "circular_ticks":  # one block that is all of the data, begun at its first row
            block = np.array([[0, 20_000]])
            out = np.empty((4, 20_000))
            rows.quotes_together(block, *played.points_of(c), 1e5, 1.0, out)
            conditions, changed = replace(c, feed=played._with(c.feed, out)), {}
        else:
            shared = played.Paths(c, FastCross, {"fast": 50, "slow": 300}, method, 0, settings)
            conditions, changed, _ = played._DRAWS[method](shared, path)
        player = Player(conditions, FastCross(**{"fast": 50, "slow": 300, **changed}))
        replay([player])
        states.append(player.engine.state.snapshot())
        for name, table in base.run.tables.items():
            if name != "samples":
                assert player.tables[name].tobytes() == table.tobytes()
    assert states == [base.run.state] * 2
    if found is not None:
        assert (found.equity == found.original).all()
        assert found.original[-1] == base.account["equity"]
        assert found.stats["# Trades"].to_list() == [base.run.tables["trades"].size] * 2


def test_a_model_of_no_moves_keeps_the_price_and_the_recorded_spreads():
    flat = models.Model("gbm", 1, {"mean": 0.0, "deviation": 0.0})
    middle = models.simulate(flat, 1.1, np.ones(50), np.ones(50), np.ones(50))
    assert np.allclose(middle, 1.1)
    q = quotes().slice(0, 50)
    out = np.empty((4, 50))
    empty = np.empty(0)
    rows.priced(middle, q.bid, q.ask, np.empty(0, np.uint8), empty, empty, 1e5, 1.0, out)
    assert np.allclose(out[1] - out[0], q.ask - q.bid)


# ---------------------------------------------------------------------------------------------------------------- draws


def test_every_method_gives_paths_bands_and_probabilities(base):
    for method in METHODS:
        found = run(method, n=5)
        assert found.equity.shape[0] == found.stats.height == found.n == 5, method
        assert found.paths.width == 6
        assert np.isfinite(found.equity).all()
        assert found.bands.height <= 250
        assert found.bands["equity 5%"][0] <= found.bands["equity 95%"][0]
        assert 0.0 <= found.probabilities["loss"] <= 1.0
        assert math.isnan(found.probabilities["margin_call"]) == (method not in ENGINE)
        assert found.original[-1] == pytest.approx(base.account["equity"], abs=60.0)
        assert "<svg" in found.chart()
    assert "margin_level 50%" in found.bands.columns


@pytest.mark.parametrize(
    "method", ["trade_bootstrap", "stationary_returns", "circular_ticks", "perturb", "jitter", "jump"]
)
def test_the_same_seed_is_the_same_bytes_on_any_number_of_threads(method):
    one, other = run(method, n=20, seed=3, workers=1), run(method, n=20, seed=3, workers=3)
    assert one.equity.tobytes() == other.equity.tobytes()
    assert one.stats.equals(other.stats, null_equal=True)
    assert run(method, n=20, seed=4).equity.tobytes() != one.equity.tobytes()
    assert run(method, n=5, seed=3).equity.tobytes() == one.equity[:5].tobytes()  # more paths change none of the first


def test_a_shuffle_ends_where_the_trades_end_and_a_bootstrap_draws_from_them(base):
    t = base.run.tables["trades"]
    net = np.round(t["pnl"] + t["swap"] - t["commission"], 2)
    shuffled = sc.monte_carlo(base, method="trade_shuffle", n=30)
    assert np.allclose(shuffled.equity[:, -1], CASH + net.sum())
    assert np.allclose(np.sort(np.diff(shuffled.equity[7])), np.sort(net))
    assert shuffled.probabilities["worse_than_original"] == 0.0
    drawn = sc.monte_carlo(base, method="trade_bootstrap", n=2_000)
    steps = np.diff(drawn.equity, axis=1)
    assert set(np.round(steps[3], 2)) <= set(net)
    # the mean of 2,000 sums of n draws lies within 4 standard errors of n times the mean
    error = net.std() * math.sqrt(net.size / 2_000)
    assert abs(steps.sum(axis=1).mean() - net.sum()) < 4 * error


def test_compound_draws_grow_on_one_another(base):
    drawn = sc.monte_carlo(base, method="trade_bootstrap", n=10, compound=True)
    growth = drawn.equity[:, 1:] / drawn.equity[:, :-1]
    t = base.run.tables["trades"]
    net = np.round(t["pnl"] + t["swap"] - t["commission"], 2)
    shares = net / (CASH + np.append(0.0, np.cumsum(net)[:-1]))
    assert set(np.round(growth.ravel() - 1.0, 9)) <= set(np.round(shares, 9))
    assert drawn.original[-1] == pytest.approx(CASH + net.sum())


@pytest.mark.parametrize("stationary", [False, True])
def test_blocks_cover_the_count_and_have_the_length_asked_for(stationary):
    found = draws.blocks(1, 0, 1_000, 200_000, 20.0, stationary)
    assert found[:, 1].sum() == 200_000
    assert (found[:, 0] + found[:, 1] <= 1_000).all()
    begins = np.append(True, found[1:, 0] != 0) | np.append(True, found[:-1, 0] + found[:-1, 1] != 1_000)
    lengths = np.add.reduceat(found[:, 1], np.flatnonzero(begins))  # a block that goes round the end is one
    if stationary:  # geometric: mean 20, deviation sqrt(20 * 19) = 19.5; 10,000 blocks: 4 errors = 0.78
        assert abs(lengths.mean() - 20.0) < 0.8
        assert abs((lengths == 1).mean() - 0.05) < 0.01
    else:
        assert set(lengths[:-1]) == {20}


def test_within_a_block_the_recorded_path_is_intact_to_the_grid():
    """Prices of a block are the recorded ones times one factor, rounded once; times and spreads are as recorded."""
    q = quotes()
    c = Conditions.of(q)
    blocks = draws.blocks(5, 2, len(q), len(q), 300.0, True)
    out = np.empty((4, len(q)))
    rows.quotes_together(blocks, *played.points_of(c), 1e5, 1.0, out)
    bid, ask = out[:2]
    at, level = 0, q.bid[0]
    for n, (first, length) in enumerate(blocks):
        before = q.bid[first] if n == 0 or first == 0 else q.bid[first - 1]
        joined = n > 0 and blocks[n - 1].sum() == first
        factor = factor if joined else level / before  # noqa: F821 - the first is no join
        taken = slice(first, first + length)
        expected = q.bid[taken] * factor
        assert np.abs(bid[at : at + length] - expected).max() < 0.5e-5 + 1e-12
        assert np.allclose(ask[at : at + length] - bid[at : at + length], q.ask[taken] - q.bid[taken], atol=1e-12)
        at, level = at + length, q.bid[first + length - 1] * factor
    assert bid[0] == q.bid[0]
    assert np.array_equal(np.round(bid, 5), bid)


def test_several_instruments_and_sizes_are_put_together_row_by_row():
    a, b = quotes(2_000), quotes(2_000, seed=8)
    data = {"EURUSD": a, "GBPUSD": Quotes("GBPUSD", b.ts + 1, b.bid, b.ask, bid_size=np.arange(2_000.0))}
    c = played.whole(Conditions.of(data))
    shared = played.Paths(c, FastCross, {}, "circular_ticks", 0, {"unit": 1, "rows": len(c.feed), "block": len(c.feed)})
    conditions, _, _ = played._blocks(shared, 0)
    order = draws.blocks(0, 0, 4_000, 4_000, 4_000.0, False)
    taken = np.concatenate([np.arange(first, first + n) for first, n in order])
    feed = conditions.feed
    assert np.array_equal(feed.instrument, c.feed.instrument[taken])
    assert np.array_equal(feed.x, c.feed.x[taken], equal_nan=True)
    for k in range(2):
        own, source = feed.bid[feed.instrument == k], c.feed.bid[taken][feed.instrument == k]
        assert own[0] == c.feed.bid[c.feed.instrument == k][0]
        assert np.allclose(own[:500] / own[0], source[:500] / source[0], rtol=2e-5)


def test_spreads_of_several_instruments_widen_each_on_its_own_grid():
    a, b = quotes(500), quotes(500, seed=8)
    yen = Quotes("USDJPY", b.ts + 1, np.round(b.bid * 100, 3), np.round(b.ask * 100, 3))
    c = played.whole(Conditions.of({"EURUSD": a, "USDJPY": yen}))
    settings = {"spread": 4.0, "slippage": 0.0, "latency_ms": 0.0, "missed": 0.0}
    conditions, _, told = played._perturbed(played.Paths(c, FastCross, {}, "perturb", 1, settings), 0)
    was, feed = c.feed, conditions.feed
    for k, digits in ((0, 5), (1, 3)):
        own = was.instrument == k
        bid, ask = feed.bid[own], feed.ask[own]
        assert np.array_equal(np.round(bid, digits), bid)
        half = 0.5 * told["Spread [times]"] * (was.ask - was.bid)[own]
        middle = (was.ask + was.bid)[own] / 2.0
        assert np.abs(bid - (middle - half)).max() < 0.51 * 10.0**-digits
        assert np.abs(ask - (middle + half)).max() < 0.51 * 10.0**-digits


def test_blocks_of_bars_keep_each_bar_whole():
    bars = sc.resample(quotes(every=60_000_000_000), "1h")
    found = sc.monte_carlo(FastBarCross(), bars, method="stationary_ticks", n=4, cash=CASH, block=20)
    assert found.settings["unit"] == 4
    assert np.isfinite(found.equity).all()
    c = played.whole(Conditions.of(bars))
    settings = {"unit": 4, "rows": len(c.feed), "block": 20}
    feed = played._blocks(played.Paths(c, BarCross, {}, "stationary_ticks", 0, settings), 1)[0].feed
    four = feed.bid.reshape(-1, 4)
    low, high = feed.x.reshape(-1, 4)[:, 0], feed.y.reshape(-1, 4)[:, 0]
    assert np.abs(four.min(axis=1) - low).max() < 1.01e-5
    assert np.abs(four.max(axis=1) - high).max() < 1.01e-5
    with pytest.raises(sc.ConfigError, match="bars can be drawn anew for one instrument"):
        sc.monte_carlo(BarCross(), {"EURUSD": bars}, method="circular_ticks", n=2, path="dense")


# --------------------------------------------------------------------------------------------------------------- models


def test_models_find_what_the_data_were_made_of():
    """Fitted to 20,000 steps of a known model; tolerances are some four standard errors."""
    z, u, w = (draw(9, k, 20_000) for k, draw in enumerate((draws.normals, draws.uniforms, draws.normals)))
    assert abs(z.mean()) < 0.03
    assert abs(z.std() - 1.0) < 0.02
    assert abs(u.mean() - 0.5) < 0.01
    gbm = models.Model("gbm", 1, {"mean": 1e-6, "deviation": 5e-5})
    assert models.fit("gbm", models.simulate(gbm, 1.1, z, u, w)).fitted["deviation"] == pytest.approx(5e-5, rel=0.02)
    jump = models.Model("jump", 1, {**gbm.fitted, "share": 0.01, "jump_mean": 0.0, "jump_deviation": 1e-3})
    fitted = models.fit("jump", models.simulate(jump, 1.1, z, u, w)).fitted
    assert fitted["share"] == pytest.approx(0.01, rel=0.35)
    assert fitted["deviation"] == pytest.approx(5e-5, rel=0.05)
    garch = models.Model("garch", 1, {"mean": 0.0, "omega": 2.5e-9 * 0.03, "alpha": 0.12, "beta": 0.85})
    fitted = models.fit("garch", models.simulate(garch, 1.1, z, u, w)).fitted
    assert fitted["alpha"] == pytest.approx(0.12, abs=0.02)
    assert fitted["alpha"] + fitted["beta"] == pytest.approx(0.97, abs=0.01)
    assert fitted["omega"] == pytest.approx(2.5e-9 * 0.03, rel=0.35)
    regime = models.Model(
        "regime",
        1,
        {
            "mean_calm": 0,
            "mean_wild": 0,
            "deviation_calm": 3e-5,
            "deviation_wild": 2e-4,
            "stays_calm": 0.99,
            "stays_wild": 0.97,
        },
    )
    fitted = models.fit("regime", models.simulate(regime, 1.1, z, u, w)).fitted
    assert fitted["deviation_calm"] == pytest.approx(3e-5, rel=0.05)
    assert fitted["deviation_wild"] == pytest.approx(2e-4, rel=0.05)
    assert fitted["stays_wild"] == pytest.approx(0.97, abs=0.01)
    heston = models.Model("heston", 1, {"mean": 0.0, "theta": 2.5e-9, "kappa": 0.02, "xi": 5e-6, "rho": -0.5})
    path = models.simulate(heston, 1.1, z, u, w)
    fitted = models.fit("heston", path).fitted
    assert fitted["theta"] == pytest.approx(2.5e-9, rel=0.2)
    assert fitted["rho"] < 0.0
    assert fitted["xi"] > 0.0


def test_a_model_of_bars_moves_as_far_as_their_closes_do():
    """The way of a bar by its extremes is longer than the bar: its rows would say twice the volatility."""
    bars = sc.resample(quotes(every=60_000_000_000), "1h")
    feed = played.whole(Conditions.of(bars)).feed
    middle = (feed.bid + feed.ask) / 2.0
    moved = np.diff(np.log(middle[3::4]))
    model = models.fit("gbm", middle, 4)
    assert model.rows == 4
    z = draws.normals(1, 0, 40_000)
    path = models.simulate(model, 1.1, z, z[:10_000], z[:10_000])
    assert np.diff(np.log(path[3::4])).std() == pytest.approx(moved.std(), rel=0.04)  # of 9,999: 4 errors = 0.028
    with pytest.raises(sc.ConfigError, match="garch cannot be fitted to 9 returns; give more data"):
        models.fit("garch", middle[:40], 4)


def test_the_two_states_are_those_of_statsmodels():
    """Expectation and maximisation ends where statsmodels' Markov regression (which maximises at last) does."""
    regression = pytest.importorskip("statsmodels.tsa.regime_switching.markov_regression", reason="comes with arch")
    z, u = draws.normals(4, 0, 1_500), draws.uniforms(4, 1, 1_500)
    r = np.where(models.switched(u, 0.98, 0.95), 1.7, 0.6) * z
    fitted = regression.MarkovRegression(r, 2, switching_variance=True).fit(disp=False)
    stays, leaves, *means, calm, wild = fitted.params
    theirs = [*means, math.sqrt(calm), math.sqrt(wild), stays, 1.0 - leaves]
    assert models.two_states(r) == pytest.approx(theirs, abs=0.02)


# ----------------------------------------------------------------------------------------------------- what it all says


def test_worse_costs_are_worse_and_a_strategy_that_misses_all_trades_nothing(base):
    wider = run("perturb", n=12, spread=2.0)
    assert (wider.equity[:, -1] <= base.account["equity"]).all()
    assert np.corrcoef(wider.stats["Spread [times]"], wider.equity[:, -1])[0, 1] < -0.9
    slipped = run("perturb", n=4, slippage=0.0005)
    # every fill pays the distance: fills * 0.1 lots * 100,000 * slippage, where nothing else changes
    fills = base.run.tables["fills"].size
    for slip, end in zip(slipped.stats["Slippage [price]"], slipped.equity[:, -1], strict=True):
        assert end == pytest.approx(base.account["equity"] - fills * 0.1 * 100_000 * slip, abs=0.051 * fills)
    none = run("perturb", n=2, missed=1.0)
    assert none.stats["# Trades"].to_list() == [0, 0]
    late = run("perturb", n=3, latency_ms=20_000.0)
    assert late.equity[:, -1].tolist() != [base.account["equity"]] * 3


def test_a_missed_order_ends_in_the_engine_where_it_would_have_filled_and_the_strategy_hears_of_it():
    c = played.whole(Conditions.of(quotes(), cash=100_000.0))
    settings = {"spread": 0.0, "slippage": 0.0, "latency_ms": 0.0, "missed": 0.25}
    shared = played.Paths(c, FastOpener, {}, "perturb", 5, settings)
    both = []
    for path in range(2):
        player = Player(played._perturbed(shared, path)[0], FastOpener())
        replay([player])
        orders, fills = player.tables["changes"]["order"], player.tables["fills"]
        missed = orders[orders["reason"] == Reason.NOT_ENOUGH_SIZE]
        assert set(missed["status"]) == {Status.CANCELED}
        assert not set(missed["id"]) & set(fills["order"])
        assert set(missed["type"]) == {OrderType.MARKET, OrderType.LIMIT}
        assert set(missed["closing"]) == {0}  # what only closes is always filled
        bought = fills[fills["side"] > 0]
        entries = bought.size + missed.size
        # a quarter, within four deviations of a binomial number
        assert abs(missed.size - 0.25 * entries) < 4 * math.sqrt(entries * 0.25 * 0.75)
        assert bought[-1]["tag"] == (missed["id"] < bought[-1]["order"]).sum()
        both.append(missed["id"].tolist())
    assert both[0] != both[1]


def test_stop_outs_and_ruin_are_counted():
    broker = sc.Broker.preset("mt5-hedging", currency="USD", leverage=500).replace(stop_out_level=0.9)
    strategy = FastCross(fast=50, slow=300, qty=1.0)
    found = sc.monte_carlo(strategy, quotes(), method="gbm", n=40, cash=600.0, broker=broker)
    told = found.stats
    assert 0.0 < found.probabilities["stop_out"] < 1.0
    assert found.probabilities["stop_out"] == (told["Stop Outs"] > 0).mean()
    assert found.probabilities["ruin"] == (told["Min. Equity [$]"] <= 300.0).mean()
    assert found.probabilities["margin_call"] >= found.probabilities["stop_out"]


def test_bands_are_quantiles_of_the_paths_by_hand():
    values = np.array([[1.0, 5.0], [2.0, np.nan], [3.0, 7.0], [4.0, 6.0]])
    # of four paths the median is the second, 75 % the third; of three (one is nan) the second and the third
    assert quantiles(values, (0.5, 0.75)).tolist() == [[2.0, 6.0], [3.0, 7.0]]
    # 100, 110, 99: 10 % below the peak of 110
    assert drawdowns(np.array([[100.0, 110.0, 99.0]])).tolist() == [[0.0, 0.0, pytest.approx(-0.1)]]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"method": "tade_shuffle"}, "method 'tade_shuffle' is not known; did you mean 'trade_shuffle'?"),
        ({"method": "gbm", "block": 5}, "method 'gbm' has no block; it takes no settings"),
        ({"method": "perturb", "missed": 2}, "missed is a share between 0 and 1, was 2"),
        ({"method": "jitter", "jitter": -1}, "jitter must be a number of at least 0, was -1"),
        ({"method": "jitter", "vary": ["fats"]}, "has no parameter 'fats'; did you mean 'fast'?"),
        ({"n": 0}, "n must be a whole number of paths, at least 1, was 0"),
        ({"levels": (5, 95)}, "levels are shares between 0 and 1"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"ruin": 1.5}, "ruin is a share of the cash"),
        ({"chas": 5}, "monte_carlo takes no argument 'chas'; did you mean 'cash'?"),
        ({"method": "trade_shuffle", "data": quotes(200)}, "0 trades are too few to draw from"),
    ],
)
def test_bad_input_is_one_line(given, told):
    with pytest.raises(sc.ConfigError, match=re.escape(told)):
        sc.monte_carlo(STRATEGY, **{"data": quotes(400), "n": 3, **given})


def test_a_strategy_that_fails_on_every_path_is_an_error():
    with pytest.raises(sc.StrategyError, match="division by zero"):
        sc.monte_carlo(FastCross(fault=5), quotes(400), method="gbm", n=3)


def test_the_backtest_of_a_study_is_written_down_and_its_paths_are_no_trials(tmp_path):
    place = tmp_path / "trials.sqlite"
    sc.monte_carlo(Cross(), quotes(2_000), method="perturb", n=3, ledger=place)
    assert sc.Ledger(place).frame()["kind"].to_list() == ["monte_carlo"]


def test_paths_are_a_frame_of_times(base):
    found = run("gbm", n=2)
    assert found.paths.schema["ts"] == pl.Datetime("ns", "UTC")
    assert found.paths["ts"].is_sorted()
    assert found.paths.columns == ["ts", "0", "1"]
    with pytest.raises(sc.ConfigError, match="figure 'margin' is not there"):
        found.chart(figure="margin")
