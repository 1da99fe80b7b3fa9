"""What the package says of a call that failed: the codes and texts of last_error()."""

from __future__ import annotations

from typing import Final

from bridges.emulators.mt5 import constants as c

SUCCESS: Final = (c.RES_S_OK, "Success")
TEXTS: Final = {  # as the package says them
    c.RES_E_FAIL: "Terminal: Call failed",
    c.RES_E_INVALID_PARAMS: "Terminal: Invalid params",
    c.RES_E_NO_MEMORY: "Terminal: Out of memory",
    c.RES_E_NOT_FOUND: "Terminal: Not found",
    c.RES_E_AUTH_FAILED: "Terminal: Authorization failed",
    c.RES_E_UNSUPPORTED: "Terminal: Unsupported function",
    c.RES_E_INTERNAL_FAIL_SEND: "IPC send failed",
    c.RES_E_INTERNAL_FAIL_RECEIVE: "IPC recv failed",
    c.RES_E_INTERNAL_FAIL_INIT: "IPC initialize failed",
    c.RES_E_INTERNAL_FAIL_CONNECT: "No IPC connection",
    c.RES_E_INTERNAL_FAIL_TIMEOUT: "IPC timeout",
}
ALWAYS: Final = ("initialize", "shutdown", "version", "last_error")  # they need no connection
NO: Final = ("initialize", "login", "symbol_select", "market_book_add", "market_book_release")  # False, not None


class Failure(Exception):
    """A call that answers None (or False): the code and the text of last_error()."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(code, text or TEXTS[code])


def unanswered(name: str) -> bool | None:
    """What a function answers that failed."""
    return False if name in NO else None
