"""Laws of the compiled account that need no second account: symmetry, order, repetition, interruption."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .chance import seeded_program
from .compare import MONEY
from .compiled import Compiled
from .programs import SECOND, START, Program, Reader

SEEDS = st.integers(0, 2**32)
EURUSD = {"kind": "fx", "symbol": "EURUSD"}
DE40 = {"kind": "cfd", "symbol": "DE40", "calc_mode": "cfd"}
CENTER = 1000.0  # prices are mirrored about it


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    Compiled({}, [EURUSD], 0)  # compiles now, not inside an example


def money(account: Compiled) -> dict[str, float]:
    return {name: round(account.account()[name], 6) for name in MONEY}


def walk(rng: Random, n: int) -> list[tuple[float, float]]:
    """n quotes of DE40 on its grid, around the center."""
    quotes, cents = [], 100_000
    for _ in range(n):
        cents += rng.randint(-300, 300)
        quotes.append((cents / 100, (cents + rng.choice((0, 2, 10))) / 100))
    return quotes


@given(SEEDS)
def test_mirrored_prices_and_sides_mirror_the_profit(seed: int) -> None:
    rng = Random(seed)
    plain, mirror = (
        Compiled({"leverage": 1}, [{**DE40, "margin_rates": {"buy": 0, "sell": 0}}], 1e7) for _ in range(2)
    )
    for n, (bid, ask) in enumerate(walk(rng, 15)):
        plain.quote(START + n * SECOND, "DE40", bid, ask)
        mirror.quote(START + n * SECOND, "DE40", round(2 * CENTER - ask, 2), round(2 * CENTER - bid, 2))
        side, qty = rng.choice((1, -1)), rng.randint(1, 50) / 10
        plain.submit("DE40", side, qty)
        mirror.submit("DE40", -side, qty)
        for name in ("balance", "equity", "unrealized_pnl"):
            # a cent for each average price that fell on a half, which goes up on both sides of the mirror
            assert plain.account()[name] == pytest.approx(mirror.account()[name], abs=0.011 * (n + 1))
        assert plain.position("DE40") == -mirror.position("DE40")


@given(SEEDS)
def test_splitting_an_order_changes_nothing(seed: int) -> None:
    rng = Random(seed)
    whole, parts = (Compiled({"leverage": 500}, [DE40], 1e8) for _ in range(2))
    for n, (bid, ask) in enumerate(walk(rng, 12)):
        for account in (whole, parts):
            account.quote(START + n * SECOND, "DE40", bid, ask)
        side, first, second = rng.choice((1, -1)), rng.randint(1, 20), rng.randint(1, 20)
        before = whole.position("DE40")
        if before * side < 0 and min(first, second) < abs(before) < first + second:
            second = 0  # a reversal in the middle of the second part rounds its profit in two pieces
        whole.submit("DE40", side, first + second)
        parts.submit("DE40", side, first)
        if second:
            parts.submit("DE40", side, second)
        assert whole.position("DE40") == parts.position("DE40")
        assert whole.account()["used_margin"] == pytest.approx(parts.account()["used_margin"], abs=0.011)
        # each closing part rounds its own profit to the cent
        assert whole.account()["equity"] == pytest.approx(parts.account()["equity"], abs=0.011 * (n + 1))


@given(SEEDS, st.sampled_from(((30, 100), (100, 500))))
def test_more_leverage_never_needs_more_margin(seed: int, leverages: tuple[int, int]) -> None:
    rng = Random(seed)
    mode = rng.choice(("netting", "hedging"))
    less, more = (Compiled({"leverage": x, "mode": mode, "stop_out_level": None}, [EURUSD], 1e8) for x in leverages)
    for n in range(10):
        bid = 1.1 + rng.randint(-300, 300) / 100_000
        side, qty, kind = rng.choice((1, -1)), rng.randint(1, 200) / 100, rng.choice(("market", "stop"))
        for account in (less, more):
            account.quote(START + n * SECOND, "EURUSD", bid, bid)
            stop = None if kind == "market" else round(bid + side * 0.01, 5)
            account.submit("EURUSD", side, qty, type=kind, stop=stop)
        assert more.account()["used_margin"] <= less.account()["used_margin"]


@given(SEEDS)
def test_a_repeated_quote_changes_nothing(seed: int) -> None:
    rng = Random(seed)
    account = Compiled({"mode": rng.choice(("netting", "hedging"))}, [EURUSD], 20_000)
    for n in range(10):
        bid = 1.1 + rng.randint(-300, 300) / 100_000
        account.quote(START + n * SECOND, "EURUSD", bid, bid + 0.0001)
        account.submit("EURUSD", rng.choice((1, -1)), rng.randint(1, 50) / 100)
    account.quote(START + 20 * SECOND, "EURUSD", bid, bid + 0.0001)  # what the last order set off happens here
    before, fills = money(account), len(account.fills)
    account.quote(START + 21 * SECOND, "EURUSD", bid, bid + 0.0001)
    assert (money(account), len(account.fills)) == (before, fills)


@given(SEEDS)
def test_the_order_of_unrelated_instruments_does_not_matter(seed: int) -> None:
    rng = Random(seed)
    one, other = (Compiled({}, [EURUSD, DE40], 1e7) for _ in range(2))
    for n in range(10):
        ts, bid, price = START + n * SECOND, 1.1 + rng.randint(-99, 99) / 100_000, 1000 + rng.randint(-99, 99) / 100
        rows = [("EURUSD", bid, bid + 0.0001), ("DE40", price, price + 0.5)]
        orders = [(symbol, rng.choice((1, -1)), rng.randint(1, 9) / 10) for symbol in ("EURUSD", "DE40")]
        for account, turn in ((one, 1), (other, -1)):
            for symbol, low, high in rows[::turn]:
                account.quote(ts, symbol, round(low, 5), round(high, 5))
            for order in orders[::turn]:
                account.submit(*order)
        assert money(one) == money(other)


def run(account: Compiled, reader: Reader, steps: list[dict[str, Any]]) -> None:
    for step in steps:
        for method, arguments in reader.calls(step):
            getattr(account, method)(**arguments)


@given(SEEDS)
def test_an_interrupted_account_equals_one_never_stopped(seed: int) -> None:
    program: Program = seeded_program(seed, 30)
    symbols = [i["symbol"] for i in program.instruments]
    accounts = [Compiled(program.broker, program.instruments, program.cash) for _ in range(3)]
    readers = [Reader(symbols, program.broker["mode"] == "hedging") for _ in range(2)]
    half = len(program.steps) // 2
    run(accounts[0], readers[0], program.steps)
    run(accounts[1], readers[1], program.steps[:half])
    accounts[2].engine.state.restore(accounts[1].engine.state.snapshot())
    run(accounts[2], readers[1], program.steps[half:])
    assert accounts[2].engine.state.snapshot() == accounts[0].engine.state.snapshot()
