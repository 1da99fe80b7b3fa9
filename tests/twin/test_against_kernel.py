"""Random programs on both accounts: the compiled one must be the twin, to the last digit, after every event.

Half of them hypothesis builds choice by choice, half come from a seed and are longer; a seeded one that fails is made
small before it is shown. `external`: the broker is elsewhere and says what happened.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .chance import programs, seeded_program
from .compare import play
from .compiled import Compiled
from .programs import Program
from .shrink import play_small

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
SEEDS = st.integers(0, 2**40)
ONLY_TRY = (Phase.explicit, Phase.generate)  # a smaller seed is no smaller program


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    Compiled({}, [{"kind": "fx", "symbol": "EURUSD"}], 0)  # compiles now, not inside an example


@settings(max_examples=100, suppress_health_check=CHECKS)
@given(programs())
def test_the_compiled_account_is_the_twin(program: Program) -> None:
    play(program)


@settings(max_examples=100, suppress_health_check=CHECKS, phases=ONLY_TRY)
@given(SEEDS)
def test_the_compiled_account_is_the_twin_over_a_longer_life(seed: int) -> None:
    play_small(seeded_program(seed, 60))


@settings(max_examples=40, suppress_health_check=CHECKS)
@given(programs(external=True))
def test_the_compiled_account_is_the_twin_of_a_broker_elsewhere(program: Program) -> None:
    play(program)


@pytest.mark.slow
@settings(max_examples=2000, suppress_health_check=CHECKS)
@given(programs(most=80))
def test_the_compiled_account_is_the_twin_in_thousands_of_programs(program: Program) -> None:
    play(program)


@pytest.mark.slow
@settings(max_examples=4000, suppress_health_check=CHECKS, phases=ONLY_TRY)
@given(SEEDS)
def test_the_compiled_account_is_the_twin_over_thousands_of_lives(seed: int) -> None:
    play_small(seeded_program(seed, 90))


@pytest.mark.slow
@settings(max_examples=1000, suppress_health_check=CHECKS, phases=ONLY_TRY)
@given(SEEDS)
def test_the_compiled_account_is_the_twin_over_thousands_of_lives_elsewhere(seed: int) -> None:
    play_small(seeded_program(seed, 80, external=True))
