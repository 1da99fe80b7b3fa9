"""How the compiled passes over market data are compiled.

Each file's compiled functions call only functions of the same file, because numba's cache notices an edit of the file a
function stands in but not of others. Arguments are read-only views (`columns.column` makes them), so that writable and
borrowed arrays do not compile twice.
"""

from collections.abc import Callable
from typing import TypeVar

from numba import njit
from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile on first use, keep on disk, run without the GIL; divisions follow IEEE 754, not Python."""
    dispatcher: Function = njit(cache=True, nogil=True, error_model="numpy")(function)
    return dispatcher


def compiled_into(function: Function) -> Function:
    """Compile as a part of each pass of the same file that calls it."""
    part: Function = register_jitable(function)
    return part
