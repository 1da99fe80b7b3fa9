"""The same study on a real local Ray cluster: the same bytes as on threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import simcore as sc
from tests.research.bots import Cross, FastCross, quotes
from tests.research.test_sweep import GRID, same

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="needs the extra `cluster`")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def test_a_sweep_on_ray_is_the_same_table():
    same(
        sc.sweep(FastCross, quotes(), params={**GRID, "fault": [0, 9]}, executor="ray"),
        sc.sweep(FastCross, quotes(), params={**GRID, "fault": [0, 9]}),
    )


def test_a_class_that_no_process_finds_is_refused():
    class Local(Cross):
        pass

    with pytest.raises(sc.ConfigError, match="cannot be found by other processes"):
        sc.sweep(Local, quotes(100), params={"fast": [5]}, executor="ray")


@pytest.mark.parametrize("method", ["stationary_ticks", "jitter", "regime"])
def test_monte_carlo_on_ray_is_the_same_bytes(method):
    given = {"method": method, "n": 12, "cash": 2_000.0}
    there = sc.monte_carlo(FastCross(fast=50, slow=300), quotes(), executor="ray", **given)
    here = sc.monte_carlo(FastCross(fast=50, slow=300), quotes(), **given)
    assert there.equity.tobytes() == here.equity.tobytes()
    assert there.stats.equals(here.stats, null_equal=True)
