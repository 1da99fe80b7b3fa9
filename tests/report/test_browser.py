"""The page in a real browser: what is drawn, and what pointer, keys, a small screen and paper do to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from simcore.report.contents import Explained
from simcore.report.sheet import nanoseconds
from tests.report.browser import Browser
from tests.report.frames import MadeRun, made_run
from tests.report.pages import with_frames, written

STATE = "document.documentElement.dataset.state"
CHARTS = ("chart-price0", "chart-equity", "chart-drawdown", "chart-level", "chart-margin")


@pytest.fixture(scope="module")
def run() -> MadeRun:
    return made_run(50_000, 120, 1_000)


@pytest.fixture(scope="module")
def page(run: MadeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    return written(run, folder / "out.html", prices={"EURUSD": run.prices, "GBPUSD": run.prices})


@pytest.fixture
def shown(browser: Browser, page: Path) -> Browser:
    browser.open(page)
    return browser


def layer(browser: Browser, chart: str, name: str) -> str:
    """How a layer is drawn: the paths' d, joined."""
    paths = f"[...document.querySelectorAll('#{chart} g[data-name=\"{name}\"] path')]"
    return str(browser.ask(f"{paths}.map((p) => p.getAttribute('d')).join(' ')"))


def range_shown(browser: Browser) -> str:
    return str(browser.ask("document.querySelector('#toolbar output').textContent"))


def box(browser: Browser, selector: str) -> dict[str, float]:
    """Where an element is in the window, after it was scrolled into it."""
    browser.ask(f"document.querySelector('{selector}').scrollIntoView({{block: 'center'}})")
    browser.settle()
    script = f"(() => {{ const b = document.querySelector('{selector}').getBoundingClientRect();"
    return dict(browser.ask(f"{script} return {{x: b.x, y: b.y, w: b.width, h: b.height}}; }})()"))


def quiet(browser: Browser, page: Path) -> None:
    """Nothing was asked of the network, nothing was said on the console, nothing failed."""
    assert browser.ask(STATE) == "ready"
    assert browser.requests == [page.as_uri()]
    assert browser.complaints == []
    assert browser.ask("performance.getEntriesByType('resource').length") == 0


def test_every_chart_is_drawn_and_nothing_is_asked_of_the_network(shown: Browser, page: Path, run: MadeRun) -> None:
    quiet(shown, page)
    points = [int(shown.ask(f"document.getElementById('{name}').dataset.points")) for name in CHARTS]
    fills, trades = run.fills.height, run.trades.height
    # quotes, a mark a fill; a line, an SL and a TP a trade
    assert points[0] == 50_000 + fills + 3 * trades
    # equity and balance, one stop-out; drawdown; level, one margin call, one stop-out; used and free
    assert points[1:] == [2_001, 1_000, 1_002, 2_000]
    assert shown.ask("document.querySelectorAll('#chart-level > svg .line.level').length") == 2
    words = shown.ask("[...document.querySelectorAll('#chart-level .level-name')].map((t) => t.textContent).join()")
    assert words == "Margin call at 100 %,Stop-out at 50 %"


def test_an_extreme_of_a_pixel_is_on_the_picture(shown: Browser, run: MadeRun) -> None:
    # 50,000 quotes on some 1,100 pixels: the drawn heights span the whole range of prices, to a tenth of a pixel
    heights = [float(v) for v in re.findall(r"V([\d.]+)", layer(shown, "chart-price0", "Bid / ask"))]
    low, high = run.prices["bid"].min(), run.prices["ask"].max()
    scale = "(() => { const t = [...document.querySelectorAll('#chart-price0 > svg > text:not(.time)')];"
    scale += " return t.map((e) => [Number(e.textContent.replace('−', '-')), Number(e.getAttribute('y')) - 4]); })()"
    (v0, y0), *_, (v1, y1) = shown.ask(scale)
    value = [v0 + (y - y0) * (v1 - v0) / (y1 - y0) for y in (max(heights), min(heights))]
    assert value == pytest.approx([low, high], abs=1.5 * abs(v1 - v0) / abs(y1 - y0))


def test_dark_and_light_follow_the_system_until_the_reader_chooses(browser: Browser, page: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    line = "getComputedStyle(document.querySelector('#chart-equity .line.accent')).stroke"
    for dark, expected in (
        (False, ["rgb(244, 245, 247)", "rgb(11, 92, 173)"]),
        (True, ["rgb(13, 17, 23)", "rgb(109, 179, 255)"]),
    ):
        browser.open(page, dark=dark)
        assert [browser.ask(background), browser.ask(line)] == expected
    browser.ask("document.getElementById('theme').click()")
    assert browser.ask(background) == "rgb(244, 245, 247)", "light, though the system is dark"
    browser.ask("document.getElementById('theme').click()")
    assert browser.ask(background) == "rgb(13, 17, 23)"
    browser.ask("document.getElementById('theme').click()")
    assert browser.ask("document.documentElement.dataset.theme") == "system"


def test_a_stretch_chosen_with_the_pointer_is_shown_on_every_chart(shown: Browser) -> None:
    before, whole = range_shown(shown), layer(shown, "chart-level", "Level")
    at = box(shown, "#chart-equity > svg")
    y = at["y"] + at["h"] / 2
    shown.drag((at["x"] + 300, y), (at["x"] + 500, y))
    assert range_shown(shown) != before
    assert layer(shown, "chart-level", "Level") != whole
    zoomed = layer(shown, "chart-price0", "Bid / ask")
    shown.click(at["x"] + 300, y, times=2)
    assert range_shown(shown) == before
    assert layer(shown, "chart-price0", "Bid / ask") != zoomed
    assert layer(shown, "chart-level", "Level") == whole


def test_the_cursor_reads_the_values_of_every_chart(shown: Browser) -> None:
    value = "document.querySelector('#chart-margin .legend b').textContent"
    at = box(shown, "#chart-drawdown > svg")
    seen = set()
    for x in range(100, 1_100, 50):
        shown.move(at["x"] + x, at["y"] + 40)
        seen.add(shown.ask(value))
    assert len(seen) > 5
    assert shown.ask("document.querySelectorAll('.chart .cursor:not([hidden])').length") == len(CHARTS)


def test_a_mark_tells_what_it_is(shown: Browser, run: MadeRun) -> None:
    stop = run.fills.filter(pl.col("why") == "stop_out").row(0, named=True)
    x, y = re.findall(r"M([\d.]+) ([\d.]+)", layer(shown, "chart-price0", "Stop-out"))[0]
    at = box(shown, "#chart-price0 > svg")
    shown.move(at["x"] + float(x) + 6, at["y"] + float(y) + 6)
    told = shown.ask("document.querySelector('.tip').innerText")
    assert told.splitlines()[0] == "Stop-out"
    assert f"{stop['price']:.5f}" in told
    assert f"{abs(stop['pnl']):,.2f}" in told
    shown.press("Escape")
    assert shown.ask("document.querySelector('.tip').hidden") is True


def test_the_keyboard_alone_moves_looks_closer_and_reads_marks(shown: Browser) -> None:
    shown.ask("document.querySelector('#chart-price0 > svg').focus()")
    whole = range_shown(shown)
    for key, changes in (
        ("+", True),
        ("+", True),
        ("ArrowRight", True),
        ("ArrowLeft", True),
        ("-", True),
        ("Home", True),
    ):
        before = range_shown(shown)
        shown.press(key)
        assert (range_shown(shown) != before) is changes, key
    assert range_shown(shown) == whole
    shown.press("]")
    first = shown.ask("document.querySelector('.tip').innerText")
    shown.press("]")
    assert shown.ask("document.querySelector('.tip').innerText") != first
    shown.press("[")
    assert shown.ask("document.querySelector('.tip').innerText") == first


def test_everything_that_acts_is_reached_by_tab_and_has_a_name(shown: Browser) -> None:
    script = """[...document.querySelectorAll('button, select, input, a, svg[tabindex], .term')]
      .filter((e) => e.offsetParent || e.tagName === 'svg')
      .filter((e) => e.tabIndex < 0 && e.getAttribute('role') !== 'tab'
        || !(e.textContent.trim() || e.getAttribute('aria-label') || e.title)).map((e) => e.outerHTML.slice(0, 80))"""
    assert shown.ask(script) == []


def test_a_layer_is_switched_off_and_on(shown: Browser) -> None:
    buttons = "[...document.querySelectorAll('#chart-price0 .legend button')]"
    shown.ask(f"{buttons}.find((b) => b.textContent.includes('Sell')).click()")
    shown.settle()
    assert layer(shown, "chart-price0", "Sell") == ""
    assert layer(shown, "chart-price0", "Buy") != ""


def test_the_instrument_is_chosen(shown: Browser) -> None:
    shown.ask("document.querySelectorAll('[role=tab]')[1].click()")
    shown.settle()
    assert shown.ask("document.getElementById('chart-price0').offsetParent") is None
    assert layer(shown, "chart-price1", "Bid / ask") != ""
    shown.ask("document.querySelectorAll('[role=tab]')[1].focus()")
    shown.press("ArrowLeft")
    assert shown.ask("document.querySelector('[role=tab][aria-selected=true]').textContent") == "EURUSD"


def rows(browser: Browser, table: str) -> list[list[str]]:
    script = f"[...document.querySelectorAll('#{table} tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))"
    return [list(row) for row in browser.ask(script)]


def head(browser: Browser, table: str, name: str) -> None:
    browser.ask(f"[...document.querySelectorAll('#{table} th button')].find((b) => b.textContent === '{name}').click()")


def enter(browser: Browser, selector: str, value: str, event: str) -> None:
    change = f"e.value = '{value}'; e.dispatchEvent(new Event('{event}'))"
    browser.ask(f'(() => {{ const e = document.querySelector("{selector}"); {change}; }})()')


def test_the_trades_are_sorted_filtered_and_turned_over(shown: Browser, run: MadeRun) -> None:
    assert len(rows(shown, "table-trades")) == 50
    assert shown.ask("document.querySelector('#table-trades .pager span').textContent") == "1–50 of 120"
    heads = shown.ask("[...document.querySelectorAll('#table-trades th')].map((h) => h.textContent)")
    head(shown, "table-trades", "Net")
    nets = [row[heads.index("Net")] for row in rows(shown, "table-trades")]
    expected = [f"{abs(v):,.2f}" for v in run.trades["net"].sort(descending=True).head(50)]
    assert [n.lstrip("−") for n in nets] == expected
    shown.ask("document.querySelector('#table-trades [data-page=\"1\"]').click()")
    assert shown.ask("document.querySelector('#table-trades .pager span').textContent") == "51–100 of 120"
    shorts = run.trades.filter(pl.col("side") < 0)
    enter(shown, "#table-trades [aria-label='Only Side']", "short", "change")
    assert shown.ask("document.getElementById('table-trades').dataset.rows") == str(shorts.height)
    enter(shown, "#table-trades input", "stop loss", "input")
    stopped = shorts.filter(pl.col("why") == "stop_loss").height
    assert shown.ask("document.getElementById('table-trades').dataset.rows") == str(stopped)


def test_refusals_are_narrowed_to_a_reason(shown: Browser) -> None:
    assert shown.ask("document.getElementById('table-refused').dataset.rows") == "15"
    shown.ask(
        "[...document.querySelectorAll('#table-refused .chip')].find((c) => c.textContent.startsWith('STOPS')).click()"
    )
    assert [row[-1] for row in rows(shown, "table-refused")] == [
        "sl 1.10010 is 0.1 pips from the bid 1.10011; the broker's stops level is 10 points"
    ]


def test_a_trade_of_the_table_is_shown_on_the_charts(shown: Browser, run: MadeRun) -> None:
    before = range_shown(shown)
    shown.ask("document.querySelectorAll('[role=tab]')[1].click()")
    head(shown, "table-trades", "Exit")
    first = rows(shown, "table-trades")[0]
    shown.ask("document.querySelector('#table-trades .goto').click()")
    shown.settle()
    from_, to = range_shown(shown).split("  →  ")
    assert before != f"{from_}  →  {to}"
    assert from_ <= first[0][:16]
    assert first[1][:16] <= to


def test_a_phone_shows_it_without_moving_sideways(browser: Browser, page: Path) -> None:
    browser.open(page, width=390, phone=True)
    quiet(browser, page)
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    assert layer(browser, "chart-price0", "Bid / ask") != ""


def test_paper_has_every_chart_in_light_colours(browser: Browser, page: Path) -> None:
    browser.open(page, dark=True)
    pdf = browser.paper()
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 4 <= pages <= 12
    browser.ask("dispatchEvent(new Event('beforeprint'))")
    boxes = [browser.ask(f"document.querySelector('#{name} > svg').getAttribute('viewBox')") for name in CHARTS]
    assert {box_.split()[2] for box_ in boxes} == {"704"}
    browser.ask("dispatchEvent(new Event('afterprint'))")
    assert browser.ask(STATE) == "ready"


def test_heads_of_long_tables_stand_on_every_sheet(browser: Browser, page: Path) -> None:
    # Chromium repeats a head that is whole (break-inside) and holds no box of its own, such as a button's
    browser.open(page)
    style = "getComputedStyle(document.querySelector('#table-orders thead{}')).{}"
    on_screen = browser.ask(style.format(" button", "display"))
    browser.media("print")
    on_paper = [browser.ask(style.format(*of)) for of in ((" button", "display"), ("", "display"), ("", "breakInside"))]
    browser.media("")
    assert on_screen != "contents"
    assert on_paper == ["contents", "table-header-group", "avoid"]


def test_a_run_in_which_nothing_happened(browser: Browser, run: MadeRun, tmp_path: Path) -> None:
    empty: dict[str, Any] = {name: frame.clear() for name, frame in run.frames().items()}
    page = written(with_frames(run, **empty), tmp_path / "empty.html")
    browser.open(page)
    quiet(browser, page)
    assert layer(browser, "chart-price0", "Bid / ask") != ""


def test_a_million_quotes_and_ten_thousand_trades_are_drawn(browser: Browser, tmp_path: Path) -> None:
    run = made_run(1_000_000, 10_000, 5_000)
    page = written(run, tmp_path / "large.html")
    assert page.stat().st_size < 5_000_000
    browser.open(page)
    quiet(browser, page)
    assert browser.ask("document.querySelectorAll('#chart-price0 .rug').length") >= 2, "marks would hide the price"
    shown = browser.ask("document.querySelector('#chart-price0 .layer-note').textContent")
    assert re.search(r"Buy \(\d,\d+\)", shown)
    assert len(layer(browser, "chart-price0", "Bid / ask")) < 60_000, "what is drawn is a screen's worth"


def test_every_order_is_listed_as_it_stood_last(shown: Browser, run: MadeRun) -> None:
    assert shown.ask("document.getElementById('table-orders').dataset.rows") == str(run.orders.height)
    chip = "[...document.querySelectorAll('#table-orders .chip')].find((c) => c.textContent.startsWith('REJECTED'))"
    shown.ask(f"{chip}.click()")
    assert shown.ask("document.getElementById('table-orders').dataset.rows") == "15"
    assert shown.ask(f"{chip}.getAttribute('aria-pressed')") == "true"
    shown.ask(f"{chip}.click()")
    assert shown.ask("document.getElementById('table-orders').dataset.rows") == str(run.orders.height)


def test_a_statistic_is_explained_by_pointer_and_keyboard(shown: Browser) -> None:
    at = box(shown, "#statistics .term")
    shown.move(at["x"] + 5, at["y"] + 5)
    assert shown.ask("document.querySelector('.tip').innerText") == "The strategy's class."
    shown.move(at["x"] + 5, at["y"] + 200)
    shown.ask("[...document.querySelectorAll('.cards .term')].at(-1).focus()")
    assert "the stop-out level" in shown.ask("document.querySelector('.tip').innerText")
    edge = shown.ask("document.querySelector('.tip').getBoundingClientRect().right")
    assert edge <= 1_280, "the last card's words stay within the window"


@pytest.fixture(scope="module")
def told(run: MadeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that explains the first refused order, the first fill's, and the stop-out that came with a margin call."""
    refused, filled = run.orders.filter(pl.col("status") == "REJECTED")["id"][0], run.fills["order"][0]
    calls = nanoseconds(run.events.filter(pl.col("type") == "margin_call")["ts"])
    texts = Explained(
        {refused: f"Order {refused}: why <b>not</b>", filled: f"Order {filled}: filled"},
        {int(calls[0]): "At the margin call"},
    )
    return written(run, tmp_path_factory.mktemp("told") / "out.html", prices={"EURUSD": run.prices}, explained=texts)


DIALOG = "document.querySelector('dialog.explain')"


def shown_words(browser: Browser) -> str:
    return str(browser.ask(f"{DIALOG}.open ? {DIALOG}.innerText : ''"))


def test_an_order_that_is_clicked_on_is_explained(browser: Browser, told: Path, run: MadeRun) -> None:
    refused = run.orders.filter(pl.col("status") == "REJECTED")["id"][0]
    browser.open(told)
    quiet(browser, told)
    assert shown_words(browser) == ""
    head(browser, "table-refused", "Order")
    head(browser, "table-refused", "Order")
    at = box(browser, "#table-refused [data-ask]")
    browser.click(at["x"] + 3, at["y"] + 5)
    assert f"Order {refused}: why <b>not</b>" in shown_words(browser)
    browser.ask(f"{DIALOG}.querySelector('.show').click()")
    assert shown_words(browser) == ""
    browser.ask(f"location.hash = 'order-{refused}'")
    browser.settle()
    assert "why <b>not</b>" in shown_words(browser)
    browser.press("Escape")
    assert shown_words(browser) == ""


def test_a_mark_that_is_clicked_on_is_explained(browser: Browser, told: Path) -> None:
    browser.open(told)
    for chart, name, dy in (("chart-price0", "Stop-out", 6), ("chart-level", "Margin call", 4)):
        x, y = re.findall(r"M([\d.]+) ([\d.]+)", layer(browser, chart, name))[0]
        at = box(browser, f"#{chart} > svg")
        browser.click(at["x"] + float(x), at["y"] + float(y) + dy)
        assert "At the margin call" in shown_words(browser), name
        browser.press("Escape")
    browser.ask("document.querySelector('#chart-price0 > svg').focus()")
    browser.press("]")
    browser.press("Enter")
    assert shown_words(browser).startswith("Order ")
    assert "filled" in shown_words(browser)


def test_an_event_that_is_clicked_on_is_explained(browser: Browser, told: Path) -> None:
    browser.open(told)
    find = "[...document.querySelectorAll('#table-events [data-ask]')].find((b) => b.textContent === 'margin call')"
    browser.ask(f"{find}.click()")
    assert "At the margin call" in shown_words(browser)


def test_what_the_page_does_not_explain_says_how_to_ask(browser: Browser, told: Path, run: MadeRun) -> None:
    order = run.orders.filter(pl.col("status") == "FILLED").row(3, named=True)
    browser.open(told)
    browser.ask(f"location.hash = 'order-{order['id']}'")
    browser.settle()
    words = shown_words(browser)
    assert f"result.explain({order['id']})" in words
    assert "This page explains 2 orders and 1 instants." in words
    assert f"{order['avg_price']:.5f}" in words
