"""What becomes of new rows where the store holds rows already.

Appending what is held already, bit for bit, changes nothing, so an append may be repeated, and what is held in part is
completed. Rows before, after or between those held are added. Where new rows fall into a period that is held and differ
from it, the policy decides, and `refuse` is the default: `keep` leaves the held period as it is and adds what lies
outside of it; `replace` puts the new rows in the place of everything held between the first and the last of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal, NamedTuple

import numpy as np

from simcore.market.checks import text_of
from simcore.market.columns import Array
from simcore.market.errors import DataError, did_you_mean
from simcore.market.store.change import Change
from simcore.market.store.manifest import Key
from simcore.market.store.parts import Rows, key_of, periods

Overlap = Literal["refuse", "keep", "replace"]
POLICIES: Final = ("refuse", "keep", "replace")


class Tally(NamedTuple):
    """Rows of an append or import: added, held already and equal, left out for those held, put out by the new ones."""

    added: int = 0
    equal: int = 0
    left_out: int = 0
    replaced: int = 0

    def plus(self, other: Tally) -> Tally:
        """Return the sums."""
        return Tally(*(a + b for a, b in zip(self, other, strict=True)))


def check_policy(overlap: str) -> None:
    """Raise DataError for a policy that is not there."""
    if overlap not in POLICIES:
        raise DataError(
            f'overlap must be one of {", ".join(POLICIES)}, was "{overlap}".{did_you_mean(str(overlap), POLICIES)}'
        )


def add(change: Change, rows: Rows, overlap: Overlap) -> Tally:
    """Put rows into a change by the policy, period by period. Raises DataError where the policy refuses them."""
    key, total = key_of(rows), Tally()
    if overlap == "replace":
        total = Tally(replaced=clear(change, key, int(rows.ts[0]), int(rows.ts[-1])))
    for period, where in periods(key, rows.ts):
        total = total.plus(add_period(change, key, period, rows.slice(where.start, where.stop), overlap))
    return total


def add_period(change: Change, key: Key, period: str, new: Rows, overlap: Overlap) -> Tally:
    """Put the rows of one period into a change by the policy."""
    held = change.rows(key, period)
    if held is None:
        change.put(key, period, new)
        return Tally(added=len(new))
    change.same_columns(key, tuple(new.given()))
    if _contains(held, new):
        return Tally(equal=len(new))
    first, last = int(new.ts[0]), int(new.ts[-1])
    if not len(_between(held, first, last)):
        merged, tally = [_before(held, first), new, _after(held, last)], Tally(added=len(new))
    elif (shared := _shared(held, new)) is not None:
        merged = [_before(held, int(shared.ts[0])), _before(new, int(shared.ts[0])), shared]
        merged += [_after(held, int(shared.ts[-1])), _after(new, int(shared.ts[-1]))]
        tally = Tally(added=len(new) - len(shared), equal=len(shared))
    elif key.kind != "bars" and (first == held.ts[-1] or last == held.ts[0]):  # ticks may share an instant
        merged, tally = [held, new] if first == held.ts[-1] else [new, held], Tally(added=len(new))
    elif overlap == "keep":
        before, after = _before(new, int(held.ts[0])), _after(new, int(held.ts[-1]))
        merged = [before, held, after]
        tally = Tally(added=len(before) + len(after), left_out=len(new) - len(before) - len(after))
    else:
        raise _refusal(change, key, held, new)
    if tally.added:
        change.put(key, period, _joined(merged))
    return tally


def extend(change: Change, rows: Rows) -> None:
    """Put rows behind all that is held, which none of them precedes."""
    _put(change, rows, lambda held, new: len(held))


def insert(change: Change, rows: Rows) -> None:
    """Put rows before what is held at or after their first, where none is held between their first and their last."""
    _put(change, rows, lambda held, new: int(np.searchsorted(held.ts, new.ts[0])))


def _put(change: Change, rows: Rows, place: Callable[[Rows, Rows], int]) -> None:
    """Put rows, period by period, in front of the row that `place` says of what is held and what is new there."""
    key = key_of(rows)
    for period, where in periods(key, rows.ts):
        new = rows.slice(where.start, where.stop)
        held = change.rows(key, period)
        if held is not None:
            change.same_columns(key, tuple(new.given()))
            at = place(held, new)
            new = _joined([held.slice(0, at), new, held.slice(at)])
        change.put(key, period, new)


def whole_periods(parts: Iterable[Rows]) -> Iterator[Rows]:
    """The rows of parts that follow one another, cut anew so that each period comes whole."""
    held: Rows | None = None
    for part in parts:
        rows = part if held is None else _joined([held, part])
        *_, (_, last) = periods(key_of(rows), rows.ts)
        if last.start:
            yield rows.slice(0, last.start)
        held = rows.slice(last.start)
    if held is not None:
        yield held


def clear(change: Change, key: Key, first: int, last: int) -> int:
    """Take out what is held with first <= ts <= last; returns how many rows that was."""
    gone = 0
    for part in [p for p in change.held(key).values() if p.first <= last and p.last >= first]:
        rows = change.rows(key, part.period)
        assert rows is not None
        kept = [one for one in (_before(rows, first), _after(rows, last)) if len(one)]
        left = sum(map(len, kept))
        if not left:
            change.drop(key, part.period)
        elif left < part.rows:
            change.put(key, part.period, _joined(kept))
        gone += part.rows - left
    return gone


def _shared(held: Rows, new: Rows) -> Rows | None:
    """Return the rows of the period that both have, where they are the same there."""
    first, last = max(int(held.ts[0]), int(new.ts[0])), min(int(held.ts[-1]), int(new.ts[-1]))
    mine, others = _between(held, first, last), _between(new, first, last)
    return mine if len(mine) == len(others) and _equal_at(mine, others, 0) else None


def _refusal(change: Change, key: Key, held: Rows, new: Rows) -> DataError:
    return DataError(
        f"{change.folder}: the store holds {key} from {text_of(held.ts[0])} to {text_of(held.ts[-1])}, and the new "
        f"rows from {text_of(new.ts[0])} to {text_of(new.ts[-1])} are not the same there; nothing was written. "
        f"overlap is refuse: keep leaves out the new rows of that period, replace puts them in its place"
    )


def _contains(held: Rows, new: Rows) -> bool:
    """Whether the new rows are held already, one after the other."""
    first = int(np.searchsorted(held.ts, new.ts[0]))
    last = int(np.searchsorted(held.ts, new.ts[-1], side="right")) - len(new)
    return any(_equal_at(held, new, at) for at in range(first, last + 1))


def _equal_at(held: Rows, new: Rows, at: int) -> bool:
    """Whether every bit of the new rows is that of the held ones from row `at` on."""
    mine, others = held.given(), new.given()
    return all(np.array_equal(_bits(mine[name][at : at + len(new)]), _bits(others[name])) for name in mine)


def _bits(values: Array) -> Array:
    return values.view(f"i{values.itemsize}")


def _before(rows: Rows, ts: int) -> Rows:
    return rows.slice(0, int(np.searchsorted(rows.ts, ts)))


def _after(rows: Rows, ts: int) -> Rows:
    return rows.slice(int(np.searchsorted(rows.ts, ts, side="right")))


def _between(rows: Rows, first: int, last: int) -> Rows:
    return rows.slice(int(np.searchsorted(rows.ts, first)), int(np.searchsorted(rows.ts, last, side="right")))


def _joined(parts: list[Rows]) -> Rows:
    some = [part for part in parts if len(part)]
    arrays = [part.given() for part in some]
    return some[0].with_columns({name: np.concatenate([one[name] for one in arrays]) for name in arrays[0]})
