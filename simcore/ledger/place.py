"""Where the trial ledger lies.

The environment variable SIMCORE_LEDGER, if it is set: a file, the URL of a PostgreSQL database, or `off`. Else the file
`.simcore/ledger.sqlite` of the project, where the working directory or a folder above it has a folder `.simcore`. Else
`ledger.sqlite` in the user's data folder, so that nothing appears in a folder that nobody asked for.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from simcore.ledger.errors import LedgerError

VARIABLE: Final = "SIMCORE_LEDGER"
PROJECT: Final = ".simcore"
FILE: Final = "ledger.sqlite"
OFF: Final = ("off", "none", "no", "false", "0")
POSTGRESQL: Final = ("postgresql", "postgres")


def default_place() -> str | None:
    """The file or URL of the ledger that runs are written to; None where it is switched off."""
    told = os.environ.get(VARIABLE, "").strip()
    if told:
        return None if told.lower() in OFF else told
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT).is_dir():
            return str(folder / PROJECT / FILE)
    return str(user_folder() / FILE)


def user_folder() -> Path:
    """The user's data folder of simcore, as the system has it."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "simcore"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "simcore"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "simcore"


def file_of(place: str) -> Path | None:
    """The SQLite file that `place` names; None for a PostgreSQL URL. Raises LedgerError for another URL or a folder."""
    scheme, colon, rest = place.partition("://")
    if colon and scheme.partition("+")[0] in POSTGRESQL:
        return None
    if colon and scheme.partition("+")[0] != "sqlite":
        raise LedgerError(f"ledger {scheme}://...: must be a file, or postgresql://user@host/database")
    path = Path(rest.removeprefix("/") if colon else place).expanduser()
    if path.is_dir():
        raise LedgerError(f"ledger {path}: is a folder; name a file in it, such as {path / FILE}")
    return path
