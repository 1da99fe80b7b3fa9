"""`simcore scenario`: what it prints, and its exit code."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from simcore.cli import VERBS, app
from simcore.cli.scenario import command

GOOD = "tests/scenarios/open_long.json"


@pytest.fixture
def files(root, tmp_path):
    """One that holds, one that does not, one that is malformed."""
    text = (root / GOOD).read_text("utf-8")
    paths = [tmp_path / name for name in ("good.json", "wrong.json", "broken.json")]
    for path, one in zip(paths, (text, text.replace("9990.0", "9991.0"), text.replace("buy", "by")), strict=True):
        path.write_text(one, "utf-8")
    return [str(path) for path in paths]


def run(*args):
    return CliRunner().invoke(app, ["scenario", *args])


def test_a_scenario_that_holds(files):
    done = run(files[0])
    assert (done.exit_code, done.stdout) == (0, f"{files[0]}: ok\n")


def test_every_file_is_played_and_one_failure_is_enough(files):
    assert run(*files[:2]).exit_code == 1
    done = run(*files)
    assert done.exit_code == 2  # as any verb that was given what it cannot read
    assert done.stdout == (
        f"{files[0]}: ok\n{files[1]}: FAILED\n"
        "  event 3 (2024-01-02T10:00:02Z): account.equity: expected 9991.0, was 9990.0\n"
    )
    assert done.stderr == f"simcore: {files[2]}, event 2, submit: side = 'by': did you mean 'buy'?\n"


def test_json_has_every_event_and_the_account_after_each_step(files):
    done = run(*files, "--json")
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    assert [one["passed"] for one in told["scenarios"]] == [True, False, False]
    good, wrong, broken = told["scenarios"]
    submit = good["steps"][1]
    assert [event["type"] for event in submit["events"]] == ["order", "fill", "order"]
    assert submit["account"]["used_margin"] == 1100.10
    assert good["steps"][0]["account"]["margin_level"] is None
    assert wrong["failures"] == [
        {"event": 3, "ts": "2024-01-02T10:00:02Z", "what": "account.equity", "expected": 9991.0, "got": 9990.0}
    ]
    assert broken["error"].endswith("side = 'by': did you mean 'buy'?")


def test_the_list_of_verbs_says_what_the_verb_says():
    assert (command.__doc__ or "").startswith(VERBS["scenario"])
