"""Every preset loads, says where each number is from, and differs from its neighbours where the platforms do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from simcore.brokers import presets
from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.market.instants import ns_of

NAMES = [
    "cash", "generic", "mt4-hedging", "mt5-exchange", "mt5-gold-500", "mt5-hedging", "mt5-netting", "oanda-mt5",
    "oanda-v20-eu", "oanda-v20-us", "trading212-cfd", "xtb-eu",
]  # fmt: skip


def test_the_names() -> None:
    assert Broker.presets() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_and_each_field_has_a_source(name: str) -> None:
    preset = presets.load(name)
    broker = Broker.preset(name)
    assert isinstance(broker.as_of, dt.date)
    assert preset.summary
    assert set(preset.sources) == set(preset.fields)
    assert set(preset.unverified) <= set(preset.fields)
    assert all(text.strip() for text in preset.sources.values())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_charged_until_somebody_says_so(name: str) -> None:
    broker = Broker.preset(name)
    assert broker.commission == Broker().commission
    assert broker.slippage == Broker().slippage
    assert (broker.latency_ms, broker.feed_latency_ms) == (0.0, 0.0)


# name: mode, leverage, margin call, stop-out, valuation, conversion, margin basis, pending margin, marketable limit
EXPECTED = {
    "mt5-hedging": ("hedging", 100.0, 1.0, 0.5, "sided", "sided", "open", True, "reject"),
    "mt5-netting": ("netting", 100.0, 1.0, 0.5, "sided", "sided", "open", True, "reject"),
    "mt5-exchange": ("exchange", 1.0, 1.0, 1.0, "sided", "sided", "open", True, "fill"),
    "mt5-gold-500": ("hedging", 500.0, 1.0, 0.5, "sided", "sided", "open", True, "reject"),
    "oanda-mt5": ("hedging", 30.0, 1.0, 0.5, "sided", "sided", "open", True, "reject"),
    "trading212-cfd": ("hedging", 30.0, 0.9, 0.5, "sided", "mid", "current", False, "fill"),
    "xtb-eu": ("hedging", 30.0, 0.8, 0.5, "sided", "sided", "open", False, "fill"),
    "mt4-hedging": ("hedging", 100.0, 1.0, 0.5, "sided", "mid", "open", False, "reject"),
    "oanda-v20-us": ("netting", 50.0, 1.0, 0.5, "mid", "mid", "current", False, "fill"),
    "oanda-v20-eu": ("netting", 30.0, 1.0, 0.5, "mid", "mid", "current", False, "fill"),
    "cash": ("netting", 1.0, None, None, "sided", "sided", "open", True, "fill"),
    "generic": ("netting", 100.0, 1.0, 0.5, "sided", "sided", "open", True, "fill"),
}


@pytest.mark.parametrize("name", NAMES)
def test_what_it_states(name: str) -> None:
    b = Broker.preset(name)
    stated = (
        b.mode,
        b.leverage,
        b.margin_call_level,
        b.stop_out_level,
        b.valuation,
        b.conversion,
        b.margin_basis,
        b.pending_margin,
        b.marketable_limit,
    )
    assert stated == EXPECTED[name]


def test_the_choices_of_a_broker_are_marked() -> None:
    for name in ("mt5-hedging", "mt5-netting", "mt4-hedging"):
        assert {"leverage", "margin_call_level", "stop_out_level"} <= set(presets.load(name).unverified)


def test_only_european_retail_is_protected_from_debt() -> None:
    assert [n for n in NAMES if Broker.preset(n).negative_balance_protection] == [
        "oanda-mt5",
        "oanda-v20-eu",
        "trading212-cfd",
        "xtb-eu",
    ]


def test_an_unknown_preset() -> None:
    with pytest.raises(ConfigError, match=r"^unknown preset 'oanda'; "):
        presets.load("oanda")


def test_a_file_of_ones_own_that_is_dated_after_the_data(tmp_path: Path) -> None:
    """Its day is a choice; that of a packaged preset is only when its pages were read."""
    mine = tmp_path / "mine.toml"
    mine.write_text("as_of = 2025-06-01\n[broker]\nleverage = 200\n", "utf-8")
    span = (0, ns_of("2024-05-31", "end"))
    broker = Broker.preset(str(mine))
    with pytest.raises(ConfigError, match="as_of = 2025-06-01 is after the data, which end 2024-05-31"):
        make_rules(broker, [Instrument.fx("EURUSD")], Plan(span=span))
    make_rules(Broker.preset("mt5-netting"), [Instrument.fx("EURUSD")], Plan(span=span))


@pytest.mark.parametrize("name", [5, True, ["mt5-hedging"]])
def test_a_preset_that_is_no_name(name: Any) -> None:
    with pytest.raises(ConfigError, match=r"preset = .*: must be a name; known: cash, "):
        Broker.preset(name)


OWN = """
as_of = 2026-10-01
unverified = ["leverage"]
[broker]
leverage = 200
stop_out_level = 0.2
[sources]
leverage = "a mail of my broker"
"""


def test_a_preset_of_ones_own(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    broker = Broker.preset(str(path), currency="EUR")
    assert (broker.leverage, broker.stop_out_level, broker.currency) == (200.0, 0.2, "EUR")
    assert presets.load(str(path)).sources == {"leverage": "a mail of my broker"}


DAMAGED = {
    "as_of": (OWN.replace("as_of = 2026-10-01", ""), r"mine\.toml: as_of is missing; it holds as_of, summary"),
    "a value": (OWN.replace("200", "'x'"), r"mine\.toml: Broker: leverage = 'x': must be a number"),
    "a field": (OWN.replace("stop_out_level", "stop_out"), r"mine\.toml: Broker: unknown field 'stop_out' = 0\.2; did"),
    "a source": (OWN.replace('leverage = "a', 'lever = "a'), r"mine\.toml: sources names 'lever', which is not stated"),
    "a table": ("as_of = 2026-10-01\nbroker = 1\n", r"mine\.toml: broker = 1: must be a table of fields"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_preset_names_the_file(what: str, tmp_path) -> None:
    text, said = DAMAGED[what]
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        Broker.preset(str(tmp_path / "mine.toml"))
