"""Who is who: our ids and the broker's, and which of its trades are booked.

An order leaves with a client id made of the session's tag and its number, so that a broker's list names it again after
any crash. What was matched once is known from the journal: every post carries the broker's ids.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from simcore.kernel.schema import POST_FILL
from simcore.live.journal import Journal
from simcore.live.records import NOTES, POSTS

SHORTEST: Final = 8  # letters of a cut id that still name a session
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_SHORT: Final = re.compile(r"sc([0-9a-z]{6})-([0-9a-z]+)")


def tag_of(text: str) -> str:
    """Six letters for a session, of whatever makes it one of a kind."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return base36(number % 36**6).rjust(6, "0")


def magic_of(tag: str) -> int:
    """The same as a number of 31 bits, for brokers that know numbers alone."""
    return int(tag, 36) % (2**31 - 1) or 1


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


class Identity:
    """The broker's ids of one session's orders, positions and trades."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.orders: dict[str, int] = {}  # the broker's ticket -> our order
        self.tickets: dict[int, str] = {}  # and back
        self.positions: dict[str, int] = {}  # the broker's position -> ours
        self._position_tickets: dict[int, str] = {}  # and back
        self.trades: set[str] = set()  # booked
        self.ignored: set[str] = set()  # somebody else's, left out
        self.filled: dict[int, float] = {}  # order -> what of it was filled
        self.unanswered: set[int] = set()  # orders whose answer was lost

    def client_id(self, order: int) -> str:
        """What a broker is told an order is called."""
        return f"sc{self.tag}-{base36(order)}"

    def order_of(self, client_id: str) -> int:
        """Our order of a client id; 0 for what is none of this session's.

        A broker may have cut the id: then it is the one order without an answer whose id begins like that.
        """
        found = _SHORT.fullmatch(client_id)
        number = int(found[2], 36) if found and found[1] == self.tag else 0
        if number or len(client_id) < SHORTEST:
            return number
        like = [order for order in self.unanswered if self.client_id(order).startswith(client_id)]
        return like[0] if len(like) == 1 else 0

    def known(self, ticket: str, client_id: str = "") -> int:
        """Our order behind a broker's ticket, or behind the client id it still carries; 0 for somebody else's."""
        return self.orders.get(ticket, 0) or self.order_of(client_id)

    def taken(self, order: int) -> set[str]:
        """Tickets that are other orders of ours."""
        return {ticket for ticket, number in self.orders.items() if number != order}

    def match(self, order: int, ticket: str) -> None:
        """From now on a ticket is one of our orders."""
        if order and ticket:
            self.orders[ticket], self.tickets[order] = order, ticket

    def match_position(self, position: int, ticket: str) -> None:
        if position and ticket:
            self.positions[ticket], self._position_tickets[position] = position, ticket

    def fill(self, order: int, qty: float) -> None:
        """So much more of one of our orders was filled."""
        if order:
            self.filled[order] = self.filled.get(order, 0.0) + qty

    def ticket_of_position(self, position: int) -> str:
        """The broker's name of a position of ours; "" where it has none."""
        return self._position_tickets.get(position, "")

    def learn(self, journal: Journal) -> None:
        """Everything the journal knows."""
        for chunk in journal.chunks(kinds=(POSTS, NOTES)):
            for row in chunk.rows:
                if chunk.kind == NOTES:
                    if row["what"] == "position":
                        self.match_position(row["position"], row["ticket"])
                    elif row["what"] == "ignored":
                        self.ignored.add(row.get("trade") or row["ticket"])
                    continue
                ticket, trade = row["ticket"].decode(), row["trade"].decode()
                self.match(int(row["post"]["order"]), ticket)
                if trade:
                    self.trades.add(trade)
                if row["post"]["kind"] == POST_FILL:
                    self.fill(int(row["post"]["order"]), float(row["post"]["qty"]))
