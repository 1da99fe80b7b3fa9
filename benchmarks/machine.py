"""What a table of figures has to say about where it was measured."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def processor() -> str:
    """The processor's name and how many of its cores are ours."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        name = lines[0] if lines else name
    return f"{name}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"


def commit() -> str:
    """The commit measured, and whether the files differ from it."""
    head = _git("rev-parse", "--short=12", "HEAD")
    if not head:
        return "not a git checkout"
    changed = _git("status", "--porcelain", "--", "simcore", "pyproject.toml")
    return f"{head} with changes" if changed else head


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def versions(*packages: str) -> str:
    """Python's version and those of `packages`, as text."""
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in packages)]
    )


def load() -> float:
    """How many processes wanted a core over the last minute: well below 1 on a quiet machine."""
    return os.getloadavg()[0]
