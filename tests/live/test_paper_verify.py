"""Paper is the backtest's account: one event at a time, the loop and the journal's replay leave the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simcore as sc
from simcore.backtest import backtest
from simcore.live.errors import SessionError
from simcore.live.folder import JOURNAL, SEAL, STATE
from simcore.live.journal import Journal
from simcore.live.paper import paper
from simcore.live.records import ROWS as ROWS_CHUNK
from simcore.live.verify import verify
from simcore.market.columns import Quotes
from simcore.market.sample import SYMBOL, sample_path
from simcore.strategy.averages import EMA
from simcore.strategy.compiled import compiled
from simcore.strategy.strategy import Strategy
from tests.conftest import SmallDisk

ROWS = 8_000


class Cross(Strategy):
    """Trades every crossing of two averages of one-minute closes, with a stop and a target."""

    bars = "1min"
    fast: int = 3
    slow: int = 8
    qty: float = 0.1
    _side: int = 0
    _fast = EMA("fast")
    _slow = EMA("slow")

    def on_bar(self, ctx):  # type: ignore[no-untyped-def]
        fast = self._fast.update(ctx.bar.close)
        slow = self._slow.update(ctx.bar.close)
        if not self._slow.ready:
            return
        side = 1 if fast > slow else -1
        if side != self._side:
            ctx.close()
            if side > 0:
                ctx.buy(self.qty, sl=ctx.bid - 0.0008, tp=ctx.bid + 0.0012)
            else:
                ctx.sell(self.qty, sl=ctx.ask + 0.0008, tp=ctx.ask - 0.0012)
            self._side = side


FastCross = compiled(Cross)


def load(spec: str, parameters: object, is_compiled: bool) -> Strategy:
    assert spec == "Cross"
    return (FastCross if is_compiled else Cross)(**parameters)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def quotes() -> Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, ROWS)


@pytest.fixture
def session(quotes: Quotes, tmp_path: Path) -> Path:
    paper(Cross(), {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross")
    return tmp_path / "s"


@pytest.mark.parametrize("form", [Cross, FastCross], ids=["plain", "compiled"])
def test_paper_leaves_the_bytes_of_the_backtest(form: type[Strategy], quotes: Quotes, tmp_path: Path) -> None:
    result = backtest(form(), {SYMBOL: quotes})
    held = paper(form(), {SYMBOL: quotes}, session=tmp_path / "s", spec="Cross")
    assert result.fills.height > 10
    assert (tmp_path / "s" / STATE).read_bytes() == result.run.state
    assert held.result.run.tables["fills"].tobytes() == result.run.tables["fills"].tobytes()
    verdict = verify(tmp_path / "s", load)
    assert verdict.same
    assert verdict.sealed
    assert verdict.events == ROWS
    assert verdict.changes == len(result.run.tables["changes"])


def test_every_file_is_under_the_seal(session: Path) -> None:
    for path in sorted(session.iterdir()):
        original = path.read_bytes()
        for at in (0, len(original) // 2, len(original) - 1):
            path.write_bytes(original[:at] + bytes([original[at] ^ 1]) + original[at + 1 :])
            with pytest.raises(SessionError, match=path.name):
                verify(session, load)
        path.write_bytes(original)
    assert verify(session, load).same


def test_a_flipped_bit_of_the_journal_names_the_record(session: Path, quotes: Quotes) -> None:
    path, sealed = session / JOURNAL, (session / JOURNAL).read_bytes()
    journal = Journal.open(path, read=True)
    rows = next(chunk.rows for chunk in journal.chunks() if chunk.kind == ROWS_CHUNK)
    journal.release()
    at = sealed.index(rows[2:5].tobytes()) + rows.itemsize + 17  # in the bid of the fourth record
    path.write_bytes(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
    third = f"after {np.datetime64(int(quotes.ts[2]), 'ns')} UTC"
    said = rf"{JOURNAL}: was changed .* closed: record 4 \(row 4 of chunk 1, {third}\) is damaged; the 3 records before"
    with pytest.raises(SessionError, match=said):
        verify(session, load)


def test_a_file_added_or_missing_is_refused(session: Path) -> None:
    (session / "more.txt").write_text("x")
    with pytest.raises(SessionError, match=r"more\.txt"):
        verify(session, load)
    (session / "more.txt").unlink()
    (session / STATE).unlink()
    with pytest.raises(SessionError, match=STATE):
        verify(session, load)


def test_a_session_that_never_closed_is_refused(session: Path) -> None:
    (session / SEAL).unlink()
    with pytest.raises(SessionError, match="never closed"):
        verify(session, load)


def test_another_strategy_does_not_verify(session: Path) -> None:
    """Negative control: the proof fails where the orders would have been others."""

    class Other(Cross):
        def on_bar(self, ctx):  # type: ignore[no-untyped-def]
            return None

    with pytest.raises(SessionError, match="source of Cross was changed"):
        verify(session, lambda spec, parameters, is_compiled: Other(**parameters))
    changed = verify(session, lambda spec, parameters, is_compiled: Cross(**{**parameters, "fast": 4}))
    assert not changed.same_orders
    assert not changed.same_state
    assert len(changed.differences) == 2


def test_a_folder_in_use_is_refused(session: Path, quotes: Quotes) -> None:
    with pytest.raises(SessionError, match="not empty"):
        paper(Cross(), {SYMBOL: quotes}, session=session, spec="Cross")


@pytest.mark.parametrize("room", [100, 5_000, 31_000, 100_030, 400_000], ids=lambda room: f"{room}-bytes")
def test_a_full_disk_leaves_whole_records_and_no_seal(
    room: int, quotes: Quotes, tmp_path: Path, small_disk: SmallDisk
) -> None:
    """Whichever file is the one that does not fit: rules and session are there or not, the journal ends whole."""
    place = tmp_path / "s"
    full = r"could not be written: (file too large|the disk is full)"
    with pytest.raises(SessionError, match=full) as caught, small_disk(room):
        paper(Cross(), {SYMBOL: quotes}, session=place, spec="Cross")
    assert "\n" not in str(caught.value)
    assert not (place / SEAL).exists()
    assert not list(place.glob("*.part"))
    assert not list(place.glob(".*"))
    if (place / "session.json").exists():
        kept = Journal.open(place / JOURNAL)
        assert sum(len(chunk.rows) for chunk in kept.chunks() if chunk.kind == ROWS_CHUNK) == kept.count
        kept.release()
        with pytest.raises(SessionError, match="was never closed"):
            verify(place, load)
