"""The page of a live session beside its prediction: every figure, in a real browser."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from simcore.report.session import CAUSES, Compared, page, report, total
from tests.report.browser import Browser

SECOND = 1_000_000_000
START = 1_718_359_200 * SECOND
UTC = pl.Datetime("ns", "UTC")
MINUS = "\u2212"


def compared() -> Compared:
    """Two orders and a stop-out: 1.50 lost to latency, 0.50 to slippage, 0.70 to fees, 0.20 gained on swap."""
    moments = {
        "decided": [START, START + 60 * SECOND, None],
        "filled": [START + SECOND, START + 60 * SECOND, START + 90 * SECOND],
        "heard": [START + 2 * SECOND, START + 61 * SECOND, START + 90 * SECOND],
        "expected": [START, START + 60 * SECOND, START + 90 * SECOND],
    }
    told = {
        "order": [1, 2, 0], "symbol": ["EURUSD"] * 3, "side": [1, -1, 1], "qty": [0.1, 0.1, 0.2],
        "predicted": [1.1, 1.1003, 1.1], "price": [1.10015, 1.10025, 1.1], "latency": [1.5, 0.0, 0.0],
        "slippage": [0.0, 0.5, 0.0], "fees": [0.35, 0.35, 0.0], "financing": [0.0, -0.2, 0.0],
    }  # fmt: skip
    ts = pl.Series("ts", [START + n * 30 * SECOND for n in range(4)], dtype=UTC)
    return Compared(
        title="Bot at Demo",
        currency="EUR",
        money_digits=2,
        fills=pl.DataFrame(told | {name: pl.Series(name, one, dtype=UTC) for name, one in moments.items()}),
        theirs=pl.DataFrame({"ts": ts, "equity": [100.0, 98.0, 97.5, 97.5], "used_margin": [0.0, 11.0, 0.0, 0.0]}),
        ours=pl.DataFrame({"ts": ts, "equity": [100.0, 100.0, 100.0, 100.0], "used_margin": [0.0, 10.0, 0.0, 0.0]}),
        figures=pl.DataFrame({"ts": ts[1:3], "balance": [99.0, 98.0], "equity": [98.0, 97.5],
                              "used_margin": [11.0, 0.0], "own_balance": [99.0, 98.0], "own_equity": [98.0, 97.5],
                              "own_used_margin": [10.0, 0.0]}),
        margins=pl.DataFrame({"ts": [0, 1], "symbol": ["EURUSD"] * 2, "qty": [0.01] * 2, "alone": [1.0, 2.0],
                              "own_alone": [1.0, 1.0], "after": [1.0, 2.0], "own_after": [1.0, 2.0]}),
        alone={"the broker": ["order 7: buy 0.1 <EURUSD>"], "the prediction": []},
    )  # fmt: skip


def test_the_page_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    browser.open(report(tmp_path / "page.html", compared()))
    for name in ("causes", "equity", "used_margin", "apart"):
        assert browser.ask(f"document.querySelectorAll('#chart-{name} path').length") > 0, name
    cards = browser.ask("[...document.querySelectorAll('.cards dd')].map(one => one.textContent)")
    assert cards == [f"{MINUS}2.50 EUR", f"{MINUS}1.50 EUR", f"{MINUS}0.50 EUR", f"{MINUS}0.70 EUR", "0.20 EUR"]
    drawn = browser.ask("[...document.querySelectorAll('#way circle title')].map(one => one.textContent)")
    assert len(drawn) == 6  # three marks for each order; a stop-out has no decision
    assert "1 buy 0.1 EURUSD: filled by the broker 1 s after the decision, at 1.10015" in drawn
    margin = browser.ask("document.querySelector('#margin table').textContent")
    assert "1 of 2" in margin
    assert "1.00 EUR" in margin
    asked = browser.ask("[...document.querySelectorAll('#margin table')].at(-1).textContent")
    assert "EURUSD, 0.01 bought, by itself22.00 EUR1.00 EUR" in asked  # of two questions the one that differs
    assert browser.ask("document.querySelector('#table-fills').dataset.rows") == "3"
    assert [one for one in browser.requests if not one.startswith("file:")] == [] == browser.complaints


def test_dark_and_on_a_phone_it_fits(browser: Browser, tmp_path: Path) -> None:
    browser.open(report(tmp_path / "page.html", compared()), dark=True, phone=True)
    assert browser.ask("document.documentElement.scrollWidth <= innerWidth")
    assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"


def test_what_one_side_has_alone_is_listed_and_escaped() -> None:
    found = compared()
    assert "buy 0.1 &lt;EURUSD&gt;" in page(found)
    assert total(found) == -2.5


def test_a_session_without_fills_has_a_page() -> None:
    found = compared()
    none = {name: getattr(found, name).clear() for name in ("fills", "figures", "margins")} | {"alone": {}}
    nothing = Compared(**vars(found) | none)
    text = page(nothing)
    assert "No fill can be compared" in text
    assert all(name not in text for name in ("chart-causes", "table-fills"))
    assert total(nothing) == 0.0
    assert list(CAUSES) == ["latency", "slippage", "fees", "financing"]
