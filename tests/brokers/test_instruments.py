"""Tables of instruments: every one loads, says where its numbers are from, and is what brokers and LEAN print."""

from __future__ import annotations

import datetime as dt
import json

import pytest

import simcore as sc
from simcore.brokers import instruments, lean, presets
from simcore.brokers.currencies import CURRENCIES, fx_pair
from simcore.brokers.errors import ConfigError
from simcore.brokers.regimes import max_leverage
from simcore.market.sessions import OWN_CALENDARS
from simcore.market.weeks import weeks
from simcore.run.assumptions import assumptions

TABLES = instruments.names()


@pytest.mark.parametrize("name", TABLES)
def test_every_number_has_a_source_and_a_date(name):
    table = instruments.load(name)
    assert table.summary
    for entry in table.entries.values():
        assert isinstance(entry.as_of, dt.date)
        assert set(entry.said.sources) == set(entry.said.fields), entry.symbol
        assert set(entry.said.unverified) <= set(entry.said.fields)


@pytest.mark.parametrize("name", TABLES)
def test_hours_are_calendars_that_there_are(name):
    known = {*OWN_CALENDARS, *weeks()}
    without = {symbol for symbol, entry in instruments.load(name).entries.items() if entry.hours not in known}
    listed = {"XCUUSD", "CORNUSD", "WHEATUSD", "SOYBNUSD", "SUGARUSD", "SG30SGD", "DE10YBEUR", "UK10YBGBP"}
    bonds = {f"USB{years}YUSD" for years in ("02", "05", "10", "30")}
    assert without == (listed | bonds if name == "oanda-v20-eu" else set())


BY_NAME = {"thunder-markets-fx"}  # swaps of one day, which no preset takes by itself
WEEKS = (
    (1, 1, 3, 1, 1, 0, 0), (1, 1, 1, 3, 1, 0, 0), (1, 1, 1, 1, 3, 0, 0), (1, 1, 1, 1, 0, 0, 3), (1,) * 7,
)  # fmt: skip
MONDAY = 1_704_103_200_000_000_000  # 2024-01-01 10:00 UTC


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_consistent(name):
    for symbol, entry in instruments.load(name).entries.items():
        one = entry.instrument(symbol, name)
        assert one.quote in CURRENCIES, symbol
        assert (one.kind == "fx") == (one.asset_class == "fx"), symbol
        assert (fx_pair(symbol) == (one.base, one.quote)) if one.kind == "fx" else one.asset_class != "other", symbol
        if one.kind == "fx":
            assert one.price_digits == (3 if one.quote in ("JPY", "HUF", "THB", "INR") else 5), symbol
        assert one.swap_days in WEEKS, symbol
        assert sum(one.swap_days) == 7  # a week of rollovers charges a week
        assert ((one.swap_long, one.swap_short) != (0, 0)) == (name in BY_NAME)  # none is known of today


def test_the_presets_name_tables_that_there_are():
    named = {name: presets.load(name).fields.get("instruments") for name in presets.names()}
    assert set(named.values()) - {None} == set(TABLES) - BY_NAME
    assert {name for name, table in named.items() if table is None} == {"cash", "generic", "mt5-exchange"}


def test_a_week_at_the_swaps_of_a_table_of_one_day():
    broker = sc.Broker.preset("mt5-hedging", instruments="thunder-markets-fx")
    account = broker.account([sc.Instrument.of("EURUSD", broker=broker)], balance=10_000, start=MONDAY)
    account.quote("EURUSD", 1.1, 1.1)
    account.open("EURUSD", "buy", 1.0)
    account.pass_time(7 * 86_400)
    # -1.0776 pips are -10.776 points of 1.00 USD: -10.78 on four days, -32.33 on Wednesday
    assert account.positions()[0]["swap"] == pytest.approx(-75.45)


def test_pairs_on_metatrader_are_what_fx_always_was():
    table = instruments.load("metatrader")
    pairs = [symbol for symbol, one in table.entries.items() if one.said.fields["kind"] == "fx"]
    assert len(pairs) == 70
    ours = {symbol: table.entries[symbol].instrument(symbol, "").model_dump(exclude={"table_name"}) for symbol in pairs}
    plain = {symbol: sc.Instrument.fx(symbol).model_dump(exclude={"table_name"}) for symbol in pairs}
    assert sorted(symbol for symbol in pairs if ours[symbol] != plain[symbol]) == ["EURHUF", "USDHUF", "USDTHB"]


READ = {
    "EURUSD.m": "EURUSD", "eur/usd": "EURUSD", "EUR_USD": "EURUSD", "EURUSD-ECN": "EURUSD", "XAU/USD": "XAUUSD",
    "#US500": "US500", "US500.cash": "US500", "NAS100": "USTEC", "DE40": "GER40", "BTC/USD": "BTCUSD",
    "XAUUSDmicro": None, "EURUSDm": None, "USDRUB": None, "GOOG": None, "GOLD": None, "": None,
}  # fmt: skip


@pytest.mark.parametrize("symbol", READ)
def test_how_a_symbol_is_read(symbol):
    found = instruments.load("metatrader").entry(symbol)
    assert (found and found.symbol) == READ[symbol]


# symbol, price, leverage, crosses -> margin of one lot in dollars
MARGINS = [
    ("mt5-gold-500", "XAUUSD", 4067.00, {}, 813.40),  # 4,067 * 100 / 500
    ("mt5-hedging", "XAUUSD", 4067.00, {}, 4067.00),  # 4,067 * 100 / 100
    ("mt5-hedging", "XAUEUR", 3500.00, {"EURUSD": 1.16}, 4060.00),  # 3,500 * 100 / 100 * 1.16
    ("mt5-hedging", "XAGUSD", 50.000, {}, 2500.00),  # 50 * 5,000 / 100
    ("mt5-hedging", "XPTUSD", 1500.00, {}, 1500.00),  # 1,500 * 100 / 100
    ("mt5-hedging", "US500", 6600.00, {}, 66.00),  # 6,600 * 1 / 100
    ("mt5-hedging", "GER40", 23000.00, {"EURUSD": 1.16}, 266.80),  # 23,000 / 100 * 1.16
    ("mt5-hedging", "JPN225", 48000.00, {"USDJPY": 150.0}, 3.20),  # 48,000 / 100 / 150
    ("mt5-hedging", "XTIUSD", 60.00, {}, 600.00),  # 60 * 1,000 / 100
    ("mt5-hedging", "XNGUSD", 4.000, {}, 400.00),  # 4 * 10,000 / 100
    ("mt5-hedging", "BTCUSD", 90000.00, {}, 900.00),  # 90,000 / 100
    ("mt5-hedging", "EURUSD", 1.16000, {}, 1160.00),  # 100,000 / 100 * 1.16
    ("mt5-hedging", "USDHUF", 330.000, {}, 1000.00),  # 100,000 / 100
    ("oanda-v20-us", "EURUSD", 1.16000, {}, 0.02),  # one unit: 1.16 / 50 = 0.0232
    ("oanda-v20-eu", "XAUUSD", 4067.000, {}, 203.35),  # one ounce: 4,067 * 5 %
    ("oanda-v20-eu", "BTC_USD", 90000.0, {}, 45000.00),  # 90,000 * 50 %
    ("oanda-mt5", "XAGUSD", 50.000, {}, 25000.00),  # 50 * 5,000 * 10 %
    ("trading212-cfd", "US500", 6600.00, {}, 330.00),  # 6,600 * 5 %
    ("xtb-eu", "DE40", 23000.0, {"EURUSD": 1.16}, 33350.00),  # 23,000 * 25 * 5 % = 28,750 EUR, * 1.16
]


@pytest.mark.parametrize(("preset", "symbol", "price", "crosses", "margin"), MARGINS)
def test_the_margin_of_a_lot(preset, symbol, price, crosses, margin):
    broker = sc.Broker.preset(preset, currency="USD")
    one = sc.Instrument.of(symbol, broker=broker)
    assert broker.margin(one, "buy", 1.0, price, crosses) == margin


# by the class that the table gives, at 1:500: ESMA's caps
CAPS = {"EURUSD": 30, "AUDUSD": 20, "XAUUSD": 20, "US500": 20, "XAGUSD": 10, "HK50": 10, "XTIUSD": 10, "BTCUSD": 2}


@pytest.mark.parametrize("symbol", CAPS)
def test_a_regime_applies_by_itself(symbol):
    one = sc.Instrument.of(symbol, broker="mt5-hedging")
    assert max_leverage("esma-retail", one) == CAPS[symbol]


def test_japan_halved_the_leverage_of_coins_in_2020():
    bitcoin = sc.Instrument.of("BTCUSD", broker="mt5-hedging")
    days = [dt.date(2020, 4, 30), dt.date(2020, 5, 1)]
    assert [max_leverage("japan", bitcoin, day) for day in days] == [25.0, 2.0]


PRINTED = {  # cases that name an instrument of MetaTrader and state its contract
    "mt4-forex", "mt5-book-check", "mt5-book-deal", "mt5-calcmargin", "mt5-calcprofit", "mt5-forex", "mt5-position",
    "mt5-spec-fxpro", "mt5-tickvalue", "mt5-xau-seed",
}  # fmt: skip


def test_the_contracts_are_those_of_the_printed_examples(shared):
    path = shared / "reference" / "broker_cases.json"
    if not path.is_file():
        pytest.skip(f"needs the worked cases: there is no {path}")
    cases = json.loads(path.read_text())
    table, looked = instruments.load("metatrader"), 0
    for case in cases["cases"] if isinstance(cases, dict) else cases:
        given = case.get("inputs") or case.get("input")
        entry = table.entry(given["symbol"]) if case["kind"] in PRINTED and "symbol" in given else None
        if entry is not None:
            one, looked = entry.instrument(entry.symbol, ""), looked + 1
            assert one.contract_size == given.get("contract_size", one.contract_size), case["id"]
            assert one.price_increment == given.get("point", given.get("tick_size", one.price_increment)), case["id"]
    assert looked >= 15


# what brokers and regulators print, with the table's own contract: preset and overrides, symbol, qty, price -> margin
EXAMPLES = [
    ("mt5-hedging", {"leverage": 200}, "XAUUSD", 1.0, 1235.9, 617.95),  # mt5-spec-fxpro-002
    ("mt5-hedging", {"leverage": 200}, "EURUSD", 3.0, 1.13798, 1706.97),  # mt5-spec-fxpro-001
    ("mt5-gold-500", {}, "XAUUSD", 0.1, 4067.0, 813.4 / 10),  # mt5-xau-seed-001
    ("mt4-hedging", {"leverage": 200}, "USDCHF", 1.0, 0.9, 500.0),  # mt4-fxchoice-001
    ("oanda-mt5", {"currency": "GBP"}, "EURGBP", 10.0, 0.8568, 28_559.97),  # oanda-mt5-001, at 0.0333333
    ("oanda-v20-eu", {"currency": "GBP"}, "EUR_GBP", 1e6, 0.8567, 28_556.64),  # oanda-v20-001, at mid and 0.0333333
    ("oanda-v20-eu", {"currency": "USD"}, "XAU_USD", 10.0, 4067.0, 2033.5),  # esma-class-003
    ("oanda-v20-eu", {"currency": "USD"}, "USD_CHF", 30_000.0, 0.9, 1000.0),  # esma-class-001: 30,000 of a major pair
    ("oanda-v20-us", {}, "USD_JPY", 100_000.0, 110.0, 2000.0),  # nfa-001: 100,000 of a major pair
]


@pytest.mark.parametrize(("preset", "over", "symbol", "qty", "price", "margin"), EXAMPLES)
def test_printed_margins_come_out_with_the_tables_contract(preset, over, symbol, qty, price, margin):
    broker = sc.Broker.preset(preset, **over)
    found = broker.margin(sc.Instrument.of(symbol, broker=broker), "buy", qty, price)
    assert found == pytest.approx(margin, rel=1.1e-6)  # 1 / 30 where 0.0333333 was printed


def test_a_broker_is_asked_about_what_it_lists():
    gold = sc.Broker.preset("mt5-gold-500")
    assert gold.margin("XAUUSD", "buy", 0.1, 4067.0) == 81.34  # 4,067 * 10 / 500
    assert gold.max_qty("XAUUSD", 10_000, price=4067.0) == 9.83  # 8,000 / 813.40
    # half of the margin of 406.70 is left after a loss of 796.65, 15.93 at 50 ounces
    assert gold.liquidation_price("XAUUSD", "buy", 0.5, 4067.0, balance=1000) == 4051.06


def test_margin_by_floating_leverage_is_what_the_order_will_need():
    tiers = [{"up_to": 10, "initial": 1}, {"up_to": 20, "initial": 2}, {"initial": 3}]
    broker = sc.Broker.preset("mt5-hedging", dynamic_leverage={"rules": [{"tiers": tiers}]})
    # of 25 lots at 1,000 each: 10 * 1 + 10 * 2 + 5 * 3
    assert (
        broker.margin("EURUSD", "buy", 25, 1.0) == broker.check("EURUSD", "buy", 25, 1.0, balance=1e6).needed == 45_000
    )


def test_weekend_margin_follows_the_instruments_own_hours():
    broker = sc.Broker.preset("mt5-hedging", weekend_margin=2)
    saturday = {"at": "2024-01-06T12:00:00Z"}
    hours = {calendar: sc.Instrument.of("BTCUSD", broker=broker, calendar=calendar) for calendar in ("24/7", None)}
    assert [broker.margin(one, "buy", 1, 40_000.0, **saturday) for one in hours.values()] == [400.0, 800.0]


def test_oandas_printed_financing_comes_out_with_the_tables_contract():
    # oanda-financing-001: 100,000 * -3 % / 365 = -8.2192 EUR, at 1.15826 -9.52 USD
    broker = sc.Broker.preset("oanda-v20-us")
    account = broker.account([sc.Instrument.of("EUR_USD", broker=broker, swap_long=-3.0)], balance=10_000)
    account.quote("EUR_USD", 1.15826)
    account.open("EUR_USD", "buy", 100_000, 1.15826)
    account.pass_time(13 * 3600)  # Tuesday 10:00 to 23:00 UTC, over 17:00 New York
    assert account.positions()[0]["swap"] == -9.52


def quotes(price=2000.0, n=5):
    pl = pytest.importorskip("polars")
    ts = [1_704_189_600_000_000_000 + k * 60_000_000_000 for k in range(n)]
    return pl.DataFrame({"ts": ts, "bid": [price] * n, "ask": [price + 0.3] * n})


class Buys(sc.Strategy):
    qty: float = 0.1
    _done: int = 0

    def on_quote(self, ctx):
        if not self._done:
            ctx.buy(self.qty)
        self._done = 1


def contract(one):
    """What the report says of an instrument, by name."""
    return {row.name: row for row in assumptions(sc.Broker(), [one], 1e4) if row.group == f"Contract {one.symbol}"}


def test_a_backtest_takes_the_instruments_of_its_broker():
    result = sc.backtest(Buys(), {"XAUUSD.r": quotes()}, broker="mt5-gold-500", ledger=None)
    # 0.1 lot of 100 ounces: 2,000.30 * 10 / 500 = 40.006; the spread of 0.30 costs 3
    assert (result.account["used_margin"], result.account["equity"]) == (40.01, 9997.0)
    told = {
        row.name: row for row in assumptions(result.run.broker, result.run.instruments, 1e4) if "XAUUSD" in row.group
    }
    assert (told["table"].value, told["table"].source) == ("metatrader", "numbers of 2026-11-21")
    assert (told["contract size"].value, told["contract size"].unverified) == ("100", False)
    assert "100 ounces" in told["contract size"].source
    assert (told["swap long"].source, told["swap long"].unverified) == ("not listed: none is charged", True)
    assert (told["max leverage"].value, told["max leverage"].unverified) == ("the account's", True)


def test_a_pair_nobody_lists_is_as_the_tables_other_pairs():
    one = sc.Instrument.of("USDRUB", broker="oanda-v20-eu")
    assert (one.contract_size, one.max_leverage, one.quote) == (1.0, 20.0, "RUB")
    assert contract(one)["table"].source == "not listed, as its other pairs: numbers of 2026-11-21"
    assert sc.Instrument.of("USDRUB", broker="mt5-hedging").table_name is None


def test_what_is_given_comes_before_the_table():
    own = sc.Instrument.cfd("XAUUSD", contract_size=10)
    result = sc.backtest(Buys(), {"XAUUSD": quotes()}, instruments=[own], ledger=None)
    assert result.account["used_margin"] == 20.0  # 2,000.30 * 1 / 100
    assert sc.Instrument.of("XAUUSD", "cfd", broker="mt5-hedging").contract_size == 1.0
    over = sc.Instrument.of("XAUUSD", broker="mt5-hedging", contract_size=10, price_increment=0.1)
    assert (over.contract_size, over.price_digits, over.qty_max) == (10.0, 1, 100.0)
    told = contract(over)
    assert (told["contract size"].source, told["price increment"].source) == ("set for this run",) * 2


def test_a_symbol_nobody_lists_is_one_error():
    said = r"instruments: XAUUSDmicro is not two currencies and is not in the table metatrader \(did you mean 'XAUUSD'"
    with pytest.raises(ConfigError, match=said):
        sc.backtest(Buys(), {"XAUUSDmicro": quotes()}, ledger=None)
    with pytest.raises(ConfigError, match="instruments: XAUUSD is not two currencies, so say what it is"):
        sc.backtest(Buys(), {"XAUUSD": quotes()}, broker=sc.Broker.preset("generic"), ledger=None)


OWN = """
as_of = 2026-01-31
[groups.metals]
symbols = { XAUUSDmicro = { contract_size = 1, aliases = ["GOLDmicro"] } }
unverified = ["quote"]
kind = "cfd"
quote = "USD"
sources.contract_size = "contract specification of my broker"
[groups.pairs]
symbols = ["EURUSD"]
other_pairs = true
kind = "fx"
contract_size = 1000
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    return path


def test_a_table_of_ones_own(own):
    result = sc.backtest(Buys(qty=10.0), {"GOLDmicro": quotes()}, instruments=own, ledger=None)
    assert result.account["used_margin"] == 200.03  # 2,000.30 * 10 * 1 / 100
    broker = sc.Broker.preset("mt5-hedging", instruments=str(own))
    assert sc.Instrument.of("EURUSD", broker=broker).contract_size == 1000.0
    assert sc.Instrument.of("USDRUB", broker=broker).contract_size == 1000.0  # other_pairs
    own.unlink()  # the report says what it still knows
    rows = assumptions(broker, [sc.Instrument.cfd("GOLDmicro", table_name=str(own))], 1e4)
    assert [row.source for row in rows if row.name == "table"] == ["numbers without a date"]


DAMAGED = {
    "no TOML": ("[groups", r"mine\.toml: is no TOML: "),
    "nothing": ("", r"mine\.toml: groups is missing; it holds as_of, summary, groups"),
    "an unknown key": ("sumary = 'x'\n", r"mine\.toml: unknown key 'sumary' = 'x'; did you mean 'summary'\?"),
    "a text for a date": ("as_of = 'May'\n[groups]\n", r"mine\.toml: as_of = 'May': must be a date like 2026-11-21"),
    "no symbols": ("[groups.a]\nkind='cfd'\n", r"mine\.toml: groups\.a: symbols = None: must be a list of symbols"),
    "an unknown field": (
        "[groups.a]\nsymbols=['X1']\ncontract_sise=1\n",
        r"mine\.toml: groups\.a: unknown field 'contract_sise' = 1; did you mean 'contract_size'\?",
    ),
    "an unknown field of a symbol": (
        "[groups.a]\nkind='cfd'\nsymbols={X1={digits=2}}\n",
        r"mine\.toml: groups\.a\.symbols\.X1: unknown field 'digits' = 2",
    ),
    "a wrong value": (
        "[groups.a]\nkind='cfd'\nsymbols=['X1']\ncontract_size=-1\n",
        r"mine\.toml: groups\.a: Instrument X1: contract_size = -1: must be greater than 0",
    ),
    "no kind": ("[groups.a]\nsymbols=['X1']\n", r"mine\.toml: groups\.a: Instrument X1: kind is required"),
    "a symbol twice": (
        "[groups.a]\nkind='cfd'\nsymbols=['X1']\n[groups.b]\nkind='cfd'\nsymbols={X2={aliases=['x1']}}\n",
        r"mine\.toml: groups\.b: x1 is listed twice, also as X1",
    ),
    "a source of nothing": (
        "[groups.a]\nkind='cfd'\nsymbols=['X1']\nsources.quote='page'\n",
        r"groups\.a\.symbols\.X1: sources names 'quote', which is not stated",
    ),
    "a doubt of nothing": (
        "[groups.a]\nkind='cfd'\nsymbols=['X1']\nunverified=['qty_max']\n",
        r"groups\.a\.symbols\.X1: unverified names 'qty_max', which is not stated",
    ),
    "a group that is none": ("groups=3\n", r"mine\.toml: groups = 3: must be a table of fields"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_table(what, tmp_path):
    path, (text, said) = tmp_path / "mine.toml", DAMAGED[what]
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        sc.Instrument.of("X1", broker=sc.Broker(instruments=str(path)))
    assert "\n" not in str(caught.value)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read \(No such file"):
        sc.Instrument.of("X1", broker=sc.Broker(instruments=str(tmp_path / "none.toml")))
    with pytest.raises(ConfigError, match=r"instruments = 'metatradr': is no table .* mean 'metatrader'"):
        sc.Broker(instruments="metatradr")


@pytest.fixture
def oanda(shared):
    folder = shared / "market-data" / "lean" / "Data"
    if not (folder / lean.PROPERTIES).is_file():
        pytest.skip(f"needs LEAN's databases: there is no {folder / lean.PROPERTIES}")
    return lean.read_instruments(folder, "oanda")


@pytest.mark.parametrize("name", ["oanda-v20-eu", "oanda-v20-us"])
def test_leans_database_has_the_same_contracts_of_oanda(oanda, name):
    ours = {symbol: entry.instrument(symbol, name) for symbol, entry in instruments.load(name).entries.items()}
    both = oanda.keys() & ours.keys()
    terms = ("kind", "base", "quote", "contract_size", "price_increment", "qty_min", "qty_increment")
    for symbol in both:
        assert [getattr(ours[symbol], one) for one in terms] == [getattr(oanda[symbol], one) for one in terms], symbol
    coins = {"BTCUSD", "ETHUSD", "LTCUSD", "BCHUSD"}  # which LEAN does not know
    assert ours.keys() - both == (coins if name == "oanda-v20-eu" else set())
    assert len(both) == (118 if name == "oanda-v20-eu" else 68)


def test_where_brokers_on_metatrader_differ_from_oanda(oanda):
    ours = instruments.load("metatrader")
    both = {symbol: entry.instrument(symbol, "") for symbol, entry in ours.entries.items() if symbol in oanda}
    assert len(both) == 72
    assert all(one.quote == oanda[symbol].quote for symbol, one in both.items())
    pairs = {symbol: one for symbol, one in both.items() if one.kind == "fx"}
    assert all(one.price_increment == oanda[symbol].price_increment for symbol, one in pairs.items())
    # lots in place of units, and metals are quoted to the cent, silver to a tenth of it
    finer = {symbol for symbol, one in both.items() if one.price_increment > oanda[symbol].price_increment}
    assert {symbol[:3] for symbol in finer} == {"XAU", "XAG", "XPT", "XPD"}
