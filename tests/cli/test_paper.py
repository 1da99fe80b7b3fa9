"""`simcore paper` and `simcore verify`: a session, its proof, and what is said when the proof cannot be given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.run import SAMPLE, good, parsed, run


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper") / "session"
    told = parsed("paper", "ema-cross", *SAMPLE, "--session", str(folder), "--speed", "max")
    assert told["events_journaled"] == 100_005
    assert {"stats", "account", "fills", "session"} <= set(told)
    return folder


def test_paper_has_the_fingerprint_of_the_backtest(session, tmp_path):
    told = parsed("paper", "ema-cross", *SAMPLE, "--session", str(tmp_path / "again"))
    assert told["fingerprint"] == parsed("backtest", "ema-cross", *SAMPLE)["fingerprint"]


def test_verify_proves_the_session(session):
    told = parsed("verify", str(session))
    assert told["same"]
    assert told["events"] == 100_005
    assert told["differences"] == []
    assert "State  the same, byte for byte" in good("verify", str(session))


def test_a_folder_in_use_is_refused(session):
    told = run("paper", "ema-cross", *SAMPLE, "--session", str(session))
    assert told.exit_code == 2
    assert "is not empty" in told.stderr


def test_a_changed_byte_is_refused(session):
    journal = session / "journal.sqlite"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    told = run("verify", str(session))
    journal.write_bytes(whole)
    assert told.exit_code == 2
    assert "journal.sqlite: was changed after the session was closed" in told.stderr


def test_no_session_is_one_line(tmp_path):
    told = run("verify", str(tmp_path))
    assert told.exit_code == 2
    assert len(told.stderr.strip().splitlines()) == 1


def test_a_strategy_of_ones_own_is_found_again_from_anywhere(tmp_path, monkeypatch):
    """The session was made beside the file; it is verified from another folder."""
    (tmp_path / "bot.py").write_text(
        "import simcore as sc\n\n\nclass Bot(sc.Strategy):\n    qty: float = 0.1\n    bars = '1h'\n\n"
        "    def on_bar(self, ctx):\n        ctx.close()\n        ctx.buy(self.qty)\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    good("paper", "bot.py:Bot", *SAMPLE, "-p", "qty=0.3", "--session", "s")
    monkeypatch.chdir("/")
    told = parsed("verify", tmp_path / "s")
    assert told["same"]
    assert told["order_changes"] > 40
