"""What the README shows is true: its example runs as it stands, and so do the commands it names."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.run import good

TEXT = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_example_runs_and_its_compiled_form_fills_the_same(root, tmp_path):
    """The block itself, from the project's folder, and then the sentence below it."""
    (example,) = blocks("python")
    script = tmp_path / "example.py"
    rest = """
fast = sc.backtest(
    sc.compiled(Trend)(), {"EURUSD": quotes}, broker=broker, instruments=[sc.Instrument.fx("EURUSD")], cash=10_000
)
assert fast.fills.equals(result.fills) and fast.run.state == result.run.state
print("fills", len(result.fills))
"""
    script.write_text(example + rest, encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=root, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert re.search(r"^Equity Final \[\$\] +\d", done.stdout, re.MULTILINE)
    assert int(done.stdout.split()[-1]) > 50


def test_example_is_short():
    (example,) = blocks("python")
    code = [line for line in example.splitlines() if line.strip()]
    assert len(code) <= 15


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("simcore ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_command_runs(line, root, tmp_path, monkeypatch):
    words = shlex.split(line, comments=True)[1:]
    words = [str(root / word) if (root / word).is_file() else word for word in words]
    monkeypatch.chdir(tmp_path)
    assert good(*words)


def test_commands_are_there():
    assert len(COMMANDS) >= 3
