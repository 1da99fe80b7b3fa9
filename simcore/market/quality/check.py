"""`check` counts the faults of market data; `clean` applies a policy to them.

quality = sc.check("eurusd.csv", symbol="EURUSD")     # files, frames, quotes, bars, prints, a store's range
print(quality.verdict)                                # one sentence; quality.frame has the counts by day
quotes = sc.clean("eurusd.csv", symbol="EURUSD", policy="drop")
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Unpack

import numpy as np

from simcore.market.checks import text_of
from simcore.market.errors import DataError
from simcore.market.measure import parse_bars
from simcore.market.quality.faults import FAULTS, Flags, Limits
from simcore.market.quality.rows import Given, Raw, Rows, Span, raw_of, read_raw
from simcore.market.quality.scan import Scan
from simcore.market.quality.verdict import DROPPED, Quality, check_policy, chosen, word
from simcore.market.readers.request import ReadOptions
from simcore.market.readers.sources import Source
from simcore.market.store.range import Range

GAP: Final = "2h"
STALE: Final = "1h"
OUTLIER: Final = 20.0
OUTLIER_LEAST: Final = 0.005


def check(
    data: Given,
    *,
    symbol: str | None = None,
    policy: str = "keep",
    calendar: str | None = None,
    gap: str = GAP,
    stale: str = STALE,
    outlier: float = OUTLIER,
    outlier_least: float = OUTLIER_LEAST,
    kind: str | None = None,
    timeframe: str | None = None,
    ask: Source | Sequence[Source] | None = None,
    span: Span = (None, None),
    **options: Unpack[ReadOptions],
) -> Quality:
    """Count the faults of one instrument's rows, by day (UTC) and in all; nothing is changed, whatever the policy.

    data: quotes, prints, bars, a store's range (read chunk by chunk), a frame, files; the last two need `symbol` and
    take the options of sc.read_quotes. The faults, and `simcore.market.quality` for how each is told: gap, stale:
    times; outlier: usual moves; outlier_least: a part of the price; calendar: "fx", "24/7" or an exchange's name;
    ask: where the ask side of bars lies, if in files of its own; span: (from, up to but not at), such as
    ("2024-01-02", None).
    Raises DataError for data that cannot be read and for an argument that is none.
    """
    limits = Limits.of(gap, stale, outlier, outlier_least)
    check_policy(policy)
    stated = stated_limits(gap, stale, outlier, outlier_least, calendar)
    if isinstance(data, Range) and tuple(span) == (None, None):
        length = _length(data.key.kind, data.key.timeframe)
        scan = Scan(limits, calendar, length)
        one_price = data.key.kind == "prints" or (data.key.kind == "bars" and "ask_close" not in data.columns)
        for rows in data.chunks():
            scan.add(rows.given())
        return quality_of(scan, scan.finish()[1], data.symbol, data.key.kind, one_price, policy, stated)
    raw = read_raw(data, symbol, kind, timeframe, span, options, ask)
    return _checked(raw, policy, calendar, limits, stated)[0]


def clean(
    data: Given,
    *,
    policy: str,
    symbol: str | None = None,
    faults: list[str] | tuple[str, ...] | None = None,
    calendar: str | None = None,
    gap: str = GAP,
    stale: str = STALE,
    outlier: float = OUTLIER,
    outlier_least: float = OUTLIER_LEAST,
    kind: str | None = None,
    timeframe: str | None = None,
    ask: Source | Sequence[Source] | None = None,
    span: Span = (None, None),
    **options: Unpack[ReadOptions],
) -> Rows:
    """Read data as `check` does, and return them as quotes, prints or bars after the policy.

    "keep" changes nothing. "sort" puts the rows in time order; rows of one time keep theirs. "drop" leaves out every
    row with one of `faults`: invalid, crossed, duplicated, unordered, outlying and out_of_session, if not given.
    "raise" refuses data with one of `faults`, all of them if not given. Raises DataError then, for what cannot be read,
    and for rows that no quotes, prints or bars may have (an invalid or unordered row that was kept).
    """
    limits = Limits.of(gap, stale, outlier, outlier_least)
    check_policy(policy)
    names = chosen(faults, DROPPED if policy == "drop" else tuple(FAULTS))
    raw = read_raw(data, symbol, kind, timeframe, span, options, ask)
    if policy == "keep" and isinstance(data, Rows) and tuple(span) == (None, None):
        return data
    stated = stated_limits(gap, stale, outlier, outlier_least, calendar)
    return _after(raw, *_checked(raw, policy, calendar, limits, stated), names)


def clean_and_tell(
    data: Given,
    *,
    policy: str,
    symbol: str | None = None,
    calendar: str | None = None,
    kind: str | None = None,
    timeframe: str | None = None,
    ask: Source | Sequence[Source] | None = None,
    span: Span = (None, None),
    **options: Unpack[ReadOptions],
) -> tuple[Rows | Range, Quality]:
    """Return the rows after the policy, and what was found before it, by the default limits; raises as `clean` does.

    A store's range stays one, looked at chunk by chunk, unless rows of it have to be left out.
    """
    if isinstance(data, Range):
        quality = check(data, policy=policy, calendar=calendar)
        wrong = {"raise": FAULTS, "drop": DROPPED}.get(policy, ())
        if not any(name in quality.faults for name in wrong):
            return data, quality
    check_policy(policy)
    raw = read_raw(data, symbol, kind, timeframe, span, options, ask)
    stated = stated_limits(GAP, STALE, OUTLIER, OUTLIER_LEAST, calendar)
    quality, flags = _checked(raw, policy, calendar, Limits.of(GAP, STALE, OUTLIER, OUTLIER_LEAST), stated)
    return _after(raw, quality, flags, DROPPED if policy == "drop" else tuple(FAULTS)), quality


def _after(raw: Raw, quality: Quality, flags: Flags, names: tuple[str, ...]) -> Rows:
    """The rows after the policy that was checked for; `names` are the faults that are left out or refused."""
    if quality.policy == "sort":
        return raw.rows(np.argsort(raw.columns["ts"], kind="stable"))
    bad = (flags & np.uint16(sum(FAULTS[name] for name in names))) != 0
    if quality.policy == "keep" or not bad.any():
        return raw.rows()
    if quality.policy == "raise":
        raise DataError(_refusal(raw, quality, flags, int(bad.argmax()), names))
    if bad.all():
        raise DataError(f"{raw.symbol}: policy drop leaves none of {bad.size:,} rows; {quality.verdict}")
    return raw.rows(~bad)


def check_rows(rows: Rows, *, policy: str = "keep", calendar: str | None = None) -> Quality:
    """Count the faults of rows in memory, by the default limits."""
    limits = Limits.of(GAP, STALE, OUTLIER, OUTLIER_LEAST)
    stated = stated_limits(GAP, STALE, OUTLIER, OUTLIER_LEAST, calendar)
    return _checked(raw_of(rows), policy, calendar, limits, stated)[0]


def stated_limits(gap: str, stale: str, outlier: float, least: float, calendar: str | None) -> dict[str, Any]:
    """The limits as a report states them."""
    return {
        "gap": gap,
        "stale_after": stale,
        "outlier": f"{outlier:g} usual moves, at least {100 * least:g} %",
        "calendar": calendar or "none given",
    }


def _length(kind: str, timeframe: str | None) -> int:
    if kind != "bars" or timeframe is None:
        return 1
    return parse_bars(timeframe).ns


def _checked(
    raw: Raw, policy: str, calendar: str | None, limits: Limits, stated: dict[str, Any]
) -> tuple[Quality, Flags]:
    if not raw.columns["ts"].size:
        raise DataError(f"{raw.symbol}: no rows; check the file, or the filter that made this frame")
    scan = Scan(limits, calendar, _length(raw.kind, raw.timeframe))
    flags, days = scan.finish(raw.columns)
    one_price = not {"ask", "ask_close"} & raw.columns.keys()
    return quality_of(scan, days, raw.symbol, raw.kind, one_price, policy, stated), flags


def quality_of(
    scan: Scan, days: Any, symbol: str, kind: str, one_price: bool, policy: str, stated: dict[str, Any]
) -> Quality:
    """What a scan found, with what it could not count."""
    unknown = {"crossed", "locked"} if one_price else set()
    unknown |= {"out_of_session"} if scan.calendar is None else set()
    return Quality(symbol, kind, scan.first, scan.last, policy, stated, days, frozenset(unknown))


def _refusal(raw: Raw, quality: Quality, flags: Flags, row: int, names: tuple[str, ...]) -> str:
    at_fault = " and ".join(word(name) for name in names if flags[row] & FAULTS[name])
    values = ", ".join(f"{name} {values[row]:g}" for name, values in raw.columns.items() if name not in ("ts", "end"))
    return (
        f"{raw.symbol}, row {row + 1}, {text_of(raw.columns['ts'][row])}: {at_fault} ({values}); "
        f'{quality.verdict}. Repair the data, or pass policy="drop" or policy="keep"'
    )
