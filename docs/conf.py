"""How Sphinx builds the site: pages are run as they are read, docstrings are Markdown, nothing is from the network."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sphinx.errors import SphinxError

import simcore
from docs.docstrings import reworded
from docs.execute import DOCS, PageError, executed

project = "simcore"
author = "simcore contributors"
copyright = "simcore contributors"
version = release = simcore.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["**/_*"]
myst_heading_anchors = 3
myst_enable_extensions = ["attrs_inline", "colon_fence"]
nitpicky = False

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
maximum_signature_line_length = 70
toc_object_entries = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "simcore"
html_static_path = ["theme"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "default"
pygments_dark_style = "github-dark"

_MADE: dict[str, Path] = {}  # the folder each page ran in


def _run(app: Any, name: str, source: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="simcore-docs-"))
    _MADE[name] = folder
    try:
        source[0] = executed(DOCS / f"{name}.md", folder)
    except PageError as error:
        raise SphinxError(str(error)) from error


def _publish(app: Any, error: Exception | None) -> None:
    """What a page wrote as HTML stands beside it."""
    for name, folder in _MADE.items():
        for made in sorted(folder.glob("*.html")) if error is None else ():
            shutil.copy(made, Path(app.outdir) / Path(name).parent / made.name)
        shutil.rmtree(folder)
    _MADE.clear()


def setup(app: Any) -> None:
    app.connect("source-read", _run)
    app.connect("autodoc-process-docstring", lambda app, what, name, about, options, lines: reworded(lines, about))
    app.connect("build-finished", _publish)
