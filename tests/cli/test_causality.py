"""`simcore causality`: a strategy or a function in a file, exit code 1 where it looks ahead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.run import SAMPLE, good, parsed, refused, run

MINE = """
def trend(frame):
    return frame["bid"].rolling(20).mean() > frame["bid"].rolling(50).mean()

def oracle(frame):
    return frame["bid"].shift(-1) > frame["bid"]
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_a_strategy_is_checked() -> None:
    text = good("causality", "ema-cross", *SAMPLE, "--compiled", "--instants", 3, "-p", "fast=5")
    assert "EmaCross does not look ahead" in text
    assert "not checked" not in text


def test_a_function_of_a_file_is_checked(mine: Path) -> None:
    assert "trend does not look ahead" in good("causality", f"{mine}:trend", *SAMPLE, "--instants", 4)
    assert parsed("causality", f"{mine}:trend", *SAMPLE, "--instants", 2)["causal"] is True
    done = run("causality", f"{mine}:oracle", *SAMPLE, "--instants", 4)
    assert done.exit_code == 1
    assert "oracle looks ahead" in done.stdout
    assert "the answer at row " in done.stdout


def test_mistakes_are_one_line(mine: Path) -> None:
    assert "strategies there: none" in refused("causality", f"{mine}:trent", *SAMPLE)
    assert "has no parameter 'fost', did you mean 'fast'?" in refused("causality", "ema-cross", *SAMPLE, "-p", "fost=3")
