"""One way to write a record: fields in order, C-aligned, so that numpy, numba and ctypes see the same bytes."""

from __future__ import annotations

import numpy as np


def record(**fields: object) -> np.dtype:  # type: ignore[type-arg]
    """A C-aligned dtype; a field is "f8", "i8", a dtype, or (dtype, count)."""
    spec: list[tuple[object, ...]] = []
    for name, kind in fields.items():
        spec.append((name, *kind) if isinstance(kind, tuple) else (name, kind))
    return np.dtype(spec, align=True)  # type: ignore[arg-type]
