"""Playing a scenario: the same engine, one event at a time.

Time first: what is due at or before an event's time happens before the event does, on the quote that stood. A quote, a
print or a bar is a row of the feed, which brings its own time; a deposit too; everything else is preceded by a
heartbeat, at which the account is looked at as on any row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.brokers.words import Words
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call, Hears, Kind, Reason, Status
from simcore.kernel.schema import POST_CASH, POST_CREDIT
from simcore.scenario.document import Scenario
from simcore.scenario.events import Cancel, Cash, Close, CloseBy, Event, Modify, Rows, Submit
from simcore.scenario.expectation import Expectation, Failure, Seen, failures
from simcore.scenario.fields import text_of_time
from simcore.scenario.told import Teller, Told, average_price

_HEARS: Final = int(Hears.FILL | Hears.ORDER)  # notices put fills and order changes in one order


@dataclass(frozen=True)
class Step:
    """One event of the file, what it made the engine tell, and the account afterwards."""

    number: int
    ts: int
    kind: str
    events: tuple[Told, ...]
    account: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: times as text, an infinite margin level as null."""
        told = [{**one, "ts": text_of_time(one["ts"])} for one in self.events]
        account = {name: value if math.isfinite(value) else None for name, value in self.account.items()}
        return {
            "event": self.number,
            "ts": text_of_time(self.ts),
            "kind": self.kind,
            "events": told,
            "account": account,
        }


@dataclass(frozen=True)
class ScenarioRun:
    """A scenario that was played: every step, and every expectation that failed."""

    name: str
    why: str
    steps: tuple[Step, ...]
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        wrong = [
            {"event": f.event, "ts": text_of_time(f.ts), "what": f.what, "expected": _json(f.expected),
             "got": _json(f.got)}
            for f in self.failures
        ]  # fmt: skip
        return {
            "file": self.name,
            "passed": self.passed,
            "why": self.why,
            "failures": wrong,
            "steps": [step.to_dict() for step in self.steps],
        }


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass
class Player:
    """One engine and what is known about its orders. `ids` are those that labels will get, as far as guessed."""

    scenario: Scenario
    ids: Mapping[str, int]
    given: dict[str, int] = field(default_factory=dict)  # label -> id, once submitted
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)  # as told last
    since: list[Told] = field(default_factory=list)  # events since the last expect

    def __post_init__(self) -> None:
        events = self.scenario.events
        span = (events[0].ts, events[-1].ts) if events else None
        plan = Plan(hears=_HEARS, span=span, prints_only=self.scenario.prints_only)
        rules = make_rules(self.scenario.broker, self.scenario.instruments, plan)
        self.engine = Engine(rules, self.scenario.cash)
        self.teller = Teller(Words(self.scenario.broker, self.scenario.instruments), {})

    def play(self) -> ScenarioRun:
        """Play every event; an expectation that fails is noted and the rest is played."""
        steps, wrong = [], []
        for event in self.scenario.events:
            told = self._advance(event)
            told += self._act(event)
            self.since += told
            if isinstance(event.body, Expectation):
                wrong += failures(event.number, event.ts, event.body, self._seen(event.body))
                self.since = []
            steps.append(Step(event.number, event.ts, event.kind, tuple(told), self.engine.figures()))
        return ScenarioRun(self.scenario.name, self.scenario.why, tuple(steps), tuple(wrong))

    def _advance(self, event: Event) -> list[Told]:
        if isinstance(event.body, Rows | Cash):
            return []
        self.engine.row(event.ts, 0, int(Kind.HEARTBEAT), 0.0, 0.0)
        return self._told()

    def _act(self, event: Event) -> list[Told]:
        body, told = event.body, []
        if isinstance(body, Rows):
            for row in body.rows:
                self.engine.row(*row)
                told += self._told()
        elif isinstance(body, Submit):
            told += self._submit(body)
        elif isinstance(body, Modify):
            self.engine.modify(self.given[body.label], **body.fields)
        elif isinstance(body, Cancel):
            self.engine.cancel(self.given[body.label])
        elif isinstance(body, Close):
            ticket = self.given[body.label] if body.label is not None else 0
            self.engine.close(body.instrument, body.qty, ticket)
        elif isinstance(body, CloseBy):
            self.engine.close_by(self.given[body.label], self.given[body.by])
        elif isinstance(body, Cash):
            self.engine.post(event.ts, POST_CREDIT if body.credit else POST_CASH, amount=body.amount)
        return told + self._told()

    def _submit(self, body: Submit) -> list[Told]:
        links = {name: self.given.get(label, self.ids.get(label, 0)) for name, label in body.links.items()}
        order_id = self.engine.state.account["last_order_id"] + 1
        if body.label is not None:
            self.teller.labels[int(order_id)] = body.label
        given = self.engine.submit(**body.fields, **links)
        if body.label is not None:
            self.given[body.label] = given
        told = self._told()
        if given not in self.orders:  # refused before it got a row
            symbol = self.scenario.instruments[body.instrument].symbol
            reason = next(one["reason"] for one in told if one["type"] == "rejection")
            self.orders[given] = _order(symbol, Status.DENIED.name, 0.0, None, reason, 0.0)
        return told

    def _told(self) -> list[Told]:
        """Let the engine play what it was given, and take what it tells."""
        notices = []
        while (call := Call(self.engine.advance())) > Call.NONE:
            notices.append(call)
        tape = self.engine.tape.drain()
        for change in tape["changes"]:
            self._note(change["order"])
        return self.teller.tell(tape, notices)

    def _note(self, o: Any) -> None:
        reason = Reason(int(o["reason"]))
        self.orders[int(o["id"])] = _order(
            self.scenario.instruments[int(o["instrument"])].symbol,
            Status(int(o["status"])).name,
            float(o["filled"]),
            average_price(o),
            reason.name if reason else None,
            float(o["commission"]),
        )

    def _seen(self, wanted: Expectation) -> Seen:
        symbols = [one.symbol for one in self.scenario.instruments]
        return Seen(
            self.engine.figures(),
            {label: self.orders[self.given[label]] for label in wanted.orders},
            {symbol: self.engine.net_qty(k) for k, symbol in enumerate(symbols)},
            self.since,
            self.scenario.broker.money_digits,
        )


def _order(
    symbol: str, status: str, filled: float, average: float | None, reason: str | None, commission: float
) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "status": status,
        "filled_qty": filled,
        "avg_price": average,
        "reason": reason,
        "commission": commission,
    }
