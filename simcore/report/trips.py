"""Closed trades as numbers: wins, profit factor, expectancy, system quality, Kelly, time in the market.

Assumes: the trades frame of a result, one row an exit, in the order of the exits; `net` in account currency after
commission and swap, and `return_pct` = net in per cent of the entry's notional. A trade wins if its net is above zero.
Profit factor, expectancy and the best and worst trade are made of returns, SQN and Kelly of money: backtesting.py 0.6.6
as observed; keys with [$] and "(Money)" are made of money. A streak of wins ends with a trade that did not win.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simcore.market.columns import column
from simcore.market.jit import compiled
from simcore.report.curve import Float64, Int64, geometric_mean, round_up
from simcore.report.moments import Moments, moments
from simcore.report.places import places
from simcore.report.sheet import Given, Sheet

NAN = float("nan")


def of_trades(trades: Given) -> dict[str, Any]:
    """# Trades to Kelly Criterion, in backtesting.py's order; durations in ns, None without a trade."""
    sheet = Sheet.of(trades)
    relative = sheet.floats("return_pct") / 100.0
    returns, net = moments(relative), moments(sheet.floats("net"))
    begin, end = sheet.ns("entry_time"), sheet.ns("exit_time")
    held = end - begin
    n = net.n
    return {
        "# Trades": n,
        "Win Rate [%]": 100.0 * net.gains / n if n else NAN,
        "Best Trade [%]": 100.0 * returns.high if n else NAN,
        "Worst Trade [%]": 100.0 * returns.low if n else NAN,
        "Avg. Trade [%]": 100.0 * geometric_mean(relative),
        "Max. Trade Duration": int(held.max()) if n else None,
        "Avg. Trade Duration": round_up(float(held.mean()), np.concatenate([begin, end])) if n else None,
        "Profit Factor": returns.gains_over_losses,
        "Expectancy [%]": 100.0 * returns.mean,
        "SQN": quality(net),
        "Kelly Criterion": kelly(net),
    }


def of_money(trades: Given) -> dict[str, Any]:
    """Net Profit to Short Win Rate: what trades made in money, and on which side."""
    sheet = Sheet.of(trades)
    each = sheet.floats("net")
    net = moments(each)
    side = sheet.floats("side") if "side" in sheet else np.zeros(each.size)
    return {
        "Net Profit [$]": money(net.total),
        "Gross Profit [$]": money(net.gained),
        "Gross Loss [$]": money(net.lost),
        "Profit Factor (Money)": net.gains_over_losses,
        "Expectancy [$]": net.mean,
        "Avg. Winning Trade [$]": net.average_gain,
        "Avg. Losing Trade [$]": net.average_loss,
        "Payoff Ratio": net.average_gain / -net.average_loss if net.losses else NAN,
        "Best Trade [$]": net.high if each.size else NAN,
        "Worst Trade [$]": net.low if each.size else NAN,
        **_sides(side, each),
        **streaks(each),
        **_excursions(sheet),
    }


def _sides(side: Any, net: Float64) -> dict[str, Any]:
    long, short, long_won, short_won = count_sides(column(side, np.float64), column(net, np.float64))
    return {
        "Long Trades": long,
        "Short Trades": short,
        "Long Win Rate [%]": 100.0 * long_won / long if long else NAN,
        "Short Win Rate [%]": 100.0 * short_won / short if short else NAN,
    }


def streaks(net: Float64) -> dict[str, Any]:
    """The most wins and losses in a row, and the most money made and lost in one such row; a zero ends both."""
    found: dict[str, Any] = {}
    for name, money_name, sign in (("Wins", "Profit", 1.0), ("Losses", "Loss", -1.0)):
        longest, most = longest_row(column(net, np.float64), sign)
        found[f"Max. Consecutive {name}"] = longest
        found[f"Max. Consecutive {money_name} [$]"] = money(sign * most)
    return found


def _excursions(trades: Sheet) -> dict[str, float]:
    """Mean and extreme of what trades were down and up while held; Edge Ratio: mean up over mean down, of price."""
    there = trades.height > 0 and "mae" in trades
    columns = (trades.floats(name) if there else np.empty(0) for name in ("mae", "mfe", "mae_pct", "mfe_pct"))
    mae, mfe, down, up = map(moments, columns)
    return {
        "Avg. MAE [$]": mae.mean,
        "Max. MAE [$]": mae.low if there else NAN,
        "Avg. MFE [$]": mfe.mean,
        "Max. MFE [$]": mfe.high if there else NAN,
        "Edge Ratio": up.mean / -down.mean if down.mean < 0.0 else NAN,
    }


def money(amount: Any) -> float:
    """A sum of amounts of money without the noise of adding them."""
    return round(float(amount), 8) + 0.0


def quality(net: Moments) -> float:
    """Van Tharp's system quality number: mean over standard deviation of the results, times the root of their count."""
    return math.sqrt(net.n) * net.mean / net.spread if net.spread > 0.0 else NAN


def kelly(net: Moments) -> float:
    """W - (1 - W) / R: W the share of wins, R the mean win over the mean loss (Kelly 1956); nan without both."""
    if not net.gains or not net.losses:
        return NAN
    share = net.gains / net.n
    return share - (1.0 - share) / (net.average_gain / -net.average_loss)


def exposure(ts: Int64, used_margin: Float64, trades: Given) -> float:
    """Share of the samples at which, or since the one before which, a position was open.

    Closed trades count by their times; what is still open at the end counts by the margin it uses.
    """
    if ts.size == 0:
        return NAN
    sheet = Sheet.of(trades)
    first, last = (places(ts, sheet.ns(f"{name}_time"), after=False) for name in ("entry", "exit"))
    begun, used = np.zeros(ts.size + 2, np.int64), column(used_margin, np.float64)
    return count_held(column(first, np.int64), column(last, np.int64), used, begun) / ts.size


@compiled
def count_sides(side: Float64, net: Float64) -> tuple[int, int, int, int]:
    """How many trades were long, and short, and how many of each won."""
    long = short = long_won = short_won = 0
    for i in range(net.size):
        if side[i] > 0.0:
            long, long_won = long + 1, long_won + (net[i] > 0.0)
        elif side[i] < 0.0:
            short, short_won = short + 1, short_won + (net[i] > 0.0)
    return long, short, long_won, short_won


@compiled
def longest_row(net: Float64, sign: float) -> tuple[int, float]:
    """The most trades in a row that made `sign` times something, and the most that such a row made."""
    longest, most, row, made = 0, 0.0, 0, 0.0
    for x in net:
        if sign * x > 0.0:
            row += 1
            made += sign * x
            longest, most = max(longest, row), max(most, made)
        else:
            row, made = 0, 0.0
    return longest, most


@compiled
def count_held(first: Int64, last: Int64, used_margin: Float64, begun: Int64) -> int:
    """At how many samples something is held: from the row of its entry to that of its exit, or margin is used.

    begun: zeros, two more than samples, to count in.
    """
    for i in range(first.size):
        begun[min(first[i], used_margin.size)] += 1
        begun[min(last[i], used_margin.size) + 1] -= 1
    held = found = 0
    for i in range(used_margin.size):
        held += begun[i]
        found += held > 0 or used_margin[i] > 0.0
    return found
