"""The page of commands: what `simcore VERB --help` prints, for every verb."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from simcore.cli import VERBS, app


@cache
def commands() -> str:
    """A heading and the help text of every verb."""
    return "\n".join(_told(path) for path in _paths())


def _paths() -> Iterator[tuple[str, ...]]:
    """Every verb, those of a verb one by one."""
    for verb in VERBS:
        own = getattr(import_module(f"simcore.cli.{verb.replace('-', '_')}"), "app", None)
        group: Any = get_command(own) if own is not None else None
        names: list[tuple[str, ...]] = [(verb, name) for name in getattr(group, "commands", ())]
        yield from names or [(verb,)]


def _told(path: tuple[str, ...]) -> str:
    text = CliRunner().invoke(app, [*path, "--help"]).stdout
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return f"## {' '.join(path)}\n\n```text\n{lines}\n```\n"
