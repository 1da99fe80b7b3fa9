"""A strategy made once more, from its source: what its file worked out before the run is worked out anew.

Of the file only the statements are run that the strategy needs: those that bind or change a name that its code, or
another of these statements, uses. So a script's own backtests are not run again. Modules of one's own that it imports
are imported anew, libraries are not. Where it reads data (see `reread`), or uses the very data of the check, all of
that may have another future, and so has what was made of it.
"""

from __future__ import annotations

import ast
import builtins
import io
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import simcore.kernel

SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
EVERYTHING: Final = "*"  # what is bound by it, all the others may use
FOLDERS: Final = ("simcore", "strategies", "bridges", "tests")  # of this project: libraries
_underway: ContextVar[bool] = ContextVar("_underway", default=False)


@dataclass(frozen=True)
class Remade:
    """A class or a function of a module, and the statements that make it.

    given: names of the module that stand for the very data of the check, and the symbol of each.
    """

    name: str
    module: ModuleType
    code: CodeType
    given: Mapping[str, str]

    @classmethod
    def of(cls, made: Any, forms: Mapping[str, Any]) -> Remade | None:
        """None for what stands in no file (or cell), in a function, or in a library. forms: the data by symbol."""
        module, name = _place(made)
        if module is None:
            return None
        try:
            source = _source(module)
        except (OSError, SyntaxError, UnicodeDecodeError):
            return None
        given = {
            bound: symbol for bound, value in vars(module).items() for symbol, form in forms.items() if value is form
        }
        body = [one for one in needed(source, name) if not _binds_only(one, given)]
        if not body:
            return None
        code = compile(ast.Module(body, []), getattr(module, "__file__", None) or "<cells>", "exec")
        return cls(name, module, code, given)

    def make(self, data: Mapping[str, Any]) -> Any:
        """What they make of these data, by symbol. What they print is not shown, what they raise is raised."""
        own = {name: getattr(self.module, name, None) for name in ("__name__", "__package__", "__file__", "__path__")}
        names = {**own, **{name: data[symbol] for name, symbol in self.given.items()}}
        with _imported_anew(self.module.__name__), _making(), redirect_stdout(io.StringIO()):
            exec(self.code, names)
        return names[self.name]


def is_being_made() -> bool:
    """Whether it is a strategy's own statements that ask, while they make it once more."""
    return _underway.get()


@contextmanager
def _making() -> Iterator[None]:
    before = _underway.set(True)
    try:
        yield
    finally:
        _underway.reset(before)


def needed(statements: list[ast.stmt], name: str) -> list[ast.stmt]:
    """The statements that it takes to have `name`, in their order; none that uses it, such as a backtest of it."""
    libraries = {bound for one in statements if isinstance(one, ast.Import | ast.ImportFrom) for bound in _bound(one)}
    wanted = {name, EVERYTHING}
    kept: dict[int, ast.stmt] = {}
    grown = True
    while grown:
        grown = False
        for number, one in enumerate(statements):
            if number in kept or (name in _used(one) and not isinstance(one, SCOPES)):
                continue
            if (_bound(one) | (_changed(one) - libraries)) & wanted:
                kept[number] = one
                wanted |= _used(one)
                grown = True
    return [kept[number] for number in sorted(kept)]


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds, or changes a part of: x = ..., x["a"] = ..., x.a = ..., def x."""
    if isinstance(statement, SCOPES):
        return {statement.name}
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            found.add(EVERYTHING)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, SCOPES):
            found.add(node.name)
        elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            found.add(_root(node))
    return found


def _changed(statement: ast.stmt) -> set[str]:
    """The names that a call may change: x.sort(), add_signals(x), random.seed(1)."""
    found: set[str] = set()
    for node in ast.walk(statement) if not isinstance(statement, SCOPES) else ():
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            found |= {EVERYTHING if call.func.attr == "seed" else _root(call.func)}
        elif isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not hasattr(builtins, call.func.id):
            found |= {one.id for one in call.args if isinstance(one, ast.Name)}
    return found


def _root(node: ast.expr) -> str:
    """df of df["a"].b."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _used(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _binds_only(statement: ast.stmt, given: Mapping[str, str]) -> bool:
    """Whether all that a statement does is to bind the data of the check."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
    return bool(targets) and all(isinstance(one, ast.Name) and one.id in given for one in targets)


# ------------------------------------------------------------------------------------------------------------- modules


def _place(made: Any) -> tuple[ModuleType | None, str]:
    """The module of its user's that has it, itself or compiled, under some name, and this name."""
    for place in (getattr(made, "__module__", ""), "__main__"):
        module = sys.modules.get(place)
        if module is None or (_is_library(module) and not hasattr(module, "In")):
            continue
        for name, value in list(vars(module).items()):
            if value is made or ("__compiled__" in getattr(value, "__dict__", ()) and made in value.__bases__):
                return module, name
    return None, ""


def _source(module: ModuleType) -> list[ast.stmt]:
    """The statements of a module: of the cells that a notebook ran, or of its file."""
    cells = getattr(module, "In", None)
    if cells is None:
        body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
        return list(_flat(body, module.__name__ == "__main__"))
    found: list[ast.stmt] = []
    for cell in cells:
        try:
            found += _flat(ast.parse(cell).body, True)
        except SyntaxError:  # a command of the notebook's own
            continue
    return found


def _flat(statements: list[ast.stmt], main: bool) -> Iterator[ast.stmt]:
    """Statements; those under `if __name__ == "__main__":` among them, where they were run."""
    for one in statements:
        if not (isinstance(one, ast.If) and "__name__" in _used(one)):
            yield one
        elif main:
            yield from _flat(one.body, main)


@contextmanager
def _imported_anew(but: str) -> Iterator[None]:
    """Modules of one's own are imported anew while the block runs; afterwards they are what they were."""
    own = {name: one for name, one in sys.modules.items() if name not in (but, "__main__") and not _is_library(one)}
    before = set(sys.modules)
    for name in own:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if not _is_library(sys.modules[name]):
                del sys.modules[name]
        sys.modules.update(own)


def _is_library(module: Any) -> bool:
    """Whether a module was installed, or belongs to simcore; what has no source was not written by its user."""
    file = getattr(module, "__file__", None)
    return not isinstance(file, str) or not file.endswith(".py") or _is_of_library(file)


@cache
def _is_of_library(file: str) -> bool:
    root = Path(simcore.kernel.__file__).parents[2]
    paths = {sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib")}
    known = tuple(f"{path}{os.sep}" for path in (*(root / folder for folder in FOLDERS), *paths))
    return file.startswith(known) or "site-packages" in file or "dist-packages" in file
