"""Size classes: how much an account can hold. A full book refuses the order and names the class."""

from typing import NamedTuple


class Size(NamedTuple):
    """A size class: how many positions and orders an account can hold."""

    name: str
    positions: int
    orders: int


SIZES = (Size("S", 64, 256), Size("M", 1024, 2048), Size("L", 16384, 16384))
