"""The account's machine code on the disk: kept whole or not at all, read again, and never needed to run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from simcore.kernel import image
from simcore.kernel.jit import Entry, cache_folder


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """An empty cache folder, an engine of its own, and a compiler that has the code at hand and is counted."""
    image.load()
    code, engine, made = image._read(), image._engine.__wrapped__(), []
    assert code is not None
    before = {entry.name: (entry.address, entry.builtin_address) for entry in Entry.all.values()}
    monkeypatch.setenv("SIMCORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(image, "_engine", lambda: engine)
    monkeypatch.setattr(image, "_compiled", lambda entries, progress: made.append(len(entries)) or code)
    yield made
    for entry in Entry.all.values():
        entry.address, entry.builtin_address = before[entry.name]
        image.llvm.add_symbol(entry.symbol, entry.address)


def load_again() -> None:
    for entry in Entry.all.values():
        entry.address = 0
    image.load()
    assert all(entry.address for entry in Entry.all.values())


def test_it_is_compiled_once_and_read_afterwards(empty):
    load_again()
    load_again()
    assert empty == [len(Entry.all)]
    assert [path.name for path in cache_folder().iterdir()] == [image.NAME]  # nothing half-written beside it


@pytest.mark.parametrize("damage", [lambda code: code[:-1], lambda code: b"", lambda code: code[:-1] + b"?"])
def test_a_damaged_file_is_compiled_again(empty, damage):
    load_again()
    path = cache_folder() / image.NAME
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert not image.is_kept()
    load_again()
    assert len(empty) == 2
    assert path.read_bytes() == whole


def test_where_the_folder_cannot_be_made_it_runs_and_says_so(empty, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SIMCORE_CACHE", str(tmp_path / "file"))
    told = f"the compiled account cannot be kept: {cache_folder()}: Not a directory; free some space, or name another"
    with pytest.warns(image.NotKept, match=re.escape(told)):
        load_again()
    assert not image.is_kept()


def test_a_full_disk_leaves_nothing(empty, small_disk):
    with small_disk(10_000), pytest.warns(image.NotKept, match="File too large"):
        load_again()
    assert not any(cache_folder().iterdir())


@pytest.mark.slow
def test_two_processes_that_start_together_agree(tmp_path):
    """Both compile and run; whichever is later puts the same file in place."""
    environment = {**os.environ, "SIMCORE_CACHE": str(tmp_path)}
    command = [str(Path(sys.executable).parent / "simcore"), "demo", "--json"]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate(timeout=600)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert told[0] == told[1]
    assert [path.name for path in tmp_path.rglob("account*")] == [image.NAME]
