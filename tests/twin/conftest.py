"""Hand-worked cases run on both accounts: the test asks for `kind` and makes its account with it."""

from __future__ import annotations

from typing import Any

import pytest

from .compiled import Compiled
from .engine import Twin


@pytest.fixture(params=[Twin, Compiled], ids=["twin", "kernel"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param
