"""One HTML document: head, sections, style and script in one text that needs nothing beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final, NamedTuple

STYLES: Final = ("page.css", "charts.css", "print.css")
SCRIPTS: Final = (
    "columns.js",
    "words.js",
    "axis.js",
    "view.js",
    "lines.js",
    "marks.js",
    "legend.js",
    "chart.js",
    "pointer.js",
    "table.js",
    "explain.js",
    "page.js",
)


class Section(NamedTuple):
    """A part of the page: the name its link has, its heading, its HTML."""

    name: str
    head: str
    body: str


def document(title: str, header: str, sections: Sequence[Section], data: Mapping[str, Any]) -> str:
    """The whole text. `header` and bodies are HTML already; `data` is what the script draws."""
    links = "".join(f'<a href="#{s.name}">{escape(s.head)}</a>' for s in sections)
    body = "\n".join(map(_section, sections))
    # a "<" could end or open a script element; JSON may spell it otherwise
    told = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    style, script = ("".join(_part(name) for name in names) for names in (STYLES, SCRIPTS))
    return Template(_part("page.html")).substitute(
        title=escape(title), style=style, links=links, header=header, body=body, data=told, script=script
    )


def _section(section: Section) -> str:
    head = f'<h2 id="head-{section.name}">{escape(section.head)}</h2>'
    return f'<section id="{section.name}" aria-labelledby="head-{section.name}">{head}\n{section.body}</section>'


@cache
def _part(name: str) -> str:
    return (files("simcore.report") / "page" / name).read_text(encoding="utf-8")
