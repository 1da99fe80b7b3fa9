"""The pages of the documentation: every example of every page runs, and one that fails is found where it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import simcore
from docs.commands import commands
from docs.docstrings import reworded
from docs.execute import DOCS, PageError, blocks, executed, pages
from docs.reference import reference
from docs.scoreboard import scoreboard

# A study takes as long as it needs; the site runs it, and so does `make test-all`.
PAGES = [
    pytest.param(
        page, id=str(page.relative_to(DOCS)), marks=[pytest.mark.slow] if page.parent.name == "studies" else []
    )
    for page in pages()
]


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    shown = executed(page, tmp_path)
    assert shown.startswith(("# ", "---\n"))
    for target in re.findall(r"\]\(([^)#:]+\.md)\)", shown):
        assert (page.parent / target).is_file(), f"{page.name} links to {target}"
    for target in re.findall(r'<a href="([^"]+)"', shown):
        assert (tmp_path / target).stat().st_size > 100_000, f"{page.name} shows {target}"


def page_of(tmp_path: Path, text: str) -> Path:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    return page


def test_output_stands_under_what_printed_it(tmp_path: Path) -> None:
    page = page_of(
        tmp_path, "# T\n\n```python\nx = 2\nprint(x * 3)\n```\n\n```python markdown\nprint(f'**{x}**')\n```\nend\n"
    )
    shown = executed(page, tmp_path)
    assert "print(x * 3)\n```\n\n```{code-block} none\n:class: output\n\n6\n```\n" in shown
    assert shown.endswith("\n\n**2**\n\nend\n")


@pytest.mark.parametrize(
    ("example", "line", "words"),
    [
        ("```python\n1 / 1\n\n1 / 0\n```", 6, "ZeroDivisionError: division by zero"),
        ("```python\nfor = 1\n```", 4, "SyntaxError"),
        ("```python\nimport warnings\nwarnings.warn('old')\n```", 5, "UserWarning: old"),
        ("```sh\nls\nsimcore strategies lst\n```", 5, "exit code 2"),
    ],
)
def test_an_example_that_fails_is_named_by_its_line(tmp_path: Path, example: str, line: int, words: str) -> None:
    with pytest.raises(PageError, match=rf"page\.md, line {line}: {words}"):
        executed(page_of(tmp_path, f"# T\n\n{example}\n"), tmp_path)


def test_every_public_name_is_in_the_reference_once() -> None:
    named = re.findall(r"^\.\. auto\w+:: simcore\.(\w+)", reference(), re.MULTILINE)
    assert sorted(named) == sorted(name for name in simcore.__all__ if not name.startswith("_"))


def test_every_verb_is_on_the_page_of_commands() -> None:
    told = commands()
    for verb in ("backtest", "data import", "data check", "report", "scenario", "conformance", "brokers diff"):
        assert f"## {verb}\n" in told
    assert "Usage: simcore data prune" in told


def test_the_scoreboard_says_where_there_are_no_cases(
    shared: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert re.match(r"\*\*\d+ passed, 0 failed, \d+ unsupported\.\*\*", scoreboard())
    monkeypatch.setenv("SIMCORE_SHARED", str(tmp_path))
    assert scoreboard().startswith("**No scoreboard**")


def test_a_docstring_becomes_a_list_of_its_arguments() -> None:
    def call(cash: float, size: str) -> None: ...

    lines = [
        "Do `it`.",
        "",
        "cash: at the start, in a_b and",
        "2 * 3. size: S or L. Raises ValueError.",
        "",
        "    x = 1",
    ]
    reworded(lines, call)
    text = "\n".join(lines)
    assert text.startswith("Do ``it``.\n")
    assert "\n- **cash**: at the start, in a_b and 2 \\* 3.\n- **size**: S or L.\n" in text
    assert "\nRaises ValueError.\n" in text
    assert "\n::\n\n    x = 1\n" in text


def test_other_peoples_code_is_not_run() -> None:
    languages = {block.language for page in pages() for block in blocks(page.read_text(encoding="utf-8"))}
    assert languages <= {"python", "py", "cpp", "sh", "json", "toml", "text"}


@pytest.mark.slow
def test_the_site_is_built_and_asks_nothing_of_the_network(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="the extra docs is not installed")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-E",
        "-W",
        "-q",
        "-b",
        "html",
        str(root / "docs"),
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 0, done.stderr
    for page in (tmp_path / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(?:src=|<link[^>]+href=)"(?:https?:)?//', text), page
    assert (tmp_path / "site" / "results.html").is_file()
