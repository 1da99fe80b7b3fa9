"""What leaves for a terminal: order_send once a request, and what its answer means.

A retcode that refuses is final; a requote is asked again at the new price, which the terminal's users do by hand; no
answer, a timeout or a lost connection is Unknown: it is looked up, never sent again.
Source: MQL5 Reference, "Return Codes of the Trade Server".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from bridges.mt5_words import LOST, Words, change_of, kind_of, request_of
from simcore.brokers.retcodes import NAMES, reason_of
from simcore.kernel.enums import Reason
from simcore.live.bridge import Ack, Change, Intent, Outcome, Rejected, Unknown

if TYPE_CHECKING:
    from bridges.mt5 import Mt5Bridge

REQUOTES: Final = 3


class Requests:
    """Requests of one bridge. deviation: points a market order may be filled away."""

    def __init__(self, bridge: Mt5Bridge, words: Words, deviation: int) -> None:
        self.bridge, self.mt5, self._words, self._deviation = bridge, bridge.mt5, words, deviation

    def of(self, intent: Intent, info: Any, tick: Any) -> dict[str, Any]:
        """The request an intent becomes at the prices of a tick."""
        at = self.bridge
        return request_of(self._words, intent, info, tick, self._deviation, at.magic, at.server_clock.local)

    def submit(self, intent: Intent, info: Any) -> Outcome:
        """Send an order, and again at the new price as often as the server only names one."""
        if intent.position and not self.bridge.capabilities.hedging:
            rows = self._held(intent.position)
            intent = intent._replace(position=str(rows[0].ticket)) if rows else intent
        for _ in range(REQUOTES):
            tick = self.mt5.symbol_info_tick(intent.symbol)
            if tick is None:
                return Rejected(f"no prices of {intent.symbol}: {self.mt5.last_error()[1]}", Reason.NO_QUOTE)
            outcome, requoted = self._send(self.of(intent, info, tick))
            if not requoted:
                break
        return outcome

    def modify(self, change: Change) -> Outcome:
        """Change an order or a position, which keeps what the change leaves open."""
        m, ticket = self.mt5, change.ticket
        rows = self._held(ticket) if change.is_position else m.orders_get(ticket=int(ticket))
        if rows is None and not self.bridge.is_connected:
            return Unknown(f"no answer: {m.last_error()[1]}")
        if not rows:
            return Rejected(f"{ticket} is not there any more", Reason.UNKNOWN_ORDER)
        return self._send(change_of(self._words, change, rows[0], self.bridge.magic, self.bridge.server_clock.local))[0]

    def cancel(self, ticket: str, symbol: str) -> Outcome:
        request = {"action": self.mt5.TRADE_ACTION_REMOVE, "order": int(ticket), "symbol": symbol}
        return self._send(request)[0]

    def close_by(self, ticket: str, by: str) -> Outcome:
        request = {"action": self.mt5.TRADE_ACTION_CLOSE_BY, "position": int(ticket), "position_by": int(by)}
        return self._send(request)[0]

    def _held(self, name: str) -> Any:
        """The rows of a position by its identifier; as a rule that is its ticket. None where there is no answer."""
        rows = self.mt5.positions_get(ticket=int(name))
        if rows or rows is None:
            return rows
        return tuple(row for row in self.mt5.positions_get() or () if row.identifier == int(name))

    def _send(self, request: Mapping[str, Any]) -> tuple[Outcome, bool]:
        """Send once; the second value says whether the server only named a new price."""
        m = self.mt5
        answer = m.order_send(request)
        if answer is None:
            code, text = m.last_error()
            if code == m.RES_E_INVALID_PARAMS:
                return Rejected(f"MetaTrader 5 does not take the request: {text}"), False
            return Unknown(f"no answer: {text} ({code})"), False
        code = answer.retcode
        if code in (m.TRADE_RETCODE_DONE, m.TRADE_RETCODE_DONE_PARTIAL, m.TRADE_RETCODE_PLACED):
            if answer.order:
                self.bridge.expect(answer.order)
            return Ack(str(answer.order)), False
        if code == m.TRADE_RETCODE_NO_CHANGES:
            return Ack(str(request.get("order", request.get("position", "")))), False
        text = f"{NAMES.get(code, code)} ({code}): {answer.comment}"
        if code in LOST:
            return Unknown(text), False
        return Rejected(text, reason_of(code) or Reason.NONE), code == m.TRADE_RETCODE_REQUOTE


def is_of(words: Words, row: Any, intent: Intent, magic: int) -> bool:
    """Whether an order may be what an intent became: our magic, its terms, and what was left of the comment."""
    _, side = kind_of(words, row.type)
    if (row.magic, row.symbol, side) != (magic, intent.symbol, intent.side):
        return False
    comment, whole = str(row.comment), math.isclose(row.volume_initial, intent.qty)
    return comment == intent.client_id or bool(magic and whole and intent.client_id.startswith(comment))
