"""A row: moments by hand, fingerprints that change with what matters and with nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simcore as sc
from simcore.inputs import open_data
from simcore.ledger.fingerprints import WHOLE, code_fingerprint, data_fingerprint, rules_fingerprint
from simcore.ledger.measured import trial_of
from simcore.ledger.trial import Trial, moments, packed, unpacked
from simcore.market.feed import merge
from simcore.market.store.digest import digest_of, digest_of_stretches
from simcore.market.store.store import Store
from tests.ledger.runs import Changed, Same, Turn, quotes


def test_moments_by_hand() -> None:
    # 1, 2, 3, 6: mean 3, deviations -2 -1 0 3; squares 4+1+0+9 = 14, cubes -8-1+0+27 = 18, fourths 16+1+0+81 = 98
    # sharpe 3 / sqrt(14/3); skew (18/4) / (14/4)^1.5; kurtosis (98/4) / (14/4)^2 = 24.5 / 12.25 = 2
    found = moments(np.array([1.0, 2.0, 3.0, 6.0]))
    assert found.sharpe == pytest.approx(3.0 / (14.0 / 3.0) ** 0.5)
    assert found.observations == 4
    assert found.skew == pytest.approx(4.5 / 3.5**1.5)
    assert found.kurtosis == pytest.approx(2.0)


@pytest.mark.parametrize("returns", [[], [0.1], [0.1, 0.1, 0.1]])
def test_what_does_not_vary_has_no_sharpe_ratio(returns: list[float]) -> None:
    found = moments(np.array(returns))
    assert np.isnan(found.sharpe)
    assert found.observations == len(returns)


@given(st.lists(st.floats(-0.5, 0.5, width=32), min_size=1, max_size=50))
def test_returns_are_kept(values: list[float]) -> None:
    days = np.arange(len(values)) + 19_000
    back = unpacked(packed(days, np.array(values)))
    assert back[0] is not None
    assert back[1] is not None
    assert np.array_equal(back[0], days)
    assert np.array_equal(back[1], np.array(values))


def test_a_row_is_read_back_as_it_was_written() -> None:
    made = trial_of(sc.backtest(Turn(), quotes()))
    again = Trial.of_row(made.row())
    assert again.row() == made.row()
    assert again.parameters == {"every": 5, "qty": 0.1}
    assert again.observations == 10


def test_the_row_says_what_the_result_says() -> None:
    result = sc.backtest(Turn(), quotes())
    row = trial_of(result)
    assert row.returns == pytest.approx(result.returns.to_numpy())
    for name, value in row.stats.items():
        assert value == pytest.approx(result.stats[name]), name


def test_bars_that_cross_midnight_count_for_the_day_they_begin() -> None:
    bars = sc.resample(quotes(), "5h")
    result = sc.backtest(Turn(every=3), bars)
    assert trial_of(result).days == pytest.approx(result.returns.index.to_numpy().astype("datetime64[D]").astype(int))
    assert trial_of(result).returns == pytest.approx(result.returns.to_numpy())


def test_code_is_what_it_does_and_not_where_it_stands() -> None:
    assert code_fingerprint(Turn()) == code_fingerprint(Same.Turn()) == code_fingerprint(sc.compiled(Turn)())
    assert code_fingerprint(Turn()) == code_fingerprint(Turn(every=9))
    assert code_fingerprint(Turn()) != code_fingerprint(Changed.Turn())


def test_a_period_taken_from_another_parameter_is_other_code() -> None:
    class Fast(sc.Strategy):
        n: int = 3
        m: int = 3
        _mean = sc.SMA("n")

    class Slow(sc.Strategy):
        n: int = 3
        m: int = 3
        _mean = sc.SMA("m")

    assert code_fingerprint(Fast()) != code_fingerprint(Slow())


def test_signals_are_code() -> None:
    one, other = (sc.from_signals([flag, False, False], bars="1D") for flag in (True, False))
    assert code_fingerprint(one) != code_fingerprint(other)
    assert code_fingerprint(one) == code_fingerprint(sc.from_signals([True, False, False], bars="1D"))


def test_every_price_is_in_the_fingerprint_of_the_data() -> None:
    given = quotes()
    bid = given.bid.copy()
    bid[100] -= 0.00001
    other = given.with_columns({"bid": bid})
    assert data_fingerprint(merge({"EURUSD": given})) == data_fingerprint(merge({"EURUSD": quotes()}))
    assert data_fingerprint(merge({"EURUSD": given})) != data_fingerprint(merge({"EURUSD": other}))
    assert data_fingerprint(merge({"EURUSD": given})) != data_fingerprint(merge({"GBPUSD": quotes(symbol="GBPUSD")}))


def test_long_data_are_known_by_stretches_and_length() -> None:
    ts = np.arange(WHOLE + 10)
    price = np.ones(ts.size)
    from simcore.market.columns import Quotes

    def of(rows: int, last: float) -> str:
        bid = price[:rows].copy()
        bid[-1] = last
        return data_fingerprint(merge({"X": Quotes("X", ts[:rows], bid, price[:rows], checked=True)}))

    assert len({of(WHOLE + 10, 1.0), of(WHOLE + 9, 1.0), of(WHOLE + 10, 1.5)}) == 3


def test_stretches_read_in_place_have_the_digest_of_a_copy() -> None:
    values = np.random.default_rng(1).random(20_000)
    starts = np.array([0, 4_001, 19_988])
    copied = np.concatenate([values[start : start + 12] for start in starts])
    assert digest_of_stretches(values, starts, 12) == digest_of(copied.view(np.uint8))


def test_several_instruments_and_stores_have_fingerprints(tmp_path) -> None:
    both = {"EURUSD": quotes(), "GBPUSD": quotes(symbol="GBPUSD", seed=2)}
    feed, _ = open_data(both, None)
    swapped, _ = open_data({**both, "GBPUSD": quotes(symbol="GBPUSD", seed=3)}, None)
    assert data_fingerprint(feed) != data_fingerprint(swapped)
    store = Store(tmp_path / "ticks")
    store.append(quotes())
    kept, _ = open_data({"EURUSD": store.range("EURUSD")}, None)
    part, _ = open_data({"EURUSD": store.range("EURUSD", end="2024-01-05")}, None)
    assert len(data_fingerprint(kept)) == 24
    assert data_fingerprint(kept) != data_fingerprint(part)


def test_costs_are_other_rules() -> None:
    broker, eurusd = sc.Broker.preset("mt5-hedging"), sc.Instrument.fx("EURUSD")
    found = rules_fingerprint(broker, [eurusd], 10_000.0)
    assert found == rules_fingerprint(sc.Broker.preset("mt5-hedging"), [eurusd], 10_000)
    assert found != rules_fingerprint(broker.replace(leverage=30), [eurusd], 10_000.0)
    assert found != rules_fingerprint(broker, [eurusd], 20_000.0)
