"""The digest of a file's bytes, to see whether they are those that were written: fast, and no defence against malice.

Four sums run over the file's 8-byte words. A word goes into its sum by an exclusive or, a multiplication with an odd
number and a rotation, all of which can be undone: a change within one word always changes the digest, and two changes
cancel each other out about once in 2 ** 64 times.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simcore.market.columns import column
from simcore.market.jit import compiled, compiled_into

UInt64 = npt.NDArray[np.uint64]
Int64 = npt.NDArray[np.int64]
WHOLE = column([0], np.int64)  # one stretch, from the first word on


def digest_of(content: Any) -> int:
    """Return the digest of bytes, as an integer below 2 ** 64."""
    content = np.frombuffer(content, np.uint8)
    words = column(content[: content.size // 8 * 8].view(np.uint64), np.uint64)
    rest = int.from_bytes(content[words.size * 8 :].tobytes(), "little")
    return int(digest_words(words, WHOLE, words.size, np.uint64(rest), np.uint64(content.size)))


def digest_of_stretches(values: npt.NDArray[Any], starts: Int64, length: int) -> int:
    """Return the digest of stretches of 8-byte values, laid end to end; `length` of each, a multiple of four."""
    words = column(values.view(np.uint64), np.uint64)
    size = np.uint64(starts.size * length * 8)
    return int(digest_words(words, column(starts, np.int64), length, np.uint64(0), size))


@compiled_into
def stirred(total: np.uint64, word: np.uint64, odd: np.uint64) -> np.uint64:
    """Return the sum with one more word in it."""
    product = (total ^ word) * odd
    return (product << np.uint64(31)) | (product >> np.uint64(33))


@compiled
def digest_words(words: UInt64, starts: Int64, length: int, rest: np.uint64, size: np.uint64) -> np.uint64:
    """Return the digest of `length` words from each of `starts`, of what is left over, and of the number of bytes."""
    odd = np.uint64(0x9E3779B97F4A7C15)  # 2 ** 64 over the golden ratio
    a, b, c, d = size, rest, odd, ~odd
    for start in starts:
        whole = start + length // 4 * 4
        for i in range(start, whole, 4):
            a = stirred(a, words[i], odd)
            b = stirred(b, words[i + 1], odd)
            c = stirred(c, words[i + 2], odd)
            d = stirred(d, words[i + 3], odd)
        for i in range(whole, start + length):
            a = stirred(a, words[i], odd)
    for other in (b, c, d):
        a = stirred(a, other, odd)
    return a
