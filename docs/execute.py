"""Runs a page: its Python and its `simcore` commands, from top to bottom, and puts what each printed under it.

A page is Markdown as a code host shows it; what the fences say decides:

    python            runs; all blocks of a page share their names
    python markdown   runs; it is not shown, and what it prints is part of the page
    sh                every line that begins with `simcore` runs
    json NAME         is written to the file NAME first (any language, where a name follows)
    anything else     is shown (`py` is for other people's code)

A page runs in a folder of its own that holds nothing but the project's `data/`. Warnings are errors. What fails ends
the page with one PageError that names its line, so that neither the site nor the tests pass with it.
"""

from __future__ import annotations

import io
import linecache
import os
import re
import shlex
import sys
import textwrap
import traceback
import warnings
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple
from unittest.mock import patch

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
WIDTH: Final = 96  # characters of a line of output
_FENCE: Final = re.compile(r"^```(?P<language>\w+)(?: (?P<rest>[^\n]*))?\n(?P<body>.*?)^```$", re.M | re.S)


class PageError(Exception):
    """An example failed; the message names page and line."""


class Block(NamedTuple):
    """One fenced block: where its code begins (the first line is 1), and where the fences are in the text."""

    language: str
    rest: str
    body: str
    line: int
    span: tuple[int, int]


def pages() -> list[Path]:
    """Every page, in order of name."""
    return sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [
        Block(
            found["language"],
            found["rest"] or "",
            found["body"],
            text.count("\n", 0, found.start("body")) + 1,
            found.span(),
        )
        for found in _FENCE.finditer(text)
    ]


def executed(page: Path, folder: Path) -> str:
    """The page with its output, its examples run in `folder`. Raises PageError where one fails."""
    text = page.read_text(encoding="utf-8")
    found = blocks(text)
    script = _script(page, text, found, folder)
    parts, done = list[str](), 0
    with _quiet_room(folder), _module(script) as names:
        for block in found:
            shown, output = _play(page, block, script, names)
            parts += [text[done : block.span[0]], shown, output]
            done = block.span[1]
    return "".join([*parts, text[done:]])


def _play(page: Path, block: Block, script: Path, names: dict[str, object]) -> tuple[str, str]:
    """The block as it is shown, and what stands under it."""
    fence = f"```{block.language}\n{block.body}```"
    if block.language == "python":
        printed = _python(page, block, script, names)
        return ("", printed) if block.rest == "markdown" else (fence, _output(printed))
    if block.language == "sh":
        return fence, _output(_shell(page, block))
    if block.rest:
        Path(block.rest).write_text(block.body, encoding="utf-8")
        return f"```{{code-block}} {block.language}\n:caption: {block.rest}\n\n{block.body}```", ""
    return fence, ""


def _output(text: str) -> str:
    lines = textwrap.dedent("\n".join(line.rstrip() for line in text.splitlines())).strip("\n")
    return f"\n\n```{{code-block}} none\n:class: output\n\n{lines}\n```" if lines else ""


def _script(page: Path, text: str, found: list[Block], folder: Path) -> Path:
    """All Python of the page in one file, every line where it is in the page, so that sources and errors are found."""
    lines = [""] * text.count("\n")
    for block in found:
        if block.language == "python":
            own = block.body.splitlines()
            lines[block.line - 1 : block.line - 1 + len(own)] = own
    script = folder / f"{page.stem.replace('-', '_')}.py"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return script


def _python(page: Path, block: Block, script: Path, names: dict[str, object]) -> str:
    out = io.StringIO()
    try:
        code = compile("\n" * (block.line - 1) + block.body, str(script), "exec", dont_inherit=True)
        with redirect_stdout(out):
            exec(code, names)
    except Exception as error:
        line = next(
            (f.lineno for f in reversed(traceback.extract_tb(error.__traceback__)) if f.filename == str(script)), None
        )
        raise PageError(f"{_place(page, line or block.line)}: {type(error).__name__}: {error}") from error
    return out.getvalue()


def _shell(page: Path, block: Block) -> str:
    from typer.testing import CliRunner

    from simcore.cli import app

    printed = []
    for n, line in enumerate(block.body.splitlines()):
        words = shlex.split(line, comments=True)
        if words[:1] != ["simcore"]:
            continue
        done = CliRunner().invoke(app, words[1:])
        if done.exit_code:
            raise PageError(
                f"{_place(page, block.line + n)}: exit code {done.exit_code}: {done.stderr or done.exception}"
            )
        printed.append(done.stdout)
    return "\n".join(printed)


def _place(page: Path, line: int) -> str:
    return f"{page.relative_to(ROOT) if page.is_relative_to(ROOT) else page}, line {line}"


@contextmanager
def _quiet_room(folder: Path) -> Iterator[None]:
    """The folder as the working one, with the project's data in it and its own ledger; warnings as errors."""
    data = folder / "data"
    if not data.exists():
        data.symlink_to(ROOT / "data", target_is_directory=True)
    own = {"COLUMNS": str(WIDTH), "SIMCORE_LEDGER": str(folder / "ledger.sqlite")}
    with chdir(folder), patch.dict(os.environ, own), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@contextmanager
def _module(script: Path) -> Iterator[dict[str, object]]:
    """The names of the page, as those of a module: a compiled strategy looks its source up there."""
    module = ModuleType(script.stem)
    module.__file__ = str(script)
    sys.modules[script.stem] = module
    linecache.checkcache(str(script))
    try:
        yield module.__dict__
    finally:
        del sys.modules[script.stem]
