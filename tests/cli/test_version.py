"""`simcore --version` says which simcore answers."""

from __future__ import annotations

from typer.testing import CliRunner

import simcore
from simcore.cli import app


def test_version_is_printed():
    done = CliRunner().invoke(app, ["--version"])
    assert done.exit_code == 0
    assert done.stdout == f"simcore {simcore.__version__}\n"
