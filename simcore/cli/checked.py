"""Data read and looked at before anything trades on them: their faults by the default limits, and a policy for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simcore.cli.sources import Rows, as_option, read_data
from simcore.market.errors import DataError
from simcore.market.quality import Quality, clean_and_tell
from simcore.market.quality.verdict import check_policy
from simcore.market.store import Range


def read_checked(
    files: Sequence[str], symbols: Sequence[str], policy: str, calendar: str | None, **form: Any
) -> tuple[dict[str, Rows | Range], dict[str, Quality]]:
    """Read as `read_data` does, by `form`; return each symbol's rows after the policy and what was found before it.

    Raises DataError for a fault that the policy refuses, and what `read_data` raises.
    """
    check_policy(policy)
    found: dict[str, Quality] = {}

    def cleaned(paths: Sequence[Path], symbol: str, kind: str | None, timeframe: str | None, options: Any) -> Any:
        where: Mapping[str, Any] = {"kind": kind, "timeframe": timeframe, "span": (form["start"], form["end"])}
        rows, found[symbol] = clean_and_tell(
            list(paths), policy=policy, symbol=symbol, calendar=calendar, **where, **options
        )
        return rows

    # rows out of order or invalid can be read only to be sorted or left out
    rows = read_data(files, symbols, cleaned if policy in ("drop", "sort") else None, **form)
    for symbol in rows.keys() - found.keys():
        try:
            rows[symbol], found[symbol] = clean_and_tell(rows[symbol], policy=policy, calendar=calendar)
        except DataError as error:
            raise DataError(as_option(str(error))) from error
    return rows, {symbol: found[symbol] for symbol in symbols}
