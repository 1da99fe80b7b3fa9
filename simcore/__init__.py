"""simcore replays market ticks through one account that knows margin, financing and liquidation as the broker does.

`import simcore as sc` gives every public name. Each is imported from its own module when it is first used, so that the
import itself stays fast: neither numba nor pandas is loaded before something needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

__version__ = "0.1.0"

# Public name -> module that defines it. The checker's view of the same names stands below; tests keep the two equal.
_HOMES: Final[dict[str, str]] = {}

__all__ = ["__version__"]


def __getattr__(name: str) -> Any:
    """Import the public name on first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'simcore' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
