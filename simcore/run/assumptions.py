"""What a run took for granted, with where each number was read: account, rules, costs, contracts, fills.

Assumes: broker and instruments as the run had them. A field that differs from its preset, or from the table that lists
the instrument, is the user's own; one that either calls unverified is marked, because nobody could confirm it or each
broker chooses it for himself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simcore.brokers import presets
from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.instruments import Entry, load
from simcore.report.tables import CONTRACT as CONTRACT_OF
from simcore.report.tables import Assumed

OWN: Final = "set for this run"
SWAPS: Final = ("swap long", "swap short")
NO_SWAP: Final = "not listed: none is charged"
LEVELS: Final = ("margin_call_level", "stop_out_level")
RULES: Final = (
    "mode", "margin_basis", "pending_margin", "margin_call_level", "stop_out_level", "stop_out_mode", "stop_out_closes",
    "negative_balance_protection", "regime", "limits", "dynamic_leverage", "weekend_margin", "holiday_margin",
    "free_margin_mode", "margin_rate_update", "gates",
)  # fmt: skip
FILLS: Final = (
    "limit_fill", "marketable_limit", "changes_when_closed", "intrabar", "slippage", "latency_ms", "feed_latency_ms",
    "valuation", "conversion", "rollover", "day_start", "timezone", "calendar",
)  # fmt: skip
CONTRACT: Final = (
    "kind", "contract_size", "calc_mode", "margin_currency", "margin_rates", "initial_margin", "maintenance_margin",
    "hedged_margin", "max_leverage", "asset_class", "swap_mode", "swap_long", "swap_short", "swap_days", "stops_level",
    "leverage_tiers",
)  # fmt: skip
QUIET: Final = (
    "limits", "dynamic_leverage", "gates", "calendar", "regime", "leverage_tiers", "max_leverage", "margin_rates",
    "initial_margin", "maintenance_margin", "negative_balance_protection", "weekend_margin", "holiday_margin",
)  # fmt: skip


def assumptions(broker: Broker, instruments: Sequence[Instrument], cash: float) -> list[Assumed]:
    """The account, its rules, how orders fill, what is charged, and each contract."""
    preset = presets.load(broker.preset_name) if broker.preset_name else None
    stated, sources, doubtful = (preset.fields, preset.sources, preset.unverified) if preset else ({}, {}, ())
    plain = broker.model_dump(mode="json")

    def rule(group: str, name: str) -> Assumed:
        value = words(plain[name])
        if name in LEVELS and broker.stop_out_mode == "percent" and plain[name] is not None:
            shown = f"{words(100.0 * plain[name])} %"
        else:
            shown = value.replace("_", " ")
        same = name in stated and words(_json(stated[name])) == value
        given = name in broker.model_fields_set
        source = sources.get(name, "") if same else OWN if given and preset is not None else "default"
        return Assumed(group, name.replace("_", " "), shown, source, same and name in doubtful)

    account = [
        Assumed("Account", "preset", broker.preset_name or "none", f"rules as of {broker.as_of or 'no date'}"),
        Assumed("Account", "cash", f"{cash:,.{broker.money_digits}f} {broker.currency}", OWN),
        rule("Account", "leverage"),
    ]
    said = [rule("Margin and stop-out", name) for name in RULES if _is_said(broker, name)]
    fills = [Assumed("Fills", "assumptions", "as the text of simcore.kernel.match tells")]
    fills += [rule("Fills", name) for name in FILLS if _is_said(broker, name)]
    costs = [rule("Costs", "commission")]
    return [*account, *said, *fills, *costs, *(row for one in instruments for row in contract(one))]


def _is_said(settings: Any, name: str) -> bool:
    """Whether a field is worth a line: what is off and stays off by default is not."""
    return name not in QUIET or name in settings.model_fields_set


def contract(instrument: Instrument) -> list[Assumed]:
    """The terms of one instrument, and where its table read them."""
    plain = instrument.model_dump(mode="json")
    group, listed = f"{CONTRACT_OF}{instrument.symbol}", _listed(instrument)
    stated, sources, doubtful = listed.said if listed else ({}, {}, ())
    as_listed = listed.instrument(instrument.symbol, "").model_dump(mode="json") if listed else plain

    def term(name: str, value: str, *fields: str) -> Assumed:
        if instrument.table_name is None:
            return Assumed(group, name, value)
        if any(plain[one] != as_listed[one] for one in fields):
            return Assumed(group, name, value, OWN)
        said = "; ".join(dict.fromkeys(sources[one] for one in fields if one in sources))
        doubt = any(one in doubtful for one in fields) or (name in SWAPS and name.replace(" ", "_") not in stated)
        return Assumed(group, name, value, said or NO_SWAP if name in SWAPS else said or "default", doubt)

    steps = f"{words(instrument.qty_min)} to {words(instrument.qty_max)} by {words(instrument.qty_increment)}"
    rows = [term("qty", steps, "qty_min", "qty_max", "qty_increment"),
            term("price increment", words(instrument.price_increment), "price_increment", "price_digits")]  # fmt: skip
    if instrument.table_name is not None:
        held = f"numbers of {listed.as_of}" if listed and listed.as_of else "numbers without a date"
        held = f"not listed, as its other pairs: {held}" if listed and not listed.symbol else held
        rows.insert(0, Assumed(group, "table", instrument.table_name, held))
        if instrument.max_leverage is None and instrument.kind != "fx":
            rows.append(Assumed(group, "max leverage", "the account's", "not listed: many brokers give less", True))
    return rows + [
        term(name.replace("_", " "), words(plain[name]), name) for name in CONTRACT if _is_said(instrument, name)
    ]


def _listed(instrument: Instrument) -> Entry | None:
    """What its table says of an instrument; None without a table, or where it is not there any more."""
    try:
        return load(instrument.table_name).entry(instrument.symbol) if instrument.table_name else None
    except ConfigError:
        return None


def _json(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def words(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.10f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        parts = [f"{name.replace('_', ' ')} {words(one)}" for name, one in value.items() if one]
        return ", ".join(parts) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(words(one) for one in value) or "none"
    return str(value)
