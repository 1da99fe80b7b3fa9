"""Who takes part: requirements, how many quotes each gets, what it models, and what is asked of simcore against it."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.peers.grid import QUOTES


@dataclass(frozen=True)
class Backtester:
    """One line of the table. `part` names a piece of the run whose own time is compared instead of the whole."""

    name: str
    environment: str  # its folder; "" is simcore's own interpreter
    requirements: tuple[str, ...]
    module: str
    form: str
    rows: int
    timed: str
    models: str
    lacks: str
    part: str = ""
    goal: float | None = None

    @property
    def worker(self) -> tuple[str, str, str, int]:
        """What one process serves; lines that share it share its runs."""
        return self.environment, self.module, self.form, self.rows


SIMCORE = Backtester(
    name="simcore, compiled strategy",
    environment="",
    requirements=(),
    module="with_simcore",
    form="compiled",
    rows=10_000_000,
    timed="frame to Result: checks, replay, tables",
    models="bid and ask, lots, margin with call and stop-out on every quote, commission, swap, conversion, every order "
    "type, tickets (hedging)",
    lacks="no queue position, no depth",
)

BACKTESTERS = (
    SIMCORE,
    Backtester(
        name="simcore, plain Python strategy",
        environment="",
        requirements=(),
        module="with_simcore",
        form="plain",
        rows=500_000,
        timed="frame to Result",
        models="the same",
        lacks="the same",
    ),
    Backtester(
        name="hftbacktest",
        environment="hftbacktest",
        requirements=("hftbacktest==2.4.4",),
        module="with_hftbacktest",
        form="-",
        rows=2_000_000,
        timed="the compiled strategy's loop alone; events and market are built before",
        models="order book of four depth events a quote, order latency, queue position",
        lacks="no margin, no stop-out, no swap, no account currency; one position a market",
        goal=25.0,
    ),
    Backtester(
        name="vectorbt[rust], from_signals alone",
        environment="vectorbt",
        requirements=("vectorbt[rust]==1.2.0",),
        module="with_vectorbt",
        form="-",
        rows=10_000_000,
        timed="Portfolio.from_signals, engine rust; averages, signals and statistics are outside",
        models="one price a bar (here the ask or the bid of the turn), cash, fees if asked",
        lacks="no book, no spread, no margin, no stop-out, no swap, no orders that rest",
        part="from_signals",
        goal=10.0,
    ),
    Backtester(
        name="vectorbt[rust], with its averages and signals",
        environment="vectorbt",
        requirements=("vectorbt[rust]==1.2.0",),
        module="with_vectorbt",
        form="-",
        rows=10_000_000,
        timed="arrays to Portfolio; statistics are outside",
        models="the same",
        lacks="the same",
        goal=10.0,
    ),
    Backtester(
        name="nautilus_trader",
        environment="nautilus_trader",
        requirements=("nautilus_trader==1.221.0",),
        module="with_nautilus_trader",
        form="-",
        rows=200_000,
        timed="engine.run alone; quotes are made into its objects and added before",
        models="bid and ask, margin account, commissions, event bus and cache as in live trading",
        lacks="no stop-out, swap only by a module, a strategy cannot be compiled",
        goal=400.0,
    ),
    Backtester(
        name="backtesting.py",
        environment="backtesting",
        requirements=("backtesting==0.6.6",),
        module="with_backtesting",
        form="-",
        rows=100_000,
        timed="Backtest.run with its statistics",
        models="bars (here a quote's mid), a constant relative spread, one margin rate",
        lacks="no bid and ask, no stop-out, no swap, no second instrument, no account currency",
    ),
    Backtester(
        name="backtrader",
        environment="backtrader",
        requirements=("backtrader==1.9.78.123", "numpy", "pandas"),
        module="with_backtrader",
        form="-",
        rows=50_000,
        timed="Cerebro.run, which loads the frame",
        models="bars (here a quote's mid), cash, commission schemes, several instruments",
        lacks="no spread, no bid and ask, no stop-out, no swap",
    ),
)

_GRID = {"environment": "", "requirements": (), "module": "grid_simcore", "rows": QUOTES}
_MODELS = "a bar is one quote, its close, as for the others; else as above"

GRIDS = (
    Backtester(
        name="simcore sweep, all cores, 1,000 combinations",
        form="closes all 40x25",
        timed="sc.sweep: columns to the table of all statistics",
        models=_MODELS,
        lacks="as above",
        **_GRID,  # type: ignore[arg-type]
    ),
    Backtester(
        name="simcore sweep, one core, 200 combinations",
        form="closes one 20x10",
        timed="the same",
        models=_MODELS,
        lacks="as above",
        **_GRID,  # type: ignore[arg-type]
    ),
    Backtester(
        name="simcore sweep, all cores, bars of four prices, 4 combinations",
        form="bars all 2x2",
        timed="the same",
        models="open, extremes and close of each bar meet the account; orders fill at the next open",
        lacks="as above",
        **_GRID,  # type: ignore[arg-type]
    ),
    Backtester(
        name="vectorbt[rust], from_signals alone, 40 combinations in one call",
        environment="vectorbt",
        requirements=("vectorbt[rust]==1.2.0",),
        module="grid_vectorbt",
        form="8x5",
        rows=QUOTES,
        timed="Portfolio.from_signals, engine rust, on one core; signals and figures are outside",
        models="one price a bar, cash",
        lacks="no spread, no margin, no stop-out, no swap, no orders that rest",
        part="from_signals",
        goal=10.0,
    ),
    Backtester(
        name="vectorbt[rust], with five figures a combination",
        environment="vectorbt",
        requirements=("vectorbt[rust]==1.2.0",),
        module="grid_vectorbt",
        form="8x5",
        rows=QUOTES,
        timed="from_signals, then return, drawdown, Sharpe ratio, win rate and profit factor; signals are outside",
        models="the same",
        lacks="the same",
        goal=10.0,
    ),
    Backtester(
        name="backtesting.py, optimize, 2 combinations",
        environment="backtesting",
        requirements=("backtesting==0.6.6",),
        module="grid_backtesting",
        form="2x1",
        rows=QUOTES,
        timed="Backtest.optimize, on all cores, with its statistics",
        models="bars, one margin rate",
        lacks="no bid and ask, no stop-out, no swap, no account currency",
        goal=500.0,
    ),
)
