"""`download`: a range of a symbol, into a folder of the source's files, or straight into a store."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

from simcore.market.checks import text_of
from simcore.market.download import binance, dukascopy
from simcore.market.download.fetch import TRIES, Fetch, Pace
from simcore.market.download.plan import Plan, Remote, one_of
from simcore.market.errors import DataError
from simcore.market.instants import Instant, ns_of, span_of
from simcore.market.readers import read_bars, read_prints, read_quotes
from simcore.market.readers.large import in_blocks
from simcore.market.readers.request import BARS, KINDS, QUOTES, ReadOptions
from simcore.market.readers.sources import both_sides, one_by_one
from simcore.market.store.append import Overlap, Tally, check_policy
from simcore.market.store.change import changing
from simcore.market.store.disk import one_writer
from simcore.market.store.job import Source, import_files
from simcore.market.store.parts import Rows

SOURCES: Final[dict[str, ModuleType]] = {"dukascopy": dukascopy, "binance": binance}
ASIDE: Final = ".download"  # in the folder: files that are not whole yet, and what is remembered as missing

Tell = Callable[[int, int], None]


class Downloaded(NamedTuple):
    """What a download came to. files: those that hold rows; empty: periods of which the source has nothing."""

    files: list[Path]
    fetched: int  # files
    there: int  # that had been fetched before
    empty: int
    not_yet: int  # not over, or not published yet: asked for again by the next download
    bytes: int  # received
    tally: Tally | None = None  # of the rows put into the store


def download(
    source: str,
    symbol: str,
    *,
    start: Instant,
    end: Instant | None = None,
    kind: str | None = None,
    timeframe: str | None = None,
    market: str | None = None,
    to: str | os.PathLike[str] | None = None,
    store: str | os.PathLike[str] | None = None,
    overlap: Overlap = "refuse",
    per_second: float | None = None,
    tries: int = TRIES,
    address: str | None = None,
    tell: Tell = lambda done, of: None,
    reading: ReadOptions | None = None,
    now: int | None = None,
) -> Downloaded:
    """Fetch the files of one symbol that hold start <= ts < end (default: now), and keep or import them.

    source: "dukascopy" (kind "quotes", or "bars" of 1min, 1h, 1D) or "binance" (kind "prints", "bars", "quotes" of
    futures, or its own trades, aggTrades, klines, bookTicker; market "spot", "um" or "cm"). to: a folder for the files.
    store: the store they are put into, all of them or none; with `to` the files are kept too. overlap: that of
    Store.append. reading: options of sc.read_quotes for what is put into the store. per_second: requests, at most.
    address: a mirror of the source. tell hears (files done, of). now: ns UTC, the clock if not given.
    Run it again after an interruption: what is there is not fetched again. Raises DataError for what the source has
    not, an answer that stays wrong and a file that stays damaged, OSError where the disk is full.
    """
    made = SOURCES[one_of(source, list(SOURCES), "source", "simcore")]
    if to is None and store is None:
        raise DataError("say where it goes: to= a folder, or store= a store's folder")
    check_policy(overlap)
    now = time.time_ns() if now is None else now
    if ns_of(start, "start") >= now:
        raise DataError(f"start {start}: that is still to come")
    first, last = span_of(start, now if end is None else end)
    folder = Path(to if to is not None else Path(store or "") / ASIDE)
    given = {"there": lambda path: (folder / path).exists()} if made is binance else {}
    plan: Plan = made.plan(symbol, kind, timeframe, market, first, min(last, now), **given)
    if store is not None:
        with changing(Path(store)):  # a store that cannot be written to is told before hours of fetching
            pass
    pace = Pace(made.PER_SECOND if per_second is None else per_second)
    with _fetching(address or made.ADDRESS, folder, pace, tries) as fetch:
        found = _Job(fetch, folder, now, made.SETTLED).run(plan.remotes, tell)
    if not found.files:
        raise DataError(
            f"{source} has nothing of {symbol} from {text_of(first)} to {text_of(last)}; is the symbol spelled as it "
            f"spells it, and was there a market?"
        )
    if store is None:
        return found
    tally = _import(Path(store), symbol, plan.holds, found.files, overlap, reading or {}, tell)
    if to is None:
        shutil.rmtree(folder, ignore_errors=True)
    return found._replace(tally=tally)


@contextmanager
def _fetching(address: str, folder: Path, pace: Pace, tries: int) -> Iterator[Fetch]:
    with one_writer(folder / ASIDE):
        fetch = Fetch(address, folder / ASIDE, pace, tries)
        try:
            yield fetch
        finally:
            fetch.close()


class _Job:
    """Fetches what is not there, and remembers what is nowhere."""

    def __init__(self, fetch: Fetch, folder: Path, now: int, settled: int) -> None:
        self._fetch, self._folder, self._now, self._settled = fetch, folder, now, settled
        self._files: list[Path] = []
        self._missing: list[Remote] = []  # not remembered before one file was found: the symbol may be misspelled
        self._fetched = self._there = self._empty = self._not_yet = self._bytes = 0

    def run(self, remotes: list[Remote], tell: Tell) -> Downloaded:
        """All of them."""
        try:
            for n, remote in enumerate(remotes):
                tell(n, len(remotes))
                self._one(remote)
        finally:
            if self._files:
                self._remember()
        tell(len(remotes), len(remotes))
        return Downloaded(self._files, self._fetched, self._there, self._empty, self._not_yet, self._bytes)

    def _one(self, remote: Remote) -> None:
        target = self._folder / remote.path
        if target.exists():
            self._there += 1
            self._hold(target)
        elif remote.end > self._now and not remote.parts:
            self._not_yet += 1
        elif self._none(remote).exists():
            self._without(remote, known=True)
        elif (size := self._fetch.fetch(remote, target)) is not None:
            self._fetched += 1
            self._bytes += size
            self._hold(target)
        else:
            self._without(remote, known=False)

    def _hold(self, target: Path) -> None:
        if target.stat().st_size:
            self._files.append(target)
        else:
            self._empty += 1

    def _without(self, remote: Remote, known: bool) -> None:
        """The source has no such file: its parts are asked for; else the period is empty, or not published yet."""
        for part in remote.parts:
            self._one(part)
        if remote.end + self._settled > self._now:
            self._not_yet += 0 if remote.parts else 1
            return
        self._empty += 0 if remote.parts else 1
        if not known:
            self._missing.append(remote)

    def _remember(self) -> None:
        for remote in self._missing:
            none = self._none(remote)
            none.parent.mkdir(parents=True, exist_ok=True)
            none.touch()
        self._missing.clear()

    def _none(self, remote: Remote) -> Path:
        return self._folder / ASIDE / (remote.path.replace("/", "!") + ".none")


def _import(
    folder: Path,
    symbol: str,
    holds: str,
    files: list[Path],
    overlap: Overlap,
    reading: ReadOptions,
    tell: Tell,
) -> Tally:
    kind = KINDS[holds]

    def rows(one: Source) -> Iterable[Rows]:
        some = in_blocks(one.path, symbol, kind, None, reading)
        if some is not None:
            return some
        if kind is BARS:
            return [read_bars(list(both_sides(one.path)), symbol=symbol, **reading)]
        return [(read_quotes if kind is QUOTES else read_prints)(one.path, symbol=symbol, **reading)]

    sources = [Source(symbol, path) for path in one_by_one(files, holds)]
    return import_files(folder, sources, rows, overlap=overlap, options=repr(reading), tell=tell)[0]
