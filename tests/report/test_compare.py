"""Several runs on one page: what is rebased, subtracted and found to differ."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from simcore.report.compare import Named, difference, differing, text
from simcore.report.tables import Assumed
from tests.report.browser import Browser
from tests.report.frames import MadeRun, made_run
from tests.report.pages import page_of, with_frames
from tests.report.test_tables import cells
from tests.report.unpacked import Carried


@pytest.fixture(scope="module")
def run() -> MadeRun:
    return made_run(2_000, 12, 50)


@pytest.fixture(scope="module")
def runs(run: MadeRun) -> list[Named]:
    """The second has double the money; the third is as the first, but for its rules."""
    doubled = run.equity.with_columns(pl.col("equity", "balance") * 2.0)
    rules = [
        Assumed("Costs", "slippage", "0.1", "mine"),
        Assumed("Run", "fast", "20"),
        Assumed("Run", "fingerprint", "x"),
    ]
    one, two = page_of(run), page_of(with_frames(run, equity=doubled))
    return [Named("one", one), Named("two", two), Named("three", replace(one, assumptions=rules))]


def test_growth_begins_together_whatever_the_money(runs: list[Named], run: MadeRun) -> None:
    page = Carried(text(runs))
    one, two = (page.layer("chart-growth", name)["y"] for name in ("one", "two"))
    assert one[0] == two[0] == 0.0
    assert list(one) == list(two)
    value = run.equity["equity"]
    assert one[-1] == pytest.approx(100.0 * (value[-1] / value[0] - 1.0), abs=0.0005)
    assert page.names("chart-falls") == ["one", "two", "three"]


def test_statistics_stand_side_by_side_with_their_differences(runs: list[Named]) -> None:
    rows = {row[0]: row[1:] for row in cells(text(runs)) if row}
    final = [one.run.stats["Equity Final [$]"] for one in runs]
    assert rows["Equity Final"] == [f"{final[0]:,.2f} USD", f"{final[1]:,.2f} USD", f"+{final[1] - final[0]:,.2f}",
                                    f"{final[2]:,.2f} USD", ""]  # fmt: skip
    assert rows["Start"][1:] == [rows["Start"][0], "", rows["Start"][0], ""]


def test_only_rules_that_differ_are_listed(runs: list[Named]) -> None:
    found = {(rule.group, rule.name): rule.values for rule in differing(runs)}
    assert found == {
        ("Costs", "slippage"): ("none", "none", "0.1"),
        ("Account", "leverage"): ("100", "100", ""),
        ("Run", "fast"): ("", "", "20"),
    }
    same = [runs[0], Named("again", runs[0].run)]
    assert "are the same in all runs" in text(same)


def test_what_has_no_difference_has_none() -> None:
    assert difference(3, 1.5) == 1.5
    assert difference(pd.Timedelta(minutes=5), pd.Timedelta(minutes=7)) == pd.Timedelta(minutes=-2)
    for value, first in (
        ("a", "b"), (1.0, float("nan")), (float("inf"), 1.0), (None, 1.0), (pd.NaT, pd.Timedelta(1)),
        (pd.Timestamp("2024"), pd.Timestamp("2023")), (1.0, pd.Timedelta(1)),
    ):  # fmt: skip
        assert difference(value, first) is None


def test_months_of_several_runs_stand_beside_each_other(runs: list[Named]) -> None:
    table = text(runs).split('id="returns"')[1].split("</section>")[0]
    rows = cells(table)
    assert rows[0] == ["", "one", "two", "three"]
    assert [row[0] for row in rows[1:]] == ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-06", "2024-07"]
    assert rows[1][1] == rows[1][3]


@pytest.mark.parametrize("n", [1, 9])
def test_too_few_and_too_many_are_refused(runs: list[Named], n: int) -> None:
    with pytest.raises(ValueError, match=f"2 to 8 runs can be compared, {n} were given"):
        text([runs[0]] * n)


def test_the_page_is_drawn_and_can_hide_what_is_the_same(browser: Browser, runs: list[Named], tmp_path: Path) -> None:
    page = tmp_path / "compared.html"
    page.write_text(text(runs), encoding="utf-8")
    browser.open(page)
    assert browser.ask("document.documentElement.dataset.state") == "ready"
    assert (browser.requests, browser.complaints) == ([page.as_uri()], [])
    assert browser.ask("document.querySelectorAll('#chart-growth .line[class*=\" c\"]').length") == 6  # and swatches
    shown = "[...document.querySelectorAll('.against tbody tr:not(.part)')].filter((r) => r.offsetParent).length"
    before = browser.ask(shown)
    browser.ask("document.getElementById('differing').click()")
    assert 0 < browser.ask(shown) < before
    assert re.search(r"Equity Final", browser.ask("document.querySelector('.against').innerText"))
