"""What a long study has done so far, in a folder: a killed one continues where it stopped.

Each finished part is a file that is there whole or not at all. The folder belongs to one study: its strategy's code,
its grid, its data and its account, whose hashes stand in `study.json`; another study is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from simcore.account import Conditions
from simcore.brokers.errors import ConfigError
from simcore.ledger.fingerprints import data_fingerprint, rules_fingerprint
from simcore.strategy.machine.source import code_of
from simcore.strategy.strategy import Strategy

STUDY = "study.json"


def key_of(cls: type[Strategy], conditions: Conditions, *more: Any) -> dict[str, str]:
    """Fingerprints of all that decides a study's results, by what each is of."""
    c = conditions
    return {
        "strategy": code_of(cls),
        "data": data_fingerprint(c.feed),
        "account": rules_fingerprint(c.broker, c.instruments, c.cash),
        "options": repr((c.size, c.sample, c.track, c.finalize_trades)),
        "grid": hashlib.blake2b(repr(more).encode(), digest_size=16).hexdigest(),
    }


class Checkpoint:
    """The parts of one study: rows by the number of their combination."""

    def __init__(self, folder: str | os.PathLike[str], key: dict[str, str]) -> None:
        """Raises ConfigError where the folder belongs to another study, OSError where it cannot be written."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        study = self.folder / STUDY
        if study.exists():
            self._check(_read(study), key)
        else:
            self._write(study, key)

    def _check(self, found: Any, key: dict[str, str]) -> None:
        other = [name for name in key if not isinstance(found, dict) or found.get(name) != key[name]]
        if other:
            raise ConfigError(
                f"checkpoint {self.folder} belongs to another run: another {' and '.join(other)}; name another folder"
            )

    def done(self) -> Iterator[tuple[list[int], list[Any]]]:
        """The numbers and rows that are there, part after part."""
        for path in self._parts():
            found = _read(path)
            yield [number for number, _ in found], [row for _, row in found]

    def keep(self, numbers: Sequence[int], rows: Sequence[Any]) -> None:
        """Write the rows of some combinations."""
        self._write(self.folder / f"part-{numbers[0]:08d}.json", list(zip(numbers, rows, strict=True)))

    def _parts(self) -> Iterator[Path]:
        yield from sorted(self.folder.glob("part-*.json"))

    def _write(self, path: Path, content: Any) -> None:
        new = path.with_suffix(".new")
        with open(new, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"checkpoint {path}: is damaged ({error}); remove the file, its part is run again") from error
