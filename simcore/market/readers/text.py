"""The bytes of a file made plain: decompressed, in UTF-8, with one kind of line ending.

Read are gzip, a zip of one file (or of several, one of which is chosen) and UTF-16. A text whose lines end in different
ways was put together from several, which is where rows get lost or joined, so it is refused by row.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from simcore.market.errors import DataError, did_you_mean
from simcore.market.readers.request import Request

_ENDINGS = {"\r\n": "CR LF", "\n": "LF", "\r": "CR"}


class NoContract(DataError):
    """The zip does not hold the contract asked for; of several zips, another may."""


class Content(NamedTuple):
    """A file's bytes, decompressed; `member` is the name inside a zip. `place` is what errors call it."""

    path: Path
    member: str
    data: bytes
    place: str

    @property
    def names(self) -> tuple[str, str]:
        """The names that may tell what is inside, the inner first."""
        return Path(self.member).name, self.path.name


def open_content(path: Path, request: Request) -> Content:
    """Read a file whole. Raises DataError if it is missing, damaged, or a zip of several that are not chosen from."""
    data = read_bytes(path)
    if data[:2] != b"PK":
        return Content(path, "", data, str(path))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = member_of(path, archive.namelist(), request.options.get("contract"))
            one = len(_files(archive.namelist())) == 1
            return Content(path, member, archive.read(member), str(path) if one else f"{path}#{member}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: BaseException) -> DataError:
    """The error for a packed file that cannot be unpacked."""
    kind = "gzip file" if path.suffix.lower() == ".gz" else "zip"
    return DataError(f"{path}: the {kind} is damaged or cut short ({error}); fetch it again")


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, decompressed if gzipped. Raises DataError if it is missing or damaged."""
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except FileNotFoundError as error:
        raise missing(path) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is damaged or cut short ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def missing(path: Path) -> DataError:
    """The error for a file that is not there."""
    beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    return DataError(f"{path}: no such file.{did_you_mean(path.name, beside)}")


def _files(members: list[str]) -> list[str]:
    return [name for name in members if not name.endswith("/") and not name.startswith("__MACOSX/")]


def member_of(path: Path, members: list[str], contract: str | None) -> str:
    """Choose a zip's file: the only one (or only CSV), or the one that `contract` names."""
    files = _files(members)
    if contract is not None:
        found = [name for name in files if re.search(rf"(^|_){re.escape(contract.lower())}(\.|_|$)", name.lower())]
        if len(found) == 1:
            return found[0]
        if found:
            raise DataError(f'{path}: {len(found)} files are "{contract}" ({_shown(found)}); name one of them')
        raise NoContract(f'{path}: no file is "{contract}"; there are {_shown(files)}')
    tables = [name for name in files if name.lower().endswith(".csv")]
    if len(files) == 1 or len(tables) == 1:
        return (tables or files)[0]
    if not files:
        raise DataError(f"{path}: the zip is empty")
    last = Path(files[0]).stem.rpartition("_")[2]
    raise DataError(f'{path}: {len(files)} files inside ({_shown(files)}); choose one: contract="{last}"')


def _shown(files: list[str]) -> str:
    return ", ".join(files[:6]) + (f" and {len(files) - 6} more" if len(files) > 6 else "")


def plain_text(content: Content, request: Request) -> bytes:
    """Return a text in UTF-8 without byte order mark, with LF or CR LF line ends only, that begins with no blank line.

    Raises DataError for an empty text, for bytes that are no text, and, unless line_endings="any", for mixed endings.
    """
    data, place = content.data, content.place
    encoding = utf16_of(data)
    if encoding:
        try:
            data = data.decode(encoding).encode()
        except UnicodeDecodeError as error:
            raise DataError(f"{place}: the UTF-16 text is damaged at byte {error.start}; export it again") from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in data[:4096]:
        raise DataError(f"{place}: not a text; pass format= if it is one of the binary formats")
    if b"\r" in data:
        data = _one_ending(data, place, request.options.get("line_endings") == "any")
    data = data.lstrip(b"\r\n")
    if re.search(rb"\S", data) is None:
        raise DataError(f"{place}: the file is empty")
    return data


def utf16_of(data: bytes) -> str | None:
    """The kind of UTF-16 that a text begins in, None for any other."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    head = data[:200]
    if len(head) >= 4 and len(data) % 2 == 0 and b"\x00" in head:
        if not any(head[0::2]):
            return "utf-16-be"
        if not any(head[1::2]):
            return "utf-16-le"
    return None


def _one_ending(data: bytes, place: str, take_any: bool) -> bytes:
    pairs = data.count(b"\r\n")
    lone = {"\r\n": pairs, "\n": data.count(b"\n") - pairs, "\r": data.count(b"\r") - pairs}
    kinds = [ending for ending, count in lone.items() if count]
    if len(kinds) > 1 and not take_any:
        ends = re.compile(rb"\r\n|\n|\r")
        first = next(ends.finditer(data)).group()
        line = next(n for n, end in enumerate(ends.finditer(data), 1) if end.group() != first)
        odd = next(end.group() for end in ends.finditer(data) if end.group() != first)
        raise DataError(
            f"{place}, line {line}: ends in {_ENDINGS[odd.decode()]}, the lines above in {_ENDINGS[first.decode()]}; "
            f'rows may be lost or joined: write it anew with one line ending, or pass line_endings="any"'
        )
    return re.sub(rb"\r\n?", b"\n", data) if lone["\r"] else data
