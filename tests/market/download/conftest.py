"""Sources on this machine; retries that do not wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stamina

from .server import Archive, serving

FIXTURES = ("theorycraft-dukascopy", "test", "fixtures")


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=6, cap=True):
        yield


@pytest.fixture
def dukascopy(market_data: Callable[..., Path]) -> Iterator[Archive]:
    """EURUSD of 2019-02-04: three hours of ticks, the candles of the day, of February and of 2019, as Dukascopy has."""
    with serving(Archive(market_data(*FIXTURES))) as archive:
        yield archive


@pytest.fixture
def binance() -> Iterator[Archive]:
    """Nothing yet."""
    with serving(Archive()) as archive:
        yield archive
