"""Tables in text files with another future: what `open` gives of them, row by row as they were written.

Assumes one row a line, the first of them the columns' names or the oldest row.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.research.causality.clocks import ends_of_frame, is_timed

SIGNS: Final = ",;\t|"
LARGEST: Final = 200_000_000  # characters that are looked at


class Table(NamedTuple):
    """The lines of a text, what is between their cells, and the frame of all but the first."""

    lines: list[str]
    sign: str
    frame: Any


def table_of(text: str) -> Table | None:
    """A text as a table whose rows have times, oldest first; None where it is none."""
    import pandas as pd

    lines = text.splitlines(keepends=True)
    sign = max(SIGNS, key=lines[0].count) if lines else ""
    if len(text) > LARGEST or len(lines) < 3 or not sign or sign not in lines[0]:
        return None
    try:
        frame = pd.read_csv(io.StringIO(text), sep=sign, skip_blank_lines=False, index_col=False)
    except (ValueError, UnicodeError):
        return None
    if len(frame) != len(lines) - 1 or not is_timed(frame) or (np.diff(ends_of_frame(frame)) < 0).any():
        return None
    return Table(lines, sign, frame)


def retold(table: Table, other: Any) -> str:
    """The text of a table whose numbers are those of the frame `other` where they are others."""
    return "".join([table.lines[0], *_rows(table, other)])


def _rows(table: Table, other: Any) -> Iterator[str]:
    columns = [(table.frame.iloc[:, k].to_numpy(), other.iloc[:, k].to_numpy()) for k in range(table.frame.shape[1])]
    numbers = [(k, a, b) for k, (a, b) in enumerate(columns) if a.dtype.kind in "iuf"]
    changed = np.zeros(len(table.frame), bool)
    for _, a, b in numbers:
        changed |= (a != b) & ~((a != a) & (b != b))
    for row, line in enumerate(table.lines[1:]):
        if not changed[row]:
            yield line
            continue
        cells = line.rstrip("\r\n").split(table.sign)
        for k, a, b in numbers:
            if a[row] != b[row] and b[row] == b[row] and k < len(cells):
                digits = len(cells[k].strip().partition(".")[2])
                cells[k] = f"{b[row]:.{digits}f}"
        yield table.sign.join(cells) + line[len(line.rstrip("\r\n")) :]
