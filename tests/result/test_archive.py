"""A result as a file: what is read back is what was written, and what is no such file is refused with one line."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import simcore as sc
from simcore.report.write import WriteError
from simcore.result import Result
from simcore.run import archive
from tests.result.runs import play, quotes

FRAMES = ("fills", "trades", "orders", "events", "equity", "round_trips", "exposure")


@pytest.fixture(scope="module")
def run() -> Result:
    """Refusals, a stop loss, a tag, two instruments, commission and slippage: something in every frame."""
    rng = np.random.default_rng(5)
    walk = np.round(1.1 + np.cumsum(rng.normal(0.0, 2e-4, 3_000)), 5)
    data = {
        "EURUSD": quotes(*((60 * i, b, round(b + 1e-4, 5)) for i, b in enumerate(walk.tolist()))),
        "USDJPY": quotes(*((60 * i + 30, round(150 * b / 1.1, 3), round(150 * b / 1.1 + 0.02, 3))
                           for i, b in enumerate(walk[:500].tolist()))),
    }  # fmt: skip
    script = {
        0: lambda c: c.buy(0.5, sl=c.bid - 0.01, tag="first"),
        1: lambda c: c.sell(0.3),
        2: lambda c: c.buy(500.0),  # no money
        400: lambda c: c.close(),
        2_000: lambda c: c.sell(0.2, tag="second"),
    }
    pairs = [sc.Instrument.fx("EURUSD", swap_long=-5.0, swap_short=-3.0), sc.Instrument.fx("USDJPY")]
    return play(script, data, pairs, sample="1h", **{"commission.per_lot": 3.5, "slippage.fixed": 1e-5})


@pytest.fixture(scope="module")
def saved(run: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.save(tmp_path_factory.mktemp("saved") / "run.simcore")


def test_everything_comes_back(run: Result, saved: Path) -> None:
    back = sc.load(saved)
    assert back.fingerprint == run.fingerprint
    for name in FRAMES:
        assert_frame_equal(getattr(back, name), getattr(run, name))
        assert not getattr(run, name).is_empty(), name
    pd.testing.assert_series_equal(back.stats, run.stats)
    pd.testing.assert_series_equal(back.returns, run.returns)
    pd.testing.assert_frame_equal(back.positions, run.positions)
    pd.testing.assert_frame_equal(back.transactions, run.transactions)
    assert back.account == run.account
    assert back.run.broker == run.run.broker
    assert list(back.run.instruments) == list(run.run.instruments)
    assert (back.run.rules, back.run.state) == (run.run.rules, run.run.state)
    assert repr(back) == repr(run)


def test_the_report_of_what_was_read_is_the_report_of_the_run(run: Result, saved: Path, tmp_path: Path) -> None:
    first, second = run.report(tmp_path / "a.html"), sc.load(saved).report(tmp_path / "b.html")
    assert first.read_bytes() == second.read_bytes()


def test_what_was_read_can_be_saved_again(saved: Path, tmp_path: Path) -> None:
    again = sc.load(saved).save(tmp_path / "again")
    assert again.read_bytes() == saved.read_bytes()


def test_a_run_on_bars_comes_back(tmp_path: Path) -> None:
    bars = pl.DataFrame(
        {
            "ts": [1_704_067_200_000_000_000 + i * 86_400_000_000_000 for i in range(40)],
            "open": [100.0 + i for i in range(40)],
            "high": [102.0 + i for i in range(40)],
            "low": [99.0 + i for i in range(40)],
            "close": [101.0 + i for i in range(40)],
        }
    )

    class Once(sc.Strategy):
        bars = "1D"

        def on_bar(self, ctx: sc.Context) -> None:
            if ctx.position == 0:
                ctx.buy(1)

    run = sc.backtest(Once(), {"X": bars}, instruments=[sc.Instrument.stock("X")])
    back = sc.load(run.save(tmp_path / "bars"))
    pd.testing.assert_series_equal(back.stats, run.stats)
    assert back.account["margin_level"] == run.account["margin_level"]


def test_what_needs_the_ticks_says_so(saved: Path) -> None:
    back = sc.load(saved)
    for ask in (lambda: back.prices("EURUSD"), lambda: list(back.run.feed.blocks())):
        with pytest.raises(sc.ResultError, match="holds the result of a run, not its ticks; run it again on the data"):
            ask()
    assert len(back.run.feed) == 3_500


def changed(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Write a result's description anew."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    about = json.loads(parts[archive.ABOUT])
    change(about)
    parts[archive.ABOUT] = json.dumps(about).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.simcore"
    path.write_bytes(saved.read_bytes())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(sc.ResultError) as told:
        sc.load(path)
    text = str(told.value)
    assert "\n" not in text
    assert str(path) in text
    return text


def test_a_newer_version_is_told_apart_from_damage(copy: Path) -> None:
    changed(copy, lambda about: about.update(version=2, simcore="9.9"))
    assert refusal(copy).endswith(
        "was written by simcore 9.9 as version 2 of the file, this one reads up to 1; update simcore"
    )


def test_a_truncated_file_is_damaged(copy: Path) -> None:
    whole = copy.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        copy.write_bytes(whole[: int(len(whole) * share)])
        assert "is no result" in refusal(copy)


def test_a_flipped_byte_never_passes_for_the_result(run: Result, copy: Path) -> None:
    whole = copy.read_bytes()
    told = 0
    for at in range(0, len(whole), len(whole) // 80):
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        back = None
        with contextlib.suppress(sc.ResultError):
            back = sc.load(copy)
        if back is None:
            told += 1
        else:  # a byte that means nothing: a time stamp of the zip
            pd.testing.assert_series_equal(back.stats, run.stats)
    assert told > 50


def test_a_missing_part_is_damage(copy: Path) -> None:
    with zipfile.ZipFile(copy) as file:
        parts = {name: file.read(name) for name in file.namelist() if name != "tables/fills.npy"}
    with zipfile.ZipFile(copy, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    assert "is damaged (KeyError: 'tables/fills')" in refusal(copy)


@pytest.mark.parametrize("content", [b"", b"what a nice day", b"PK\x03\x04"])
def test_another_file_is_no_result(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert "is no result" in refusal(path)


def test_another_zip_is_no_result(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("result.json", "[]")
    assert refusal(path).endswith("is no result: Result.save did not write it")


def test_a_folder_or_nothing_at_all_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path).endswith("is a folder; name a file that Result.save wrote")
    assert refusal(tmp_path / "x").endswith("does not exist; name a file that Result.save wrote")


def test_a_failed_save_leaves_what_was_there(run: Result, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = copy.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WriteError, match="no space left on device; the file that was there is unchanged"):
        run.save(copy)
    assert copy.read_bytes() == before
    assert [p.name for p in copy.parent.iterdir()] == [copy.name]


def test_a_table_of_an_older_simcore_is_filled_up() -> None:
    old = np.zeros(2, [("ts", "i8"), ("gone", "f8"), ("order", [("id", "i8")])])
    old["ts"], old["order"]["id"] = [1, 2], [7, 8]
    now = np.dtype([("ts", "i8"), ("order", [("id", "i8"), ("side", "i8")]), ("later", "f8")])
    table = archive._table(old, now)
    assert table["ts"].tolist() == [1, 2]
    assert table["order"]["id"].tolist() == [7, 8]
    assert table["order"]["side"].tolist() == [0, 0]
    assert table["later"].tolist() == [0.0, 0.0]
