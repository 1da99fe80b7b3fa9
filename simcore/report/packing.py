"""Columns of numbers as plotly.js reads them from text: base64 of their bytes, small and exact."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray


def packed(values: NDArray[Any]) -> dict[str, str]:
    """A column as float64; nan is a gap."""
    raw = np.ascontiguousarray(values, dtype="<f8").tobytes()
    return {"dtype": "f8", "bdata": base64.b64encode(raw).decode("ascii")}


def moments(ns: NDArray[Any]) -> dict[str, str]:
    """Times in ns as milliseconds since 1970, to a microsecond."""
    return packed(np.round(np.asarray(ns, dtype=np.float64) / 1e6, 3))
