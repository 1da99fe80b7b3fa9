"""Times as text, parsed by a compiled pass over the bytes: some forty million a second, where strptime does one.

A form is what strptime calls a format, of %Y %m %d %H %M %S, %.f (a point and a fraction, or nothing), %f (a fraction,
as Python has it) and %3f (milliseconds), with any other characters between. Behind a clock there may be a UTC offset
(Z, UTC, +02:00, +0200, -05), the same in every row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from simcore.market.checks import Int64
from simcore.market.jit import compiled, compiled_into

if TYPE_CHECKING:
    import polars as pl

Bytes = npt.NDArray[np.uint8]

_PARTS: Final = {"%Y": 1, "%m": 2, "%d": 3, "%H": 4, "%M": 5, "%S": 6, "%.f": 7, "%f": 7, "%3f": 8}
_LITERAL: Final = 0
NAIVE: Final = 1 << 40  # in place of an offset: the times say none
UNREADABLE, OTHER_ZONE = 1, 2


class Parsed(NamedTuple):
    """`ns` (n,) int64 as the clocks say; the offset in seconds, None where there is none; the first row at fault, or -1
    and its `fault`.
    """

    ns: Int64
    offset: int | None
    row: int
    fault: int


def can_parse(form: str) -> bool:
    """Whether `parse` knows every part of a strptime format."""
    return re.fullmatch(r"(%Y|%m|%d|%H|%M|%S|%\.?f|%3f|[^%])+", form) is not None and "%Y" in form


def parse(texts: pl.Series, form: str) -> Parsed:
    """Parse texts (n,) without nulls by a form that `can_parse`."""
    import polars as pl

    found = re.findall(r"%\.f|%3f|%[YmdHMSf]|.", form.replace(".%f", "%.f"), re.DOTALL)
    leads = ["." if part == "%.f" else part[0] for part in found]
    tokens = np.array(
        [(_PARTS.get(part, _LITERAL), ord(lead)) for part, lead in zip(found, leads, strict=True)], np.int64
    )
    arrow = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, ends, data = arrow.buffers()
    edges = np.frombuffer(ends, np.int64)[arrow.offset : arrow.offset + len(texts) + 1]
    raw = np.frombuffer(data, np.uint8) if data is not None and data.size else np.frombuffer(b" ", np.uint8)
    ns = np.empty(len(texts), np.int64)
    state = np.array([NAIVE, 0], np.int64)
    row = int(parse_texts(raw, edges, tokens, ns, state))
    return Parsed(ns, None if state[0] == NAIVE else int(state[0]), row, int(state[1]))


@compiled_into
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant, days_from_civil)."""
    y = year - (1 if month <= 2 else 0)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@compiled_into
def _is_date(year: int, month: int, day: int) -> bool:
    if year < 1678 or year > 2261 or month < 1 or month > 12 or day < 1:
        return False
    long = 31 if month in (1, 3, 5, 7, 8, 10, 12) else 30
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (long if month != 2 else 29 if leap else 28)


@compiled_into
def _number(data: Bytes, at: int, stop: int, most: int) -> tuple[int, int]:
    """The number of up to `most` digits at `at`, and where it ends; where no digit stands, that is `at`."""
    value = 0
    end = at
    while end < stop and end < at + most and 48 <= data[end] <= 57:
        value = value * 10 + (data[end] - 48)
        end += 1
    return value, end


@compiled_into
def _offset(data: Bytes, at: int, stop: int) -> int:
    """Seconds of a UTC offset that takes all of [at, stop); NAIVE if nothing stands there, -NAIVE if something else."""
    while at < stop and data[at] == 32:
        at += 1
    if at == stop:
        return NAIVE
    if stop - at == 1 and (data[at] == 90 or data[at] == 122):
        return 0
    if stop - at == 3 and data[at] == 85 and data[at + 1] == 84 and data[at + 2] == 67:
        return 0
    if data[at] != 43 and data[at] != 45:
        return -NAIVE
    hours, end = _number(data, at + 1, stop, 2)
    if end != at + 3:
        return -NAIVE
    minutes = 0
    if end < stop:
        begin = end + 1 if data[end] == 58 else end
        minutes, end = _number(data, begin, stop, 2)
        if end != begin + 2 or end != stop:
            return -NAIVE
    seconds = hours * 3600 + minutes * 60
    return -seconds if data[at] == 45 else seconds


@compiled_into
def _two(data: Bytes, at: int) -> int:
    """The two digits at `at`, or 1000 and more."""
    high, low = int(data[at]) - 48, int(data[at + 1]) - 48
    return high * 10 + low if 0 <= high <= 9 and 0 <= low <= 9 else 1000


@compiled_into
def _instant(data: Bytes, at: int, stop: int, tokens: Int64, part: Int64, spans: Int64) -> tuple[int, int]:
    """ns and offset of one text, read token by token; -NAIVE for the offset if it cannot be read."""
    for k in range(9):
        part[k] = spans[k, 0] = spans[k, 1] = 0
    part[2] = part[3] = 1
    start = at
    clock = False
    for k in range(tokens.shape[0]):
        kind = tokens[k, 0]
        if kind == 0:
            if at >= stop or data[at] != tokens[k, 1]:
                return 0, -NAIVE
            at += 1
            continue
        if tokens[k, 1] == 46:
            if at >= stop or data[at] != 46:
                continue
            at += 1
        most = 4 if kind == 1 else 9 if kind == 7 else 3 if kind == 8 else 2
        part[kind], end = _number(data, at, stop, most)
        if end == at or (end < at + most and (kind == 1 or kind in (5, 6, 8))):
            return 0, -NAIVE
        spans[kind, 0], spans[kind, 1] = at - start, end - at
        at = end
        clock = clock or kind >= 4
    for _ in range(9 - spans[7, 1]):
        part[7] *= 10
    offset = _offset(data, at, stop) if clock else (NAIVE if at == stop else -NAIVE)
    if not _is_date(part[1], part[2], part[3]) or part[4] > 23 or part[5] > 59 or part[6] > 59:
        return 0, -NAIVE
    seconds = _days(part[1], part[2], part[3]) * 86_400 + part[4] * 3_600 + part[5] * 60 + part[6]
    return seconds * 1_000_000_000 + part[8] * 1_000_000 + part[7], offset


@compiled_into
def _same_layout(data: Bytes, at: int, spans: Int64, fixed: Int64, model: int, last: Int64) -> int:
    """ns of a text whose digits stand where those of the text at `model` do; -1 if something else stands anywhere.

    `last` holds the last date, as a number, and its days: most rows have the date of the row before.
    """
    for k in range(fixed.size):
        if data[at + fixed[k]] != data[model + fixed[k]]:
            return -1
    year = _two(data, at + spans[1, 0]) * 100 + _two(data, at + spans[1, 0] + 2)
    month, day = _two(data, at + spans[2, 0]), _two(data, at + spans[3, 0])
    hour = _two(data, at + spans[4, 0]) if spans[4, 1] else 0
    minute = _two(data, at + spans[5, 0]) if spans[5, 1] else 0
    second = _two(data, at + spans[6, 0]) if spans[6, 1] else 0
    fraction = 7 if spans[7, 1] else 8
    nanos, scale, stray = 0, 1_000_000_000, False
    for k in range(at + spans[fraction, 0], at + spans[fraction, 0] + spans[fraction, 1]):
        digit = int(data[k]) - 48
        stray |= digit < 0 or digit > 9
        nanos = nanos * 10 + digit
        scale //= 10
    key = (year * 100 + month) * 100 + day
    if key != last[0]:
        if year < 1970 or not _is_date(year, month, day):
            return -1
        last[0], last[1] = key, _days(year, month, day)
    if stray or hour > 23 or minute > 59 or second > 59:
        return -1
    return int(((last[1] * 24 + hour) * 3600 + minute * 60 + second) * 1_000_000_000 + nanos * scale)


@compiled_into
def _copied(spans: Int64, layout: Int64, width: int) -> Int64:
    """Copy where the digits stand, and return where none does."""
    digit = np.zeros(width, np.int64)
    count = width
    for kind in range(1, 9):
        layout[kind, 0], layout[kind, 1] = spans[kind, 0], spans[kind, 1]
        for k in range(spans[kind, 0], spans[kind, 0] + spans[kind, 1]):
            digit[k] = 1
            count -= 1
    fixed = np.zeros(count, np.int64)
    at = 0
    for k in range(width):
        if digit[k] == 0:
            fixed[at] = k
            at += 1
    return fixed


@compiled
def parse_texts(data: Bytes, edges: Int64, tokens: Int64, ns: Int64, state: Int64) -> int:
    """Fill `ns`; return the first row at fault or -1. state[0] becomes the offset in seconds, state[1] the fault.

    Every text is read as the first one is laid out; only one that is not is read token by token.
    """
    part, spans = np.zeros(9, np.int64), np.zeros((9, 2), np.int64)
    layout, fixed = np.zeros((9, 2), np.int64), np.zeros(0, np.int64)
    model, width, last = 0, -1, np.zeros(2, np.int64)
    for row in range(ns.size):
        at, stop = edges[row], edges[row + 1]
        while at < stop and (data[at] == 32 or data[at] == 9):
            at += 1
        while stop > at and (data[stop - 1] == 32 or data[stop - 1] == 9 or data[stop - 1] == 13):
            stop -= 1
        if stop - at == width:
            found = _same_layout(data, at, layout, fixed, model, last)
            if found >= 0:
                ns[row] = found
                continue
        ns[row], offset = _instant(data, at, stop, tokens, part, spans)
        if offset == -NAIVE:
            state[1] = 1
            return row
        if row == 0:
            state[0] = offset
            if spans[2, 1] == 2 and spans[3, 1] == 2 and spans[4, 1] != 1:
                model, width = at, stop - at
                fixed = _copied(spans, layout, width)
        elif offset != state[0]:
            state[1] = 2
            return row
    return -1
