"""What the store holds after a kill at any instant, a full disk, another writer, a newer version, damaged files."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.store import disk
from simcore.market.store.digest import digest_of
from simcore.market.store.manifest import MANIFEST
from simcore.market.store.store import Store
from tests.conftest import ROOT
from tests.market.store.kill import CHANGES, HELD, content, strays, watched
from tests.market.store.rows import DAY, equal, quotes, scratch

WITHOUT_FORK = not hasattr(os, "fork")


@pytest.mark.skipif(WITHOUT_FORK, reason="a process that ends itself is made by fork")
def test_a_kill_at_any_instant_leaves_the_store_as_it_was_or_as_it_was_to_be() -> None:
    with scratch() as place:
        command = [sys.executable, "-m", "tests.market.store.kill", str(place)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = {one["change"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert told.keys() == {*CHANGES, "too large"}
    assert "file too large. The store is as it was" in told.pop("too large")["said"]
    for name, one in told.items():
        assert 0 < one["as_before"] < one["instants"], name
        assert {"write", "fsync", "replace", "after replace"} <= {*one["acts"]}, name
    assert told["append"]["instants"] > 12  # of each new file: unlink, open, half a write, fsync
    assert "link" in told["import"]["acts"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_disk_that_refuses_at_any_instant_changes_nothing(tmp_path: Path, code: int) -> None:
    start, folder, said = tmp_path / "start", tmp_path / "store", 0
    Store(start).append(HELD)
    before, reason = content(start), os.strerror(code).lower()
    for n in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(start, folder)
        acts: list[str] = []
        error = refusal_of(folder, n, acts, OSError(code, os.strerror(code), "some-file"))
        if error is not None:
            assert f"some-file: could not be written: {reason}. The store is as it was" in error
            assert content(folder) == before, acts
            said += 1
        else:  # there was no n-th act, or one that may fail: what is superseded stays a little longer
            assert len(Store(folder).quotes("EURUSD")) == len(HELD) + 4
            assert len(acts) <= n or acts[n] in ("unlink", "fsync", "after replace"), acts
        assert strays(folder) == [] or acts[n] == "unlink", acts
        if len(acts) <= n:
            break
    assert said > 8


def refusal_of(folder: Path, n: int, acts: list[str], error: OSError) -> str | None:
    """Append while the n-th act fails; returns what was said, None where it got through."""

    def act(name: str) -> None:
        acts.append(name)
        if len(acts) == n + 1 and not name.startswith("after"):
            raise error

    try:
        with watched(act):
            Store(folder).append(quotes([9, 11, DAY - 1, 6 * DAY]))
    except DataError as refusal:
        return str(refusal)
    return None


def test_new_files_are_on_the_disk_before_the_manifest_names_them(tmp_path: Path) -> None:
    acts: list[str] = []
    with watched(acts.append):
        Store(tmp_path).append(quotes([0, DAY]))
    at = acts.index("replace")
    before = acts[:at]
    # two parts and the manifest are written; all three are forced, and the folder of the parts is
    assert before.count("write") == 3
    assert before.count("fsync") == 4
    assert acts[at:] == ["replace", "after replace", "fsync"]


def test_a_second_writer_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(HELD)
    with disk.one_writer(tmp_path):
        with pytest.raises(DataError, match="another process is writing to it"):
            store.append(quotes([9 * DAY]))
        assert equal(store.quotes("EURUSD"), HELD)
    assert store.append(quotes([9 * DAY])).added == 1


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.append(HELD)
    return store


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_store_of_a_newer_version_is_left_alone(store: Store) -> None:
    path = store.path / MANIFEST
    told = json.loads(path.read_text())
    assert told["version"] == 1
    # what a newer version puts where is not for us to guess
    path.write_text(json.dumps({"format": told["format"], "version": 2, "shards": [], "series": "elsewhere"}))
    before = bytes_of(store.path)
    for use in (
        lambda: Store(store.path),
        lambda: store.append(quotes([9 * DAY])),
        lambda: store.prune("EURUSD"),
        lambda: store.quotes("EURUSD"),
        store.symbols,
        store.info,
    ):
        with pytest.raises(DataError, match="written by a newer simcore") as error:
            use()
        assert "store format 2, this one reads up to 1" in str(error.value)
        assert "upgrade simcore. The store is untouched" in str(error.value)
    assert bytes_of(store.path) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the store's manifest is damaged"),
        ('{"format": "simcore-store"', "the store's manifest is damaged"),
        ("[]", "not the manifest of a store"),
        ('{"format": "other", "version": 1}', "not the manifest of a store"),
        ('{"format": "simcore-store", "version": 1}', "the store's manifest is damaged"),
        ('{"format": "simcore-store", "version": 1, "revision": 1, "series": [{}]}', "the store's manifest is damaged"),
    ],
)
def test_a_damaged_manifest_is_one_clear_error(store: Store, text: str, said: str) -> None:
    (store.path / MANIFEST).write_text(text)
    for use in (store.symbols, lambda: store.append(quotes([9 * DAY]))):
        with pytest.raises(DataError, match=said) as error:
            use()
        assert str(store.path / MANIFEST) in str(error.value)
    assert (store.path / MANIFEST).read_text() == text


def part_of(store: Store, day: str) -> Path:
    (path,) = (store.path / "quotes/EURUSD").glob(f"{day}*")
    return path


def test_files_at_fault_are_named(store: Store) -> None:
    path = part_of(store, "2024-01-01")
    whole = path.read_bytes()
    for damaged, said in (
        (whole[:-9], "the file is damaged"),
        (b"", "the file is damaged"),
        (part_of(store, "2024-01-03").read_bytes(), "was changed since the store wrote it"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=said) as error:
            store.quotes("EURUSD")
        assert str(path) in str(error.value)
        assert "restore it from a backup" in str(error.value)
    path.unlink()
    with pytest.raises(DataError, match="the file is gone"):
        store.quotes("EURUSD")
    path.write_bytes(whole)
    assert equal(store.quotes("EURUSD"), HELD)


def test_a_single_flipped_bit_is_found_wherever_it_is(store: Store) -> None:
    store.append(quotes(4 * DAY + np.arange(900) ** 2))
    path = part_of(store, "2024-01-05")
    whole = path.read_bytes()
    for at in np.arange(0, 8 * len(whole), 1_009):
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="the file is damaged, or was changed"):
            store.quotes("EURUSD")
    path.write_bytes(whole)
    assert len(store.quotes("EURUSD")) == len(HELD) + 900


def test_two_flipped_bits_do_not_cancel_out() -> None:
    content = bytes(np.random.default_rng(3).integers(0, 256, 333, np.uint8))
    found = {digest_of(content)}
    places = [7, 39, 71, 103, 330]  # the top byte of words of one sum, and a byte that is left over
    for a, b in combinations(places, 2):
        for bits in (1, 128):
            damaged = bytearray(content)
            damaged[a] ^= bits
            damaged[b] ^= bits
            found.add(digest_of(bytes(damaged)))
    assert len(found) == 1 + 2 * 10
    assert digest_of(content[:-1]) not in found
    assert digest_of(content + bytes(1)) not in found


def test_a_folder_of_other_things_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(DataError, match=r"not a store, and it holds letters\.txt; name a new or empty folder"):
        Store(tmp_path).append(HELD)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_what_was_pruned_while_it_was_read_is_an_error_not_a_gap(store: Store) -> None:
    reading = store.range("EURUSD")
    store.prune("EURUSD", "2024-01-02", "2024-01-03")
    with pytest.raises(DataError, match="the file is gone; was the store changed while it was read"):
        reading.read()
    # what is added after a range was made is not in it
    again = store.range("EURUSD")
    store.append(quotes([9 * DAY]))
    assert len(again.read()) == len(HELD) - 2
