"""Finds a strategy by the name people write: `ema-cross`, `strategies.momentum:EmaCross`, `my/bots.py:Trend`.

Entry points of the group `simcore.strategies` come first, so strategies in a package of yours plug in by a line in its
pyproject. A module is looked for below the working directory, then among what is installed; a folder of yours that is
called `strategies` hides nothing and is not hidden. Whatever is wrong is one StrategyError.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from simcore.strategy.compiled import compiled as compile_class
from simcore.strategy.errors import StrategyError
from simcore.strategy.record import is_compiled, parameters
from simcore.strategy.strategy import Strategy

GROUP = "simcore.strategies"
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def known_strategies() -> dict[str, str]:
    """Every entry point's name, sorted, and the `module:Class` behind it; several of one name stand as `a or b`."""
    found: dict[str, dict[str, None]] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, {})[point.value] = None
    return {name: " or ".join(values) for name, values in sorted(found.items())}


def find_strategy(spec: str) -> type[Strategy]:
    """The class that `spec` names: an entry point, `module:Class` or `file.py:Class`.

    Raises StrategyError for what is not there, is no strategy, or fails while it is imported.
    """
    place, module, name, found = _named(spec)
    if isinstance(found, type) and issubclass(found, Strategy):
        return found
    there = [n for n, one in vars(module).items() if isinstance(one, type) and issubclass(one, Strategy)]
    there = [n for n in there if getattr(module, n) is not Strategy]
    wrong = "is no strategy" if found is not None else "is not there"
    raise StrategyError(f"{place}: {name} {wrong}{_near(name, there)}; strategies there: {', '.join(there) or 'none'}")


def find_function(spec: str) -> Any:
    """The function that `spec` names, `module:name` or `file.py:name`; None for what is a class or is not there.

    Raises StrategyError for a place that cannot be imported.
    """
    found = _named(spec)[3]
    return found if callable(found) and not isinstance(found, type) else None


def _named(spec: str) -> tuple[str, ModuleType, str, Any]:
    """Where `spec` looks, the module, the name in it, and what bears it; None where nothing does."""
    known = known_strategies()
    target = known.get(spec, spec)
    if " or " in target:
        raise StrategyError(f"{spec} is the name of {target}; write the one you mean")
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise StrategyError(
            f"no strategy {spec!r}{_near(spec, known)}; write module:Class, file.py:Class or one of "
            f"{', '.join(known) or 'no names (install simcore to have some)'}"
        )
    local = spec not in known
    module = _file(Path(place)) if place.endswith(".py") else _module(place, local)
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return place, module, name, found


def lasting(spec: str) -> str:
    """`spec` as it is found from any working directory: the path of a file made whole."""
    place, colon, name = spec.rpartition(":")
    if spec in known_strategies() or not colon or not place.endswith(".py"):
        return spec
    return f"{Path(place).expanduser().resolve()}:{name}"


def form_of(spec: str, compiled: bool | None = None) -> type[Strategy]:
    """The class that `spec` names, compiled (True), plain (False) or as it is written (None). Raises StrategyError."""
    cls = find_strategy(spec)
    if compiled:
        return compile_class(cls)
    if compiled is False and is_compiled(cls):
        if "__compiled__" not in vars(cls):
            raise StrategyError(f"{spec} grows from a compiled class, so it has no plain form")
        return cls.__bases__[0]
    return cls


def make_strategy(
    spec: str, given: Mapping[str, Any] | None = None, compiled: bool | None = None, *, texts: Iterable[str] = ()
) -> Strategy:
    """An instance of what `spec` names, with the parameters `given` and those of `texts`, each "name=value".

    compiled: True and False choose the form; None leaves the class as it is written. Raises StrategyError.
    """
    return instance_of(form_of(spec, compiled), given, texts)


def instance_of(cls: type[Strategy], given: Mapping[str, Any] | None = None, texts: Iterable[str] = ()) -> Strategy:
    """An instance of a class, as `make_strategy` makes it. Raises StrategyError."""
    values = {**(given or {}), **read_parameters(cls, texts)}
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        raise StrategyError(str(error)) from error


def read_parameters(cls: type[Strategy], texts: Iterable[str]) -> dict[str, Any]:
    """{"fast": 20} of ["fast=20"], each value of its parameter's type. Raises StrategyError naming the parameter."""
    fields = parameters(cls)
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise StrategyError(f"parameter {text!r}: write name=value, such as {next(iter(fields), 'fast')}=20")
        if name not in fields:
            there = f"it has {', '.join(fields)}" if fields else "it has none"
            raise StrategyError(f"{cls.__name__} has no parameter {name!r}{_near(name, fields)}; {there}")
        if name in found:
            raise StrategyError(f"parameter {name} is given twice: {found[name]!r}, then {value!r}")
        found[name] = _value(cls, name, fields[name].kind, value)
    return found


def _value(cls: type[Strategy], name: str, kind: type, text: str) -> Any:
    try:
        return _TRUTH[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        wanted = {float: "a number", int: "a whole number", bool: "true or false"}[kind]
        raise StrategyError(f"{cls.__name__}'s {name} must be {wanted}, was {text!r}") from None


def _near(name: str, choices: Iterable[str]) -> str:
    lower = {choice.lower(): choice for choice in choices}
    near = get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return f", did you mean {lower[near[0]]!r}?" if near else ""


# ------------------------------------------------------------------------------------------------------------- imports


def _module(name: str, local: bool) -> ModuleType:
    """A module below the working directory where it is there and not installed under this very name, else installed."""
    here = Path.cwd()
    if local and str(here) not in sys.path:
        sys.path.append(str(here))  # last, so that nothing of the user's hides what is installed
    try:
        installed = find_spec(name)
    except (ImportError, ValueError, AttributeError):
        installed = None
    except Exception as error:
        raise _failed(name, error) from error
    own = [here.joinpath(*name.split(".")).with_suffix(".py"), here.joinpath(*name.split("."), "__init__.py")]
    for path in own if local else ():
        if path.is_file() and not (installed and installed.origin and Path(installed.origin).samefile(path)):
            return _file(path)
    if installed is None:
        raise StrategyError(f"no module {name!r}, neither below {here} nor installed")
    try:
        return import_module(name)
    except Exception as error:
        raise _failed(installed.origin or name, error) from error


def _file(path: Path) -> ModuleType:
    """The module in a file; its folder is searched for what it imports."""
    path = path.expanduser().resolve()
    if not path.is_file():
        beside = [one.name for one in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise StrategyError(f"{path}: no such file{_near(path.name, beside)}")
    plain = path.stem.replace(".", "_")
    unique = f"{plain}_{hashlib.blake2b(str(path).encode(), digest_size=4).hexdigest()}"
    for known in (plain, unique):
        if getattr(sys.modules.get(known), "__file__", None) == str(path):
            return sys.modules[known]
    name = unique if plain in sys.modules or find_spec(plain) is not None else plain
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise _failed(str(path), error) from error
    return module


def _failed(place: str, error: Exception) -> StrategyError:
    """What a module raised while it was imported, and the line of it."""
    if isinstance(error, StrategyError):
        return StrategyError(f"{place}: {error}")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == place]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    return StrategyError(f"{place}{f', line {line}' if line else ''}: {type(error).__name__}: {what}")
