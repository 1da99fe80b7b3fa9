"""Secrets: what opens an account, from the environment or from the machine's keyring, and from nowhere else.

`password` of the bridge mt5 is SIMCORE_MT5_PASSWORD; with an account's name, such as demo, SIMCORE_MT5_DEMO_PASSWORD.
What the environment has not, the keyring is asked for (the package keyring: pip install 'simcore[keyring]'), under the
service "simcore" and the name "mt5.password", or "mt5.demo.password". So it was put there:

    keyring set simcore mt5.demo.password

A name is all that a session's folder holds of it.
"""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import Any, Final

from simcore.brokers.errors import ConfigError

SERVICE: Final = "simcore"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def secret(bridge: str, field: str, account: str | None = None) -> str | None:
    """One field of a bridge's credentials; None where nobody has it. ConfigError for a keyring that does not answer."""
    if account is not None and not _NAME.fullmatch(account):
        raise ConfigError(f"--account {account}: is no name; it has letters, digits, - and _")
    names = [name for name in (bridge, account, field) if name]
    found = os.environ.get("_".join(["simcore", *names]).upper().replace("-", "_"))
    return found or _kept(".".join(names), asked=account is not None)


def _kept(name: str, *, asked: bool) -> str | None:
    """What the keyring holds; where no account was named, a machine without one is no mistake."""
    try:
        keyring: Any = import_module("keyring")
        errors: Any = import_module("keyring.errors")
    except ImportError:
        return None
    try:
        return keyring.get_password(SERVICE, name)  # type: ignore[no-any-return]
    except errors.KeyringError as error:
        if not asked:
            return None
        raise ConfigError(f"the keyring does not answer for {SERVICE} {name}: {type(error).__name__}") from None
