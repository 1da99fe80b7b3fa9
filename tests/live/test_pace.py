"""Paper at a chosen speed: recorded ticks wait for their time, and nothing else is different."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

import simcore as sc
from simcore.live.folder import SEAL, STATE
from simcore.live.paper import Pace, paper
from simcore.live.verify import verify
from simcore.market.columns import Quotes
from simcore.market.sample import SYMBOL, sample_path
from tests.cli.run import SAMPLE, parsed, process, refused
from tests.live.test_paper_verify import Cross, load

SECOND = 1_000_000_000


class Wall:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now, self.pauses = 0, 0

    def clock(self) -> int:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)
        self.pauses += 1


@pytest.fixture(scope="module")
def quotes() -> Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 2_000)


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_every_speed_leaves_the_same_bytes_and_takes_its_time(speed: float, quotes: Quotes, tmp_path: Path) -> None:
    paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "max", spec="Cross")
    wall = Wall()
    held = paper(
        Cross(), {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross", pace=Pace(speed, wall.clock, wall.pause)
    )
    span = (int(quotes.ts[-1]) - int(quotes.ts[0])) / SECOND
    assert wall.now / SECOND == pytest.approx(span / speed, abs=0.001)
    assert held.ended
    assert (tmp_path / "s" / STATE).read_bytes() == (tmp_path / "max" / STATE).read_bytes()
    assert verify(tmp_path / "s", load).same


def test_a_session_that_was_left_goes_on(quotes: Quotes, tmp_path: Path) -> None:
    whole = paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "whole", spec="Cross")
    left = paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross", until=lambda n: n == 1_234)
    assert (left.events, left.ended) == (1_234, False)
    assert not (tmp_path / "s" / SEAL).exists()
    again = paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross")
    assert (again.events, again.ended, again.resumed) == (2_000, True, True)
    assert (tmp_path / "s" / STATE).read_bytes() == (tmp_path / "whole" / STATE).read_bytes()
    assert len(left.result.run.tables["fills"]) + len(again.result.run.tables["fills"]) == whole.result.fills.height
    assert verify(tmp_path / "s", load).same


def test_it_can_be_stopped_while_it_waits_for_a_tick(quotes: Quotes, tmp_path: Path) -> None:
    wall = Wall()
    held = paper(
        Cross(), {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross",
        pace=Pace(1e-9, wall.clock, wall.pause),  # the second tick is years away
        until=lambda n: wall.pauses > 3,
    )  # fmt: skip
    assert (held.events, held.ended, wall.pauses) == (1, False, 4)


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "inf"])
def test_a_speed_that_is_none_is_one_line(speed: str, tmp_path: Path) -> None:
    told = refused("paper", "ema-cross", *SAMPLE, "--session", tmp_path / "s", "--speed", speed)
    assert f"--speed {speed}: must be a number above 0 (times the wall clock), or max" in told
    assert not (tmp_path / "s").exists()


def test_prices_come_from_one_place(tmp_path: Path) -> None:
    args = ("paper", "ema-cross", "--symbol", "EURUSD", "--session", tmp_path / "s")
    assert "give --data FILE... or --bridge NAME, one of them" in refused(*args)
    assert "one of them" in refused(*args, "--data", sample_path(), "--bridge", "mt5")
    assert "--speed 60: is for recorded ticks" in refused(*args, "--bridge", "mt5", "--speed", "60")


LOUD = """import os

import simcore as sc


class Loud(sc.Strategy):
    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 20 and "LOUD" in os.environ:
            print("playing", flush=True)
        if self._n % 50 == 0:
            ctx.close() or ctx.buy(0.1)
"""


def test_ctrl_c_stops_a_real_process_and_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(LOUD, encoding="utf-8")
    place, bot = tmp_path / "s", f"{tmp_path / 'bot.py'}:Loud"
    args = ("paper", bot, *SAMPLE, "--end", "2016-06-14T01:00", "--session", place)
    child = process(*args, "--speed", "10", "--json", env=os.environ | {"LOUD": "1"})
    assert child.stdout is not None
    assert child.stdout.readline() == "playing\n"
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    told = json.loads(out)
    assert told["ended"] is False
    whole = int((sc.read_quotes(sample_path(), symbol=SYMBOL).ts < 1_465_866_000 * SECOND).sum())  # up to 01:00
    assert 20 <= told["events_journaled"] < whole
    assert parsed(*args)["events_journaled"] == whole
    assert parsed("verify", place)["same"] is True
