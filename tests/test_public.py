"""The public face is complete, and the house rules about files hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import simcore

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("simcore", "strategies", "bridges", "data", "benchmarks", "tests")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LONGEST_FILE = 400
BANNED_NAMES = {"utils", "util", "manager", "helper", "helpers", "base", "common"}


def _ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports_for_checkers() -> dict[str, str]:
    """Return name -> module as simcore/__init__.py shows them to type checkers."""
    tree = ast.parse((ROOT / "simcore" / "__init__.py").read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    assert len(blocks) == 1
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: str(node.module) for node in imports for alias in node.names}


def test_exports_are_sorted_and_unique():
    assert simcore.__all__ == sorted(set(simcore.__all__))


def test_exports_have_a_home_and_checkers_see_the_same_one():
    assert set(simcore.__all__) == {"__version__", *simcore._HOMES}
    assert _imports_for_checkers() == simcore._HOMES


@pytest.mark.parametrize("name", simcore.__all__)
def test_export_is_there_and_listed(name):
    assert getattr(simcore, name) is not None
    assert name in dir(simcore)


def test_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(AttributeError, match=r"simcore has no '__versio__'; did you mean '__version__'\?"):
        _ = simcore.__versio__
    with pytest.raises(AttributeError, match=r"simcore has no 'qqq'$"):
        _ = simcore.qqq


@pytest.mark.parametrize("first", ["import simcore.backtest", "from simcore.backtest import backtest", "pass"])
def test_backtest_is_the_function_though_a_module_has_its_name(first):
    code = f"{first}\nimport simcore as sc\nprint(type(sc.backtest).__name__, sc.backtest.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["function", "backtest"]


def test_import_loads_nothing_heavy():
    heavy = "{'numba', 'numpy', 'pandas', 'polars', 'pyarrow', 'pydantic', 'plotly', 'typer'}"
    code = f"import sys, simcore; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_file_is_readable_in_one_go(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path}: no module docstring"
    assert len(text.splitlines()) <= LONGEST_FILE, f"{path}: longer than {LONGEST_FILE} lines"
    assert path.stem not in BANNED_NAMES, f"{path}: the name says nothing"
