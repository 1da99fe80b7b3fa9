"""What the page of a run is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from simcore.overfitting.evidence import Evidence
from simcore.report.charts import Levels
from simcore.report.curve import Float64, Int64
from simcore.report.lines import Line
from simcore.report.prices import Prices
from simcore.report.tables import Assumed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Explained:
    """Texts of what a reader may ask about: by order id, and by time in ns; `why` says why there are no more."""

    orders: dict[int, str] = field(default_factory=dict)
    instants: dict[int, str] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """One run: its frames as a result has them, money in account currency, times UTC.

    stats: what `simcore.report.stats.stats` gives. days: trading days since 1970 and their returns as fractions, as
    `simcore.report.daily` makes them. digits: decimals of an instrument's prices, where they are known. held: name,
    times in ns and values of what the equity is compared with. lines: what else is drawn, by instrument. quality: what
    a check of the data found, a frame or names and values. evidence: what the returns prove. parts: what earned, by
    symbol and by each kind of regime, as `simcore.run.attribution` has it.
    """

    title: str
    stats: pd.Series
    equity: pl.DataFrame
    trades: pl.DataFrame
    fills: pl.DataFrame
    orders: pl.DataFrame
    events: pl.DataFrame
    days: tuple[Int64, Float64]
    prices: Mapping[str, Prices] = field(default_factory=dict)
    digits: Mapping[str, int] = field(default_factory=dict)
    levels: Levels = field(default_factory=Levels)
    money_digits: int = 2
    assumptions: Sequence[Assumed] = ()
    quality: pl.DataFrame | Mapping[str, Any] | None = None
    held: tuple[str, Int64, Float64] | None = None
    lines: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    evidence: Evidence | None = None
    parts: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    explained: Explained = field(default_factory=Explained)

    @property
    def currency(self) -> str:
        """The account's."""
        return str(self.stats.get("Currency", ""))

    def symbol_digits(self) -> dict[str, int]:
        """The decimals of every instrument with prices or fills, as given or as its prices show."""
        traded = self.fills["symbol"].unique(maintain_order=True).to_list()
        found = {}
        for symbol in dict.fromkeys([*self.prices, *traded]):
            known = self.prices[symbol].digits if symbol in self.prices else 5
            found[symbol] = self.digits.get(symbol, known)
        return found
