"""The options that verbs share, as typer takes them; what is read out of their text: `texts`, `sources`, `given`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DATA, ACCOUNT = "Data", "Account"

Strategy = Annotated[
    str, typer.Argument(metavar="STRATEGY", help="A name of `simcore strategies list`, module:Class or file.py:Class.")
]
Parameters = Annotated[
    list[str] | None, typer.Option("-p", "--param", metavar="NAME=VALUE", help="A parameter of the strategy.")
]
Compiled = Annotated[
    bool | None,
    typer.Option(
        "--compiled/--plain", help="Run as machine code, or as plain Python.", show_default="as it is written"
    ),
]
Files = Annotated[
    list[str],
    typer.Option(
        "--data",
        metavar="FILE...",
        help="Files of any format the readers know, folders, or a store's; SYMBOL=FILE where several have several.",
        rich_help_panel=DATA,
    ),
]
Symbols = Annotated[
    list[str], typer.Option("--symbol", metavar="NAME...", help="What the files hold.", rich_help_panel=DATA)
]
Kind = Annotated[
    str | None,
    typer.Option("--kind", help="quotes, bars or prints; told by the columns if not given.", rich_help_panel=DATA),
]
Timeframe = Annotated[
    str | None,
    typer.Option(
        "--timeframe", help="Of bars: 1min, 1h, 1D; told by their spacing if not given.", rich_help_panel=DATA
    ),
]
Sources = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Files that the readers know, or a store's folder.", show_default=False),
]
OneSymbol = Annotated[str, typer.Option("--symbol", metavar="NAME", help="What they hold.", rich_help_panel=DATA)]
From = Annotated[Path, typer.Argument(metavar="STORE", help="A store's folder.", show_default=False)]
Into = Annotated[Path, typer.Option("--store", metavar="FOLDER", help="The store; made where there is none.")]
Start = Annotated[
    str | None,
    typer.Option(
        "--start", metavar="TIME", help="From this time on: 2024-01-02, 2024-01-02T10:30.", rich_help_panel=DATA
    ),
]
End = Annotated[
    str | None, typer.Option("--end", metavar="TIME", help="Up to this time, not including it.", rich_help_panel=DATA)
]
Timezone = Annotated[
    str | None,
    typer.Option("--timezone", help="Of times without one.", show_default="UTC", rich_help_panel=DATA),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="FIELD=NAME", help='Which column is which: bid="Bid Price".', rich_help_panel=DATA
    ),
]
Reading = Annotated[
    list[str] | None,
    typer.Option(
        "--read",
        metavar="OPTION=VALUE",
        help="How to read: format=lean, time_format=%d.%m.%Y, unit=ms, separator=;, decimal=',', contract=201312, "
        "overlap=first, names=ts,bid,ask (a file without a header), and the other options of sc.read_quotes.",
        rich_help_panel=DATA,
    ),
]
Policy = Annotated[
    str,
    typer.Option(
        "--policy",
        help="Of faults in the data (`simcore data check`): keep them, drop or sort rows, or raise: refuse the data.",
        rich_help_panel=DATA,
    ),
]
BarPath = Annotated[
    str,
    typer.Option(
        "--path",
        help="How bars are played: ohlc, four prices each, or dense, up to twelve as MetaTrader 5 generates them.",
        rich_help_panel=DATA,
    ),
]
ActionFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--actions",
        metavar="FILE...",
        help="Splits and dividends that the account books; prices are as they were. SYMBOL=FILE where several are.",
        rich_help_panel=DATA,
    ),
]
BrokerName = Annotated[
    str, typer.Option("--broker", metavar="PRESET", help="One of `simcore brokers list`.", rich_help_panel=ACCOUNT)
]
Currency = Annotated[
    str | None, typer.Option("--currency", show_default="the preset's, mostly USD", rich_help_panel=ACCOUNT)
]
Leverage = Annotated[
    float | None, typer.Option("--leverage", show_default="the preset's, else 100", rich_help_panel=ACCOUNT)
]
Cash = Annotated[float, typer.Option("--cash", help="Balance at the start.", rich_help_panel=ACCOUNT)]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Any field of the broker, commission.per_lot=3.5, or of an instrument, EURUSD.swap_long=-6.1.",
        rich_help_panel=ACCOUNT,
    ),
]
Instruments = Annotated[
    list[str] | None,
    typer.Option(
        "--instrument",
        metavar="FIELD=VALUE,...",
        help="kind=cfd,contract_size=100; with symbol=NAME for one of several; or a table of your own, FILE.toml. "
        "What the broker's table lists (simcore brokers show NAME), and two currencies, need none.",
        rich_help_panel=ACCOUNT,
    ),
]
Sample = Annotated[
    str | None, typer.Option("--sample", help="Time between equity samples: 1min, 1h.", rich_help_panel=ACCOUNT)
]
Track = Annotated[
    bool, typer.Option("--track", help="Drawdown and lowest margin level on every tick.", rich_help_panel=ACCOUNT)
]
Finalize = Annotated[
    bool, typer.Option("--finalize-trades", help="Close what is open at the end.", rich_help_panel=ACCOUNT)
]
Size = Annotated[
    str,
    typer.Option(
        "--size",
        help="How much the account holds: S 64 positions and 256 orders, M 1024 and 2048, L 16384 of each.",
        rich_help_panel=ACCOUNT,
    ),
]
Ledger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="PLACE",
        help="Where the run is written down as a trial: a file, postgresql://user@host/database, or off.",
        show_default="what SIMCORE_LEDGER says, the project's, the user's",
    ),
]
BridgeName = Annotated[str, typer.Option("--bridge", help="Whose account: mt5, or module:Class.")]
BridgeOptions = Annotated[
    list[str] | None, typer.Option("--bridge-set", metavar="NAME=VALUE", help="An option of the bridge.")
]
AccountName = Annotated[
    str | None,
    typer.Option("--account", metavar="NAME", help="Whose secrets: of the environment or the keyring (see the docs)."),
]
Stale = Annotated[float, typer.Option("--stale", help="Seconds without a price until nothing new leaves.")]
Drift = Annotated[
    float, typer.Option("--drift", help="Seconds a price's time may be from ours; 0: any, for recorded time.")
]
Seconds = Annotated[float | None, typer.Option("--seconds", help="Stop after so long; the session can go on later.")]
JournalUrl = Annotated[
    str | None, typer.Option("--journal", metavar="URL", help="A PostgreSQL database for the journal.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
