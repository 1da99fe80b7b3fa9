"""Columns of numbers and words as the page carries them: exact, and a few bytes a row.

Decimals (prices on their grid, money to the cent, times in ms) become whole numbers, of which the differences are kept,
their bytes in planes; what does not fit that becomes float64. Everything is deflated together and written in base64;
columns.js reads it back bit for bit.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simcore.report.sheet import nanoseconds

MISSING: Final = -(2**31)  # a difference that stands for nan
WIDEST: Final = 2**31 - 1  # a difference that fits
EXACT: Final = 2**53  # whole numbers that a float64 holds
LEVEL: Final = 6  # of zlib: 9 takes twice as long for 2 %


class Columns:
    """Gathers columns; what `add` returns is the index by which charts and tables name one."""

    def __init__(self) -> None:
        self._heads: list[tuple[str, int, int]] = []
        self._parts: list[bytes] = []

    def decimals(self, values: Any, digits: int = 0) -> int:
        """Numbers of at most `digits` decimals; nan stays nan. More decimals are rounded away."""
        number = np.asarray(values, np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = np.round(number * 10.0**digits)
        known = ~np.isnan(scaled)
        if not (np.abs(scaled[known]) < EXACT).all():
            return self.floats(number)
        whole = scaled[known].astype(np.int64)
        steps = np.full(number.size, MISSING, np.int64)
        steps[known] = np.diff(whole, prepend=0)
        if whole.size and np.abs(steps[known]).max() > WIDEST:
            return self.floats(number)
        return self._put("decimal", number.size, digits, _planes(steps.astype("<i4")))

    def floats(self, values: Any) -> int:
        """Numbers as they are, eight bytes each."""
        number = np.ascontiguousarray(values, "<f8")
        return self._put("float", number.size, 0, _planes(number))

    def times(self, values: pl.Series | NDArray[np.int64]) -> int:
        """Moments, or durations, in ns as ms."""
        ns = nanoseconds(values) if isinstance(values, pl.Series) else values
        return self.decimals(ns // 1_000_000)

    def words(self, values: Iterable[str]) -> int:
        """A list of texts."""
        text = json.dumps(list(values), ensure_ascii=False, separators=(",", ":")).encode()
        return self._put("words", len(text), 0, text)

    def coded(self, values: Iterable[Any]) -> tuple[int, int]:
        """Texts of which many are equal: the column of their numbers, and that of the texts. None is empty."""
        known: dict[str, int] = {}
        codes = [known.setdefault("" if v is None else str(v), len(known)) for v in values]
        return self.decimals(codes), self.words(known)

    def packed(self) -> dict[str, Any]:
        """All of them, as the page has it."""
        blob = base64.b64encode(zlib.compress(b"".join(self._parts), LEVEL)).decode("ascii")
        return {"columns": self._heads, "blob": blob}

    def _put(self, kind: str, count: int, digits: int, part: bytes) -> int:
        self._heads.append((kind, count, digits))
        self._parts.append(part)
        return len(self._heads) - 1


def _planes(values: NDArray[Any]) -> bytes:
    """The lowest bytes of all values, then the next ones: alike stands by alike, which deflates well."""
    return values.view(np.uint8).reshape(values.size, values.itemsize).T.tobytes()
