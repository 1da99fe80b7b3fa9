"""Closed trades as numbers: wins, profit factor, expectancy, system quality, Kelly, time in the market.

Assumes: the trades frame of a result, one row an exit, in the order of the exits; `net` in account currency after
commission and swap, and `return_pct` = net in per cent of the entry's notional. A trade wins if its net is above zero.
Profit factor, expectancy and the best and worst trade are made of returns, SQN and Kelly of money: backtesting.py 0.6.6
as observed; keys with [$] and "(Money)" are made of money. A streak of wins ends with a trade that did not win.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.report.curve import Float64, Int64, geometric_mean, round_up
from simcore.report.sheet import Given, Sheet

NAN = float("nan")


def of_trades(trades: Given) -> dict[str, Any]:
    """# Trades to Kelly Criterion, in backtesting.py's order; durations in ns, None without a trade."""
    sheet = Sheet(trades)
    returns, net = sheet.floats("return_pct") / 100.0, sheet.floats("net")
    begin, end = sheet.ns("entry_time"), sheet.ns("exit_time")
    held = end - begin
    n = net.size
    return {
        "# Trades": n,
        "Win Rate [%]": 100.0 * float(np.mean(net > 0.0)) if n else NAN,
        "Best Trade [%]": 100.0 * float(returns.max()) if n else NAN,
        "Worst Trade [%]": 100.0 * float(returns.min()) if n else NAN,
        "Avg. Trade [%]": 100.0 * geometric_mean(returns),
        "Max. Trade Duration": int(held.max()) if n else None,
        "Avg. Trade Duration": round_up(float(held.mean()), np.concatenate([begin, end])) if n else None,
        "Profit Factor": profit_factor(returns),
        "Expectancy [%]": 100.0 * float(returns.mean()) if n else NAN,
        "SQN": quality(net),
        "Kelly Criterion": kelly(net),
    }


def of_money(trades: Given) -> dict[str, Any]:
    """Net Profit to Short Win Rate: what trades made in money, and on which side."""
    sheet = Sheet(trades)
    net = sheet.floats("net")
    wins, losses = net[net > 0.0], net[net < 0.0]
    won, lost = (float(wins.mean()) if wins.size else NAN), (float(losses.mean()) if losses.size else NAN)
    side = sheet.floats("side") if "side" in sheet else np.zeros(net.size)
    return {
        "Net Profit [$]": money(net.sum()),
        "Gross Profit [$]": money(wins.sum()),
        "Gross Loss [$]": money(losses.sum()),
        "Profit Factor (Money)": profit_factor(net),
        "Expectancy [$]": float(net.mean()) if net.size else NAN,
        "Avg. Winning Trade [$]": won,
        "Avg. Losing Trade [$]": lost,
        "Payoff Ratio": won / -lost if wins.size and losses.size else NAN,
        "Best Trade [$]": float(net.max()) if net.size else NAN,
        "Worst Trade [$]": float(net.min()) if net.size else NAN,
        **_sides(side, net),
        **streaks(net),
        **_excursions(sheet),
    }


def _sides(side: Any, net: Float64) -> dict[str, Any]:
    long, short = net[side > 0], net[side < 0]
    return {
        "Long Trades": long.size,
        "Short Trades": short.size,
        "Long Win Rate [%]": 100.0 * float(np.mean(long > 0.0)) if long.size else NAN,
        "Short Win Rate [%]": 100.0 * float(np.mean(short > 0.0)) if short.size else NAN,
    }


def streaks(net: Float64) -> dict[str, Any]:
    """The most wins and losses in a row, and the most money made and lost in one such row; a zero ends both."""
    found: dict[str, Any] = {}
    for name, money_name, sign in (("Wins", "Profit", 1.0), ("Losses", "Loss", -1.0)):
        held = np.concatenate([[False], sign * net > 0.0, [False]])
        edges = np.flatnonzero(held[1:] != held[:-1])
        first, last = edges[::2], edges[1::2]
        sums = np.append(0.0, np.cumsum(net))
        made = sign * (sums[last] - sums[first])
        found[f"Max. Consecutive {name}"] = int((last - first).max(initial=0))
        found[f"Max. Consecutive {money_name} [$]"] = money(sign * made.max(initial=0.0))
    return found


def _excursions(trades: Sheet) -> dict[str, float]:
    """Mean and extreme of what trades were down and up while held; Edge Ratio: mean up over mean down, of price."""
    there = trades.height > 0 and "mae" in trades
    mae, mfe, down, up = (
        trades.floats(name) if there else np.empty(0) for name in ("mae", "mfe", "mae_pct", "mfe_pct")
    )
    lost = -float(down.mean()) if there else NAN
    return {
        "Avg. MAE [$]": float(mae.mean()) if there else NAN,
        "Max. MAE [$]": float(mae.min()) if there else NAN,
        "Avg. MFE [$]": float(mfe.mean()) if there else NAN,
        "Max. MFE [$]": float(mfe.max()) if there else NAN,
        "Edge Ratio": float(up.mean()) / lost if lost > 0.0 else NAN,
    }


def money(amount: Any) -> float:
    """A sum of amounts of money without the noise of adding them."""
    return round(float(amount), 8) + 0.0


def profit_factor(returns: Float64) -> float:
    """Sum of the gains over sum of the losses; nan without a loss."""
    lost = -float(returns[returns < 0.0].sum())
    return float(returns[returns > 0.0].sum()) / lost if lost > 0.0 else NAN


def quality(net: Float64) -> float:
    """Van Tharp's system quality number: mean over standard deviation of the results, times the root of their count."""
    if net.size < 2:
        return NAN
    spread = float(net.std(ddof=1))
    return float(np.sqrt(net.size)) * float(net.mean()) / spread if spread > 0.0 else NAN


def kelly(net: Float64) -> float:
    """W - (1 - W) / R: W the share of wins, R the mean win over the mean loss (Kelly 1956); nan without both."""
    wins, losses = net[net > 0.0], net[net < 0.0]
    if not wins.size or not losses.size:
        return NAN
    share = wins.size / net.size
    return float(share - (1.0 - share) / (wins.mean() / -losses.mean()))


def exposure(ts: Int64, used_margin: Float64, trades: Given) -> float:
    """Share of the samples at which, or since the one before which, a position was open.

    Closed trades count by their times; what is still open at the end counts by the margin it uses.
    """
    if ts.size == 0:
        return NAN
    sheet = Sheet(trades)
    first, last = (np.searchsorted(ts, sheet.ns(f"{name}_time")) for name in ("entry", "exit"))
    begun = np.zeros(ts.size + 2, np.int64)
    np.add.at(begun, np.minimum(first, ts.size), 1)
    np.add.at(begun, np.minimum(last, ts.size) + 1, -1)
    held = np.cumsum(begun[: ts.size]) > 0
    return float(np.mean(held | (used_margin > 0.0)))
