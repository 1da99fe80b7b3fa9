"""What trading cost: spread, slippage, commission and swap, by instrument, and how much of the result that was.

Assumes: fills, events and closed trades of a result in account currency. spread is half of what stood between bid and
ask, times the size, for fills that took the market's price; slippage is what fills were worse than the quote; a swap
that was paid is a cost, one that was received is one below zero. What the frames do not hold is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import polars as pl

from simcore.report.account import of_kind, total
from simcore.report.display import NONE, number_text
from simcore.report.tables import table, toned

HEADS: Final = ("Fills", "Turnover", "Spread", "Slippage", "Commission", "Swap", "Costs", "Costs a fill", "of turnover")
POINTS: Final = 1e4  # basis points


@dataclass(frozen=True)
class Costs:
    """The costs of one instrument, what was paid above zero; spread and turnover nan where unknown."""

    fills: int
    turnover: float
    spread: float
    slippage: float
    commission: float
    swap: float

    @property
    def paid(self) -> float:
        """All of it, the spread where it is known."""
        return float(np.nan_to_num(self.spread)) + self.slippage + self.commission + self.swap


def costs_of(fills: pl.DataFrame, events: pl.DataFrame) -> dict[str, Costs]:
    """Symbol -> costs, of what was traded."""
    swaps = of_kind(events, "swap")
    found = {}
    for symbol in fills["symbol"].unique(maintain_order=True).to_list():
        own = fills.filter(pl.col("symbol") == symbol)
        held = total(swaps.filter(pl.col("symbol") == symbol), "a") if swaps.height else total(own, "swap")
        value, spread, slippage, paid = (total(own, name) for name in ("value", "spread", "slippage", "commission"))
        found[symbol] = Costs(own.height, value, spread, slippage, paid, -held + 0.0)
    return found


def costs_tables(
    fills: pl.DataFrame, events: pl.DataFrame, trades: pl.DataFrame, currency: str, digits: int = 2
) -> str:
    """By instrument and in all, and what closed trades would have made without."""
    costs = costs_of(fills, events)
    if not costs:
        return "<p>Nothing was traded, so nothing was paid.</p>"
    rows = [[escape(symbol), *_cells(one, digits)] for symbol, one in costs.items()]
    every = Costs(*(sum(getattr(one, name) for one in costs.values()) for name in Costs.__dataclass_fields__))
    if len(rows) > 1:
        rows.append(["<b>All</b>", *(f"<b>{cell}</b>" for cell in _cells(every, digits))])
    return table(("Instrument", *HEADS), rows, numbers=range(1, len(HEADS) + 1)) + _sentence(
        every, trades, currency, digits
    )


def _cells(costs: Costs, digits: int) -> list[str]:
    share = f"{number_text(POINTS * costs.paid / costs.turnover, 2)} bp" if costs.turnover > 0.0 else NONE
    return [
        f"{costs.fills:,}",
        number_text(costs.turnover, 0),
        *(number_text(v, digits) for v in (costs.spread, costs.slippage, costs.commission, costs.swap, costs.paid)),
        number_text(costs.paid / costs.fills, digits),
        share,
    ]


def _sentence(costs: Costs, trades: pl.DataFrame, currency: str, digits: int) -> str:
    """What a trader asks first: how much of what was made went away as costs."""
    net = float(trades["net"].sum())
    before = net + costs.paid
    tone = "up" if net > 0 else "down" if net < 0 else ""
    share = ""
    if before > 0.0 and costs.paid > 0.0:
        share = ", more than all of it," if costs.paid > before else f", {100.0 * costs.paid / before:,.0f} % of it,"
    unknown = " The spread is not known." if np.isnan(costs.spread) else ""
    made, without, paid = (number_text(value, digits) for value in (net, before, costs.paid))
    return (
        f"<p>Closed trades made {toned(made, tone)} {escape(currency)}; without these costs it would have been "
        f"{without}. The costs of {paid}{share} include those of positions still open.{unknown}</p>"
    )
