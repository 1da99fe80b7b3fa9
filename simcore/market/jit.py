"""How the compiled passes over market data are compiled, and where machine code is kept.

Each file's compiled functions call only functions of the same file: a file's digest names what is kept of it. Arguments
are read-only views (`columns.column` makes them), so that writable and borrowed arrays do not compile twice.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from numba import njit
from numba.core import caching
from numba.core.runtime import rtsys
from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile on first use, keep on disk, run without the GIL; divisions follow IEEE 754, not Python."""
    dispatcher: Any = njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = _PassCache(function)
    return dispatcher  # type: ignore[no-any-return]


def compiled_into(function: Function) -> Function:
    """Compile as a part of each pass of the same file that calls it."""
    part: Function = register_jitable(function)
    return part


def root() -> Path:
    """Where compiled code is kept: $SIMCORE_CACHE, else the user's cache folder."""
    users = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.environ.get("SIMCORE_CACHE") or os.path.join(users, "simcore"))


class Kept(caching.FunctionCache):
    """numba's function cache, for less: what is kept loads without the compiler, which takes a third of a second to set
    up; where nothing can be written, the function runs all the same and compiles again next time.
    """

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The function from its file; None where it has to be compiled."""
        rtsys.initialize(target)  # arrays are counted by it
        try:
            return self._load_overload(signature, target)
        except OSError:
            return None

    def save_overload(self, signature: Any, data: Any) -> None:
        """Keep a compiled function, if that can be done."""
        try:
            super().save_overload(signature, data)
        except OSError:
            return


class Locator(caching._CacheLocator):
    """Names a function's file by the function and its source's digest."""

    def __init__(self, function: Any, path: str) -> None:
        self._name = f"{function.__module__}.{function.__qualname__}"
        self._digest = _digest(path)

    def get_cache_path(self) -> str:
        """The folder."""
        return str(root() / "market")

    def get_source_stamp(self) -> str:
        """What the content must agree with."""
        return self._digest

    def get_disambiguator(self) -> str:
        """What tells functions of one name apart."""
        return hashlib.blake2b((self._name + self._digest).encode(), digest_size=8).hexdigest()

    @classmethod
    def from_function(cls, function: Any, path: str) -> Locator:
        """The locator of a function in the source file at `path`."""
        return cls(function, path)


@cache
def _digest(path: str) -> str:
    return hashlib.blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()


class _Impl(caching.CompileResultCacheImpl):
    _locator_classes: ClassVar[list[type]] = [Locator]


class _PassCache(Kept):
    _impl_class = _Impl
