"""The environments: one a backtester, from PyPI, under .bench-peers, because they cannot share one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.machine import ROOT

FOLDER = ROOT / ".bench-peers"


def python(environment: str) -> Path:
    """The interpreter of an environment; "" is the one that runs now."""
    if not environment:
        return Path(sys.executable)
    return FOLDER / environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def make(environment: str, requirements: tuple[str, ...]) -> str:
    """Make an environment where it is missing or made from other requirements; returns why it could not be made."""
    if not environment:
        return ""
    folder, stamp = FOLDER / environment, FOLDER / environment / "made-from.txt"
    wanted = "\n".join((sys.version, *requirements))
    if stamp.is_file() and stamp.read_text() == wanted:
        return ""
    print(f"making {folder.relative_to(ROOT)}: {', '.join(requirements)}", flush=True)
    stamp.unlink(missing_ok=True)
    install = [str(python(environment)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", str(folder)], [*install, *requirements]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
            return said[-1] if said else f"{command[1:4]} failed with exit code {done.returncode}"
    stamp.write_text(wanted)
    return ""


def versions(environment: str) -> str:
    """Versions of numba and numpy in an environment, where it has them."""
    code = (
        "from importlib import metadata as m\n"
        "have = {d.metadata['Name']: d.version for d in m.distributions()}\n"
        "print(', '.join(f'{n} {have[n]}' for n in ('numba', 'numpy', 'pandas') if n in have))"
    )
    return subprocess.run(
        [str(python(environment)), "-c", code], capture_output=True, text=True, check=False
    ).stdout.strip()
