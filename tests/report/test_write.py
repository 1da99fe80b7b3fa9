"""A file is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simcore.report.write import WriteError, check_target, write_whole
from tests.conftest import SmallDisk


def test_it_writes_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "a.html"
    assert write_whole(target, "one\n") == target
    write_whole(str(target), "−two\n")
    assert target.read_bytes() == "−two\n".encode()
    assert os.listdir(tmp_path) == ["a.html"]


def test_a_full_disk_leaves_nothing_and_says_one_line(tmp_path: Path, small_disk: SmallDisk) -> None:
    with pytest.raises(WriteError) as caught, small_disk(10_000):
        write_whole(tmp_path / "a.html", "x" * 1_000_000)
    assert os.listdir(tmp_path) == []
    words = str(caught.value)
    assert words.startswith(f"{tmp_path / 'a.html'} could not be written: file too large; nothing was written.")
    assert "\n" not in words


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, small_disk: SmallDisk) -> None:
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


def test_what_is_no_file_is_not_renamed_over(tmp_path: Path) -> None:
    """A device or a pipe would be one no more."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(WriteError, match=r"pipe is no file but a device or a pipe; name a file"):
        write_whole(pipe, "x")
    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_place_can_be_asked_for_beforehand(tmp_path: Path) -> None:
    assert check_target(tmp_path / "a.html") == tmp_path / "a.html"
    assert os.listdir(tmp_path) == []
    with pytest.raises(WriteError, match="make it first"):
        check_target(tmp_path / "nowhere" / "a.html")


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.bin", b"\x00\r\n\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\r\n\xff"
