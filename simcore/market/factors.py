"""What LEAN's factors stand for: the split and the dividend between each row of a factor file and the next.

Factors have seven or eight decimals. A split so near to a ratio of small numbers as their rounding allows is that
ratio: 6.99999720 is 7. A dividend is reference * (1 - ratio of the price factors), in cents.
Source: QuantConnect LEAN, Common/Data/Auxiliary/CorporateFactorRow.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np

from simcore.market.checks import Float64

_EXACT: Final = 5e-5
_LARGEST: Final = 20


def happened(price: Float64, split: Float64, reference: Float64) -> tuple[Float64, Float64]:
    """After each row but the last, (n - 1,): new shares for one old (1: no split), and cash a share (0: no dividend).

    price, split, reference: (n,) the factors and raw closes, ascending by date; a reference of 0 or nan is none.
    """
    shares = np.array([_ratio(one) for one in (split[1:] / split[:-1]).tolist()], float)
    cash = np.round(np.nan_to_num(reference[:-1]) * (1.0 - price[:-1] / price[1:]), 2)
    return shares, np.maximum(cash, 0.0)


def _ratio(split: float) -> float:
    exact = _small(split) if split >= 1.0 else 1 / _small(1.0 / split)
    return float(exact) if abs(float(exact) / split - 1.0) < _EXACT else split


def _small(ratio: float) -> Fraction:
    return Fraction(ratio).limit_denominator(_LARGEST)
