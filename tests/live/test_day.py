"""A day of recorded ticks through paper at full speed: no event is lost, memory stays flat, and the proof is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

import simcore as sc
from simcore.live.journal import Journal
from simcore.live.paper import paper
from simcore.live.records import ROWS
from simcore.live.verify import verify
from strategies.momentum import FastEmaCross

GOLD = "market-data/lean/Data/cfd/oanda/tick/xauusd"
POUND = "market-data/ninety47-dukascopy/test/data/compressed"
DAY = 86_400_000_000_000
HOUR = DAY // 24


def resident() -> int:
    """Bytes of this process in memory."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096
    except OSError:
        pytest.skip("needs /proc to see its memory")


@pytest.mark.slow
@pytest.mark.parametrize(("place", "symbol", "currency", "instrument", "least"), [
    (POUND, "GBPJPY", "GBP", None, 58_953),
    (f"{GOLD}/20140507_quote.zip", "XAUUSD", "USD", sc.Instrument.cfd("XAUUSD", contract_size=100), 200_000),
])  # fmt: skip
def test_a_whole_day_leaves_nothing_behind(
    place: str, symbol: str, currency: str, instrument: sc.Instrument | None, least: int, shared: Path, tmp_path: Path
) -> None:
    path = shared / place
    if not path.exists():
        pytest.skip(f"needs {path}")
    quotes = sc.read_quotes(path, symbol=symbol)
    assert len(quotes) >= least
    assert int(quotes.ts[-1]) - int(quotes.ts[0]) > 20 * HOUR
    seen: list[int] = []

    def look(done: int) -> bool:
        if done % 5_000 == 0:
            seen.append(resident())
        return False

    session = tmp_path / "day"
    made = [instrument] if instrument is not None else None
    held = paper(
        FastEmaCross(fast=5, slow=15),
        {symbol: quotes},
        session=session,
        spec="ema-cross",
        broker=sc.Broker.preset("mt5-hedging", currency=currency),
        instruments=made,
        until=look,
    )
    assert held.events == len(quotes)
    assert held.result.fills.height > 50
    grown = max(seen[len(seen) // 4 :]) - seen[len(seen) // 4]
    print(f"{symbol}: {held.events:,} events, {grown / 1e6:.1f} MB more after the first quarter of the day")
    assert grown < 16e6
    verdict = verify(session, lambda spec, parameters, compiled: FastEmaCross(**parameters))
    assert verdict.same
    assert verdict.events == len(quotes)
    journal = Journal.open(session / "journal.sqlite", read=True)
    kept = [chunk.rows for chunk in journal.chunks(kinds=(ROWS,))]
    journal.release()
    assert sum(map(len, kept)) == len(quotes)
    assert [int(rows["ts_event"][0]) for rows in kept[:1]] == [int(quotes.ts[0])]
