"""Tables in parts are the tables they were, in the order in which they were told."""

from __future__ import annotations

import numpy as np

from simcore.run.told import Told


def test_parts_are_joined_in_order_once() -> None:
    told = Told(
        [{"fills": np.array([1, 2]), "samples": np.array([5])}, {"fills": np.array([3]), "samples": np.array([6])}]
    )
    told.append("samples", np.array([7]))
    assert {name: rows.tolist() for name, rows in told.items()} == {"fills": [1, 2, 3], "samples": [5, 6, 7]}
    assert told["fills"] is told["fills"]
    assert len(told) == 2
