"""How these tests call the command line: in this process, with stdout and stderr apart."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from typer.testing import CliRunner, Result

from simcore.cli import app
from simcore.market.sample import sample_path

SAMPLE = ("--data", str(sample_path()), "--symbol", "EURUSD")


def run(*args: object) -> Result:
    """What `simcore ARGS` does."""
    return CliRunner().invoke(app, [str(arg) for arg in args])


def good(*args: object) -> str:
    """stdout of a call that must succeed."""
    done = run(*args)
    assert done.exit_code == 0, (done.exit_code, done.stderr, done.exception)
    return done.stdout


def parsed(*args: object) -> Any:
    """The JSON that a call prints; NaN and Infinity, which are none, are refused."""
    return json.loads(good(*args, "--json"), parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))


def refused(*args: object) -> str:
    """The one line of a call that must fail: exit code 2, nothing on stdout, no traceback."""
    done = run(*args)
    assert done.exit_code == 2, (done.exit_code, done.stdout, done.stderr)
    assert done.stdout == ""
    assert done.stderr.startswith("simcore: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert isinstance(done.exception, SystemExit)
    return done.stderr.strip()


def process(*args: object, **named: Any) -> subprocess.Popen[str]:
    """`simcore ARGS` in a process of its own, with its output as text."""
    command = [sys.executable, "-c", "from simcore.cli import app; app()", *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **named)
