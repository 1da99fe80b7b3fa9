"""What verbs are given alike: data and a broker's account, and in research a strategy that trades them.

    @options_of(read_market)
    def command(market: Callable[[], Market], where: ... = None) -> None: ...

    @reads("save")
    def command(given: Given, save: ... = None) -> None: ...

The first verb has the options of `simcore paper` for data and account beside its own; calling `market` reads them, so
that what can be refused without reading is refused before. The second has those of `simcore backtest`, and what was
read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_origin, get_type_hints

from simcore.cli import options as o
from simcore.cli import texts

if TYPE_CHECKING:
    from simcore.market.actions import Actions
    from simcore.market.quality import Quality
    from simcore.strategy.strategy import Strategy

T = TypeVar("T")
Command = Callable[..., None]


@dataclass(frozen=True)
class Market:
    """data: symbol -> rows; account: the arguments broker, instruments, cash and size of sc.backtest.

    Without files the rows are None, and so are instruments that nothing was said of.
    quality: symbol -> what the check of the data found; actions: symbol -> its splits and dividends. Where asked for.
    """

    data: dict[str, Any]
    account: dict[str, Any]
    quality: Mapping[str, Quality]
    actions: Mapping[str, Actions] | None
    as_json: bool


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


def options_of(reader: Callable[..., Any], *spared: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """The command with the options of `reader` in the place of its first parameter: a call that reads what they say.

    A parameter of `reader` that is no option is left to whoever makes that call. spared: options of it that the command
    does not ask for; they are None where not given.
    """

    def opened(command: Callable[..., T]) -> Callable[..., T]:
        given, *own = _parameters(command)
        theirs = [one for one in _parameters(reader) if get_origin(one.annotation) is Annotated]
        theirs = [one.replace(default=None) if one.name in spared else one for one in theirs]

        @wraps(command)
        def verb(**values: Any) -> T:
            read = partial(reader, **{one.name: values.pop(one.name) for one in theirs if one.name in values})
            return command(**{given.name: read}, **values)

        # what is required first, as Python has it, and --json last
        asked = sorted([*theirs, *own], key=lambda one: (one.default is not one.empty, one.name == "as_json"))
        verb.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
        verb.__annotations__ = {one.name: one.annotation for one in asked}
        return verb

    return opened


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """By keyword only, with what their annotations stand for."""
    asked = inspect.signature(function).parameters.values()
    kinds = get_type_hints(function, include_extras=True)
    return [one.replace(annotation=kinds[one.name], kind=inspect.Parameter.KEYWORD_ONLY) for one in asked]


def read_rows(
    files: o.Sources,
    symbol: o.OneSymbol,
    start: o.Start = None,
    end: o.End = None,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    read: o.Reading = None,
) -> Any:
    """Read one symbol's files into columns, or find its Range in a store. Raises ConfigError or DataError."""
    from simcore.cli.sources import read_data

    form = texts.form(kind, timeframe, timezone, column, read)
    return read_data(files, [symbol], start=start, end=end, **form)[symbol]


def read_market(
    data: o.Files,
    symbol: o.Symbols,
    kind: o.Kind = None,
    timeframe: o.Timeframe = None,
    timezone: o.Timezone = None,
    column: o.Columns = None,
    read: o.Reading = None,
    start: o.Start = None,
    end: o.End = None,
    broker: o.BrokerName = "mt5-hedging",
    currency: o.Currency = None,
    leverage: o.Leverage = None,
    cash: o.Cash = 10_000.0,
    overrides: o.Overrides = None,
    instrument: o.Instruments = None,
    size: o.Size = "M",
    as_json: o.AsJson = False,
    policy: str | None = None,
    actions: Sequence[str] | None = None,
) -> Market:
    """Read the data and the account these options name, and compile the account. With a policy the data are checked.

    Raises ConfigError or DataError, one line each.
    """
    from simcore.cli.checked import read_checked
    from simcore.cli.compiling import compile_kernel
    from simcore.cli.sources import actions_of, read_data
    from simcore.progress.bar import progress_bar

    rules, fields = texts.make_broker(broker, currency, leverage, overrides or (), symbol)
    told = data or instrument or fields
    contracts = texts.make_instruments(symbol, instrument or (), fields, rules) if told else None
    form = {**texts.form(kind, timeframe, timezone, column, read), "start": start, "end": end}
    quality: Mapping[str, Quality] = {}
    rows: Any = dict.fromkeys(symbol)
    if not data:
        pass  # the prices come from elsewhere
    elif policy is None:
        rows = read_data(data, symbol, **form)
    else:
        with progress_bar(f"reading and checking {', '.join(symbol)}", quiet=as_json):
            rows, quality = read_checked(data, symbol, policy, rules.calendar, **form)
    booked = actions_of(actions or (), symbol, timezone)
    compile_kernel(quiet=as_json)
    account = {"broker": rules, "instruments": contracts, "cash": cash, "size": size.upper()}
    return Market(rows, account, quality, booked, as_json)


@options_of(read_market)
def read_given(
    market: Callable[..., Market],
    strategy: o.Strategy,
    param: o.Parameters = None,
    compiled: o.Compiled = None,
    policy: o.Policy = "keep",
    path: o.BarPath = "ohlc",
    actions: o.ActionFiles = None,
    sample: o.Sample = None,
    track: o.Track = False,
    finalize: o.Finalize = False,
    ledger: o.Ledger = None,
    functions: bool = False,
) -> Given:
    """Read a strategy, then the market it trades. functions: STRATEGY may name a function, too.

    Raises ConfigError, DataError or StrategyError, one line each.
    """
    from simcore.strategy.find import find_function, form_of

    function: Any = find_function(strategy) if functions and ":" in strategy else None
    found = function or form_of(strategy, compiled)
    at = market(policy=policy, actions=actions)
    ways = {"sample": sample, "track": track, "finalize_trades": finalize, "path": path}
    account = {**at.account, **ways, "actions": at.actions, "ledger": texts.ledger(ledger)}
    return Given(found, list(param or ()), at.data, at.quality, account, at.as_json)


def reads(*files: str, functions: bool = False) -> Callable[[Command], Command]:
    """The command with the options of `read_given` in the place of its first parameter, which is what they say.

    files: its options that name what is written; one that cannot be put there is refused before anything is read.
    functions: STRATEGY may name a function, too.
    """

    def opened(command: Command) -> Command:
        from simcore.report.write import check_target

        @options_of(read_given)
        @wraps(command)
        def verb(given: Callable[..., Given], **values: Any) -> None:
            for name in files:
                if values[name] is not None:
                    check_target(values[name])
            command(given(functions=functions), **values)

        return verb

    return opened


def check_varied(texts: Sequence[str]) -> None:
    """Raise ConfigError where no parameter is to be varied."""
    from simcore.brokers.errors import ConfigError

    if not texts:
        raise ConfigError("say which parameters to vary: -p NAME=VALUES, such as -p fast=5:50:5 slow=50,100")


def values_of(cls: type[Strategy], texts: Sequence[str]) -> dict[str, list[Any]]:
    """{"fast": [5, 10]} of ["fast=5,10"]; "fast=5:20:5" is 5, 10, 15, 20. Raises StrategyError or ConfigError."""
    check_varied(texts)
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
