"""What a check found: counts by day and in all, one sentence, and the policy for what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.market.checks import text_of
from simcore.market.errors import DataError, did_you_mean
from simcore.market.quality.faults import COUNTED, FAULTS

if TYPE_CHECKING:
    import polars as pl

POLICIES: Final = {  # name -> what it says of data with faults
    "keep": "every row is kept as it came",
    "drop": "rows at fault are left out",
    "raise": "data with a fault are refused",
    "sort": "rows are put in time order, nothing else is changed",
}
# what `drop` leaves out: a locked quote is a price, a stale row is the price that stood, a gap has no row to leave out
DROPPED: Final = ("invalid", "crossed", "duplicated", "unordered", "outlying", "out_of_session")


def check_policy(policy: str) -> str:
    """The policy. Raises DataError for one that does not exist."""
    if policy not in POLICIES:
        hint = did_you_mean(str(policy), POLICIES)
        raise DataError(f"policy must be one of {', '.join(map(repr, POLICIES))}, was {policy!r}.{hint}")
    return policy


def chosen(faults: Sequence[str] | None, default: Sequence[str]) -> tuple[str, ...]:
    """The faults a policy is for. Raises DataError for one that does not exist."""
    names = (faults,) if isinstance(faults, str) else tuple(default if faults is None else faults)
    for name in names:
        if name not in FAULTS:
            hint = did_you_mean(str(name), FAULTS)
            raise DataError(f"unknown fault {name!r}; there are {', '.join(FAULTS)}.{hint}")
    return names


@dataclass(frozen=True)
class Quality:
    """The faults of one instrument's rows. `days`: day (UTC, since 1970) -> rows, and counts (10,) as COUNTED names.

    crossed and locked are of rows with two prices only, out_of_session where a calendar was given; else they are None.
    """

    symbol: str
    kind: str
    first: int  # ns UTC
    last: int
    policy: str
    limits: Mapping[str, Any]
    days: Mapping[int, tuple[int, Any]]
    unknown: frozenset[str] = frozenset()  # what could not be counted

    @cached_property
    def rows(self) -> int:
        """How many there are."""
        return sum(rows for rows, _ in self.days.values())

    @cached_property
    def total(self) -> dict[str, int | None]:
        """Name -> how many rows, over all days; None where it could not be counted."""
        sums = sum((counts for _, counts in self.days.values()), np.zeros(len(COUNTED), np.int64))
        return {name: None if name in self.unknown else int(sums[n]) for n, name in enumerate(COUNTED)}

    @property
    def faults(self) -> dict[str, int]:
        """Fault -> rows, of those that there are; equal times are none."""
        return {name: count for name in FAULTS if (count := self.total[name])}

    @cached_property
    def frame(self) -> pl.DataFrame:
        """A row a day: `day`, `rows`, a column a fault (null where it could not be counted), `equal_times`."""
        import polars as pl

        table = np.array([counts for _, counts in self.days.values()], np.int64).reshape(-1, len(COUNTED))
        rows = np.array([rows for rows, _ in self.days.values()], np.int64)
        days = pl.Series("day", list(self.days), pl.Int32).cast(pl.Date)
        found = {name: table[:, n] for n, name in enumerate(COUNTED)}
        return pl.DataFrame([days, pl.Series("rows", rows)]).with_columns(
            pl.lit(None, pl.Int64).alias(name) if name in self.unknown else pl.Series(name, values)
            for name, values in found.items()
        )

    @property
    def verdict(self) -> str:
        """One sentence: what was looked at, what was found, and the policy."""
        about = f"{self.symbol}: {self.rows:,} {self.kind} of {_many(len(self.days), 'day')}"
        if not self.faults:
            return f"{about}, no fault; policy {self.policy}"
        parts = (f"{count:,} {word(name)}{self._share(count)}" for name, count in self.faults.items())
        return f"{about}, {', '.join(parts)}; policy {self.policy}: {POLICIES[self.policy]}"

    def _share(self, count: int) -> str:
        part = 100.0 * count / self.rows
        return f" ({part:.1f} %)" if part >= 0.1 else ""

    def facts(self) -> dict[str, Any]:
        """What a report shows: the verdict, the policy, the limits, the counts in all and by day."""
        found: dict[str, Any] = {"verdict": self.verdict, "policy": f"{self.policy}: {POLICIES[self.policy]}"}
        found |= {word(name): "not counted" if count is None else count for name, count in self.total.items()}
        return found | {word(name): value for name, value in self.limits.items()} | {"by day": self.frame}

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON has it; `from_dict` reads it."""
        days = {str(day): [rows, [int(count) for count in counts]] for day, (rows, counts) in self.days.items()}
        names = ("symbol", "kind", "first", "last", "policy")
        fields = {name: getattr(self, name) for name in names}
        return {**fields, "limits": dict(self.limits), "days": days, "unknown": sorted(self.unknown)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Quality:
        """What `to_dict` gave."""
        days = {int(day): (rows, np.array(counts, np.int64)) for day, (rows, counts) in told["days"].items()}
        return cls(**{**told, "days": days, "unknown": frozenset(told["unknown"])})

    def __repr__(self) -> str:
        period = f", {text_of(self.first)} to {text_of(self.last)}" if self.rows else ""
        return f"Quality({self.verdict}{period})"


def word(name: str) -> str:
    """A fault's or a limit's name for people."""
    return name.replace("_", " ")


def _many(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
