"""What can be wrong with a session: one sentence that names the file, the record and what to do."""

from __future__ import annotations


class SessionError(Exception):
    """A session folder that cannot be written, read, or believed."""


class Changed(SessionError):
    """A file of a closed session, `name`, is another one now."""

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence)
        self.name = name


class Halted(Exception):
    """A difference that nobody may repair: one sentence. The session ends."""
