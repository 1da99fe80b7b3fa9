"""What the page says of skill and luck: the figures of overfitting beside the Sharpe ratio, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from simcore.overfitting.evidence import Evidence
from simcore.report import display, tables

if TYPE_CHECKING:
    import pandas as pd


def evidence_section(evidence: Evidence | None) -> str:
    """The sentences, then the figures."""
    if evidence is None:
        return "<p>Nothing is known of other trials.</p>"
    said = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in evidence.sentences())
    return said + evidence_table([("", evidence)])


def evidence_table(runs: Sequence[tuple[str, Evidence | None]]) -> str:
    """A row a figure, a column a run."""
    known = [(name, one.figures()) for name, one in runs if one is not None]
    if not known:
        return "<p>Nothing is known of other trials.</p>"
    keys = known[0][1]
    rows = [[tables.term(key), *(display.value_text(key, one[key]) for _, one in known)] for key in keys]
    return tables.table(("", *(name for name, _ in known)), rows, numbers=range(1, len(known) + 1))


def cards_of(stats: pd.Series, evidence: Evidence | None) -> pd.Series:
    """The statistics, and with them what the first look should not miss: the figures of overfitting."""
    import pandas as pd

    if evidence is None:
        return stats
    known = {key: value for key, value in evidence.figures().items() if value == value}
    return pd.concat([stats, pd.Series(known, dtype=object).drop(stats.index, errors="ignore")])
