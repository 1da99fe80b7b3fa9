"""Names as numbers: the account's records hold int64 only, so symbols and tags stand there as a hash of their text.

A symbol's key is what compiled code compares `ctx.symbol == "EURUSD"` with, and what ctx["GBPUSD"] looks for. A tag may
be any int or a constant string; strings are remembered by this process, so that fills and orders can show them again.
"""

from __future__ import annotations

from simcore.market.keys import key_of

_TAGS: dict[int, str] = {}


def tag_key(tag: int | str) -> int:
    """The number a tag is stored as; a string is remembered, so that `tag_name` finds it again."""
    if not isinstance(tag, str):
        return tag
    key = key_of(tag)
    _TAGS[key] = tag
    return key


def tag_name(key: int) -> str | int:
    """The tag as it was given: its text where this process has seen it, else the number."""
    return _TAGS.get(key, key)


def tag_names() -> dict[int, str]:
    """Every string used as a tag so far, by its key: what results are printed with."""
    return dict(_TAGS)


class Tag(int):
    """A tag read back from the account: equal to the int, or to the string, it was given as."""

    def __eq__(self, other: object) -> bool:
        return int(self) == (key_of(other) if isinstance(other, str) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return int.__hash__(self)

    def __repr__(self) -> str:
        return repr(tag_name(int(self)))
