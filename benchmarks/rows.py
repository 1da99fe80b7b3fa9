"""The rows of the table: which benchmark each comes from, what it counts, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

MILLION = 1e6
Timed = dict[str, Any]  # what pytest-benchmark wrote: stats, and extra_info with rows, replay and compared


@dataclass(frozen=True)
class Row:
    """One line: `figures` turns what was timed into figures, of which median and best are shown, in `unit`."""

    test: str
    what: str
    unit: str
    goal: float | None  # at least, or at most where less is better
    figures: Callable[[Timed], list[float]]
    less_is_better: bool = False

    def met(self, middle: float) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return middle <= self.goal if self.less_is_better else middle >= self.goal


def whole(timed: Timed) -> list[float]:
    """Rows a second of the whole call, in millions."""
    return [timed["extra_info"]["rows"] / seconds / MILLION for seconds in timed["stats"]["data"]]


def replay(timed: Timed) -> list[float]:
    """Rows a second of the replay alone, in millions."""
    return [timed["extra_info"]["rows"] / seconds / MILLION for seconds in timed["extra_info"]["replay"]]


def compared(timed: Timed) -> list[float]:
    """Rows a second of what it is compared with, in millions."""
    return [timed["extra_info"]["rows"] / seconds / MILLION for seconds in timed["extra_info"]["compared"]]


def share(timed: Timed) -> list[float]:
    """The whole call's rate by that of what ran just before it."""
    return [run / other for run, other in zip(whole(timed), compared(timed), strict=True)]


def kept(timed: Timed) -> list[float]:
    """The replay's rate by that of the replay just before it: 1.0 costs nothing."""
    return [run / other for run, other in zip(replay(timed), compared(timed), strict=True)]


def seconds(timed: Timed) -> list[float]:
    """The time itself."""
    return list(timed["stats"]["data"])


def microseconds(timed: Timed) -> list[float]:
    """Time an event."""
    return [seconds / timed["extra_info"]["rows"] * 1e6 for seconds in timed["stats"]["data"]]


def waited(which: str, place: int) -> Callable[[Timed], list[float]]:
    """Microseconds from a price to its order: in the middle (place 0) or at the 99th per cent (1)."""
    return lambda timed: [found[place] / 1e3 for found in timed["extra_info"][which]]


def megabytes(timed: Timed) -> list[float]:
    """How large what was written is."""
    return [timed["extra_info"]["bytes"] / MILLION]


def thousand(timed: Timed) -> list[float]:
    """How much memory the middle one of three sweeps took beyond the first."""
    return [timed["extra_info"]["thousand"] / MILLION]


def model(name: str) -> str:
    """The benchmark of a margin model."""
    return f"test_models.py::test_model[{name}]"


RATE = "M ticks/s"
ONE = "test_kernel.py::test_one_instrument"
EIGHT = "test_kernel.py::test_eight_instruments"
QUOTE = "test_python.py::test_on_quote"
BAR = "test_python.py::test_on_bar"
REPORT = "test_report.py::test_report"
STORE = "test_store.py::test_one_instrument"
STORES = "test_store.py::test_eight_instruments"
ORDER = "test_latency.py::test_order"
EMULATOR = "test_emulator.py::test_"
RESEARCH = "test_research.py::"
SWEEP, GROWTH = f"{RESEARCH}test_sweep", f"{RESEARCH}test_sweep_memory"

# What each rule leaves of the speed of an account without it.
COSTS = {
    "weekend": "a rule's cost: weekend and holiday margin",
    "sessions": "— leverage by session overlap and news",
    "volatility": "— leverage by volatility of 1-hour bars",
    "lots": "— floating leverage by volume",
    "money": "— floating leverage by notional (looked at on every tick)",
    "today": "— margin at today's price and conversion (looked at on every tick)",
    "free": "— free margin without gains, margin rates renewed daily",
    "gates": "— both gates before every order",
    "watch": "— the watch on every tick",
    "seconds": "— the watch every 30 seconds",
    "limits": "— four limits on every order",
    "esma": "— a regime: ESMA retail",
}

ROWS = (
    Row(ONE, "compiled, one instrument, on_quote: EMA cross on 20 M quotes, frame to Result", RATE, 100.0, whole),
    Row(ONE, "— its replay alone", RATE, None, replay),
    Row(ONE, "— a plain compiled sum over the same columns", RATE, None, compared),
    Row(ONE, "— the whole call's rate by the sum's", "times", 1 / 6, share),
    Row(EIGHT, "compiled, eight instruments of 2.5 M quotes, 50 resting orders: Quotes to Result", RATE, 65.0, whole),
    Row(EIGHT, "— its merge and replay", RATE, None, replay),
    Row("test_merge.py::test_eight_instruments", "— their merge alone", RATE, 100.0, whole),
    Row(model("hedging"), "margin models, 2 M quotes, replay alone: MetaTrader 5 hedging", RATE, None, replay),
    Row(model("netting"), "— netting", RATE, None, replay),
    Row(model("mt4"), "— MetaTrader 4", RATE, None, replay),
    Row(model("fifo"), "— FIFO, no hedging, limits of number", RATE, None, replay),
    Row(model("tiers"), "— floating leverage by volume", RATE, None, replay),
    Row(model("notional"), "— floating leverage by notional: computed on every tick", RATE, None, replay),
    Row(model("current"), "— margin at current prices (OANDA v20, Trading 212): on every tick", RATE, None, replay),
    Row(model("exchange"), "— exchange account: on every tick", RATE, None, replay),
    Row(QUOTE, "plain Python, on_quote: two EMAs on 2 M quotes, Quotes to Result", RATE, 2.0, whole),
    Row(BAR, "plain Python, on_bar: 1-minute bars over 532,903 LEAN EURUSD ticks: replay", RATE, 20.0, replay),
    Row(BAR, "— Quotes to Result", RATE, None, whole),
    Row("test_bars.py::test_minutes", "ticks to 1-minute bars, bid and ask: 240 ticks a bar", RATE, 200.0, whole),
    Row("test_bars.py::test_recorded_minutes", "— LEAN's EURUSD ticks, 35 a bar", RATE, 200.0, whole),
    Row(REPORT, "HTML report of 1 M ticks and 10,000 trades: frames, statistics, page, file", "s", 3.0, seconds, True),
    Row(REPORT, "— the file's size", "MB", 5.0, megabytes, True),
    Row(STORE, "store, one instrument: 20 M quotes on disk, EMA cross, Range to Result", RATE, None, whole),
    Row(STORE, "— polars.read_parquet of the same files and columns", RATE, None, compared),
    Row(STORE, "— the whole call's rate by polars'", "times", 0.5, share),
    Row(STORES, "store, eight instruments of 2.5 M quotes: Ranges to Result", RATE, None, whole),
    Row(STORES, "— the whole call's rate by polars'", "times", 0.5, share),
    *(Row(f"test_rules.py::test_rule[{rule}]", what, "times", None, kept) for rule, what in COSTS.items()),
    Row(
        SWEEP,
        "sweep: 1,000 combinations on 2 M quotes, EMA cross, every statistic: one core",
        RATE,
        100.0,
        compared,
    ),
    Row(SWEEP, "— two cores", RATE, None, whole),
    Row(SWEEP, "— two cores' rate by one's", "times", 1.8, share),
    Row(
        GROWTH,
        "memory a sweep of 10,000 combinations takes beyond one of 100, without the tables",
        "MB",
        50.0,
        megabytes,
        True,
    ),
    Row(GROWTH, "— one of 1,000", "MB", 50.0, thousand, True),
    Row(f"{RESEARCH}test_trade_bootstrap", "1,000 bootstraps of 1,000 trades, of a Result", "s", 0.05, seconds, True),
    Row(f"{RESEARCH}test_tick_blocks", "1,000 paths of 100,000 ticks in blocks, one core", "s", 2.0, seconds, True),
    Row("test_startup.py::test_cached_start", "process start to first result, kernel cached", "s", 1.0, seconds, True),
    Row("test_startup.py::test_first_compile", "process start to first result, empty cache", "s", 60.0, seconds, True),
    Row("test_live.py::test_step", "one live event through step from Python", "us", 2.0, microseconds, True),
    Row("test_live.py::test_quote", "— by Engine.quote", "us", None, microseconds, True),
    Row(ORDER, "event received to order handed to the adapter: median", "us", 50.0, waited("waited", 0), True),
    Row(ORDER, "— 99th per cent", "us", 200.0, waited("waited", 1), True),
    Row(
        ORDER,
        "— median with the journal's write, without the wait for the disk",
        "us",
        None,
        waited("written", 0),
        True,
    ),
    Row("test_journal.py::test_paper", "paper at full speed, every event journaled", "M events/s", 0.2, whole),
    Row("test_journal.py::test_verify", "verify, after reading", "M events/s", 20.0, whole),
    Row("test_journal.py::test_restart", "restart from a journal of 10 M events", "s", 2.0, seconds, True),
    Row(
        f"{EMULATOR}tick[process]",
        "MetaTrader 5 emulator, symbol_info_tick: in process",
        "us",
        None,
        microseconds,
        True,
    ),
    Row(f"{EMULATOR}tick[socket]", "— over the socket", "us", None, microseconds, True),
    Row(f"{EMULATOR}deal[process]", "— a deal, in process", "us", None, microseconds, True),
    Row(f"{EMULATOR}deal[socket]", "— over the socket", "us", None, microseconds, True),
)


def middle_and_best(row: Row, timed: Timed) -> tuple[float, float]:
    """The median of a row's figures, and the best of them."""
    figures = row.figures(timed)
    return median(figures), (min if row.less_is_better else max)(figures)
