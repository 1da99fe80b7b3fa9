"""What random programs are made of. Everything is a choice from a list, by hypothesis (`programs`) or by a seed.

Hypothesis shrinks what fails; the seeded form mixes more evenly and so gets deeper into an account's life.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from . import ours
from .houses import Pick, broker, instrument, once_in
from .programs import COIN, FAR, SECOND, Program
from .terms import CLASSES

HOUR = 3600 * SECOND

# Sets of instruments in which every conversion into USD, EUR or JPY has its legs quoted.
BOOKS = (
    ("EURUSD",),
    ("EURUSD", "USDJPY"),
    ("EURGBP", "GBPUSD", "EURUSD", "USDJPY"),
    ("DE40", "EURUSD", "USDJPY"),
    (COIN, "EURUSD", "USDJPY"),
)
OFFSETS = (10, 20, 5, 50, 30, 100, 8, 200, 15, 25, 10, 20, 5, 50, 30, 100, 8, 200, 1, 0, -1, -10, -50)
QTYS = ("0.1", "0.5", "0.3", "0.01", "0.04", "0.2", "1", "2")
MANY_QTYS = QTYS * 8 + ("5", "20", "0", "0.001", "0.015", "1000.01")
WAITS = (SECOND, SECOND, 60 * SECOND, 0, 1, 60 * SECOND, HOUR, HOUR, 9 * HOUR, 24 * HOUR, 50 * HOUR)
MOVES = (range(-60, 61), range(-60, 61), range(-300, 301), (0, 50, -50), (-2500, 2500, -6000, 6000))
SIZES = (None,) * 12 + ("0.1", "0.3", "1", "0.02", "0", "0.537")
RATIOS = ((2, 1), (7, 1), (3, 2), (1, 10), (1, 3), (9, 7), (11, 10))
DIVIDENDS = ("0.001", "0.01", "0.0123", "0.05")
NTH = (0, 0, 0, 0, 1, 1, 2, FAR)  # of the open tickets or working orders, counted from the youngest
TRAILS = (0, 20, 50, 100, 200, 3, -5)  # points; 0 and less take a trail away
TAKEN_AWAY = (None,) * 8 + ("sl", "tp")


def now_and_then(pick: Pick, n: int, values: Sequence[Any]) -> Any:
    """None, and once in n one of the values."""
    return pick(values) if once_in(pick, n) else None


def quote(pick: Pick) -> dict[str, Any]:
    return {
        "do": "quote", "wait": pick(WAITS), "symbol": pick(range(4)), "move": pick(pick(MOVES)),
        "spread": pick((2, 0, 1, 10, 40)), "bid_size": pick(SIZES), "ask_size": pick(SIZES),
    }  # fmt: skip


def bar(pick: Pick) -> dict[str, Any]:
    return {
        "do": "bar", "wait": pick(WAITS), "symbol": pick(range(4)), "move": pick(range(-60, 61)),
        "up": pick(range(251)), "down": pick(range(251)), "close": pick(range(5)),
    }  # fmt: skip


def submit(pick: Pick) -> dict[str, Any]:
    return {
        "do": "submit", "symbol": pick(range(4)), "side": pick((1, -1)), "qty": pick(MANY_QTYS),
        "type": pick(("market", "limit", "stop", "market", "limit", "stop", "market", "stop_limit", "trailing_stop")),
        "tif": pick(("gtc",) * 10 + ("day", "gtd", "gtd", "ioc", "fok", "opg", "cls")),
        "offset": pick(OFFSETS), "second": pick(OFFSETS), "lasts": pick((60 * SECOND, 5 * HOUR, 30 * HOUR, SECOND, 0)),
        "sl": now_and_then(pick, 3, OFFSETS), "tp": now_and_then(pick, 3, OFFSETS),
        "oco": now_and_then(pick, 8, (0, -1, 1, FAR)), "parent": now_and_then(pick, 8, NTH),
        "reduce_only": once_in(pick, 16), "post_only": once_in(pick, 8),
        "display_qty": now_and_then(pick, 8, ("0.1", "0.02")), "ticket": now_and_then(pick, 8, NTH),
        "waits": once_in(pick, 10), "stop_too": once_in(pick, 4),
    }  # fmt: skip


def modify(pick: Pick) -> dict[str, Any]:
    changes = {name: now_and_then(pick, 3, OFFSETS) for name in ("limit", "stop", "sl", "tp")}
    return {
        "do": "modify", "order": pick(NTH), "ticket": once_in(pick, 2), "symbol": pick(range(4)), **changes,
        "qty": now_and_then(pick, 4, QTYS), "trail": now_and_then(pick, 5, TRAILS),
        "expires": now_and_then(pick, 8, (60 * SECOND, 5 * HOUR, 0, 30 * HOUR)), "takes_away": pick(TAKEN_AWAY),
    }  # fmt: skip


def cancel(pick: Pick) -> dict[str, Any]:
    return {"do": "cancel", "order": pick(NTH)}


def close(pick: Pick) -> dict[str, Any]:
    return {"do": "close", "symbol": pick(range(4)), "order": pick(NTH), "qty": now_and_then(pick, 3, QTYS)}


def close_by(pick: Pick) -> dict[str, Any]:
    return {"do": "close_by", "order": pick(NTH), "other": pick((1, 0, 2, FAR))}


def deposit(pick: Pick) -> dict[str, Any]:
    return {
        "do": "deposit", "wait": pick(WAITS), "amount": pick((500, -500, 20_000, -3_000)), "credit": once_in(pick, 4),
    }  # fmt: skip


def a_print(pick: Pick) -> dict[str, Any]:
    return {
        "do": "print", "wait": pick(WAITS), "symbol": pick(range(4)), "move": pick(pick(MOVES)), "spread": 0,
        "bid_size": None, "ask_size": None,
    }  # fmt: skip


def wait(pick: Pick) -> dict[str, Any]:
    return {"do": "pass", "wait": pick(WAITS)}


def fill(pick: Pick) -> dict[str, Any]:
    return {
        "do": "fill", "wait": pick(WAITS), "order": pick((*NTH, None)), "symbol": pick(range(4)), "side": pick((1, -1)),
        "qty": pick(QTYS), "move": pick((0, 0, 1, -3, 20, -200)), "commission": pick((0.0, 0.0, 3.5, -0.25)),
        "swap": pick((0.0, 0.0, -1.25, 0.5)), "ticket": now_and_then(pick, 2, NTH),
    }  # fmt: skip


def order_event(pick: Pick) -> dict[str, Any]:
    statuses = ("ACCEPTED",) * 6 + ("CANCELED", "EXPIRED", "REJECTED", "UNKNOWN")
    return {"do": "order_event", "wait": pick(WAITS), "order": pick(NTH), "status": pick(statuses)}


def change(pick: Pick) -> dict[str, Any]:
    return {
        "do": "change", "wait": pick(WAITS), "ticket": pick(NTH), "swap": pick((0.0, -1.25, -3.0, 0.5)),
        "sl": now_and_then(pick, 4, (0, -40, 40)), "tp": now_and_then(pick, 4, (0, -40, 40)),
    }  # fmt: skip


def order_change(pick: Pick) -> dict[str, Any]:
    return {**modify(pick), "do": "order_change", "wait": pick(WAITS)}


SHARES = (
    (quote, 14),
    (submit, 9),
    (bar, 2),
    (modify, 3),
    (a_print, 1),
    (close, 2),
    (cancel, 1),
    (close_by, 1),
    (deposit, 1),
    (wait, 1),
)
KINDS = tuple(kind for kind, share in SHARES for _ in range(share))
KINDS_ELSEWHERE = (
    *KINDS,
    *(fill,) * 8,
    *(order_event,) * 5,
    *(change,) * 2,
    *(order_change,) * 2,
)  # where the broker is elsewhere


def split(pick: Pick) -> dict[str, Any]:
    return {"do": "split", "wait": pick(WAITS), "symbol": pick(range(4)), "ratio": pick(RATIOS)}


def dividend(pick: Pick) -> dict[str, Any]:
    return {"do": "dividend", "wait": pick(WAITS), "symbol": pick(range(4)), "amount": pick(DIVIDENDS)}


# what else befalls a stock
OF_STOCKS = (*KINDS, split, split, dividend, dividend)


def step(pick: Pick, external: bool, kinds: Sequence[Any] = KINDS) -> dict[str, Any]:
    made: dict[str, Any] = pick(KINDS_ELSEWHERE if external else kinds)(pick)
    return made


def setting(pick: Pick, external: bool) -> Program:
    """A program that has only its first quotes, of all instruments or of all but one; external: broker elsewhere."""
    rules, book = broker(pick), pick(BOOKS)
    if rules["currency"] == "JPY" and len(book) == 1:
        book = BOOKS[1]
    cash = pick((10_000, 3_000, 1_000, 100_000)) * (150 if rules["currency"] == "JPY" else 1)
    plain = {"do": "quote", "wait": 0, "move": 0, "spread": 2, "bid_size": None, "ask_size": None}
    steps = [{**plain, "symbol": n} for n in range(len(book))]
    if len(book) > 1 and not external and once_in(pick, 5):
        steps.remove(pick(steps))
    prints_only = (pick(book),) if once_in(pick, 12) else ()
    instruments = [instrument(pick, symbol) for symbol in book]
    rules |= ours.of_broker(pick)
    for made in instruments:
        made |= ours.of_instrument(pick, made["symbol"])
    return Program(lawful(rules, instruments), instruments, cash, steps, prints_only, external)


def lawful(rules: dict[str, Any], instruments: list[dict[str, Any]]) -> dict[str, Any]:
    """Without what is refused: a regime that bans a class, or that tiers undercut; tiers of an exchange account."""
    if rules["mode"] == "exchange":
        dynamic = {k: v for k, v in (rules.get("dynamic_leverage") or {}).items() if k != "rules"}
        rules = rules | {"dynamic_leverage": dynamic or None}
    coins = any("crypto" in (i.get("asset_class"), CLASSES.get(i["kind"])) for i in instruments)
    banned = rules.get("regime") == "fca-retail" and coins
    tiers = (rules.get("dynamic_leverage") or {}).get("rules")
    return {k: v for k, v in rules.items() if k not in ("regime", "as_of")} if banned or tiers else rules


@st.composite
def programs(draw: st.DrawFn, least: int = 12, most: int = 40, external: bool = False) -> Program:
    """Programs hypothesis can shrink."""
    made = setting(lambda values: draw(st.sampled_from(values)), external)
    made.steps += draw(st.lists(steps(external), min_size=least, max_size=most))
    return made


@st.composite
def steps(draw: st.DrawFn, external: bool) -> dict[str, Any]:
    return step(lambda values: draw(st.sampled_from(values)), external)


def seeded_program(seed: int, n: int, external: bool = False, kinds: Sequence[Any] = KINDS) -> Program:
    """The program of a seed, n steps long."""
    pick = Random(seed).choice
    made = setting(pick, external)
    made.steps += [step(pick, external, kinds) for _ in range(n)]
    return made
