"""Makes a program that fails smaller: fewer steps, plainer rules, plainer steps, as long as it fails the same way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .compare import play
from .programs import Program

PLAIN = {
    "latency_ms": 0, "commission": {}, "slippage": {}, "leverage": 100, "marketable_limit": "fill",
    "changes_when_closed": True,
    "limit_fill": "limit", "intrabar": "worst", "negative_balance_protection": False, "currency": "USD",
    "mode": "netting",
}  # fmt: skip
PLAINER = (None, False, 0, "gtc", "1", "market")


def failure(program: Program) -> str | None:
    """What went wrong, without its numbers; None if nothing did."""
    try:
        play(program)
    except AssertionError as error:
        return re.sub(r"[-\d.]+", "#", str(error).split("\n")[0])[:160]
    return None


def _fewer_steps(program: Program) -> Iterator[Program]:
    size = max(1, len(program.steps) // 2)
    while size:
        for i in range(0, len(program.steps), size):
            yield replace(program, steps=program.steps[:i] + program.steps[i + size :])
        size //= 2


def _plainer_rules(program: Program) -> Iterator[Program]:
    for name in program.broker:
        left = {k: v for k, v in program.broker.items() if k != name}
        yield replace(program, broker=left | ({name: PLAIN[name]} if name in PLAIN else {}))
    for i, instrument in enumerate(program.instruments):
        plain = {name: instrument[name] for name in ("symbol", "kind")}
        yield replace(program, instruments=[*program.instruments[:i], plain, *program.instruments[i + 1 :]])


def _plainer_steps(program: Program) -> Iterator[Program]:
    for i, step in enumerate(program.steps):
        for name, value in step.items():
            for plain in PLAINER:
                alike = plain is None or type(plain) is type(value)
                if name not in ("do", "side", "symbol", "qty") and alike and value != plain:
                    made: dict[str, Any] = {**step, name: plain}
                    yield replace(program, steps=[*program.steps[:i], made, *program.steps[i + 1 :]])


def smallest(program: Program) -> Program:
    """The program, as small as single removals make it."""
    wanted = failure(program)
    smaller = True
    while smaller:
        smaller = False
        for way in (_fewer_steps, _plainer_rules, _plainer_steps):
            for candidate in way(program):
                same = candidate != program and _fails_as(candidate, wanted)
                if same:
                    program, smaller = candidate, True
                    break
    return program


def _fails_as(program: Program, wanted: str | None) -> bool:
    try:
        return failure(program) == wanted
    except Exception:  # noqa: BLE001 - a step without what it needs is no smaller program
        return False


def play_small(program: Program) -> None:
    """Play a program; one that fails is shown as small as it fails."""
    if failure(program) is not None:
        play(smallest(program))
        raise AssertionError("it failed once and not again: something besides the program tells what happens")
