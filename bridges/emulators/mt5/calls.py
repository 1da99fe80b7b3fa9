"""One call of a function: faults first, then time, then the answer, and what last_error says of it."""

from __future__ import annotations

from typing import Any

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.errors import ALWAYS, SUCCESS, Failure, unanswered
from bridges.emulators.mt5.faults import ONLY, Fault
from bridges.emulators.mt5.functions import FUNCTIONS
from bridges.emulators.mt5.reading import asked_for
from bridges.emulators.mt5.retcodes import COMMENTS
from bridges.emulators.mt5.structs import OrderSendResult
from bridges.emulators.mt5.terminal import Link, Terminal


class Call:
    """Answers a function by name, for one bot at a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal, self._link = terminal, Link()

    def __call__(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        terminal, link = self.terminal, self._link
        with terminal.lock:
            terminal.link = link
            if name == "last_error":
                return link.error
            try:
                answer = self._answer(name, given, named)
            except Failure as failure:
                link.error = failure.args
                return unanswered(name)
            link.error = SUCCESS
            return answer

    def _answer(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        terminal = self.terminal
        struck = terminal.faults.strike(name)
        for fault in struck:
            before(terminal, fault, name)
        if name not in ALWAYS and not terminal.connected:
            raise Failure(c.RES_E_INTERNAL_FAIL_CONNECT)
        if not any(fault.what == "mute" for fault in struck):
            terminal.run()
        refused = next((fault for fault in struck if fault.what == "refused" and name == "order_send"), None)
        if refused is not None:
            return _refusal(terminal, refused, given, named)
        try:
            answer = FUNCTIONS[name](terminal, *given, **named)
        except TypeError as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
                raise  # a defect of ours, not an argument of theirs
            raise Failure(c.RES_E_INVALID_PARAMS, "Invalid arguments") from None
        for fault in struck:
            answer = after(fault, name, answer)
        return answer


def before(terminal: Terminal, fault: Fault, name: str) -> None:
    """What a fault does before the call is answered."""
    if fault.what == "lost_request":
        raise Failure(c.RES_E_INTERNAL_FAIL_TIMEOUT)
    if fault.what == "disconnected" and name != "shutdown":
        raise Failure(c.RES_E_INTERNAL_FAIL_CONNECT)
    if fault.what == "restarted":
        terminal.starts += 1
    elif fault.what == "shifted":
        terminal.time.shift = round(fault.seconds * 1e9)
        terminal.history.clear()  # its times are the server's
    elif fault.what == "cut":
        terminal.kept_comment = fault.keep
    elif fault.what == "no_trading":
        terminal.trade_allowed = False
    elif fault.what == "outside":
        act_outside(terminal, fault)


def act_outside(terminal: Terminal, fault: Fault) -> None:
    """Somebody else at the same account: closes everything, cancels everything, pays in or out."""
    venue = terminal.venue
    if fault.act == "deposit":
        venue.deposit(fault.amount)
    elif fault.act == "cancel":
        for row in venue.working():
            venue.cancel(int(row["id"]))
    else:
        for row in venue.positions():
            symbol = venue.instruments[int(row["instrument"])].symbol
            ticket = {"position": int(row["id"])} if venue.broker.mode == "hedging" else {}
            venue.submit(symbol, side=-int(row["side"]), qty=float(row["qty"]), **ticket)


def after(fault: Fault, name: str, answer: Any) -> Any:
    """What a fault makes of an answer."""
    if fault.what == "lost_reply":
        raise Failure(c.RES_E_INTERNAL_FAIL_TIMEOUT)
    if name not in ONLY.get(fault.what, ()):
        return answer
    if fault.what == "hidden":
        return answer[:-1]
    if fault.what == "doubled":
        return tuple(row for row in answer for _ in range(2))
    if fault.what == "reversed":
        return answer[::-1]
    return answer


def _refusal(terminal: Terminal, fault: Fault, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    asked = asked_for(given[0] if given else None, named)
    _, bid, ask = terminal.venue.quote(asked.symbol) if asked.symbol in terminal.venue.numbers else (0, 0.0, 0.0)
    comment = COMMENTS.get(fault.retcode, "")
    return OrderSendResult((fault.retcode, 0, 0, 0.0, 0.0, bid, ask, comment, terminal.requests, 0, asked))
