"""The map of the house: each folder and module by the first sentence of its docstring, floor by floor.

The floors are those that `lint-imports` holds the code to, read from pyproject.toml, so the map cannot be wrong.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def floors() -> str:
    """A table of the floors, from the top down, and what lives on each."""
    lines = ["| floor | where | what it is |", "|--:|---|---|"]
    layers = _layers("floors")
    for n, layer in enumerate(layers):
        for k, name in enumerate(sorted(re.findall(r"[\w.]+", layer))):
            place = ROOT / name.replace(".", "/")
            shown = f"`{place.relative_to(ROOT)}{'/' if place.is_dir() else '.py'}`"
            lines.append(f"| {'' if k else len(layers) - n} | {shown} | {sentence(place)} |")
    return "\n".join(lines)


def rooms(*folders: str) -> str:
    """A list of the modules in each folder, such as simcore/kernel."""
    return "\n".join(line for folder in folders for line in _rooms(ROOT / folder))


def _rooms(folder: Path) -> Iterator[str]:
    yield from (f"### {folder.relative_to(ROOT)}", "", sentence(folder), "", "| | |", "|---|---|")
    inside = (path for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file())
    for path in sorted(inside, key=lambda path: (path.is_dir(), path.stem)):
        if path.stem != "__init__":
            yield f"| `{path.name}{'/' if path.is_dir() else ''}` | {sentence(path)} |"
    yield ""


def sentence(place: Path) -> str:
    """What a module or a folder says that it is: the first sentence of its docstring. Raises ValueError for none."""
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not said:
        raise ValueError(f"{file.relative_to(ROOT)} has no docstring")
    first = " ".join(said.partition("\n\n")[0].split())
    return re.split(r"(?<=[.?])\s", first, maxsplit=1)[0].rstrip(":.").replace("|", "\\|")


def _layers(contract: str) -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = settings["tool"]["importlinter"]["contracts"]
    return next(list(one["layers"]) for one in found if one["id"] == contract)
