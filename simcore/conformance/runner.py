"""Runs a file of cases: computes each, compares with what it expects, and counts."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simcore.brokers.errors import ConfigError
from simcore.conformance import floating, liquidation, margin, money, others  # noqa: F401  they register
from simcore.conformance.kinds import COMPUTE, Got, Unsupported

Status = Literal["passed", "failed", "unsupported", "computed"]


@dataclass(frozen=True)
class Outcome:
    """One case: what came of it, what was computed, and where that differs from what it expects."""

    id: str
    kind: str
    status: Status
    got: Got
    wrong: tuple[str, ...] = ()  # a line for every figure that differs, or why it is unsupported


def default_file() -> Path:
    """The cases beside a checkout ($SIMCORE_SHARED, else ../shared); raises ConfigError where there are none."""
    shared = Path(os.environ.get("SIMCORE_SHARED", Path(__file__).parents[3] / "shared"))
    found = shared / "reference" / "broker_cases.json"
    if not found.is_file():
        raise ConfigError(
            f"the cases of brokers are no part of simcore, and {found} is not there; "
            "name a file of cases: simcore conformance FILE (the form: docs/conformance.md)"
        )
    return found


def run_file(path: Path) -> list[Outcome]:
    """Every case of a JSON file ({"cases": [...]}); raises ConfigError for a file that is none."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give a file of cases") from None
    except ValueError as error:
        raise ConfigError(f"{path}: no JSON: {error}") from None
    return run_document(document, str(path))


def run_document(document: Any, name: str = "cases") -> list[Outcome]:
    """Every case of a document, in its order. Raises ConfigError for one that is not written as cases are."""
    cases = document.get("cases") if isinstance(document, Mapping) else None
    if not isinstance(cases, Sequence) or isinstance(cases, str):
        raise ConfigError(f'{name}: must hold an object with "cases", a list')
    known: dict[str, Any] = {}
    for number, one in enumerate(cases):
        if not isinstance(one, Mapping) or not all(key in one for key in ("id", "kind", "inputs")):
            raise ConfigError(f"{name}: case {number}: must have id, kind and inputs")
        for part in ("inputs", "expected"):
            if not isinstance(one.get(part, {}), Mapping) and not (part == "expected" and one[part] is None):
                raise ConfigError(f"{name}: case {number} ({one['id']}): {part} must be an object, not {one[part]!r}")
        if str(one["id"]) in known:
            raise ConfigError(f"{name}: case {number}: id {one['id']} is there twice; give each case its own")
        known[str(one["id"])] = one
    return [_run(one, known) for one in cases]


def _run(one: Mapping[str, Any], known: Mapping[str, Any]) -> Outcome:
    name, kind = str(one["id"]), str(one["kind"])
    compute = COMPUTE.get(kind)
    if compute is None:
        return Outcome(name, kind, "unsupported", {}, (f"no rules for {kind} yet",))
    try:
        got = compute(_inputs(one["inputs"], known))
    except Unsupported as reason:
        return Outcome(name, kind, "unsupported", {}, (str(reason),))
    except KeyError as missing:
        return Outcome(name, kind, "failed", {}, (f"inputs: {missing.args[0]} is missing",))
    except (ConfigError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
        return Outcome(name, kind, "failed", {}, (f"{type(error).__name__}: {error}",))
    if one.get("expected") is None:
        return Outcome(name, kind, "computed", got)
    wrong = tuple(differences(one["expected"], got))
    return Outcome(name, kind, "failed" if wrong else "passed", got, wrong)


def _inputs(inputs: Any, known: Mapping[str, Any], seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """The inputs, with those of the case they build on below them; null is not given, "0.1" is a number."""
    given = {name: _value(name, value) for name, value in inputs.items() if value is not None}
    name = str(given.get("base", ""))
    if name not in known:
        return given
    if name in seen:
        raise ValueError(f"inputs: base {name} builds on itself")
    return {**_inputs(known[name]["inputs"], known, (*seen, name)), **given}


def _value(name: str, value: Any) -> Any:
    """Numbers that are written as text, sides in capitals, in lists and tables too; names and ids stay as they are."""
    if isinstance(value, Mapping):
        return {key: _value(key, one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_value(name, one) for one in value]
    if isinstance(value, str) and name not in ("id", "symbol", "base"):
        if value.lower().partition("_")[0] in ("buy", "sell"):
            return value.lower()
        try:
            number = float(value)
        except ValueError:
            return value
        return number if math.isfinite(number) else value
    return value


def differences(expected: Mapping[str, Any], got: Got) -> list[str]:
    """A line for every expected figure that is not there or is another; numbers to the decimals that are printed."""
    return [
        f"{name}: expected {value!r}, got {got.get(name)!r}"
        for name, value in expected.items()
        if name not in got or not _equal(value, got[name])
    ]


def _equal(expected: Any, got: Any) -> bool:
    if isinstance(expected, list | tuple):
        same = isinstance(got, list | tuple) and len(got) == len(expected)
        return same and all(map(_equal, expected, got))
    if isinstance(expected, bool | str) or expected is None:
        return type(expected) is type(got) and bool(expected == got)
    if isinstance(got, bool) or not isinstance(got, int | float) or not math.isfinite(got):
        return False
    text = repr(expected)
    digits = len(text.partition(".")[2]) if "e" not in text and "." in text else 12 if "e" in text else 0
    return bool(abs(got - expected) <= 0.5 * 10.0**-digits + 1e-9 * max(1.0, abs(expected)))


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The counts and every case, as JSON has them."""
    count = {status: sum(one.status == status for one in outcomes) for status in ("passed", "failed", "unsupported")}
    return {**count, "cases": [_told(one) for one in outcomes]}


def _told(one: Outcome) -> dict[str, Any]:
    told = {"id": one.id, "status": one.status, "got": one.got}
    return told | ({"why": list(one.wrong)} if one.wrong else {})
