"""Names as numbers: the account's records hold int64 only, so a symbol or a tag stands there as a hash of its text."""

from __future__ import annotations

import hashlib


def key_of(text: str) -> int:
    """The number that stands for `text` in the account's records: 64 bits of blake2b, signed, on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)
