"""The functions of a MetaTrader5 module, whatever answers them: a call that breaks off is a call without an answer.

The package answers None and says why in last_error. Objects with its functions at the end of a network (mt5linux's
over RPyC) raise when their other side is gone; here that is None, too, with the code of an IPC timeout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

TIMED_OUT: Final = -10005
BROKEN: Final = (OSError, EOFError)  # a closed or silent connection; TimeoutError is an OSError
SILENT: Final = "AsyncResultTimeout"  # RPyC's own, known by name since it need not be installed


class Calls:
    """Every function and constant of `module`, by name."""

    def __init__(self, module: Any) -> None:
        self._module, self._error = module, ""  # why the last call broke off

    def last_error(self) -> tuple[int, str]:
        """Why the last call had no answer."""
        if self._error:
            return TIMED_OUT, self._error
        code, text = self._module.last_error()
        return code, text

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        return self._answered(value) if callable(value) else value

    def _answered(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self._error = ""
            try:
                return function(*given, **named)
            except Exception as error:
                if not isinstance(error, BROKEN) and type(error).__name__ != SILENT:
                    raise
                self._error = f"{type(error).__name__}: {error}"
                return None

        return call
