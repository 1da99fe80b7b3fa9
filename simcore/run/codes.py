"""The account's codes by their names: what happened, an order's type, status and time in force, and why."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from simcore.kernel.enums import EventKind, OrderType, Status, TimeInForce, Why
from simcore.run import Table


def _names(codes: Any) -> tuple[str | None, ...]:
    by_code = {int(code): code.name.lower() for code in codes}
    return tuple(by_code.get(code) for code in range(max(by_code) + 1))


NAMES: Final = {codes: _names(codes) for codes in (EventKind, OrderType, Status, TimeInForce, Why)}


def named(codes: Any, values: Table) -> pl.Series:
    """A column of the names of codes, in small letters."""
    return pl.Series(np.array(NAMES[codes], object)[np.asarray(values)] if len(values) else [], dtype=pl.String)
