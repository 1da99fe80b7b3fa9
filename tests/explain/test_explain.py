"""Explanations worked out by hand; what cannot be explained is one line."""

from __future__ import annotations

import itertools
from pathlib import Path

import polars as pl
import pytest

import simcore as sc
from simcore.brokers.errors import ConfigError
from simcore.market.errors import DataError
from simcore.result import Result
from simcore.run.kept import ResultError
from tests.result.runs import START, play, quotes

T = "2024-01-02T10:00:"


@pytest.fixture(scope="module")
def run() -> Result:
    """Half a lot bought, five lots refused, 0.2 sold against it, 0.1 bought for the book."""
    rows = quotes((0, 1.1, 1.1001), (1, 1.1, 1.1002), (2, 1.1, 1.1001), (3, 1.1, 1.1))
    script = {
        0: lambda ctx: ctx.buy(0.5),
        1: lambda ctx: (ctx.buy(0.01, limit=1.05), ctx.buy(5)),
        2: lambda ctx: ctx.sell(0.2),
    }
    return play(script, {"EURUSD": rows}, cash=1000.0)


def test_a_refused_order_by_hand(run: Result) -> None:
    # held: 0.5 * 1,000 * 1.1001 = 550.05; equity 1,000 - 0.5 * 100,000 * 0.0001 = 995
    # the limit reserves 0.01 * 1,000 at its own price 1.05 = 10.50, so 995 - 550.05 - 10.50 = 434.45 is free
    # 5 lots need 5 * 1,000 * 1.1002 = 5,501; 434.45 / 1,100.20 = 0.3949: 0.39 would do
    told = run.explain(3)
    facts = told.to_dict()
    account, refusal = facts["account"], facts["refusal"]
    assert (account["balance"], account["equity"], account["used_margin"]) == (1000.0, 995.0, 560.55)
    assert (account["free_margin"], account["margin_level"]) == (434.45, 995.0 / 560.55)
    assert (refusal["reason"], refusal["needed"], refusal["free_margin"]) == ("NO_MONEY", 5501.0, 434.45)
    assert (refusal["short_of"], refusal["max_qty"]) == (5066.55, 0.39)
    assert refusal["alone"] == {"margin": 5501.0, "factors": "5 × 100,000 / 100 × 1.1002 (conversion)"}
    for line in (
        "Order 3: buy 5 EURUSD market, sent 2024-01-02 10:00:01 UTC: REJECTED",
        "  0.39 would have been taken, no more",
        "  short of 5,066.55 USD: needed 5,501.00 USD - free margin 434.45 USD",
        "    profit -5.00 USD = (1.10000 - 1.10010) × 100,000 × 0.5",
        "    held 0.5           550.05 USD = 0.5 × 100,000 / 100 × 1.1001 (conversion)",
        "    order 2 reserves   10.50 USD",
        "  free margin         434.45 USD  = equity - used margin",
    ):
        assert line in str(told).splitlines(), f"{line!r} is not in\n{told}"


def test_what_would_have_been_enough_is_taken_and_one_step_more_is_not(run: Result) -> None:
    rows = quotes((0, 1.1, 1.1001), (1, 1.1, 1.1002))
    for qty, status in ((0.39, "FILLED"), (0.40, "REJECTED")):
        script = {
            0: lambda ctx: ctx.buy(0.5),
            1: lambda ctx, qty=qty: (ctx.buy(0.01, limit=1.05), ctx.buy(qty)),
        }
        again = play(script, {"EURUSD": rows}, cash=1000.0)
        assert again.orders.filter(pl.col("id") == 3)["status"].item() == status


def test_a_filled_order(run: Result) -> None:
    told = run.explain(1)
    assert told.to_dict()["account"]["used_margin"] == 0.0  # as it stood before the order
    assert "Filled 0.5 at 1.10010, the ask, 2024-01-02 10:00:00 UTC" in told.text
    assert "margin level          infinite" in told.text


def test_a_hedged_margin_by_hand() -> None:
    # 2 bought at 1.1000, 0.5 sold at 1.2000, hedged margin 50,000 (half of the contract):
    # uncovered 1.5 * 100,000 / 100 * 1.1 = 1,650.00
    # covered   0.5 *  50,000 / 100 * (2 * 1.1 + 0.5 * 1.2) / 2.5 = 250 * 1.12 = 280.00
    rows = quotes((0, 1.1, 1.1), (1, 1.2, 1.2), (2, 1.15, 1.15))
    script = {0: lambda ctx: ctx.buy(2), 1: lambda ctx: ctx.sell(0.5)}
    instrument = sc.Instrument.fx("EURUSD", hedged_margin=50_000.0)
    run = play(script, {"EURUSD": rows}, [instrument])
    facts = run.explain(ts=T + "02").to_dict()
    one = facts["account"]["instruments"][0]
    assert one["margin"] == facts["account"]["used_margin"] == 1930.0
    uncovered, covered = one["terms"]
    assert uncovered["margin"] == pytest.approx(1650.0)
    assert uncovered["factors"] == "1.5 × 100,000 / 100 × 1.1 (conversion)"
    assert covered["margin"] == pytest.approx(280.0)
    assert covered["factors"] == "0.5 × 50,000 / 100 × 1.12 (conversion)"
    # 2 * 100,000 * 0.05 = 10,000 and 0.5 * 100,000 * 0.05 = 2,500
    assert [p["pnl"] for p in facts["account"]["positions"]] == [10_000.0, 2_500.0]
    assert facts["account"]["equity"] == 22_500.0


def test_a_refused_reversal_of_a_netting_account_by_hand() -> None:
    # 1 lot of gold bought at 2,000.50, now 1,990: equity 10,000 - 1,050 = 8,950. Selling q opens q - 1 lots,
    # each 100 * 1,990 / 100 = 1,990.00: 8,950 / 1,990 = 4.497, so 5.49 would do
    gold = sc.Instrument.cfd("XAUUSD", contract_size=100.0, quote="USD")
    rows = quotes((0, 2000.0, 2000.5), (1, 1990.0, 1990.5))
    script = {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx.sell(50)}
    facts = play(script, {"XAUUSD": rows}, [gold], preset="mt5-netting").explain(2).to_dict()
    assert facts["refusal"]["max_qty"] == 5.49
    assert facts["account"]["equity"] == 8950.0
    assert facts["account"]["instruments"][0]["terms"][0]["factors"] == "1 × 100 × 2000.50 / 100"


def test_an_order_made_by_a_close_is_shown_before_the_close() -> None:
    rows = quotes((0, 1.1, 1.1), (1, 1.1, 1.1))
    run = play({0: lambda ctx: ctx.buy(0.1), 1: lambda ctx: ctx.close()}, {"EURUSD": rows})
    told = run.explain(2)
    assert "The account just before the close that made order 2" in told.text
    assert [p["ticket"] for p in told.to_dict()["account"]["positions"]] == [1]


def test_profit_in_another_currency() -> None:
    # 1 lot USDJPY bought at 150.00, now 150.30: 30,000 JPY at the bid 150.30 = 199.60 USD
    rows = quotes((0, 149.99, 150.0), (1, 150.3, 150.31))
    run = play({0: lambda ctx: ctx.buy(1)}, {"USDJPY": rows})
    told = run.explain(ts=T + "01")
    position = told.to_dict()["account"]["positions"][0]
    assert position["pnl"] == 199.6
    assert position["rate"] == pytest.approx(1 / 150.3, abs=1e-8)
    assert "= (150.300 - 150.000) × 100,000 × 1 × 0.00665336 (rate)" in told.text


def chain(bid: float) -> Result:
    rows = quotes((0, 1.1, 1.1), (1, bid, bid), (2, bid, bid))
    script = {0: lambda ctx: (ctx.buy(1), ctx.buy(0.5))}
    return play(script, {"EURUSD": rows}, cash=2000.0)


def test_a_stop_out_that_one_close_ends() -> None:
    # used 1.5 * 1,100 = 1,650. At 1.0920: -800 and -400, equity 800 = 48.48 %, at or below 50 %.
    # position 1 goes: equity 800 over 550 = 145.45 %
    run = chain(1.092)
    facts = run.explain(ts=T + "01").to_dict()
    (stop_out,) = facts["stop_outs"]
    (action,) = stop_out["actions"]
    assert (action["what"], action["id"], action["pnl"]) == ("position", 1, -800.0)
    assert (action["equity"], action["used_margin"]) == (800.0, 1650.0)
    assert (action["level_before"], action["level_after"]) == (800.0 / 1650.0, 800.0 / 550.0)
    assert [p["pnl"] for p in stop_out["met"]["positions"]] == [-800.0, -400.0]
    assert [p["ticket"] for p in facts["account"]["positions"]] == [2]


def test_a_stop_out_of_two_actions() -> None:
    # At 1.0867: -1,330 and -665, equity 5: 5 / 1,650 = 0.30 %; without position 1: 5 / 550 = 0.91 %; then nothing
    told = chain(1.0867).explain(ts=T + "01")
    (stop_out,) = told.to_dict()["stop_outs"]
    first, second = stop_out["actions"]
    assert [(a["id"], a["pnl"]) for a in (first, second)] == [(1, -1330.0), (2, -665.0)]
    assert first["level_after"] == second["level_before"] == 5.0 / 550.0
    assert second["level_after"] == float("inf")
    assert "  1. level 5.00 USD / 1,650.00 USD = 0.30 %: closes position 1 of EURUSD, " in told.text
    assert told.to_dict()["account"]["balance"] == 5.0


def test_an_order_whose_position_was_stopped_out_says_so() -> None:
    told = chain(1.092).explain(1)
    assert "Position 1: 1 closed 2024-01-02 10:00:01 UTC at 1.09200 by stop out, profit -800.00 USD" in told.text


def test_an_instant_between_two_rows_is_that_of_the_row_before(run: Result) -> None:
    between, at = run.explain(ts=START + 2_500_000_000).to_dict(), run.explain(ts=T + "02").to_dict()
    assert between["account"] == at["account"] | {"ts": START + 2_500_000_000}
    assert [p["ticket"] for p in at["account"]["positions"]] == [1, 4]


def test_the_last_instant_is_the_account_of_the_result(run: Result) -> None:
    account = run.explain(ts=T + "03").to_dict()["account"]
    assert {name: account[name] for name in run.account} == run.account


class Twice(sc.Strategy):
    """Buys what it cannot pay every other quote."""

    _n: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        self._n += 1
        ctx.buy(0.1 if self._n % 2 else 50.0)


def test_a_compiled_strategy_and_a_store_are_explained_alike(tmp_path: Path) -> None:
    rows = quotes(*((i, 1.1 + i / 1e5, 1.1001 + i / 1e5) for i in range(9)))
    store = sc.Store(tmp_path / "ticks")
    store.append(rows, symbol="EURUSD")
    plain = sc.backtest(Twice(), {"EURUSD": rows}).explain(6)
    stored = sc.backtest(sc.compiled(Twice)(), {"EURUSD": store.range("EURUSD")}).explain(6)
    assert plain.text == stored.text
    assert plain.to_dict()["refusal"]["max_qty"] > 0.0


def test_html_is_the_text(run: Result) -> None:
    assert run.explain(1)._repr_html_().startswith("<pre>Order 1: buy 0.5 EURUSD market")


def test_what_there_is_not_is_one_line(run: Result) -> None:
    with pytest.raises(ConfigError, match=r"^explain: the run has no order 99; its ids are 1 to 4$"):
        run.explain(99)
    with pytest.raises(
        DataError, match=r"^explain: ts 2024-01-03 .* is outside the run, which went from 2024-01-02 10"
    ):
        run.explain(ts="2024-01-03")
    with pytest.raises(ConfigError, match="give an order's id or ts=, one of them"):
        run.explain()
    with pytest.raises(ConfigError, match="an order's id is a whole number, was '1'"):
        run.explain("1")  # type: ignore[arg-type]


def test_a_saved_result_has_no_ticks(run: Result, tmp_path: Path) -> None:
    back = sc.load(run.save(tmp_path / "run"))
    for asked in ({"order_id": 1}, {"ts": T + "01"}):
        with pytest.raises(ResultError, match=r"holds the result of a run, not its ticks; run it again"):
            back.explain(**asked)


def test_a_strategy_that_does_not_repeat_itself_is_found_out() -> None:
    calls = itertools.count(1)
    script = {0: lambda ctx: ctx.buy(next(calls) / 100)}
    run = play(script, {"EURUSD": quotes((0, 1.1, 1.1), (1, 1.1, 1.1))})
    with pytest.raises(ResultError, match="did not do the same again, so nothing can be explained: it depends on"):
        run.explain(ts=T + "01")


def test_a_strategy_that_raises_the_second_time_is_found_out() -> None:
    once = iter([0.1])
    run = play({0: lambda ctx: ctx.buy(next(once))}, {"EURUSD": quotes((0, 1.1, 1.1), (1, 1.1, 1.1))})
    with pytest.raises(ResultError, match=r"did not do the same again, .*: it raised "):
        run.explain(1)
    with pytest.raises(ResultError, match=r"did not do the same again, .*: it raised "):
        run.explain(ts=T + "01")


def test_a_swap_between_two_rows_is_in_the_account_of_its_time() -> None:
    # 1 lot at 1.1000, now 1.0915: 1,410 - 850 = 560 over 1,100; 60 points of swap at 17:00 in New York are 60 USD:
    # 500 over 1,100 = 45.45 %, but a stop-out acts on a row, and the next one comes an hour later
    times = ["2024-01-02T20:00", "2024-01-02T21:59", "2024-01-02T23:00"]
    rows = pl.DataFrame({"ts": times, "bid": [1.1, 1.0915, 1.0915], "ask": [1.1, 1.0915, 1.0915]})
    eurusd = sc.Instrument.fx("EURUSD", swap_long=-60.0)
    run = play({0: lambda ctx: ctx.buy(1)}, {"EURUSD": rows}, [eurusd], cash=1410.0)
    before, at, after = (run.explain(ts=f"2024-01-02T{t}").to_dict() for t in ("21:59:59", "22:00", "23:00"))
    assert (before["account"]["equity"], at["account"]["equity"]) == (560.0, 500.0)
    assert at["events"][-1].startswith("swap of position 1 of EURUSD")
    assert (at["stop_outs"], len(after["stop_outs"])) == ([], 1)
    assert (
        "The account at 2024-01-02 22:00:00 UTC, after the row of 2024-01-02 21:59:00 UTC"
        in run.explain(ts="2024-01-02T22:00").text
    )


def test_money_of_an_account_without_decimals() -> None:
    # 0.37 lots at 150.003: 370 * 150.003 = 55,501.11, so 55,501; at 150.299 they are worth 37,000 * 0.296 = 10,952 more
    rows = quotes((0, 150.003, 150.003), (1, 150.299, 150.2995))
    run = play({0: lambda ctx: ctx.buy(0.37)}, {"USDJPY": rows}, cash=1_000_000.0, currency="JPY")
    told = run.explain(ts=T + "01").text
    assert "  equity            1,010,952 JPY" in told
    assert "profit 10,952 JPY = (150.299 - 150.003) × 100,000 × 0.37" in told
    assert "held 0.37          55,501 JPY = 0.37 × 100,000 / 100 × 150.003 (conversion)" in told
    assert repr(run).endswith("equity 1,010,952 JPY)")


def test_a_term_is_rounded_as_the_account_rounds() -> None:
    # 1.5 lots at 1.10975: 1,500 * 1.10975 = 1,664.625, which the account rounds away from zero
    rows = quotes((0, 1.10975, 1.10975), (1, 1.1, 1.1))
    told = play({0: lambda ctx: ctx.buy(1.5)}, {"EURUSD": rows}).explain(ts=T + "00").text
    assert told.count("1,664.63 USD") == 3


def test_an_order_refused_at_its_trigger_is_shown_with_the_account_that_refused_it() -> None:
    # 0.5 bought at 1.1001: 550.05. At 1.0800 it has lost 0.5 * 100,000 * 0.0201 = 1,005: equity 195; the limit that the
    # quote triggers needs 0.2 * 1,000 * 1.09 = 218.00, free are 195 - 550.05 = -355.05
    rows = quotes((0, 1.1, 1.1001), (1, 1.08, 1.0801), (2, 1.08, 1.0801))
    script = {0: lambda ctx: (ctx.buy(0.5), ctx.buy(0.2, limit=1.09))}
    run = play(script, {"EURUSD": rows}, cash=1200.0)
    told = run.explain(2)
    facts = told.to_dict()
    assert (facts["account"]["equity"], facts["account"]["ts"]) == (1195.0, START)
    met = facts["met"]
    assert (met["equity"], met["used_margin"], met["free_margin"]) == (195.0, 550.05, -355.05)
    assert "short of 573.05 USD: needed 218.00 USD - free margin -355.05 USD" in told.text
    assert "The account that refused it, 2024-01-02 10:00:01 UTC" in told.text
    assert run.explain(1).to_dict()["met"] is None


def test_an_order_refused_where_it_arrived() -> None:
    # sent at 10:00:00 with a second and a half of latency: the quote of 10:00:01 stands, 4 lots need 4,400.40
    rows = quotes((0, 1.1, 1.1001), (1, 1.1, 1.1001), (2, 1.2, 1.2001))
    run = play({0: lambda ctx: ctx.buy(4)}, {"EURUSD": rows}, cash=1200.0, latency_ms=1500)
    met = run.explain(1).to_dict()["met"]
    assert (met["ts"], met["equity"]) == (START + 1_500_000_000, 1200.0)


def test_what_a_stop_out_deleted_was_not_refused() -> None:
    rows = quotes((0, 1.1, 1.1001), (1, 1.08, 1.0801))
    run = play({0: lambda ctx: (ctx.buy(0.5), ctx.sell(0.3, limit=1.12))}, {"EURUSD": rows}, cash=1200.0)
    assert "\nEnded: deleted by stop-out: equity " in run.explain(2).text
    assert "Refused" not in run.explain(2).text


def test_an_exchange_account_says_what_its_holdings_are_worth() -> None:
    # 100 at 10.01 are paid: 5,000 - 1,001; at a bid of 10.50 they are worth 1,050, margin a fifth, half of it to keep
    share = sc.Instrument.stock("ACME", margin_rates={"buy": [0.2, 0.1], "sell": 1.0})
    rows = quotes((0, 10.0, 10.01), (1, 10.5, 10.51))
    run = play({0: lambda ctx: ctx.buy(100)}, {"ACME": rows}, cash=5000.0, preset="mt5-exchange", instruments=[share])
    told = str(run.explain(ts=T + "01")).splitlines()
    for line in (
        "  worth of holdings 1,050.00 USD",
        "  equity            5,049.00 USD  = balance + credit + worth of holdings",
        "  used margin         210.00 USD",
        "  to keep them        105.00 USD",
        "    profit 49.00 USD = (10.50 - 10.01) × 1 × 100",
    ):
        assert line in told, f"{line!r} is not in\n{told}"
