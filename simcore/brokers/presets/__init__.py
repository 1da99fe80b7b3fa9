"""Broker presets: dated TOML files beside this one, each number with its source.

A file has `as_of` (the day the rules held), `summary`, `[broker]` (fields of Broker), `[sources]` (where each field was
read) and `unverified` (the fields nobody could confirm, and the ones every broker chooses for itself).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from simcore.brokers.errors import ConfigError, did_you_mean


class Preset(NamedTuple):
    """One file, read."""

    name: str
    summary: str
    fields: dict[str, Any]  # of Broker, as_of included
    sources: dict[str, str]  # field -> where it was read
    unverified: tuple[str, ...]


def names() -> list[str]:
    """The presets there are, sorted."""
    return sorted(p.name.removesuffix(".toml") for p in resources.files(__name__).iterdir() if p.name.endswith(".toml"))


@cache
def load(name: str) -> Preset:
    """Read one preset; raises ConfigError for an unknown name."""
    if name not in names():
        raise ConfigError(f"unknown preset {name!r}; {did_you_mean(name, names())}")
    data = tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
    fields = {"as_of": data["as_of"], **data["broker"]}
    return Preset(name, data["summary"], fields, data["sources"], tuple(data["unverified"]))
