"""One row of the ledger: what was run, on what, under which rules, and what came of it.

Assumes daily returns, simple and freed of deposits, as `simcore.report.daily` makes them: the Sharpe ratio is theirs,
per day and not per year, and so are skew and kurtosis, which is 3 for a normal distribution (not in excess of it).
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.report.curve import Float64, Int64
from simcore.report.display import time_text

NAN: Final = float("nan")
KINDS: Final = ("backtest", "sweep", "optimize", "walk_forward", "monte_carlo")
KEPT: Final = {"days", "returns"}
MOST_DAYS: Final = 20_000  # returns that a row keeps


class Moments(NamedTuple):
    """What statistics need of a series of returns: per period, kurtosis not in excess."""

    sharpe: float
    observations: int
    skew: float
    kurtosis: float


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One run. Times are ns UTC; `data`, `rules` and `code` are fingerprints: equal ones mean equal things.

    code: of the strategy's own code, wherever it is written (see `fingerprints`). study: the sweep, optimisation or
    walk-forward it belongs to. days, returns: trading days since 1970 and their returns, kept for the statistics that
    need them. error: why there is no result.
    """

    kind: str
    strategy: str
    code: str
    parameters: Mapping[str, Any]
    symbols: Sequence[str]
    start: int
    end: int
    rows: int
    data: str
    rules: str
    study: str = ""
    ts: int = 0  # when it was written; the ledger's clock where it is 0
    seconds: float = 0.0
    stats: Mapping[str, Any] = field(default_factory=dict)
    sharpe: float = NAN
    observations: int = 0
    skew: float = NAN
    kurtosis: float = NAN
    error: str = ""
    days: Int64 | None = None
    returns: Float64 | None = None

    @cached_property
    def trial(self) -> str:
        """What makes it a trial: the strategy's code and its parameters, as a fingerprint."""
        return hashlib.blake2b(f"{self.code}\0{_json(self.parameters)}".encode(), digest_size=12).hexdigest()

    def row(self) -> dict[str, Any]:
        """The columns of the ledger's table."""
        return {
            "ts": self.ts,
            "kind": self.kind,
            "study": self.study,
            "strategy": self.strategy,
            "code": self.code,
            "trial": self.trial,
            "parameters": _json(self.parameters),
            "symbols": _json(list(self.symbols)),
            "start": self.start,
            "end": self.end,
            "rows": self.rows,
            "data": self.data,
            "rules": self.rules,
            "seconds": self.seconds,
            "stats": _json(self.stats),
            **{name: _plain(getattr(self, name)) for name in Moments._fields},
            "error": self.error,
            "returns": packed(self.days, self.returns),
        }

    def told(self) -> dict[str, Any]:
        """Everything but the returns, times as text, as `simcore ledger show` prints it."""
        plain = {one.name: _plain(getattr(self, one.name)) for one in fields(self) if one.name not in KEPT}
        times = {name: time_text(getattr(self, name)) for name in ("ts", "start", "end")}
        return {**plain, **times, "trial": self.trial}

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Trial:
        """The trial that a row of the table holds."""
        days, returns = unpacked(row["returns"])
        known = {one.name for one in fields(cls)} - KEPT
        plain = {name: value for name, value in row.items() if name in known}
        texts = {name: json.loads(row[name]) for name in ("parameters", "symbols", "stats")}
        numbers = {name: NAN if row[name] is None else row[name] for name in ("sharpe", "skew", "kurtosis")}
        return cls(**{**plain, **texts, **numbers, "days": days, "returns": returns})


def moments(returns: Float64) -> Moments:
    """Mean over sample deviation of returns (n,), their number, skewness and kurtosis; nan where they do not vary."""
    n = int(returns.size)
    spread = float(returns.std(ddof=1)) if n > 1 else 0.0
    if not spread > 0.0 or not math.isfinite(spread) or float(np.ptp(returns)) == 0.0:
        return Moments(NAN, n, NAN, NAN)
    d = returns - returns.mean()
    square = float(np.mean(d**2))
    return Moments(
        float(returns.mean()) / spread,
        n,
        float(np.mean(d**3)) / square**1.5,
        float(np.mean(d**4)) / square**2,
    )


def packed(days: Int64 | None, returns: Float64 | None) -> bytes | None:
    """Days and returns in as few bytes as will do: int32 and float32, compressed."""
    if days is None or returns is None or not 0 < days.size <= MOST_DAYS:
        return None
    return zlib.compress(days.astype("<i4").tobytes() + returns.astype("<f4").tobytes(), 1)


def unpacked(kept: bytes | None) -> tuple[Int64 | None, Float64 | None]:
    """What `packed` was given, returns to seven digits."""
    if kept is None:
        return None, None
    content = zlib.decompress(kept)
    half = len(content) // 2
    return np.frombuffer(content[:half], "<i4").astype(np.int64), np.frombuffer(content[half:], "<f4").astype(float)


def _json(value: Any) -> str:
    """One spelling of equal values."""
    return json.dumps(_plain(value), sort_keys=True, allow_nan=False)


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and tables as JSON has them; what is no finite number is null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)
