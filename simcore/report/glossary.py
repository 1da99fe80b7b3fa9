"""What each statistic means, in a sentence or two a trader can check; the definitions are those of `stats`, `trips`."""

from __future__ import annotations

from typing import Final

MEANINGS: Final = {
    "Start": "Time of the first row of the data, UTC.",
    "End": "Time of the last row of the data, UTC.",
    "Duration": "From the first row of the data to the last.",
    "Exposure Time [%]": "Share of the equity samples at which a position was open, or had been since the one before.",
    "Equity Final [$]": "Balance plus what open positions were worth at the end.",
    "Equity Peak [$]": "The highest equity of any sample.",
    "Commissions [$]": "All commission booked with fills.",
    "Return [%]": "Growth of the equity from start to end. Cash paid in or out is no return.",
    "Buy & Hold Return [%]": "What the first instrument's price did from start to end, without leverage.",
    "Return (Ann.) [%]": "The geometric mean of the returns per period, compounded over a year.",
    "Volatility (Ann.) [%]": "How much yearly returns of this mean and spread would vary: one standard deviation.",
    "CAGR [%]": "The constant yearly growth that leads from the first equity to the last, by the calendar.",
    "Sharpe Ratio": "Yearly return above the risk-free rate, over yearly volatility. One day has none.",
    "Sortino Ratio": "As the Sharpe ratio, but only losing periods count as risk.",
    "Calmar Ratio": "Yearly return over the deepest drawdown.",
    "Alpha [%]": "Return above what the risk-free rate and beta times the benchmark explain.",
    "Beta": "How far the equity moves, on average, for each 1 % of the benchmark.",
    "Max. Drawdown [%]": "The deepest fall of the equity from a peak, between samples of the equity.",
    "Avg. Drawdown [%]": "The mean depth of all falls from a peak.",
    "Max. Drawdown Duration": "The longest time from a peak to the next sample as high, or to the end.",
    "Avg. Drawdown Duration": "The mean time from a peak to the next sample as high.",
    "# Trades": "Closed trades: one for each exit of a position, so one closed in two parts is two.",
    "Win Rate [%]": "Share of trades whose net, after commission and swap, is above zero.",
    "Best Trade [%]": "Highest net of a trade in per cent of what was bought or sold.",
    "Worst Trade [%]": "Lowest net of a trade in per cent of what was bought or sold.",
    "Avg. Trade [%]": "Geometric mean of the trades' returns, in per cent of what was bought or sold.",
    "Max. Trade Duration": "The longest time from entry to exit.",
    "Avg. Trade Duration": "The mean time from entry to exit.",
    "Profit Factor": "Sum of the winning returns over the sum of the losing ones. Above 1 it made more than it lost.",
    "Expectancy [%]": "Mean return of a trade, in per cent of what was bought or sold.",
    "SQN": "System quality number (Van Tharp): mean over spread of the results, times the root of their count.",
    "Kelly Criterion": "Share of the capital that grows it fastest, by win rate and mean win over loss; below 0 none.",
    "_strategy": "The strategy's class.",
    "Margin Calls": "How often the margin level fell to the margin call level.",
    "Stop Outs": "Positions the broker closed because the margin level was at or below the stop-out level.",
    "Min. Margin Level [%]": "The lowest equity over used margin at any sample, margin call or stop-out.",
    "Max. Used Margin [$]": "The most margin used at any sample.",
    "Swap [$]": "Overnight financing that was booked. Below zero was paid.",
    "Slippage [$]": "What market and stop fills were worse than the quote.",
    "Deposits [$]": "Cash paid in, less cash paid out, during the run.",
    "Ticks": "Rows of data that the account saw; a bar is four.",
    "Orders": "Orders that were sent, refused ones included.",
    "Fills": "Executions. An order filled at one price is one.",
    "Rejections": "Orders that the broker refused.",
    "Denials": "Orders that our own limits, gates or warm-up refused before they were sent.",
    "Currency": "The account's currency; all money is in it.",
    "Annualisation": "Which returns were taken, and how many of them make a year.",
    "Risk-Free Rate [%]": "The yearly rate that Sharpe, Sortino and alpha are measured against.",
}


def meaning(key: str) -> str:
    """What a key of the statistics means; empty where nothing is written down."""
    return MEANINGS.get(key, "")
