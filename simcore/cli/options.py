"""The options that verbs share, and what they mean: a strategy, data, a broker and instruments from text.

Everything malformed is a ConfigError, DataError or StrategyError with one clear line; nothing is run before all of it
has been read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from simcore.brokers.broker import Broker
    from simcore.brokers.instrument import Instrument

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
Size = Annotated[str, typer.Option("--size", help="Class of the book: S, M or L.", rich_help_panel=ACCOUNT)]
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


def form(
    kind: str | None, timeframe: str | None, timezone: str | None, column: list[str] | None, read: list[str] | None
) -> dict[str, Any]:
    """How files are read, as `read_data` takes it. Raises ConfigError."""
    columns = {field: str(name) for field, name in pairs("--column", column or ()).items()}
    reading = pairs("--read", read or ())
    return {"kind": kind, "timeframe": timeframe, "timezone": timezone, "columns": columns or None, "reading": reading}


def read_speed(text: str) -> float | None:
    """Times the wall clock; None for max. ConfigError for anything else."""
    from simcore.brokers.errors import ConfigError

    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0.0 < speed < float("inf"):
        raise ConfigError(f"--speed {text}: must be a number above 0 (times the wall clock), or max")
    return speed


def ledger(place: str | None) -> str | bool:
    """What --ledger says, as `ledger=` of a run takes it."""
    from simcore.ledger.place import OFF

    return True if place is None else False if place.lower() in OFF else place


def told(chunks: Iterable[Any], rows: int, tell: Callable[[int, int], None]) -> Iterator[Any]:
    """The chunks, with how far they are told after each."""
    done = 0
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        tell(done, rows)


_FILES: Final = ("--data", "--actions")
_MANY: Final = {*_FILES, "--symbol", "--set", "--instrument", "--column", "--read", "-p", "--param", "--compare"}
_DATA_FILE: Final = re.compile(
    r"\.(csv|tsv|txt|gz|utf16|parquet|pq|feather|arrow|ipc|zip|bi5|ticks)$|^[^:]*/$", re.IGNORECASE
)


def spread(args: Sequence[str]) -> list[str]:
    """`--data a.csv b.csv` as `--data a.csv --data b.csv`, for the options that take several values.

    Where options come before the positional arguments, only what cannot be one of those is taken for a further value.
    """
    led = bool(args) and not args[0].startswith("-")
    out: list[str] = []
    option, values = "", 0
    for n, arg in enumerate(args):
        if arg == "--":
            return [*out, *args[n:]]
        if arg.startswith("-"):
            option, values = arg if arg in _MANY else "", 0
        elif option:
            values += 1
            if values > 1 and (led or _is_further(option, arg)):
                out.append(option)
            elif values > 1:
                option = ""
        out.append(arg)
    return out


def _is_further(option: str, arg: str) -> bool:
    return bool(_DATA_FILE.search(arg)) if option in _FILES else "=" in arg and option != "--symbol"


def pairs(option: str, texts: Iterable[str]) -> dict[str, Any]:
    """{"a": 1.5, "b": "x"} of ["a=1.5", "b=x"]; ConfigError for a text without a name, or a name given twice."""
    from simcore.brokers.errors import ConfigError

    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise ConfigError(f"{option} {text!r}: write field=value")
        if name in found:
            raise ConfigError(f"{option}: {name} is given twice")
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    """A number, true, false, null, a list or a table as JSON has them; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def make_broker(
    preset: str, currency: str | None, leverage: float | None, overrides: Iterable[str], symbols: Iterable[str] = ()
) -> tuple[Broker, dict[str, dict[str, Any]]]:
    """The broker, and what of `overrides` is an instrument's: symbol -> fields. Raises ConfigError."""
    from simcore.brokers.broker import Broker

    own: dict[str, Any] = {}
    others: dict[str, dict[str, Any]] = {}
    for name, value in pairs("--set", overrides).items():
        head, _, rest = name.partition(".")
        if rest and head in symbols:
            others.setdefault(head, {})[rest] = value
        else:
            own[name] = value
    chosen = {"currency": currency, "leverage": leverage}
    broker = Broker.preset(preset, **{name: value for name, value in chosen.items() if value is not None})
    return broker.replace(**own) if own else broker, others


def make_instruments(
    symbols: Iterable[str], texts: Iterable[str], overrides: Mapping[str, Mapping[str, Any]],
    broker: Broker | str | None = None,
) -> list[Instrument]:  # fmt: skip
    """One instrument a symbol: of the broker's table, fx for two currencies, else by the fields of --instrument.

    Raises ConfigError.
    """
    from simcore.brokers.errors import ConfigError, did_you_mean
    from simcore.brokers.instrument import Instrument

    symbols = list(symbols)
    named: dict[str, dict[str, Any]] = {}
    for text in texts:
        if "=" not in text and text.endswith(".toml"):
            broker = text
            continue
        fields = pairs("--instrument", _split(text))
        symbol = str(fields.pop("symbol", "")) or (symbols[0] if len(symbols) == 1 else "")
        if not symbol:
            raise ConfigError(f"--instrument {text}: say which of {', '.join(symbols)} with symbol=NAME")
        if symbol not in symbols:
            raise ConfigError(f"--instrument {text}: no data of {symbol}; {did_you_mean(symbol, symbols)}")
        named.setdefault(symbol, {}).update(fields)
    made = {one: {**named.get(one, {}), **overrides.get(one, {})} for one in symbols}
    return [Instrument.of(one, **{"broker": broker, **fields}) for one, fields in made.items()]


def _split(text: str) -> list[str]:
    """At the commas that are outside of brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[{(") - (letter in "]})")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]
