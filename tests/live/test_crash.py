"""A session killed at any instant ends as if it never had been: real processes, killed by SIGKILL, started again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import simcore as sc
from simcore.live import database
from simcore.live import journal as journal_
from simcore.live import paper as paper_
from simcore.live.errors import SessionError
from simcore.live.folder import SEAL, STATE
from simcore.live.paper import paper
from simcore.live.verify import verify
from simcore.market.columns import Quotes
from simcore.market.sample import SYMBOL, sample_path
from tests.live.test_paper_verify import Cross, FastCross, load

ROWS = 1_500


@pytest.fixture(scope="module")
def quotes() -> Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, ROWS)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write and keep snapshots so often that every kind of tail comes up."""
    monkeypatch.setattr(journal_, "GATHERED", 53)
    monkeypatch.setattr(paper_, "SNAPSHOT_EVERY", 400)
    for level in ("FORCED", "WRITTEN"):  # processes die, not machines
        monkeypatch.setattr(database, level, "OFF")


def killed_at(position: int, form: type, quotes: Quotes, place: Path) -> None:
    """Run in a process of its own that kills itself when so many events were met."""
    child = os.fork()
    if child == 0:
        paper(
            form(), {SYMBOL: quotes}, session=place, spec="Cross",
            until=lambda n: n == position and os.kill(os.getpid(), signal.SIGKILL),
        )  # fmt: skip
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize(
    ("form", "kills"), [(Cross, 10), (FastCross, 10), pytest.param(Cross, 200, marks=pytest.mark.slow)]
)
def test_a_killed_session_ends_like_the_unbroken_one(form: type, kills: int, quotes: Quotes, tmp_path: Path) -> None:
    whole = paper(form(), {SYMBOL: quotes}, session=tmp_path / "whole", spec="Cross")
    assert whole.result.fills.height > 1
    state = (tmp_path / "whole" / STATE).read_bytes()
    for position in range(1, ROWS, ROWS // kills):
        place = tmp_path / f"at-{position}"
        killed_at(position, form, quotes, place)
        assert not (place / SEAL).exists()
        again = paper(form(), {SYMBOL: quotes}, session=place, spec="Cross")
        assert again.resumed
        assert (place / STATE).read_bytes() == state, position
        assert again.events == ROWS
    verdict = verify(place, load)
    assert verdict.same
    assert verdict.changes == len(whole.result.run.tables["changes"])


def test_killed_again_and_again(quotes: Quotes, tmp_path: Path) -> None:
    paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "whole", spec="Cross")
    for position in range(300, ROWS, 400):
        killed_at(position, Cross, quotes, tmp_path / "broken")
    paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "broken", spec="Cross")
    assert (tmp_path / "broken" / STATE).read_bytes() == (tmp_path / "whole" / STATE).read_bytes()
    assert verify(tmp_path / "broken", load).same


def test_another_strategy_does_not_go_on(quotes: Quotes, tmp_path: Path) -> None:
    killed_at(1_000, Cross, quotes, tmp_path / "s")
    for changed, what in ((Cross(fast=4), "another strategy"), (FastCross(), "another strategy")):
        with pytest.raises(SessionError, match=f"was begun with {what}"):
            paper(changed, {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross")
    with pytest.raises(SessionError, match="was begun with another cash"):
        paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross", cash=5_000.0)
    assert paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross").events == ROWS


def test_a_strategy_that_decides_otherwise_the_second_time_is_stopped(
    quotes: Quotes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the journal says was told must be told again: here the clock decides, which no replay can."""
    monkeypatch.setattr(paper_, "SNAPSHOT_EVERY", ROWS)
    place = tmp_path / "s"
    killed_at(1_300, Cross, quotes, place)
    kept = journal_.Journal.open(place / "journal.sqlite")
    assert any(chunk.kind == journal_.CHANGES for chunk in kept.chunks())
    kept.release()
    monkeypatch.setattr(Cross, "on_bar", lambda self, ctx: None)  # the class's text, which is hashed, stays
    with pytest.raises(SessionError, match="gives other orders than it gave"):
        paper(Cross(), {SYMBOL: quotes}, session=place, spec="Cross")
