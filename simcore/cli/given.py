"""What every verb of research is given alike: a strategy, data and an account, read into the arguments of sc.backtest.

    @reads
    def command(given: Given, where: ... = None) -> None: ...

The verb then has the options of `simcore backtest` for these, and its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from simcore.cli import options as o

if TYPE_CHECKING:
    from simcore.strategy.strategy import Strategy


@dataclass(frozen=True)
class Given:
    """strategy: the class; texts: what stands after -p; data and account: the arguments of sc.backtest."""

    strategy: type[Strategy]
    texts: Sequence[str]
    data: dict[str, Any]
    account: dict[str, Any]
    as_json: bool


def read(
    strategy: o.Strategy,
    data: o.Files,
    symbol: o.Symbols,
    param: o.Parameters = None,
    compiled: o.Compiled = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    reading: o.Reading = None,
    start: o.Start = None,
    end: o.End = None,
    broker: o.BrokerName = "mt5-hedging",
    currency: o.Currency = None,
    leverage: o.Leverage = None,
    cash: o.Cash = 10_000.0,
    overrides: o.Overrides = None,
    instrument: o.Instruments = None,
    size: o.Size = "M",
    sample: o.Sample = None,
    track: o.Track = False,
    finalize: o.Finalize = False,
    as_json: o.AsJson = False,
) -> Given:
    """Read everything these options name. Raises ConfigError, DataError or StrategyError, one line each."""
    from simcore.cli.progress import compile_kernel
    from simcore.cli.sources import read_data
    from simcore.strategy.find import form_of

    found = form_of(strategy, compiled)
    rules, fields = o.make_broker(broker, currency, leverage, overrides or (), symbol)
    contracts = o.make_instruments(symbol, instrument or (), fields)
    columns = {field: str(name) for field, name in o.pairs("--column", column or ()).items()}
    form = {"kind": kind, "timeframe": timeframe, "timezone": timezone, "start": start, "end": end}
    rows = read_data(data, symbol, columns=columns, reading=o.pairs("--read", reading or ()), **form)
    compile_kernel(quiet=as_json)
    account = {
        "broker": rules,
        "instruments": contracts,
        "cash": cash,
        "size": size.upper(),
        "sample": sample,
        "track": track,
        "finalize_trades": finalize,
    }
    return Given(found, list(param or ()), rows, account, as_json)


def reads(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of `read` in the place of `given`."""
    shared, own = inspect.signature(read), inspect.signature(command)
    kinds = {**get_type_hints(read, include_extras=True), **get_type_hints(command, include_extras=True)}
    mine = [one for name, one in own.parameters.items() if name != "given"]
    together = [*list(shared.parameters.values())[:-1], *mine, shared.parameters["as_json"]]

    def verb(**values: Any) -> None:
        given = read(**{name: values.pop(name) for name in shared.parameters})
        command(given, **values)

    ordered = sorted(together, key=lambda one: one.default is not inspect.Parameter.empty)
    asked = [one.replace(annotation=kinds[one.name], kind=inspect.Parameter.KEYWORD_ONLY) for one in ordered]
    verb.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
    verb.__annotations__ = {one.name: one.annotation for one in asked}
    verb.__doc__, verb.__name__ = command.__doc__, command.__name__
    return verb


def values_of(cls: type[Strategy], texts: Iterable[str]) -> dict[str, list[Any]]:
    """{"fast": [5, 10]} of ["fast=5,10"]; "fast=5:20:5" is 5, 10, 15, 20. Raises StrategyError or ConfigError."""
    from simcore.strategy.find import read_parameters

    found: dict[str, list[Any]] = {}
    for text in texts:
        name, equals, listed = (part.strip() for part in text.partition("="))
        if not equals or not listed:
            read_parameters(cls, [text])  # says what to write
        single = [one for part in listed.split(",") for one in _steps(text, part.strip())]
        found[name] = [read_parameters(cls, [f"{name}={one}"])[name] for one in single]
    return found


def _steps(text: str, part: str) -> list[str]:
    """The values of `5:20:5`, its end among them; one value as it is."""
    from decimal import Decimal, InvalidOperation

    from simcore.brokers.errors import ConfigError

    if ":" not in part:
        return [part]
    try:
        first, last, *step = (Decimal(one) for one in part.split(":"))
    except (InvalidOperation, ValueError):
        raise ConfigError(f"-p {text}: write a range as first:last:step, such as fast=5:50:5") from None
    by = step[0] if step else Decimal(1)
    if by <= 0 or last < first or len(step) > 1:
        raise ConfigError(f"-p {text}: a range goes up by a step above 0, as in fast=5:50:5")
    return [str(first + n * by) for n in range(int((last - first) / by) + 1)]
