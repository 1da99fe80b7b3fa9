"""What is checked, run with another future: the files it reads have it too, and so has what its own file worked out."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, Final

from simcore.market.errors import DataError
from simcore.research.causality.given import Given
from simcore.research.causality.opened import NETWORK, opened, unseen
from simcore.research.causality.remade import Remade
from simcore.research.causality.reread import Reading
from simcore.strategy.errors import StrategyError

LAST: Final = 2**62  # an instant after all data


def reading_of(given: Given) -> Reading:
    """What reads files beside the data of a check."""
    try:
        rows = [one for parts in given.rows.values() for one in parts]
    except DataError:
        rows = []
    return Reading(rows, [given.ends(one) for one in given.parts], given.timed)


class Remaker:
    """What is checked, made once more of data with another future (see `remade`).

    unchecked: what its statements open that nobody can change, a sentence each.
    """

    def __init__(self, remade: Remade, given: Given, unchecked: list[str]) -> None:
        self._remade, self._given, self.unchecked = remade, given, unchecked

    @classmethod
    def of(cls, what: Any, given: Given, reading: Reading) -> Remaker | None:
        """None where its source is not there, or neither reads anything nor uses the data of the check."""
        remade = Remade.of(what, given.forms)
        if remade is None:
            return None
        before = reading.answers
        with opened() as files, reading.as_it_is():
            try:
                remade.make(given.forms)
            except Exception:  # noqa: BLE001 - whatever its statements do when they are run alone
                return None
        if NETWORK in files:  # once is enough
            return None
        if reading.answers == before and not files and not remade.given and not reading.is_named_in(remade.module):
            return None
        return cls(remade, given, [unseen(file) for file in files])

    def make(self, at: int, way: str, seed: int) -> Any:
        """What is checked, of another future; files have it where `Reading.changed` says so."""
        return self._remade.make(self._given.altered_forms(at, way, seed))


class Maker:
    """A function of the data, and how it is run."""

    def __init__(self, make: Callable[[Any], Any], given: Given) -> None:
        name = getattr(make, "__name__", type(make).__name__)
        self.name = "the function" if name == "<lambda>" else name
        self.reading = reading_of(given)
        self.unchecked: list[str] = []
        self._make, self._given = make, given
        self._remaker: Remaker | None = None

    def first(self) -> Any:
        """Its answer to the data as they are."""
        with opened() as files, self.reading.as_it_is():
            try:
                answer = self._make(self._given.data)
            except Exception as error:
                if type(error).__module__.startswith("simcore."):
                    raise
                raise StrategyError(self._failed(error)) from error
        self.unchecked = [*map(unseen, files), *self.reading.untold]
        return answer

    def _failed(self, error: Exception) -> str:
        """What it raised, where, and what there is where something was not."""
        columns = getattr(self._given.data, "columns", ())
        there = isinstance(error, AttributeError | KeyError) and len(columns)
        hint = f"; it is given a frame with {', '.join(map(str, columns))}" if there else ""
        places = traceback.extract_tb(error.__traceback__)[1:]
        line = f", line {places[0].lineno}" if places else ""
        return f"causality: {self.name}{line}: {type(error).__name__}: {error}{hint}"

    def __call__(self, data: Any, at: int, way: str, seed: int) -> Any:
        """Its answer to data with another future, which its files have, too."""
        with self.reading.changed(at, way, seed):
            make = self._make if self._remaker is None else self._remaker.make(at, way, seed)
            return make(data)

    def make_anew(self, differs: Callable[[int, str, int], Any]) -> None:
        """Make the function anew for each future, where that is possible and gives the same of the same data."""
        self._remaker = Remaker.of(self._make, self._given, self.reading)
        if self._remaker is None:
            return
        try:
            same = differs(LAST, "again", 0) is None
        except Exception:  # noqa: BLE001 - as above
            same = False
        if same:
            self.unchecked += self._remaker.unchecked
        else:
            self._remaker = None
