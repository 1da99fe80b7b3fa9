"""Plants faults in a copy of simcore, one after the other, and shows that the tests catch each.

    python -m tests.faults.plant            all of them, and write CAUGHT.md
    python -m tests.faults.plant swap-day   one

Each fault is one wrong line, as somebody might write it. Those of the kernel are compiled in all at once, each behind a
switch that is asked while the account runs, so that one compilation serves them all. The copy is tested as it is first
(it must pass), then with each fault (it must fail), by the tests that are there to catch it. Exit status 1 where one
went unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.faults.switch import SWITCH, switched

ROOT: Final = Path(__file__).resolve().parents[2]
CAUGHT: Final = Path(__file__).with_name("CAUGHT.md")
# Tests that are there to catch a fault, the narrowest that do.
SCENARIOS: Final = ("tests/scenarios/test_scenarios.py",)
AGES: Final = ("tests/twin/test_ages.py",)
CHANGES: Final = ("tests/twin/test_changes.py",)
ELSEWHERE: Final = ("tests/twin/test_external.py",)
BOUNDS: Final = ("tests/parity/test_bounds.py",)
RESUME: Final = ("tests/parity/test_resume.py::test_a_resumed_run_equals_the_run_never_stopped",)
LIVE: Final = ("tests/live/test_journal.py",)
KERNEL: Final = "simcore/kernel"
COPIED: Final = ("simcore", "strategies", "bridges", "tests", "data", "pyproject.toml", "README.md")


class Fault(NamedTuple):
    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...] = SCENARIOS

    @property
    def in_kernel(self) -> bool:
        return self.file.startswith(KERNEL)

    def planted(self, text: str) -> str:
        """The text of its file with the fault in."""
        if text.count(self.right) != 1:
            raise SystemExit(f"{self.name}: {self.file} does not hold this line once: {self.right}")
        return text.replace(self.right, self.wrong)


FAULTS: Final = (
    Fault(
        "margin-side",
        "simcore/kernel/convert.py",
        "return rate(state, rules, terms(rules, k).margin_path, side > 0, k, price)",
        "return rate(state, rules, terms(rules, k).margin_path, side < 0, -1, price)",
    ),
    Fault("stop-out-order", "simcore/kernel/liquidation.py", "if result < lowest or (", "if -result < lowest or ("),
    Fault(
        "swap-day",
        "simcore/kernel/financing.py",
        "    days = t.swap_days[(day + 3) % 7]",
        "    days = t.swap_days[(day + 4) % 7]",
    ),
    Fault(
        "gap-through-stop",
        "simcore/kernel/match.py",
        "price = p.sl if is_path(kind) else (s.bid if p.side > 0 else s.ask)",
        "price = p.sl",
    ),
    Fault(
        "target-before-stop",
        "simcore/kernel/match.py",
        "if is_path(kind) and rules.intrabar_path == 0 and sl_in_range(s, p):",
        "if is_path(kind) and rules.intrabar_path == 1 and sl_in_range(s, p):",
    ),
    Fault(
        "minimum-per-fill",
        "simcore/kernel/execution.py",
        "total = commission_total(state, rules, k, o.filled + qty, o.value + qty * price, share)",
        "total = o.commission + commission_total(state, rules, k, qty, qty * price, share - o.rate_cost)",
    ),
    Fault(
        "oco-one-way",
        "simcore/kernel/execution.py",
        "return other.oco == o.id or (o.oco > 0 and o.oco == other.id)",
        "return other.oco == o.id and other.filled > 0.0",
    ),
    Fault(
        "average-price",
        "simcore/kernel/fills.py",
        "p.price = average_price(t, (p.price * p.qty + price * qty) / total)",
        "p.price = average_price(t, (p.price + price) * 0.5)",
    ),
    Fault(
        "swap-lost",
        "simcore/kernel/fills.py",
        "a.balance = money(rules, a.balance + pnl + swap + p.side * cost)",
        "a.balance = money(rules, a.balance + pnl + p.side * cost)",
    ),
    Fault("bound-too-far", "simcore/kernel/bounds.py", "share = cushion / n_open", "share = cushion * 3.0", BOUNDS),
    Fault(
        "latency-lost", "simcore/kernel/orders.py", "o.due = state.now + delay", "o.due = state.now + delay // 2 + 1"
    ),
    Fault(
        "inverse-side",
        "simcore/kernel/convert.py",
        "return 1.0 / bid if ask_side else 1.0 / ask",
        "return 1.0 / ask if ask_side else 1.0 / bid",
    ),
    Fault(
        "day-order-lives",
        "simcore/kernel/days.py",
        "        expire(state, rules, tape, DAY_TIF)\n",
        "        sweep(state, rules)\n",
    ),
    Fault(
        "hedged-margin",
        "simcore/kernel/margin/sides.py",
        "covered = min(longs[0], shorts[0])",
        "covered = 0.5 * min(longs[0], shorts[0])",
    ),
    Fault(
        "journal-not-chained",
        "simcore/live/records.py",
        "_LINK.pack(seq, kind, before)",
        "_LINK.pack(seq, kind, 0)",
        LIVE,
    ),
    Fault("memory-not-resumed", "simcore/strategy/driver.py", "        if not resume:\n", "        if True:\n", RESUME),
    Fault(
        "changes-trade",
        "simcore/kernel/modify.py",
        "    moved = o.limit != old[1] and o.limit == o.limit\n",
        "    moved = True\n",
        CHANGES,
    ),
    Fault(
        "rebate-as-cost",
        "simcore/kernel/costs.py",
        "return amount * worse_rate(state, rules, path, -amount)",
        "return amount * worse_rate(state, rules, path, -1.0)",
        AGES,
    ),
    Fault(
        "opened-at-maintenance",
        "simcore/kernel/margin/sides.py",
        "return initial_of(t, fill, qty) - kept",
        "return kept - kept",
    ),
    Fault(
        "ticket-orders-live",
        "simcore/kernel/fills.py",
        "if gone > 0 and why",
        "if 0 < gone < order_id and why",
        AGES,
    ),
    Fault(
        "broker-elsewhere-expires",
        "simcore/kernel/due.py",
        "        if rules.venue == SIMULATED:\n            of_orders",
        "        if rules.venue >= 0:\n            of_orders",
        ELSEWHERE,
    ),
)


class Found(NamedTuple):
    """What the tests said: whether they passed, the line of the first that failed, and how long it took."""

    passed: bool
    told: str
    seconds: float


def copy_to(folder: Path) -> None:
    """The copy, with every fault of the kernel in it, switched off."""
    for name in COPIED:
        source = ROOT / name
        ignore = shutil.ignore_patterns("__pycache__", ".hypothesis")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        else:
            shutil.copy2(source, folder / name)
    (folder / KERNEL / "planted.py").write_text(SWITCH)
    for file in dict.fromkeys(fault.file for fault in FAULTS if fault.in_kernel):
        right = (ROOT / file).read_text()
        changes = [(n, fault.planted(right)) for n, fault in enumerate(FAULTS) if fault.file == file]
        (folder / file).write_text(switched(right, changes))


def run(folder: Path, cache: Path, tests: Sequence[str], switch: int = -1) -> Found:
    """Run the tests on the copy with one fault of the kernel switched on. Tests that did not run end it all."""
    shared = os.environ.get("SIMCORE_SHARED") or str(ROOT.parent / "shared")
    environment = {**os.environ, "PYTHONPATH": str(folder), "SIMCORE_CACHE": str(cache), "SIMCORE_SHARED": shared}
    environment["SIMCORE_PLANTED"] = str(switch)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    told = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode != 0 and not told:
        raise SystemExit(f"the tests did not run (exit status {done.returncode}): {(done.stdout + done.stderr)[-300:]}")
    first = told[0].partition(" ")[2].partition(" - ")[0] if told else ""
    return Found(done.returncode == 0, first, time.monotonic() - began)


def plant(fault: Fault, folder: Path, cache: Path) -> Found:
    """Run the tests with the fault in; the copy is as it was afterwards."""
    if fault.in_kernel:
        return run(folder, cache, fault.tests, FAULTS.index(fault))
    path = folder / fault.file
    right = path.read_text()
    path.write_text(fault.planted(right))
    try:
        return run(folder, cache, fault.tests)
    finally:
        path.write_text(right)


def table(found: dict[Fault, Found]) -> str:
    """CAUGHT.md."""
    lines = [
        "# Planted faults",
        "",
        "Written by `make faults`: each fault is one wrong line in a copy of simcore, and the first test to notice.",
        "",
        "| fault | in | instead of | stands | caught by |",
        "|---|---|---|---|---|",
    ]
    for fault, one in found.items():
        shown = [f"`{text.strip().splitlines()[0]}`".replace("|", "\\|") for text in (fault.right, fault.wrong)]
        caught = "**not caught**" if one.passed else f"`{one.told}`"
        lines.append(f"| {fault.name} | {fault.file} | {shown[0]} | {shown[1]} | {caught} |")
    caught = sum(not one.passed for one in found.values())
    return "\n".join([*lines, "", f"{caught} of {len(found)} caught."]) + "\n"


def main(names: list[str]) -> int:
    unknown = set(names) - {fault.name for fault in FAULTS}
    if unknown:
        raise SystemExit(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(f.name for f in FAULTS)}")
    chosen = [fault for fault in FAULTS if not names or fault.name in names]
    found: dict[Fault, Found] = {}
    with tempfile.TemporaryDirectory() as place:
        folder, cache = Path(place) / "copy", Path(place) / "cache"
        copy_to(folder)
        right = run(folder, cache, list(dict.fromkeys(t for fault in chosen for t in fault.tests)))
        print(
            f"{'without any':26s} {'passes' if right.passed else 'FAILS'} {right.seconds:5.0f} s  {right.told}",
            flush=True,
        )
        if not right.passed:
            return 1
        for fault in chosen:
            one = found[fault] = plant(fault, folder, cache)
            print(
                f"{fault.name:26s} {'NOT CAUGHT' if one.passed else 'caught'} {one.seconds:5.0f} s  {one.told}",
                flush=True,
            )
    missed = [fault.name for fault, one in found.items() if one.passed]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} faults caught")
    if not names:
        CAUGHT.write_text(table(found))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
