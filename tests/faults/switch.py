"""One source that holds many faults, each behind a switch: `if planted(n): <wrong> else: <right>`.

The statement in which the right and the wrong source differ is found in their syntax trees; the smallest that holds the
whole difference is doubled.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

Path = tuple[tuple[str, int], ...]  # (name of a list of statements, index in it), from the module down

# A module of the kernel's. The switch is a function outside of the compiled code, linked by its name, as entries are.
SWITCH: Final = '''"""Which fault is planted."""

import ctypes
import os

from llvmlite import binding
from numba import types

CHOSEN = int(os.environ.get("SIMCORE_PLANTED", "-1"))
is_chosen = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(lambda n: n == CHOSEN)
binding.add_symbol("simcore_planted", ctypes.cast(is_chosen, ctypes.c_void_p).value)
planted = types.ExternalFunction("simcore_planted", types.int64(types.int64))
'''


def switched(right: str, changes: Sequence[tuple[int, str]]) -> str:
    """The source with all changes in it; a change is its number and the wrong source."""
    tree = ast.parse(right)
    found = [(n, *difference(tree.body, ast.parse(wrong).body)) for n, wrong in changes]
    for n, path, wrong in sorted(found, key=lambda one: -len(one[1])):  # inner statements first
        block = block_of(tree, path)
        at = path[-1][1]
        asked = ast.Call(ast.Name("planted", ast.Load()), [ast.Constant(n)], [])
        is_on = ast.Compare(asked, [ast.NotEq()], [ast.Constant(0)])
        block[at] = ast.If(is_on, [wrong], [block[at]])
    docstring = 1 if ast.get_docstring(tree) else 0
    tree.body.insert(docstring, ast.parse("from simcore.kernel.planted import planted").body[0])
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def block_of(tree: ast.Module, path: Path) -> list[ast.stmt]:
    """The list of statements that the end of a path is an index of."""
    node: ast.AST = tree
    for name, at in path[:-1]:
        node = getattr(node, name)[at]
    return list_of(node, path[-1][0])


def list_of(node: ast.AST, name: str) -> list[ast.stmt]:
    found: list[ast.stmt] = getattr(node, name)
    return found


def difference(
    right: list[ast.stmt], wrong: list[ast.stmt], name: str = "body", above: Path = ()
) -> tuple[Path, ast.stmt]:
    """Where two lists of statements differ, and the wrong statement there."""
    (at,) = (i for i, (a, b) in enumerate(zip(right, wrong, strict=True)) if ast.dump(a) != ast.dump(b))
    a, b, path = right[at], wrong[at], (*above, (name, at))
    inner = [one for one in blocks(a) if one in set(blocks(b))]
    parts = [one for one in inner if dumped(list_of(a, one)) != dumped(list_of(b, one))]
    if len(parts) == 1 and head(a) == head(b) and len(list_of(a, parts[0])) == len(list_of(b, parts[0])):
        return difference(list_of(a, parts[0]), list_of(b, parts[0]), parts[0], path)
    return path, b


def blocks(node: ast.stmt) -> Iterator[str]:
    """Names of a statement's lists of statements."""
    return (name for name in ("body", "orelse") if isinstance(getattr(node, name, None), list))


def dumped(statements: list[ast.stmt]) -> str:
    return ast.dump(ast.Module(statements, []))


def head(node: ast.stmt) -> list[str]:
    """What a statement is besides its lists of statements."""
    inner = set(blocks(node))
    return [
        type(node).__name__,
        *(
            ast.dump(value) if isinstance(value, ast.AST) else repr(value)
            for name, value in ast.iter_fields(node)
            if name not in inner and not isinstance(value, list)
        ),
    ]
