"""What a result read from a file knows of its data: everything but the ticks, and the prices its charts show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from simcore.market.feed import Feed
from simcore.market.feed import Prices as Ticks
from simcore.market.quality import Quality
from simcore.report.contents import Explained
from simcore.report.prices import Prices


class ResultError(ValueError):
    """A result's file cannot be read, or does not hold what was asked for; the message is one line."""


@dataclass(frozen=True)
class KeptFeed:
    """A feed without its rows: what asks for them is refused."""

    path: str
    symbols: tuple[str, ...]
    timeframes: dict[str, int]
    prints_only: frozenset[int]
    rows: int
    start: int
    end: int
    charted: Mapping[str, Prices]
    quality: Mapping[str, Quality] = field(default_factory=dict)
    explained: Explained = field(default_factory=Explained)

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return f"KeptFeed({', '.join(self.symbols)}, {self.rows:,} rows, not in {self.path})"

    @property
    def market(self) -> KeptFeed:
        """This very feed; see `market.feed.Feed.market`."""
        return self

    def prices(self, symbol: str, start: int | None = None, end: int | None = None) -> Iterator[Ticks]:
        """Refuse: the ticks are not here."""
        self._refuse()

    def blocks(self) -> Iterator[Feed]:
        """Refuse: the ticks are not here."""
        self._refuse()

    def last_price(self, symbol: str) -> tuple[float, float] | None:
        """Refuse: the ticks are not here."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise ResultError(f"{self.path} holds the result of a run, not its ticks; run it again on the data for this")
