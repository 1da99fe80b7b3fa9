"""Chance inside the account: a hash of a number and a seed. Equal runs draw alike, and State holds none of it."""

from simcore.kernel.jit import kernel

SPAN = 1 << 47  # what is drawn lies below


@kernel
def draw(number, seed):
    """A whole number from 0 to SPAN - 1, as good as evenly spread."""
    x = number * 0x9E3779B97F4A7C1 + seed * 0x5851F42D4C957F2D
    x ^= (x >> 31) & 0x1FFFFFFFF
    x *= 0x14057B7EF767814F
    x ^= (x >> 29) & 0x7FFFFFFFF
    return x & (SPAN - 1)
