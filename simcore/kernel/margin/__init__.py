"""How margin is computed. One file per rule book; a broker is a preset plus the formulas it adds here.

Assumes MetaTrader 5's model: margin of a position is fixed when it opens (open price, conversion at that moment) and
changes only with its volume. So the margin level moves with equity alone, which is why the hot tick needs no margin.
"""

from simcore.kernel.margin.account import after_fill, margin_of, order_margin, refresh_margin

__all__ = ["after_fill", "margin_of", "order_margin", "refresh_margin"]
