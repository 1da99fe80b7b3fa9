"""Readers: files and frames in, checked quotes, prints and bars out, by `read_quotes`, `read_prints` and `read_bars`.

A source is a file, a folder, a pattern, a pandas, polars or Arrow frame, or several of them. Formats are told by
content and name (`formats`), or given by `format=`:

| format         | what it is                                         | module     |
|----------------|----------------------------------------------------|------------|
| csv            | text tables, gzipped or not; columns=, names=, ... | delimited  |
| parquet        | Parquet                                            | columnar   |
| feather        | Feather, Arrow IPC                                 | columnar   |
| lean           | LEAN's zips, every security type and resolution    | lean       |
| dukascopy      | .bi5, ticks and candles                            | dukascopy  |
| histdata       | HistData's ASCII ticks and one-minute bars         | histdata   |
| metatrader     | MetaTrader's exports of ticks and bars             | metatrader |
| binance        | trades, aggTrades, bookTicker, klines (archives)   | binance    |
| binance-stream | recorded websocket messages, one a line            | stream     |
| ticks          | squideyes' .ticks                                  | ticksfile  |

Nothing is repaired: data with a fault is refused, naming file, row and value. Duplicates and crossed quotes are kept.
Rows that are left out because a format says that they are nothing (LEAN's and MetaTrader's rows before both sides of
the quote are known, messages of another kind) are named in that format's module.
"""

from simcore.market.readers.read import as_columns, read_bars, read_prints, read_quotes

__all__ = ["as_columns", "read_bars", "read_prints", "read_quotes"]
