"""`simcore data download SOURCE --symbol NAME --start DAY`: published archives into a folder, or into a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import options as o
from simcore.cli import texts
from simcore.cli.data_import import Overlap, told

if TYPE_CHECKING:
    from simcore.market.download import Downloaded

From = Annotated[str, typer.Argument(metavar="SOURCE", help="dukascopy or binance.", show_default=False)]
Symbols = Annotated[list[str], typer.Option("--symbol", metavar="NAME...", help="As the source spells it.")]
Start = Annotated[str, typer.Option("--start", metavar="TIME", help="From this time on: 2024-01-02.")]
End = Annotated[
    str | None, typer.Option("--end", metavar="TIME", help="Up to this time, not including it.", show_default="now")
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help="quotes, prints or bars, or what the source calls it: trades, aggTrades, klines, bookTicker.",
        show_default="quotes of dukascopy, prints of binance",
    ),
]
Timeframe = Annotated[str | None, typer.Option("--timeframe", help="Of bars: 1min, 1h, 1D.", show_default="1min")]
Market = Annotated[str | None, typer.Option("--market", help="Of binance: spot, um, cm.", show_default="spot")]
To = Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Keep the files, by the source's own paths.")]
Into = Annotated[Path | None, typer.Option("--store", metavar="FOLDER", help="Put the rows into a store.")]
Rate = Annotated[
    float | None, typer.Option("--rate", help="Requests a second, at most.", show_default="5 or 10, by the source")
]
Tries = Annotated[int, typer.Option("--tries", help="How often a request is made that fails for the moment.")]
Address = Annotated[str | None, typer.Option("--address", "--base-url", metavar="URL", help="A mirror of the source.")]


def command(
    source: From,
    symbol: Symbols,
    start: Start,
    end: End = None,
    kind: Kind = None,
    timeframe: Timeframe = None,
    market: Market = None,
    to: To = None,
    store: Into = None,
    overlap: Overlap = "refuse",
    rate: Rate = None,
    tries: Tries = 6,
    address: Address = None,
    read: o.Reading = None,
    as_json: o.AsJson = False,
) -> None:
    """Fetch what Dukascopy and Binance publish: checked, paced, and where it was interrupted, from there on.

    simcore data download dukascopy --symbol EURUSD --start 2019-02-04 --end 2019-02-05 --store ticks
    simcore data download binance --symbol BTCUSDT --kind trades --start 2024-01-01 --end 2024-03-01 --to binance
    """
    from simcore.brokers.errors import ConfigError
    from simcore.cli.show import print_json
    from simcore.cli.sources import reading_options
    from simcore.market.download import download
    from simcore.progress.bar import progress_bar

    if to is None and store is None:
        raise ConfigError("say where it goes: --to FOLDER or --store FOLDER, or both")
    reading = reading_options(texts.pairs("--read", read or ()))
    where: dict[str, Any] = {"to": to, "store": store, "overlap": overlap, "reading": reading}
    how: dict[str, Any] = {"per_second": rate, "tries": tries, "address": address}
    what: dict[str, Any] = {"start": start, "end": end, "kind": kind, "timeframe": timeframe, "market": market}
    found: dict[str, Downloaded] = {}
    for one in symbol:
        with progress_bar(f"{one} from {source}", quiet=as_json) as tell:
            found[one] = download(source, one, **what, **where, **how, tell=tell)
    if as_json:
        print_json({one: _facts(downloaded) for one, downloaded in found.items()})
        return
    for one, downloaded in found.items():
        typer.echo(f"{one} from {source}: {_sentence(downloaded)}")
        if downloaded.tally is not None and store is not None:
            typer.echo(told(downloaded.tally, store))


def _sentence(found: Downloaded) -> str:
    parts = [f"{found.fetched:,} files fetched, {found.bytes / 1e6:,.1f} MB"]
    parts += [f"{found.there:,} were there already"] if found.there else []
    parts += [f"{found.empty:,} periods without data"] if found.empty else []
    parts += [f"{found.not_yet:,} not published yet"] if found.not_yet else []
    return ", ".join(parts)


def _facts(found: Downloaded) -> dict[str, Any]:
    facts = found._asdict()
    tally = facts.pop("tally")
    return {**facts, "files": [str(path) for path in found.files], **(tally._asdict() if tally else {})}
