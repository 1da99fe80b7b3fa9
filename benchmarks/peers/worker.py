"""`python -m benchmarks.peers.worker MODULE FORM QUOTES ROWS`: one backtester in its own environment.

Warms up, then runs once for every line on stdin and answers each with a line of JSON, so that all of them can take
turns. What a backtester prints goes to stderr.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

from benchmarks.peers.rules import load


def main(module: str, form: str, quotes: str, rows: str) -> None:
    """Serve runs until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    run = importlib.import_module(f"benchmarks.peers.{module}").prepare(load(Path(quotes), int(rows)), form)
    run()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(run()._asdict()), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
