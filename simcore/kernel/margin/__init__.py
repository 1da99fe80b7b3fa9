"""How margin is computed. One file per rule book; a broker is a preset plus the formulas it adds here.

MetaTrader's model: margin of a position is fixed when it opens (open price, conversion at that moment) and changes only
with its volume. So the margin level moves with equity alone, which is why the hot tick needs no margin. Brokers that
re-value margin (margin_basis = "current"), exchange accounts, and floating leverage by notional that another pair
converts, are looked at on every tick.
"""

from simcore.kernel.margin.account import NO_RESERVE, order_margin, requirement
from simcore.kernel.margin.exchange import deal_effect
from simcore.kernel.margin.floating import counted, refresh_margin, revalue_margin, used_after
from simcore.kernel.margin.sides import NO_FILL

__all__ = [
    "NO_FILL",
    "NO_RESERVE",
    "counted",
    "deal_effect",
    "order_margin",
    "refresh_margin",
    "requirement",
    "revalue_margin",
    "used_after",
]
