"""The broker against our model of it: what differs is found, in money, by its cause."""

from __future__ import annotations

import pytest

import simcore as sc
from bridges.emulators.mt5 import Terminal
from simcore.live import picture
from simcore.live.errors import SessionError
from simcore.live.folder import SESSION, read_json
from simcore.live.paper import paper
from simcore.live.verify import predicted
from simcore.market.sample import SYMBOL, sample_path
from tests.bridges.live.desk import opened, play, quiet
from tests.bridges.live.test_parity import Often, load
from tests.cli.run import good, refused

QUOTES = 2_500


@pytest.fixture(scope="module")
def quotes() -> sc.Quotes:
    return sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, QUOTES)


def traded(quotes, folder, **broker):
    """A session whose model knows nothing of these rules of the broker."""
    t = Terminal({SYMBOL: quotes}, broker=sc.Broker.preset("mt5-hedging", **broker))
    at = opened(t, Often(), folder, broker=sc.Broker.preset("mt5-hedging"))
    play(at, t)
    at.close()
    return t


def test_a_model_that_is_right_leaves_nothing(quotes, tmp_path):
    traded(quotes, tmp_path / "s")
    found = predicted(tmp_path / "s", load)
    assert len(found.fills) > 10
    assert set(found.totals.values()) == {0.0}
    assert found.only_broker == found.only_predicted == []
    assert found.balance[0] == found.balance[1]
    assert found.used_margin[0] == found.used_margin[1]
    assert found.margins
    assert all((one["alone"], one["after"]) == (one["own_alone"], one["own_after"]) for one in found.margins)


def test_fees_the_model_did_not_know(quotes, tmp_path):
    traded(quotes, tmp_path / "s", **{"commission.per_lot": 3.5})
    found = predicted(tmp_path / "s", load)
    # every fill of 0.1 lots costs 0.35
    assert found.totals == {"latency": 0.0, "slippage": 0.0, "fees": pytest.approx(0.35 * len(found.fills)),
                            "financing": 0.0}  # fmt: skip
    assert found.balance[1] - found.balance[0] == pytest.approx(found.totals["fees"])


def test_slippage_and_latency_are_told_apart(quotes, tmp_path):
    traded(quotes, tmp_path / "slip", **{"slippage.fixed": 0.00003})
    found = predicted(tmp_path / "slip", load)
    # 3 points of 0.00001 on 10,000: 0.30 a fill
    assert found.totals["slippage"] == pytest.approx(0.30 * len(found.fills))
    assert found.totals["latency"] == pytest.approx(0.0)
    traded(quotes, tmp_path / "late", latency_ms=1500)
    late = predicted(tmp_path / "late", load)
    assert late.totals["slippage"] == pytest.approx(0.0)
    assert late.totals["latency"] != 0.0


def test_the_margin_model_is_held_against_the_brokers_own_figures(quotes, tmp_path):
    t = Terminal({SYMBOL: quotes}, broker=sc.Broker.preset("mt5-hedging", leverage=50))
    at = opened(t, Often(), tmp_path / "s", broker=sc.Broker.preset("mt5-hedging"), guards=quiet(audit=60.0))
    play(at, t)
    at.close()
    found = predicted(tmp_path / "s", load)
    assert len(found.figures) > 5
    # 0.1 lots at a leverage of 50 use twice what the model takes at 100
    figures = [one for one in found.figures if one["used_margin"]]
    assert all(one["used_margin"] == pytest.approx(2.0 * one["own_used_margin"], abs=0.011) for one in figures)
    assert len(found.margins) == len(found.figures)
    # the broker's order_calc_margin of 0.01 lots, 11 USD at 100, and order_check with what is open
    assert all(one["alone"] == pytest.approx(2.0 * one["own_alone"], abs=0.011) for one in found.margins)
    assert all(one["after"] == pytest.approx(2.0 * one["own_after"], abs=0.021) for one in found.margins)
    assert found.margin_apart == max(one["used_margin"] - one["own_used_margin"] for one in figures)


def test_each_fill_knows_when_it_was_decided_filled_and_expected(quotes, tmp_path):
    traded(quotes, tmp_path / "s", latency_ms=900)
    found = predicted(tmp_path / "s", load)
    assert {one.filled - one.decided for one in found.fills} <= {900_000_000, 1_800_000_000}  # one close, one buy
    assert all(one.expected == one.decided <= one.filled <= one.heard for one in found.fills)
    frames = picture.compared(found, read_json(tmp_path / "s" / SESSION))
    assert frames.fills.height == len(found.fills)
    assert frames.theirs["ts"].to_list() == frames.ours["ts"].to_list()
    assert frames.title == "Often at simcore-Demo: the session and its prediction"


def test_verify_shows_it_and_paper_has_none(quotes, tmp_path, monkeypatch):
    (tmp_path / "bot.py").write_text(
        "import simcore as sc\n\n\nclass Bot(sc.Strategy):\n    bars = '1min'\n    _n: int = 0\n\n"
        "    def on_bar(self, ctx):\n        self._n += 1\n        if self._n % 3 == 0:\n            ctx.close()\n"
        "            ctx.buy(0.1)\n",
        encoding="utf-8",
    )
    from simcore.strategy.find import make_strategy

    spec = f"{tmp_path / 'bot.py'}:Bot"
    t = Terminal({SYMBOL: quotes}, broker=sc.Broker.preset("mt5-hedging", **{"commission.per_lot": 3.5}))
    at = opened(t, make_strategy(spec), tmp_path / "s", spec=spec, broker=sc.Broker.preset("mt5-hedging"))
    play(at, t)
    at.close()
    told = good("verify", tmp_path / "s")
    assert "State  the same, byte for byte" in told
    assert "fills compared" in told
    assert "fees" in told
    assert f"report {tmp_path / 'out.html'}" in good("verify", tmp_path / "s", "--report", tmp_path / "out.html")
    assert "lies in the session" in refused("verify", tmp_path / "s", "--report", tmp_path / "s" / "out.html")
    paper(Often(), {SYMBOL: quotes}, session=tmp_path / "p", spec="Often")
    with pytest.raises(SessionError, match="is no live session"):
        predicted(tmp_path / "p", load)
