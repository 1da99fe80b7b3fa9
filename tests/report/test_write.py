"""A file is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simcore.report.write import WriteError, write_whole

resource = pytest.importorskip("resource", reason="file size limits are a Unix thing")


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Let this process write no file longer than `size`, as on a disk that fills up on the way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_writes_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "a.html"
    assert write_whole(target, "one\n") == target
    write_whole(str(target), "−two\n")
    assert target.read_bytes() == "−two\n".encode()
    assert os.listdir(tmp_path) == ["a.html"]


def test_a_full_disk_leaves_nothing_and_says_one_line(tmp_path: Path) -> None:
    with pytest.raises(WriteError) as caught, small_disk(10_000):
        write_whole(tmp_path / "a.html", "x" * 1_000_000)
    assert os.listdir(tmp_path) == []
    words = str(caught.value)
    assert words.startswith(f"{tmp_path / 'a.html'} could not be written: file too large; nothing was written.")
    assert "\n" not in words


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.html"
    target.write_text("old")
    with pytest.raises(WriteError, match="the file that was there is unchanged"), small_disk(10_000):
        write_whole(target, "x" * 1_000_000)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.html"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"the folder .*nowhere does not exist; make it first"):
        write_whole(tmp_path / "nowhere" / "a.html", "x")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"is a folder; name a file in it, such as .*report\.html"):
        write_whole(tmp_path, "x")


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.html", "x")
    assert os.listdir(tmp_path) == []
