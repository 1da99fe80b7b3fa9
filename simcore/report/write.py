"""Files that are there whole or not at all.

Written to a new file beside the target, forced to the disk, then renamed over it: whoever opens the target sees the old
one or the new one. When anything fails (disk full, no permission) the target is as it was and no other file is left.
"""

from __future__ import annotations

import os
from pathlib import Path


class WriteError(OSError):
    """A file could not be written; the message is one line that names it, the cause and what to do."""


def check_target(path: str | os.PathLike[str]) -> Path:
    """The path, where a file can be put there: WriteError for a folder, a device, or a folder that is not there.

    For asking before an hour of work, not after it.
    """
    target = Path(path)
    if target.is_dir():
        raise WriteError(f"{target} is a folder; name a file in it, such as {target / 'report.html'}")
    if target.exists() and not target.is_file():
        raise WriteError(f"{target} is no file but a device or a pipe; name a file")
    if not target.parent.is_dir():
        raise WriteError(f"{target}: the folder {target.parent} does not exist; make it first")
    return target


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write `content` (text as UTF-8) to `path`, whole or not at all, and return the path. Raises WriteError."""
    target = check_target(path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        kept = "the file that was there is unchanged" if target.exists() else "nothing was written"
        cause = (error.strerror or str(error)).lower()
        raise WriteError(
            f"{target} could not be written: {cause}; {kept}. Free some space or choose another place"
        ) from (error)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return target
