"""A strategy class as a process elsewhere finds it again: by its module, or by its file.

A class that was written in a notebook or at a prompt is in no file, and only this very process has it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from simcore.brokers.errors import ConfigError
from simcore.strategy.compiled import compiled as compile_class
from simcore.strategy.find import find_strategy
from simcore.strategy.record import is_compiled
from simcore.strategy.strategy import Strategy


@dataclass(frozen=True)
class Shipped:
    """Where a class stands; `find()` gives it back."""

    module: str
    file: str | None
    name: str
    compiled: bool

    @classmethod
    def of(cls, strategy: type[Strategy]) -> Shipped:
        """Raises ConfigError for a class that no other process can find."""
        file = getattr(sys.modules.get(strategy.__module__), "__file__", None)
        if file is None or "<locals>" in strategy.__qualname__:
            raise ConfigError(
                f"{strategy.__qualname__} cannot be found by other processes: write it at the top of a .py file"
            )
        return cls(strategy.__module__, file, strategy.__qualname__, is_compiled(strategy))

    def find(self) -> type[Strategy]:
        """The class, in this process."""
        if self.module != "__main__":
            try:
                found: Any = import_module(self.module)
            except ImportError:
                return self._form(find_strategy(f"{self.file}:{self.name}"))
            for part in self.name.split("."):
                found = getattr(found, part)
            return self._form(found)
        return self._form(find_strategy(f"{self.file}:{self.name}"))

    def _form(self, found: type[Strategy]) -> type[Strategy]:
        return compile_class(found) if self.compiled else found
