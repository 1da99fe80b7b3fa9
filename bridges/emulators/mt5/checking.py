"""order_check: whether a request would be taken, and the account's figures after it; tried on a copy of the account."""

from __future__ import annotations

from typing import Any

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.reading import asked_for
from bridges.emulators.mt5.requests import ACTIONS, Fields, Refused, deal_fields, pending_fields
from bridges.emulators.mt5.retcodes import COMMENTS, RETCODES
from bridges.emulators.mt5.structs import OrderCheckResult, Struct
from bridges.emulators.mt5.terminal import Terminal
from bridges.emulators.venue import Venue
from simcore.kernel.enums import Reason, Status


def order_check(terminal: Terminal, request: Any = None, /, **fields: Any) -> Struct:
    """Whether a request would be taken (retcode 0), and the account's figures after it; nothing is sent."""
    asked = asked_for(request, fields)
    f = terminal.venue.figures
    used = f["used_margin"]
    try:
        used = _checked(terminal, asked)
        retcode, comment = 0, "Done"
    except Refused as refused:
        retcode, comment = refused.retcode, COMMENTS.get(refused.retcode, "")
    money = terminal.broker.money_digits
    profit = round(f["equity"] - f["balance"] - f["credit"], money)
    free, level = round(f["equity"] - used, money), 100.0 * f["equity"] / used if used > 0.0 else 0.0
    return OrderCheckResult((retcode, f["balance"], f["equity"], profit, used, free, level, comment, asked))


def _checked(terminal: Terminal, asked: Struct) -> float:
    """The used margin after a request, account currency; tried on a copy of the account."""
    venue = terminal.venue
    used = float(venue.figures["used_margin"])
    if asked.action not in (c.TRADE_ACTION_DEAL, c.TRADE_ACTION_PENDING):
        if asked.action not in ACTIONS:
            raise Refused(c.TRADE_RETCODE_INVALID)
        return used
    make = deal_fields if asked.action == c.TRADE_ACTION_DEAL else pending_fields
    symbol, fields = make(terminal, asked)
    trial = venue.fork()
    reasons: list[Reason] = []
    trial.hear = lambda news: reasons.extend(
        Reason(int(row["order"]["reason"]))
        for row in news.changes
        if Status(int(row["order"]["status"])) in (Status.REJECTED, Status.DENIED)
    )
    trial.submit(symbol, **fields)
    if reasons:
        raise Refused(RETCODES[reasons[-1]])
    if asked.action == c.TRADE_ACTION_PENDING or asked.position:
        return float(trial.figures["used_margin"])
    return _while_filling(venue, symbol, fields)


def _while_filling(venue: Venue, symbol: str, fields: Fields) -> float:
    """The margin a deal is checked with: at the standing price, what it opens at its initial margin."""
    _, bid, ask = venue.quote(symbol)
    side = fields["side"]
    price = ask if side > 0 else bid
    return float(venue.ask("used_with_fill", venue.numbers[symbol], side, fields["qty"], price))
