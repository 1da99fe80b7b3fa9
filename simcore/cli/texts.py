"""What options say, read from text: pairs, a broker, instruments, how files are read.

Everything malformed is a ConfigError with one clear line; nothing is run before all of it has been read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from simcore.brokers.broker import Broker
    from simcore.brokers.instrument import Instrument


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
