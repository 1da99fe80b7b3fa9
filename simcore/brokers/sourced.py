"""TOML whose numbers say where they were read: the form that broker presets and instrument tables share.

A file has `as_of` (the day its numbers held), `summary`, and groups of fields; beside the fields stand `sources` (field
-> where it was read) and `unverified` (the fields nobody could confirm, and the ones every broker chooses for itself).
What is damaged is one ConfigError that names the file, the place in it, the value and what to do.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Collection, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, NamedTuple

from simcore.brokers.errors import ConfigError, did_you_mean, shown

SUFFIX: Final = ".toml"


class Sourced(NamedTuple):
    """Fields, and what is known of them."""

    fields: dict[str, Any]
    sources: dict[str, str]  # field -> where it was read
    unverified: tuple[str, ...]


def packaged(package: Traversable) -> list[str]:
    """The files of a package by name, sorted."""
    return sorted(one.name.removesuffix(SUFFIX) for one in package.iterdir() if one.name.endswith(SUFFIX))


def is_file(name: str) -> bool:
    """Whether a name is that of a file of the user's own."""
    return name.endswith(SUFFIX)


def named(name: str, package: Traversable, what: str) -> tuple[Traversable, float]:
    """The file of a name, and when it changed: one of the package, or the user's own where it ends with .toml.

    Raises ConfigError for a name that there is not, `what` being what it names ("preset").
    """
    if is_file(name):
        path = Path(name)
        return path, path.stat().st_mtime if path.is_file() else 0.0
    known = packaged(package)
    if name not in known:
        own = f"; a file of your own ends with {SUFFIX}" if name else ""
        raise ConfigError(f"unknown {what} {name!r}; {did_you_mean(name, known)}{own}")
    return package / f"{name}{SUFFIX}", 0.0


def read(file: Traversable, keys: Collection[str], needed: Collection[str]) -> dict[str, Any]:
    """A file as tables; ConfigError for what cannot be read, a key that is missing, or one nobody knows."""
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: is no TOML: {error}") from None
    for key in data:
        if key not in keys:
            raise ConfigError(f"{file}: unknown key {key!r} = {shown(data[key])}; {did_you_mean(key, keys)}")
    for key in needed:
        if key not in data:
            raise ConfigError(f"{file}: {key} is missing; it holds {', '.join(keys)}")
    day = data.get("as_of")
    if day is not None and (not isinstance(day, dt.date) or isinstance(day, dt.datetime)):
        raise ConfigError(f"{file}: as_of = {shown(day)}: must be a date like 2026-11-21")
    return data


def table(value: object, place: str) -> Mapping[str, Any]:
    """A table of TOML; ConfigError where something else stands."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"{place} = {shown(value)}: must be a table of fields")
    return value


def sourced(fields: Mapping[str, Any], sources: object, unverified: object, place: str) -> Sourced:
    """Fields with their sources. Raises ConfigError where a source or a doubt is about no field of them."""
    texts, doubts = table(sources, f"{place}: sources"), unverified
    if not isinstance(doubts, list) or not all(isinstance(one, str) for one in doubts):
        raise ConfigError(f"{place}: unverified = {shown(doubts)}: must be a list of fields")
    for what, names in (("sources", texts), ("unverified", doubts)):
        for name in names:
            if name not in fields:
                raise ConfigError(f"{place}: {what} names {name!r}, which is not stated; {did_you_mean(name, fields)}")
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"{place}: sources.{name} = {shown(text)}: must say where it was read")
    return Sourced(dict(fields), dict(texts), tuple(doubts))
