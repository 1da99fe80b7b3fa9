"""Docstrings as Sphinx reads them: ours are Markdown, of which they use code, lists and indented examples.

A paragraph that says of one argument after the other what it is ("cash: balance at the start. size: ...") becomes a
list of them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import Any, Final

_CODE: Final = re.compile(r"`([^`]+)`")
_MARKS: Final = re.compile(r"(?<!\\)([*|]|(?<=\w)_(?!\w))")
_BULLET: Final = re.compile(r"[-*] ")


def reworded(lines: list[str], about: Any) -> None:
    """Change the docstring `lines` of the object `about` in place into what Sphinx reads."""
    names = _names(about)
    new: list[str] = []
    for blank, group in groupby(lines, lambda line: not line.strip()):
        own = list(group)
        if blank:
            new.append("")
        elif own[0].startswith("    "):
            new += ["", "::", "", *own, ""] if not _goes_on(new) else own
        elif any(_BULLET.match(line) for line in own):
            new += [_worded(line) for line in own]
        else:
            new += _paragraph(" ".join(own), names)
    lines[:] = [*new, ""]


def _goes_on(before: list[str]) -> bool:
    """Whether what was last written, blank lines aside, is an example."""
    last = next((line for line in reversed(before) if line), "")
    return last.startswith("    ")


def _names(about: Any) -> list[str]:
    """What a docstring may speak of: a function's arguments, a class's members."""
    if inspect.isclass(about):
        return [name for name in dir(about) if not name.startswith("_")]
    try:
        return list(inspect.signature(about).parameters) if callable(about) else []
    except (TypeError, ValueError):
        return []


def _paragraph(text: str, names: Iterable[str]) -> Iterator[str]:
    """The paragraph, or a list where it begins with the name of an argument; what it raises stands apart."""
    known = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    if not known or not re.match(rf"(?:{known})\b[^.:]{{0,60}}: ", text):
        yield _worded(text)
        return
    text, _, raised = text.partition(" Raises ")
    several = rf"(?:{known})(?:(?:, | and )(?:{known}))*"
    heads = list(re.finditer(rf"(?:^|(?<=[.;)] ))({several}): ", text))
    if not heads or heads[0].start():
        yield _worded(text)
    else:
        yield ""
        for head, end in pairwise([*heads, None]):
            words = text[head.end() : end.start() if end else None].strip()  # type: ignore[union-attr]
            yield f"- **{head[1]}**: {_worded(words)}"  # type: ignore[index]
        yield ""
    if raised:
        yield from ("", f"Raises {_worded(raised)}")


def _worded(line: str) -> str:
    pieces = _CODE.split(line)
    return "".join(f"``{piece}``" if n % 2 else _MARKS.sub(r"\\\1", piece) for n, piece in enumerate(pieces))
