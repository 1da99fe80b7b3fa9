"""A session's folder: what was run, the journal, what came of it, and the seal that closes it.

session.json     strategy, parameters, account, versions: enough to run it again
rules.bin        the Rules record, as the account read it
journal.sqlite   every event before the account saw it, and what came of it (see journal; or PostgreSQL, by URL)
state.bin        State and the strategy's memory at the end
sealed.json      written last: the sha256 of every other file. After that, one changed byte anywhere is refused.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from simcore.live.errors import Changed, SessionError
from simcore.report.write import WriteError, write_whole

SESSION: Final = "session.json"
RULES: Final = "rules.bin"
JOURNAL: Final = "journal.sqlite"
STATE: Final = "state.bin"
SEAL: Final = "sealed.json"
FORMAT: Final = 2


def new_folder(path: Path) -> Path:
    """Make the folder of a new session; SessionError where it holds something already or cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise SessionError(f"{path}: is not empty; give a new folder to --session")
    except OSError as error:
        raise SessionError(f"{path}: cannot be used for a session: {error.strerror}") from error
    return path


def is_open(path: Path) -> bool:
    """Whether a session began here and never closed: one to go on with."""
    return (path / SESSION).exists() and not (path / SEAL).exists()


def write(path: Path, data: bytes) -> None:
    """Write a whole file or nothing."""
    try:
        write_whole(path, data)
    except WriteError as error:
        raise SessionError(str(error)) from error


def read(path: Path) -> bytes:
    """A file of the session; SessionError names the one that is missing."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SessionError(f"{path}: cannot be read: {error.strerror}; is {path.parent} a session?") from error


def to_json(value: Any) -> bytes:
    """The one way this folder writes JSON, so that equal content is equal bytes."""
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read(path))
    except ValueError as error:
        raise SessionError(f"{path}: is no longer the JSON that was written: {error}") from error
    if not isinstance(found, dict):
        raise SessionError(f"{path}: is no longer the JSON that was written")
    return found


def seal(folder: Path) -> None:
    """Close the session: the sha256 of every file, and of that list itself."""
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir()) if p.name != SEAL}
    write(folder / SEAL, to_json({"format": FORMAT, "files": files, "seal": _seal_of(files)}))


def _seal_of(files: dict[str, str]) -> str:
    return hashlib.sha256(to_json(files)).hexdigest()


def check_seal(folder: Path) -> bool:
    """True for a sealed session in which not a byte changed, False for one that was never closed.

    Raises SessionError naming the file that changed, is missing, or does not belong there.
    """
    if not (folder / SEAL).exists():
        return False
    found = read_json(folder / SEAL)
    files = found.get("files")
    if not isinstance(files, dict) or found.get("seal") != _seal_of(files):
        raise SessionError(f"{folder / SEAL}: the seal itself was changed")
    if read(folder / SEAL) != to_json({"format": FORMAT, "files": files, "seal": found["seal"]}):
        raise SessionError(f"{folder / SEAL}: the seal itself was changed")
    for name, digest in files.items():
        if hashlib.sha256(read(folder / name)).hexdigest() != digest:
            raise Changed(f"{folder / name}: was changed after the session was closed", name)
    strange = sorted(p.name for p in folder.iterdir() if p.name != SEAL and p.name not in files)
    if strange:
        raise SessionError(f"{folder / strange[0]}: was put there after the session was closed")
    return True
