"""A malformed file is refused whole, with one line that names the place, the field, the value and what to do."""

from __future__ import annotations

import copy

import pytest

from simcore.scenario import ScenarioError, load_document, run_scenario

GOOD = {
    "why": "2 + 2 = 4",
    "broker": {"preset": "mt5-hedging", "currency": "USD", "leverage": 100},
    "cash": 10000,
    "instruments": [{"kind": "fx", "symbol": "EURUSD"}],
    "events": [
        {"ts": "2024-01-02T10:00:00Z", "quote": {"EURUSD": [1.10000, 1.10010]}},
        {"ts": "2024-01-02T10:00:01Z", "submit": {"id": "a", "symbol": "EURUSD", "side": "buy", "qty": 1.0}},
        {"ts": "2024-01-02T10:00:02Z", "expect": {"order": {"a": "FILLED"}}},
    ],
}
T = "2024-01-02T10:00:03Z"


def refused(document) -> str:
    with pytest.raises(ScenarioError) as caught:
        run_scenario(document, name="a.json")
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_good_one_is_good():
    assert run_scenario(GOOD).passed


def test_nothing_is_played_of_a_malformed_file():
    document = copy.deepcopy(GOOD)
    document["events"].append({"ts": T, "cancle": {"id": "a"}})
    assert refused(document) == "a.json, event 4: unknown field cancle = {'id': 'a'}: did you mean 'cancel'?"


OVERLAP = {"tiers": [{"up_to": 5, "initial": 1}, {"up_to": 5, "initial": 2}, {"initial": 3}]}
TOP = [
    ("brokr", {}, "a.json: unknown field brokr = {}: did you mean 'broker'?"),
    ("cash", None, "a.json: cash is required"),
    ("cash", "much", "a.json: cash = 'much': must be a finite number"),
    ("cash", True, "a.json: cash = True: must be a finite number"),
    ("why", 4, "a.json: why = 4: must be a text"),
    ("events", {}, "a.json: events = {}: must be a list"),
    ("instruments", [], "a.json: instruments = []: must be a list of at least one instrument"),
    ("instruments", [{"kind": "fx"}], "a.json, instrument 1: symbol is required"),
    ("instruments", [{"symbol": "DE40"}], "a.json, instrument 1: Instrument DE40: symbol is not two currencies; state"),
    ("instruments", [{"symbol": "EURUSD", "digits": 5}], "a.json, instrument 1: Instrument EURUSD: unknown field 'dig"),
    (
        "instruments",
        [{"symbol": "EURGBP"}],
        "a.json, event 1, quote, 'EURUSD': is none of the instruments; known: EURGBP",
    ),
    ("broker", {"preset": "mt5-hedgin"}, "a.json: unknown preset 'mt5-hedgin'; did you mean 'mt5-hedging'?"),
    (
        "broker",
        {"preset": "mt5-hedging", "levrage": 30},
        "a.json: Broker: unknown field 'levrage' = 30; did you mean '",
    ),
    ("broker", {"regime": "emsa-retail"}, "a.json: Broker: regime = 'emsa-retail': must be one of none, esma-retail, "),
    ("broker", {"leverage": -30}, "a.json: Broker: leverage = -30: must be at least 1"),
    (
        "broker",
        {"dynamic_leverage": {"rules": [OVERLAP]}},
        "a.json: Broker: dynamic_leverage.rules.0 = {'tiers': [{'up",
    ),
    ("broker", {"as_of": "2030-01-01"}, "a.json: Broker: as_of = 2030-01-01 is after the data, which end 2024-01-02;"),
    ("broker", {"weekend_margin": 0.5}, "a.json: Broker: weekend_margin.factor = 0.5: must be at least 1"),
    (
        "instruments",
        [{"symbol": "EURUSD", "calc_mode": "forx"}],
        "a.json, instrument 1: Instrument EURUSD: calc_mode = ",
    ),
    ("broker", 5, 'a.json: broker = 5: must be an object such as {"preset": "mt5-hedging"}'),
    ("broker", {"currency": "EUR"}, None),  # a broker without a preset
    ("broker", {"valuation": "mark"}, "a.json: Broker: valuation = 'mark' is not modelled; leave it out"),
    ("broker", {"currency": "JPY"}, "a.json: Instrument EURUSD: no quotes to convert USD to JPY: USDJPY is missing;"),
]


@pytest.mark.parametrize(("key", "value", "said"), TOP, ids=[f"{key}-{i}" for i, (key, *_) in enumerate(TOP)])
def test_top_level(key, value, said):
    document = {**copy.deepcopy(GOOD), key: value}
    if said is None:
        run_scenario(document)
    else:
        assert refused(document).startswith(said)


EVENTS = [
    ("text", " = 'text': must be an object of fields"),
    ({"ts": T, "split": {"EURUSD": 0}}, ", split: EURUSD = 0: must be above 0"),
    ({"ts": T, "split": {"EURUSD": [3, "two"]}}, ", split, EURUSD: old = 'two': must be a finite number"),
    ({"ts": T, "dividend": {"EURUSD": -0.5}}, ", dividend: EURUSD = -0.5: must be above 0"),
    ({"ts": T}, ": has nothing but its time; give one of quote, print, bar, split, dividend, deposit, submit, modify"),
    ({"ts": T, "cancel": "a", "close": "a"}, ": has cancel and close; give one of quote, print"),
    ({"cancel": "a"}, ": ts is required"),
    ({"ts": "yesterday", "cancel": "a"}, ": ts = 'yesterday': must be a time such as \"2024-01-02T1"),
    ({"ts": 1704189600, "cancel": "a"}, ": ts = 1704189600: must be a time such as"),
    ({"ts": "2024-01-02T09:00:00Z", "cancel": "a"}, ": ts = '2024-01-02T09:00:00Z': is before the eve"),
    ({"ts": T, "mark": {"EURUSD": 1.1}}, ", mark: this account keeps no mark price yet"),
    ({"ts": T, "funding": {"EURUSD": 0.0001}}, ", funding: this account has no funding rule yet"),
    ({"ts": T, "quote": {}}, ", quote: names no instrument"),
    ({"ts": T, "quote": {"EURUSD": 1.1}}, ", quote, EURUSD = 1.1: must be [bid, ask] or [bid, ask, bid_"),
    ({"ts": T, "quote": {"EURUSD": [1.1, -1]}}, ", quote, EURUSD: ask = -1: must be above 0"),
    ({"ts": T, "quote": {"EURUSD": [1.1, None]}}, ", quote, EURUSD: ask is required"),
    ({"ts": T, "quote": {"EURUSD": [1.1, 1.2, -3, 1]}}, ", quote, EURUSD: bid_size = -3: must be zero o"),
    ({"ts": T, "quote": {"EURUSD": [1e-9, 1.1]}}, ", quote, EURUSD: bid = 1e-09: becomes 0 on a grid"),
    ({"ts": T, "quote": {"EURUDS": [1.1, 1.2]}}, ", quote, 'EURUDS': is none of the instruments; did"),
    ({"ts": T, "print": {"EURUSD": "1.1"}}, ", print, EURUSD: price = '1.1': must be a finite number"),
    ({"ts": T, "bar": {"EURUSD": [1, 2, 3]}}, ", bar, EURUSD = [1, 2, 3]: must be [open, high, low, c"),
    ({"ts": T, "bar": {"EURUSD": [1, 2, 1.5, 1.7]}}, ", bar, EURUSD: open 1, close 1.7 do not lie betw"),
    ({"ts": T, "bar": {"EURUSD": {"timeframe": "M1", "open": 1, "high": 1, "low": 1, "close": 1}}}, ", "
     'bar, EURUSD: unknown timeframe "M1". Did you mean "1min"?'),
    ({"ts": T, "bar": {"EURUSD": {"open": 1, "high": 1, "low": 1, "close": 1, "ask_open": 1}}}, ", bar"
     ", EURUSD: give all of ask_open, ask_high, ask_low, ask_close, or none"),
    ({"ts": T, "deposit": "1"}, ", deposit: amount = '1': must be a finite number"),
    ({"ts": T, "deposit": {}}, ", deposit: give amount or credit, one of them"),
    ({"ts": T, "modify": {"id": "a"}}, ", modify: nothing to change; give one of qty, limit, stop"),
    ({"ts": T, "modify": {"id": "b", "sl": 1}}, ", modify: id = 'b': no such order; known: a"),
    ({"ts": T, "cancel": {"id": ["a"]}}, ", cancel: id = ['a']: must name an order: a text or a whole"),
    ({"ts": T, "close": {"id": "a", "symbol": "EURUSD"}}, ", close: give id (the order that opened the"),
    ({"ts": T, "close": {"id": "a", "qty": 0}}, ", close: qty = 0: must be above 0"),
    ({"ts": T, "close_by": {"id": "a"}}, ", close_by: by is required"),
    ({"ts": T, "expect": {}}, ", expect: expects nothing; give account, order, position or events"),
    ({"ts": T, "expect": {"acount": {}}}, ", expect: unknown field acount = {}: did you mean 'account'?"),
    ({"ts": T, "expect": {"account": {"balanse": 1}}}, ", expect, account: unknown field balanse = 1: di"),
    ({"ts": T, "expect": {"account": {"equity": "1"}}}, ", expect, account: equity = '1': must be a fin"),
    ({"ts": T, "expect": {"order": {"x": "FILLED"}}}, ", expect, order: x = 'FILLED': no such order; kno"),
    ({"ts": T, "expect": {"order": {"a": "FILED"}}}, ", expect, order, a: status = 'FILED': did you mean"),
    ({"ts": T, "expect": {"order": {"a": {"reason": "NO_MONY"}}}}, ", expect, order, a: reason = 'NO_MON"
     "Y': did you mean 'NO_MONEY'?"),
    ({"ts": T, "expect": {"position": {"EURUSD": "flat"}}}, ", expect, position: EURUSD = 'flat': must"),
    ({"ts": T, "expect": {"events": [{"type": "stopout"}]}}, ", expect, events[0]: type = 'stopout': did"),
    ({"ts": T, "expect": {"events": [{"type": "fill", "prise": 1}]}}, ", expect, events[0]: unknown fie"
     "ld prise = 1: did you mean 'price'?"),
    ({"ts": T, "expect": {"events": [{"symbol": "EURUSD"}]}}, ", expect, events[0]: type is required"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "said"), EVENTS, ids=[f"{i}" for i in range(len(EVENTS))])
def test_event(event, said):
    document = copy.deepcopy(GOOD)
    document["events"].append(event)
    assert refused(document).startswith(f"a.json, event 4{said}")


ORDERS = [
    ({"id": "a"}, "id = 'a': is given to an earlier order already; every order has its own"),
    ({"symbol": "EURSUD"}, "symbol = 'EURSUD': is none of the instruments; did you mean 'EURUSD'?"),
    ({"symbol": None}, "symbol is required"),
    ({"side": "long"}, "side = 'long': "),
    ({"side": True}, "side = True: "),
    ({"qty": None}, "qty is required"),
    ({"qty": "1"}, "qty = '1': must be a finite number"),
    ({"lmit": 1.0}, "unknown field lmit = 1.0: did you mean 'limit'?"),
    ({"type": "limt", "limit": 1.0}, "type = 'limt': did you mean 'limit'?"),
    ({"type": "limit"}, "type = 'limit': a limit order needs limit"),
    ({"type": "stop_limit", "stop": 1.2}, "type = 'stop_limit': a stop_limit order needs limit"),
    ({"type": "market", "limit": 1.0}, "type = 'market': a market order takes no limit; leave it out"),
    ({"type": "trailing_stop", "trail": 0.1, "limit": 1.0}, "type = 'trailing_stop': a trailing_stop order takes no l"),
    ({"tif": "gtx"}, "tif = 'gtx': did you mean 'gt"),
    ({"tif": "gtd"}, "expires is required with tif gtd"),
    ({"tif": "day", "expires": T}, f"expires = '{T}': goes with tif gtd, not with day"),
    ({"expires": "noon"}, "expires = 'noon': must be a time such as"),
    ({"post_only": 1}, "post_only = 1: must be true or false"),
    ({"tag": 1.5}, "tag = 1.5: must be a whole number or a text"),
    ({"oco": "b"}, "oco = 'b': no such order; known: a"),
    ({"parent": "c"}, "parent = 'c': no such order; known: a, b"),
    ({"position": "z"}, "position = 'z': is submitted only later"),
]


@pytest.mark.parametrize(("fields", "said"), ORDERS, ids=[f"{i}" for i in range(len(ORDERS))])
def test_order(fields, said):
    document = copy.deepcopy(GOOD)
    order = {"id": "b", "symbol": "EURUSD", "side": "sell", "qty": 1.0}
    document["events"].append({"ts": T, "submit": {**order, **fields}})
    if "position" in fields:
        document["events"].append({"ts": T, "submit": {**order, "id": "z"}})
    assert refused(document).startswith(f"a.json, event 4, submit: {said}")


def test_events_wait_for_the_end_of_a_bar():
    document = copy.deepcopy(GOOD)
    document["events"].append({"ts": T, "bar": {"EURUSD": [1.1, 1.1, 1.1, 1.1]}})
    document["events"].append({"ts": "2024-01-02T10:00:30Z", "close": "a"})
    assert "event 5: ts = '2024-01-02T10:00:30Z': is before the event above, or before the end of a bar" in refused(
        document
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1, column 2: no JSON: "),
        ("[]", "must hold one object with why, broker, cash, instruments, events"),
        ('{"cash": 1, "cash": 2}', "'cash' is given twice in one object; the second would hide the first"),
        ('{"cash": NaN}', "NaN is no number here; leave the field out, or write null"),
        (b"\xff\xfe", "is not UTF-8 text, at byte 0"),
    ],
)
def test_file(tmp_path, text, said):
    file = tmp_path / "a.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScenarioError) as caught:
        load_document(file)
    assert str(caught.value).startswith(str(file))
    assert said in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(ScenarioError, match=r"none\.json: cannot be read: No such file or directory"):
        load_document(tmp_path / "none.json")


@pytest.mark.parametrize(
    "spelled",
    ["2024-01-02T10:00:03Z", "2024-01-02 10:00:03", "2024-01-02T10:00:03.000000000Z", "2024-01-02T12:00:03+02:00",
     "2024-01-02T05:00:03-05:00", 1_704_189_603_000_000_000],
)  # fmt: skip
def test_spellings_of_one_time(spelled):
    document = copy.deepcopy(GOOD)
    document["events"].append({"ts": spelled, "close": "a"})
    assert run_scenario(document).steps[-1].ts == 1_704_189_603_000_000_000


@pytest.mark.parametrize("form", [{"id": "a", "by": "b"}, {"a": "a", "b": "b"}, ["a", "b"]])
def test_spellings_of_close_by(form):
    document = copy.deepcopy(GOOD)
    order = {"id": "b", "symbol": "EURUSD", "side": -1, "type": "MARKET", "qty": 1}
    document["events"] += [{"ts": T, "submit": order}, {"ts": T, "close_by": form}]
    document["events"].append({"ts": T, "expect": {"account": {"balance": 9990, "used_margin": 0}}})
    assert run_scenario(document).passed
