"""Rounding: money to the account's digits, prices and quantities to the instrument's grid.

Money rounds half away from zero, as MetaTrader's NormalizeDouble does; a hair more than a millionth of the smallest
digit is added so that an exact half, which a float holds a little too low, still goes up (and so that a half less a
millionth, which sums of grid prices do meet, is no borderline case). Equal prices are equal bits: a price is the
integer number of increments divided by an exact power of ten.
"""

import math

from simcore.kernel.jit import kernel

HALF = 0.5 + 1.001e-6
MOST_STEPS = 2.0**53  # above it a float counts no single steps
GRID_TOLERANCE = 1e-6  # of an increment: what a float may be off and still be on the grid


@kernel
def money(rules, x):
    """x rounded to the account's money digits."""
    whole = math.floor(abs(x) * rules.money_scale + HALF)
    if whole == 0.0:
        return 0.0
    return math.copysign(whole, x) / rules.money_scale


@kernel
def on_grid(t, price):
    """The price put on the instrument's grid; nan stays nan, and so does what is beyond all prices."""
    steps = price * t.price_scale / t.price_step
    return round(steps) * t.price_step / t.price_scale if abs(steps) < MOST_STEPS else price


@kernel
def average_price(t, price):
    """A weighted average open price, kept to digits + 3 decimals (MetaTrader 5)."""
    scale = t.price_scale * 1000.0
    return math.floor(price * scale + HALF) / scale


@kernel
def steps_of(t, qty):
    """How many qty increments."""
    return math.floor(qty / t.qty_increment + 0.5)


@kernel
def slack(t):
    """What a difference of two prices of the grid may be off by, in a float."""
    return GRID_TOLERANCE * t.price_step / t.price_scale


@kernel
def nearer_than(t, distance, level):
    """True where a distance between two prices of the grid is less than `level`, whatever floats make of it."""
    return distance < level - slack(t)


@kernel
def within(t, distance):
    """True where a distance between two prices is within freeze_level."""
    return t.freeze_level > 0.0 and distance <= t.freeze_level + slack(t)


@kernel
def on_qty_grid(t, qty):
    """True where qty is a whole number of increments."""
    return abs(qty / t.qty_increment - steps_of(t, qty)) <= GRID_TOLERANCE


@kernel
def snap_qty(t, qty):
    """qty to the nearest increment: sums and differences of grid quantities stay exact."""
    per_unit = math.floor(1.0 / t.qty_increment + 0.5)
    if per_unit >= 1.0 and abs(per_unit * t.qty_increment - 1.0) < 1e-9:
        return steps_of(t, qty) / per_unit
    return steps_of(t, qty) * t.qty_increment


@kernel
def whole_units(t, qty):
    """`qty` rounded down to the instrument's increment."""
    return snap_qty(t, math.floor(qty / t.qty_increment + GRID_TOLERANCE) * t.qty_increment)


@kernel
def round_down_qty(t, qty):
    """The largest grid quantity not above qty; 0 below the minimum, the maximum above it."""
    if not qty > 0.0:
        return 0.0
    if qty > t.qty_max:
        qty = t.qty_max
    down = snap_qty(t, math.floor(qty / t.qty_increment + GRID_TOLERANCE) * t.qty_increment)
    return down if down >= t.qty_min - GRID_TOLERANCE * t.qty_increment else 0.0
