"""Random programs on both accounts: the compiled one must be the twin, to the last digit, after every event."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from .chance import programs
from .compare import play
from .programs import Program

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=150, suppress_health_check=CHECKS)
@given(programs())
def test_the_compiled_account_is_the_twin(program: Program) -> None:
    play(program)


@pytest.mark.slow
@settings(max_examples=5000, suppress_health_check=CHECKS)
@given(programs(most=80))
def test_the_compiled_account_is_the_twin_in_long_programs(program: Program) -> None:
    play(program)
