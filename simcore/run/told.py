"""What an account told in a run: tables in the parts that its tape was drained in, joined when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from simcore.kernel.buffers import joined

Table = NDArray[Any]


class Told(Mapping[str, Table]):
    """Name -> table. A run that tells much ends sooner so: most of it are order changes, which few ask for."""

    def __init__(self, chunks: Sequence[Mapping[str, Table]]) -> None:
        self._parts = {name: [chunk[name] for chunk in chunks] for name in chunks[0]}

    def append(self, name: str, rows: Table) -> None:
        """Add rows to the end of a table."""
        self._parts[name].append(rows)

    def __getitem__(self, name: str) -> Table:
        parts = self._parts[name]
        if len(parts) > 1:
            parts = self._parts[name] = [joined(parts)]
        return parts[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
