"""Broker presets: dated TOML files beside this one, or the user's own, each number with its source.

A file has `as_of`, `summary`, `[broker]` (fields of Broker), `[sources]` and `unverified`; see brokers.sourced.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from simcore.brokers import sourced

_PACKAGE: Final = resources.files(__name__)
_KEYS: Final = ("as_of", "summary", "unverified", "broker", "sources")


class Preset(NamedTuple):
    """One file, read."""

    name: str
    summary: str
    fields: dict[str, Any]  # of Broker, as_of included
    sources: dict[str, str]  # field -> where it was read
    unverified: tuple[str, ...]


def names() -> list[str]:
    """The presets there are, sorted."""
    return sourced.packaged(_PACKAGE)


def load(name: str) -> Preset:
    """Read one preset, or a file of one's own; raises ConfigError for an unknown name or a damaged file."""
    return _load(name, sourced.named(name, _PACKAGE, "preset")[1])


@cache
def _load(name: str, changed: float) -> Preset:
    file, _ = sourced.named(name, _PACKAGE, "preset")
    data = sourced.read(file, _KEYS, ("as_of", "broker"))
    stated = {"as_of": data["as_of"], **sourced.table(data["broker"], f"{file}: broker")}
    found = sourced.sourced(stated, data.get("sources", {}), data.get("unverified", []), str(file))
    return Preset(name, data.get("summary", name), *found)
