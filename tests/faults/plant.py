"""Plants faults in a copy of simcore, one after the other, and shows that the tests catch each.

    python -m tests.faults.plant            all of them
    python -m tests.faults.plant swap-day   one

Each fault is one wrong line, as somebody might write it. The copy is tested as it is first (it must pass), then with
each fault (it must fail), by the tests that are there to catch it. A fault in the kernel compiles it afresh: a minute
each.
Exit status 1 where a fault went unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
ACCOUNT: Final = ("tests/scenarios", "tests/twin")  # what catches a fault in the kernel
BOUNDS: Final = ("tests/parity/test_bounds.py",)
RESUME: Final = ("tests/parity/test_resume.py",)
LIVE: Final = ("tests/live",)
COPIED: Final = ("simcore", "strategies", "bridges", "tests", "data", "pyproject.toml", "README.md")


class Fault(NamedTuple):
    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...] = ACCOUNT


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
        "if other.oco == o.id or (o.oco > 0 and o.oco == other.id):",
        "if other.oco == o.id and other.filled > 0.0:",
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
        "a.balance = money(rules, a.balance + pnl + swap)",
        "a.balance = money(rules, a.balance + pnl)",
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
        "simcore/kernel/due.py",
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
        "simcore/live/journal.py",
        '    return zlib.crc32(data, zlib.crc32(struct.pack("<qi", seq, kind), before))\n',
        '    return zlib.crc32(data, zlib.crc32(struct.pack("<qi", seq, kind)))\n',
        LIVE,
    ),
    Fault("memory-not-resumed", "simcore/strategy/driver.py", "        if not resume:\n", "        if True:\n", RESUME),
    Fault(
        "changes-trade",
        "simcore/kernel/modify.py",
        "    moved = o.limit != old[1] and o.limit == o.limit\n",
        "    moved = True\n",
    ),
    Fault(
        "rebate-as-cost",
        "simcore/kernel/costs.py",
        "return amount * worse_rate(state, rules, path, -amount)",
        "return amount * worse_rate(state, rules, path, -1.0)",
    ),
    Fault(
        "opened-at-maintenance",
        "simcore/kernel/margin/sides.py",
        "return initial_of(t, fill, qty) - kept",
        "return kept - kept",
    ),
    Fault("ticket-orders-live", "simcore/kernel/fills.py", "if gone > 0 and why", "if 0 < gone < order_id and why"),
    Fault(
        "broker-elsewhere-expires",
        "simcore/kernel/due.py",
        "        if rules.venue == SIMULATED:\n            of_orders",
        "        if rules.venue >= 0:\n            of_orders",
    ),
)


def copy_to(folder: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        ignore = shutil.ignore_patterns("__pycache__", ".hypothesis")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        else:
            shutil.copy2(source, folder / name)


def tests_pass(folder: Path, cache: Path, tests: Sequence[str]) -> tuple[bool, str]:
    """Run the tests on the copy; (passed, the line that tells which failed). Tests that did not run end it all."""
    shared = os.environ.get("SIMCORE_SHARED") or str(ROOT.parent / "shared")
    environment = {**os.environ, "PYTHONPATH": str(folder), "SIMCORE_CACHE": str(cache), "SIMCORE_SHARED": shared}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--durations=0", *tests]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    told = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode != 0 and not told:
        raise SystemExit(f"the tests did not run (exit status {done.returncode}): {(done.stdout + done.stderr)[-300:]}")
    return done.returncode == 0, told[0] if told else ""


def plant(fault: Fault, folder: Path, cache: Path) -> tuple[bool, str]:
    """Run the tests with the fault in; the file is put right again. Returns (caught, by which test)."""
    path = folder / fault.file
    right = path.read_text()
    if right.count(fault.right) != 1:
        raise SystemExit(f"{fault.name}: {fault.file} does not hold this line once: {fault.right}")
    path.write_text(right.replace(fault.right, fault.wrong))
    try:
        passed, told = tests_pass(folder, cache, fault.tests)
    finally:
        path.write_text(right)
    return not passed, told


def main(names: list[str]) -> int:
    unknown = set(names) - {fault.name for fault in FAULTS}
    if unknown:
        raise SystemExit(f"no such fault: {', '.join(sorted(unknown))}; there are {', '.join(f.name for f in FAULTS)}")
    chosen = [fault for fault in FAULTS if not names or fault.name in names]
    missed = []
    with tempfile.TemporaryDirectory() as place:
        folder, cache = Path(place) / "copy", Path(place) / "cache"
        copy_to(folder)
        passed, told = tests_pass(folder, cache, list(dict.fromkeys(t for fault in chosen for t in fault.tests)))
        if not passed:
            print(f"the tests fail without any fault: {told}")
            return 1
        for fault in chosen:
            caught, told = plant(fault, folder, cache)
            print(f"{fault.name:20s} {'caught' if caught else 'NOT CAUGHT'}  {told}", flush=True)
            if not caught:
                missed.append(fault.name)
    print(f"{len(chosen) - len(missed)} of {len(chosen)} faults caught")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
