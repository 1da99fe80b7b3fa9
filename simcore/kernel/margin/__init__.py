"""How margin is computed. One file per rule book; a broker is a preset plus the formulas it adds here.

Assumes MetaTrader 5's model: margin of a position is fixed when it opens (open price, conversion at that moment) and
changes only with its volume. So the margin level moves with equity alone, which is why the hot tick needs no margin.
"""

from simcore.kernel.margin.account import NO_FILL, NO_RESERVE, order_margin, refresh_margin, used_after

__all__ = ["NO_FILL", "NO_RESERVE", "order_margin", "refresh_margin", "used_after"]
