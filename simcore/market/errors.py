"""The one error of market data.

Data is refused whole or taken whole: a reader never drops, repairs or re-orders a row by itself, because a backtest
over quietly repaired data is a backtest of something that did not happen. So every fault ends as one `DataError` whose
text names the place (file, row, column), the value found there and what to do about it. Rows are counted from 1 over
the data rows, so a CSV's header line is not a row.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class DataError(ValueError):
    """Market data that cannot be used as it stands: says where, which value, and what to do."""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return ` Did you mean "x"?` for the nearest of `choices`, or an empty string when none is near."""
    by_lower = {choice.lower(): choice for choice in choices}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f' Did you mean "{by_lower[near[0]]}"?' if near else ""
