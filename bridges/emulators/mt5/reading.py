"""A request as the package reads it: every field in its type.

One that is malformed gives no answer: None, and last_error names the field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.errors import Failure
from bridges.emulators.mt5.structs import Struct, TradeRequest

LONGEST_COMMENT: Final = 29  # more the package does not take; so measured by users, on several builds
_TEXTS: Final = ("symbol", "comment")
_FLOATS: Final = ("volume", "price", "stoplimit", "sl", "tp")


def read_request(given: Any) -> Struct:
    """A dict or a TradeRequest with every field in its type; Failure names the first that is not."""
    if isinstance(given, TradeRequest):
        given = given._asdict()
    if not isinstance(given, Mapping):
        raise Failure(c.RES_E_INVALID_PARAMS, "Unnamed arguments not allowed")
    for name in given:
        if name not in TradeRequest.__match_args__:
            raise Failure(c.RES_E_INVALID_PARAMS, f'Invalid "{name}" argument')
    if len(str(given.get("comment") or "")) > LONGEST_COMMENT:
        raise Failure(c.RES_E_INVALID_PARAMS, 'Invalid "comment" argument')
    return TradeRequest(_value(name, given.get(name)) for name in TradeRequest.__match_args__)


def asked_for(request: Any, fields: Mapping[str, Any]) -> Struct:
    """The request of a call: one structure, or its fields by name, never both."""
    if fields and request is not None:
        raise Failure(c.RES_E_INVALID_PARAMS, "Unnamed arguments not allowed")
    return read_request(fields or request)


def _value(name: str, value: Any) -> Any:
    if value is None:
        return "" if name in _TEXTS else 0.0 if name in _FLOATS else 0
    if name in _TEXTS and isinstance(value, str):
        return value
    if name in _FLOATS and isinstance(value, int | float | np.number) and math.isfinite(value):
        return float(value)
    if name not in _TEXTS and name not in _FLOATS and isinstance(value, int | np.integer):
        return int(value)
    raise Failure(c.RES_E_INVALID_PARAMS, f'Invalid "{name}" argument')
