"""Bridges by name: entry points of the group `simcore.bridges`, or module:Class."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.live.bridge import Bridge

GROUP: Final = "simcore.bridges"


def make_bridge(name: str, options: dict[str, Any], account: str | None = None) -> Bridge:
    """The bridge of that name, made with `options`; a secret is none of them: `account` names it (see secrets)."""
    for key in options:
        if any(word in key for word in ("password", "secret", "token", "key")):
            raise ConfigError(
                f"--bridge-set {key}: secrets come from the environment or a keyring, never from a command line"
            )
    made = _class(name)
    try:
        return made(**options, **({"account": account} if account else {}))  # type: ignore[no-any-return]
    except TypeError as error:
        raise ConfigError(f"--bridge {name}: {error}") from None


def _class(name: str) -> Any:
    points = {point.name: point for point in entry_points(group=GROUP)}
    if name in points:
        return points[name].load()
    module, colon, cls = name.partition(":")
    if not colon:
        raise ConfigError(f"--bridge {name}: there is no such bridge; {did_you_mean(name, list(points))}")
    try:
        return getattr(import_module(module), cls)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"--bridge {name}: cannot be loaded: {error}") from error
