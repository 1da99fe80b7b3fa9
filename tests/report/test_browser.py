"""The page in a real browser: drawn without a network, zoomed, switched, in light and dark."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.report.frames import made_run
from tests.report.test_html import written

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=30000",
    "--window-size=1280,2000",
    "--dump-dom",
)
# What a reader would do, and what is then seen; the answer is left in an attribute of the page.
PROBE = """
<script>
(async () => {
  const root = document.documentElement, chart = (id) => document.getElementById(id);
  const until = async (true_) => { while (!true_()) await new Promise((go) => setTimeout(go, 20)); };
  await until(() => root.dataset.state !== "loading");
  const seen = { state: root.dataset.state, background: getComputedStyle(document.body).backgroundColor };
  const moment = (v) => typeof v === "number" ? v : Date.parse(v.replace(" ", "T") + "Z");
  const range = (id, axis) => chart(id).layout[axis].range.map(moment);
  seen.lines = ["equity", "margin", "price0"].map((id) => chart(id).querySelectorAll(".scatterlayer .trace").length);
  seen.hidden = chart("price1").querySelectorAll(".scatterlayer").length;
  seen.colour = chart("equity").data[1].line.color;
  seen.buttons = [...document.querySelectorAll(".modebar-btn")].map((b) => b.dataset.title).join();
  const [from, to] = range("equity", "xaxis");
  const zoom = [from + 0.4 * (to - from), from + 0.5 * (to - from)];
  await Plotly.relayout(chart("equity"), { "xaxis.range": zoom });
  const tall = (id) => range(id, "yaxis")[1] - range(id, "yaxis")[0];
  await until(() => range("price0", "xaxis")[0] === zoom[0]);
  await until(() => range("margin", "xaxis")[0] === zoom[0]);
  seen.zoom = [zoom, range("margin", "xaxis"), range("price0", "xaxis")];
  seen.zoomedHeight = tall("price0");
  document.querySelectorAll('[role="tab"]')[1].click();
  await until(() => chart("price1").querySelectorAll(".scatterlayer .trace").length > 0);
  seen.second = range("price1", "xaxis");
  seen.first = chart("price0").offsetParent;
  document.querySelectorAll('[role="tab"]')[0].click();
  await until(() => chart("price0").offsetParent);
  await Plotly.relayout(chart("equity"), { "xaxis.range": [from, to] });
  await until(() => range("price0", "xaxis")[0] === from && tall("price0") > seen.zoomedHeight);
  seen.wholeHeight = tall("price0");
  seen.end = root.dataset.state;
  root.dataset.seen = JSON.stringify(seen);
})();
</script></body>"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"needs a browser to look at the page: none of {', '.join(BROWSERS)} is on the PATH")
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = made_run(50_000, 120, 1_000)
    folder = tmp_path_factory.mktemp("page")
    path = written(run, folder / "out.html", prices={"EURUSD": run.prices, "GBPUSD": run.prices})
    path.write_text(path.read_text(encoding="utf-8").replace("</body>", PROBE), encoding="utf-8")
    return path


def look(browser: str, page: Path, profile: Path, dark: bool) -> dict[str, Any]:
    """What the probe saw."""
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    command = [browser, *FLAGS, scheme, f"--user-data-dir={profile}", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    state = re.search(r'data-state="([^"]*)"', dom)
    seen = re.search(r'data-seen="([^"]*)"', dom)
    assert seen is not None, f"the probe did not end; the page says {state and state[1]!r}"
    return dict(json.loads(unescape(seen[1])))


@pytest.mark.parametrize(
    ("dark", "background", "accent"),
    [
        (False, "rgb(244, 246, 249)", "#2458d3"),
        pytest.param(True, "rgb(14, 19, 27)", "#76a0ff", marks=pytest.mark.slow),
    ],
    ids=["light", "dark"],
)
def test_the_page_is_drawn_zoomed_and_switched(
    chromium: str, page: Path, tmp_path: Path, dark: bool, background: str, accent: str
) -> None:
    seen = look(chromium, page, tmp_path / "profile", dark)
    assert (seen["state"], seen["end"]) == ("ready", "ready")
    assert (seen["background"], seen["colour"]) == (background, accent)
    # equity: balance, equity, drawdown, stop-out; margin: level, call, stop-out; price: at least bid, ask, buy, sell
    assert seen["lines"][:2] == [4, 3]
    assert seen["lines"][2] >= 4
    assert seen["hidden"] == 0, "a hidden tab is drawn when it is opened"
    assert "cloud" not in seen["buttons"].lower()
    zoom, margin, price = seen["zoom"]
    assert margin == pytest.approx(zoom, abs=1.0)
    assert price == pytest.approx(zoom, abs=1.0)
    assert seen["second"] == pytest.approx(zoom, abs=1.0), "a tab opened later shows the same stretch"
    assert seen["first"] is None
    assert seen["zoomedHeight"] < 0.7 * seen["wholeHeight"], "the price fills the height with what is in sight"
