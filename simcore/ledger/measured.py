"""A finished run as a row of the ledger: what it made, without a look at its ticks.

Assumes the tape's tables: statistics are those that equity samples and trades give, so that writing the row costs
milliseconds whatever the number of ticks. Their names and definitions are those of `Result.stats`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import resolved_by
from simcore.kernel.enums import EventKind
from simcore.ledger.fingerprints import code_fingerprint, data_fingerprint, rules_fingerprint
from simcore.ledger.trial import NAN, Trial, moments
from simcore.market.blocks import AnyFeed
from simcore.report import curve
from simcore.report.curve import Float64, Int64
from simcore.report.daily import daily_returns
from simcore.report.line import Line
from simcore.report.ticks import BarStarts, sweep
from simcore.run import Run
from simcore.run.frames import Frames
from simcore.run.kept import KeptFeed
from simcore.strategy.driver import describe
from simcore.strategy.strategy import Strategy


def planned(
    strategy: Strategy,
    feed: AnyFeed | KeptFeed,
    broker: Broker,
    instruments: Sequence[Instrument],
    cash: float,
    *,
    kind: str = "backtest",
    study: str = "",
) -> Trial:
    """The row of a run that has no result yet; `dataclasses.replace` gives it other parameters and the result."""
    name, parameters = describe(strategy)
    return Trial(
        kind=kind,
        study=study,
        strategy=name,
        code=code_fingerprint(strategy),
        parameters=parameters,
        symbols=feed.symbols,
        start=feed.start,
        end=feed.end,
        rows=len(feed),
        data=data_fingerprint(feed),
        rules=rules_fingerprint(broker, resolved_by(broker, instruments), cash),
    )


def outcome(days: Int64, returns: Float64, stats: Mapping[str, Any], seconds: float = 0.0) -> dict[str, Any]:
    """The fields of a row that tell what came of the run: trading days since 1970, their returns, statistics."""
    return {"stats": stats, "seconds": seconds, "days": days, "returns": returns, **moments(returns)._asdict()}


def trial_of(result: Frames, *, kind: str = "backtest", study: str = "") -> Trial:
    """The row of a finished run. One read from a file has no strategy to look at, and counts by its name alone."""
    run = result.run
    line = line_of_run(result)
    told = outcome(*returns_of(line), statistics(run, line.free), run.seconds)
    if run.origin is not None:
        made = planned(run.origin, run.feed, run.broker, run.instruments, run.cash, kind=kind, study=study)
        return Trial(**{**vars(made), **told})
    return Trial(
        kind=kind,
        study=study,
        strategy=run.strategy,
        code="",
        parameters=run.parameters,
        symbols=run.feed.symbols,
        start=run.feed.start,
        end=run.feed.end,
        rows=len(run.feed),
        data=data_fingerprint(run.feed),
        rules=rules_fingerprint(run.broker, run.instruments, run.cash),
        **told,
    )


def line_of_run(result: Frames) -> Line:
    """The equity samples, freed of deposits, as `Result.returns` has them."""
    if "seen" in vars(result) or isinstance(result.run.feed, KeptFeed):
        return result.line
    return result.line_in(_bars(result.run.feed))


def returns_of(line: Line) -> tuple[Int64, Float64]:
    """Trading days and their returns, as `Result.returns` has them."""
    return daily_returns(line.ends, line.samples, float(line.free[0]))


def _bars(feed: AnyFeed) -> Int64 | None:
    """The starts of the bars, where all data are bars: those are few."""
    if len(feed.timeframes) < len(feed.symbols):
        return None
    starts = [BarStarts(k) for k in range(len(feed.symbols))]
    sweep(feed.market.blocks(), starts)
    return curve.distinct(*(one.starts for one in starts))


def statistics(run: Run, line: Float64) -> dict[str, Any]:
    """What the tape says of a run; `line`: equity samples led by the cash, freed of deposits."""
    trades, events, fills = (run.tables[name] for name in ("trades", "events", "fills"))
    net = trades["pnl"] + trades["swap"] - trades["commission"]
    won, lost = float(net[net > 0.0].sum()), -float(net[net < 0.0].sum())
    under = line / np.maximum.accumulate(line) - 1.0
    swaps = events[events["kind"] == EventKind.SWAP]
    return {
        "Return [%]": 100.0 * float(line[-1] / line[0] - 1.0),
        "Equity Final [$]": run.account["equity"],
        "Max. Drawdown [%]": 100.0 * float(under.min()) + 0.0,
        "# Trades": int(trades.size),
        "Win Rate [%]": 100.0 * float((net > 0.0).mean()) if net.size else NAN,
        "Net Profit [$]": round(float(net.sum()), 8),
        "Profit Factor (Money)": won / lost if lost > 0.0 else NAN,
        "Commissions [$]": round(float(fills["commission"].sum()), 8),
        "Swap [$]": round(float(swaps["a"].sum()), 8),
        "Margin Calls": int((events["kind"] == EventKind.MARGIN_CALL).sum()),
        "Stop Outs": int((events["kind"] == EventKind.STOP_OUT).sum()),
        "Fills": int(fills.size),
    }
