"""The plan of a live session on the terminal: what it asks of the broker, and who plays it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from simcore.brokers.instrument import Instrument
    from simcore.live.bridge import Bridge, Money
    from simcore.live.plan import Plan
    from simcore.strategy.strategy import Strategy


def show_plan(strategy: Strategy, symbols: Sequence[str], at: Bridge, *, as_json: bool) -> None:
    """Print what a strategy asks of the account behind a bridge, and who plays it; SessionError where nobody does."""
    from simcore.cli.show import print_json
    from simcore.live.live import may_trade
    from simcore.live.plan import plan_of
    from simcore.strategy.strategy import warmup_bars

    at.connect()
    try:
        may_trade(at, symbols)
        money, contracts = at.account(), at.instruments(symbols)
        plan = plan_of(strategy, at.capabilities, contracts)
    finally:
        at.disconnect()
    rows = _rows(plan, money, contracts, warmup_bars(strategy))
    if as_json:
        print_json({"plan": [list(row) for row in rows], "missing": plan.missing})
    else:
        widths = [max(len(row[n]) for row in rows) for n in (0, 1)]
        for what, how, where in rows:
            typer.echo(f"{what:<{widths[0]}}  {how:<{widths[1]}}  {where}".rstrip())
    plan.check()


def _rows(plan: Plan, money: Money, contracts: Sequence[Instrument], warmup: int) -> list[tuple[str, str, str]]:
    """What, how or by whom, and where it is asked for."""
    holds = "tickets (hedging)" if money.hedging else "one position a symbol (netting)"
    rows = [("account", f"{money.login} {money.server}".strip(), f"{money.currency}, {holds}")]
    for i in contracts:
        most = f"{i.qty_max:g}" if i.qty_max is not None else "any"
        rows.append((i.symbol, f"{i.qty_min:g} to {most} by {i.qty_increment:g}", f"contract of {i.contract_size:g}"))
    rows += [(line.what, line.by or "MISSING", line.place) for line in plan.lines]
    rows += [("warm-up", f"{warmup} bars", "the broker's history")] if warmup else []
    rows += [("seen as it runs", what, "") for what in plan.unread]
    return rows
