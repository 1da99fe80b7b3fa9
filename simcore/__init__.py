"""simcore replays market ticks through one account that knows margin, financing and liquidation as the broker does.

`import simcore as sc` gives every public name. Each is imported from its own module when it is first used, so that the
import itself stays fast: neither numba nor pandas is loaded before something needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"

__all__ = [
    "Broker",
    "Instrument",
    "__version__",
    "read_bars",
    "read_prints",
    "read_quotes",
]

# The module each public name is imported from. Checkers read the imports below instead; a test holds all three equal.
_HOMES: Final = {
    "Broker": "simcore.brokers.broker",
    "Instrument": "simcore.brokers.instrument",
    "read_bars": "simcore.market.readers.read",
    "read_prints": "simcore.market.readers.read",
    "read_quotes": "simcore.market.readers.read",
}

if TYPE_CHECKING:
    from simcore.brokers.broker import Broker
    from simcore.brokers.instrument import Instrument
    from simcore.market.readers.read import read_bars, read_prints, read_quotes
else:

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(_unknown(name))
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, __all__, n=1)
    return f"simcore has no {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
