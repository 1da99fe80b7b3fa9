"""What every verb of research is given alike: a strategy, data and an account, read into the arguments of sc.backtest.

    @reads()
    def command(given: Given, where: ... = None) -> None: ...

The verb then has the options of `simcore backtest` for these, and its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from simcore.cli import options as o

if TYPE_CHECKING:
    from simcore.market.quality import Quality
    from simcore.strategy.strategy import Strategy


@dataclass(frozen=True)
class Given:
    """strategy: the class; texts: what stands after -p; data and account: the arguments of sc.backtest.

    quality: symbol -> what the check of the data found.
    """

    strategy: type[Strategy]
    texts: Sequence[str]
    data: dict[str, Any]
    quality: Mapping[str, Quality]
    account: dict[str, Any]
    as_json: bool


def read_given(
    strategy: o.Strategy,
    data: o.Files,
    symbol: o.Symbols,
    param: o.Parameters = None,
    compiled: o.Compiled = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    read: o.Reading = None,
    start: o.Start = None,
    end: o.End = None,
    policy: o.Policy = "keep",
    path: o.BarPath = "ohlc",
    actions: o.ActionFiles = None,
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
    ledger: o.Ledger = None,
    as_json: o.AsJson = False,
) -> Given:
    """Read everything these options name. Raises ConfigError, DataError or StrategyError, one line each."""
    from simcore.cli.checked import read_checked
    from simcore.cli.progress import compile_kernel, progress_bar
    from simcore.cli.sources import actions_of
    from simcore.strategy.find import form_of

    found: Any = strategy if callable(strategy) else form_of(strategy, compiled)
    rules, fields = o.make_broker(broker, currency, leverage, overrides or (), symbol)
    contracts = o.make_instruments(symbol, instrument or (), fields)
    columns = {field: str(name) for field, name in o.pairs("--column", column or ()).items()}
    form = {"kind": kind, "timeframe": timeframe, "timezone": timezone, "start": start, "end": end}
    options = o.pairs("--read", read or ())
    with progress_bar(f"reading and checking {', '.join(symbol)}", quiet=as_json):
        rows, quality = read_checked(data, symbol, policy, rules.calendar, columns=columns, reading=options, **form)
    booked = actions_of(actions or (), symbol, timezone)
    compile_kernel(quiet=as_json)
    account = {
        "broker": rules,
        "instruments": contracts,
        "cash": cash,
        "size": size.upper(),
        "sample": sample,
        "track": track,
        "finalize_trades": finalize,
        "path": path,
        "actions": booked,
        "ledger": o.ledger(ledger),
    }
    return Given(found, list(param or ()), rows, quality, account, as_json)


def reads(*files: str, functions: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The command with the options of `read_given` in the place of `given`.

    files: its options that name what is written; one that cannot be put there is refused before anything is read.
    functions: STRATEGY may name a function, too.
    """
    return lambda command: _reading(command, files, functions)


def _reading(command: Callable[..., None], files: Sequence[str], functions: bool) -> Callable[..., None]:
    shared, own = inspect.signature(read_given), inspect.signature(command)
    kinds = {**get_type_hints(read_given, include_extras=True), **get_type_hints(command, include_extras=True)}
    mine = [one for name, one in own.parameters.items() if name != "given"]
    together = [*list(shared.parameters.values())[:-1], *mine, shared.parameters["as_json"]]

    from simcore.report.write import check_target

    def verb(**values: Any) -> None:
        for name in files:
            if values[name] is not None:
                check_target(values[name])
        if functions and ":" in values["strategy"]:
            from simcore.strategy.find import find_function

            values["strategy"] = find_function(values["strategy"]) or values["strategy"]
        given = read_given(**{name: values.pop(name) for name in shared.parameters})
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
