"""Where the real files lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def market_data(shared: Path) -> Callable[..., Path]:
    """Return a function from a path below the shared market data to the file; it skips the test where it is absent."""

    def find(*parts: str) -> Path:
        path = shared.joinpath("market-data", *parts)
        if not path.exists():
            pytest.skip(f"needs the shared market data: there is no {path}")
        return path

    return find
