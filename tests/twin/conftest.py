"""Hand-worked cases run on both accounts: the test asks for `kind`, or `outside`, and makes its account with it."""

from __future__ import annotations

from typing import Any

import pytest

from simcore.kernel.enums import Venue

from .compiled import Compiled
from .engine import Twin
from .external import ExternalTwin


@pytest.fixture(params=[Twin, Compiled], ids=["twin", "kernel"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def elsewhere(broker: Any, instruments: Any, cash: Any) -> Compiled:
    return Compiled(broker, instruments, cash, venue=Venue.EXTERNAL)


@pytest.fixture(params=[ExternalTwin, elsewhere], ids=["twin", "kernel"])
def outside(request: pytest.FixtureRequest) -> Any:
    """An account whose broker is elsewhere."""
    return request.param
