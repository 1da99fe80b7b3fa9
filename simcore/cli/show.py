"""Results as JSON for machines and as tables for people.

In JSON times are ISO 8601 in UTC, durations seconds, and what is infinite or could not be computed is null.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import polars as pl

    from simcore.result import Result

REFUSALS: Final = 5  # sentences shown; result.orders has them all


def print_json(value: Any) -> None:
    """Print `value`, whatever numpy, pandas or polars made of it."""
    typer.echo(json.dumps(plain(value), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """The same as dicts, lists, text, numbers and null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if hasattr(value, "total_seconds"):
        return plain(value.total_seconds())  # a missing one is nan
    if hasattr(value, "isoformat"):
        return None if value != value else value.isoformat().replace("+00:00", "Z")
    if hasattr(value, "item"):
        return plain(value.item())
    return str(value)


def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows, times to the nanosecond."""
    import polars as pl

    times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    spelled = frame.with_columns(pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.9fZ") for name in times)
    return [plain(row) for row in spelled.to_dicts()]


def result_json(result: Result) -> dict[str, Any]:
    """What backtest, paper and live print for machines."""
    return {
        "stats": plain(result.stats),
        "account": plain(result.account),
        "fills": rows(result.fills),
        "fingerprint": result.fingerprint,
    }


def print_result(result: Result, title: str) -> None:
    """The statistics, the account as it ended, and why orders were refused."""
    from simcore.report.text import stats_table

    console = Console()
    broker = result.run.broker
    console.print(stats_table(result.stats, result.equity, title=title, digits=broker.money_digits))
    console.print()
    console.print(account_table(result.account, broker.currency, broker.money_digits))
    for line in refusals(result):
        console.print(line)


def account_table(account: dict[str, float], currency: str, digits: int = 2) -> Table:
    """balance, equity and margin at the end; digits: of money."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_row(Text("Account at the end", style="bold"), "")
    for name, value in account.items():
        level = "–" if math.isinf(value) else f"{100 * value:,.2f} %"
        text = level if name == "margin_level" else f"{value:,.{digits}f} {currency}"
        table.add_row(name.replace("_", " ").capitalize(), text)
    return table


def refusals(result: Result) -> list[RenderableType]:
    """The commonest refusals, each with its number and one of its sentences."""
    import polars as pl

    refused = result.orders.filter(pl.col("status").is_in(["REJECTED", "DENIED"]))
    if refused.is_empty():
        return []
    by_reason = refused.group_by("status", "reason", maintain_order=True).agg(pl.len(), pl.col("sentence").first())
    lines: list[RenderableType] = [Text(f"{refused.height:,} orders refused:", style="yellow")]
    for row in by_reason.sort("len", descending=True).head(REFUSALS).iter_rows(named=True):
        lines.append(Text(f"  {row['len']:>6,} × {row['reason']}: {row['sentence']}"))
    return lines


def events_table(events: pl.DataFrame, most: int = 20) -> Table:
    """What happened to the account, a sentence a row."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for row in events.head(most).iter_rows(named=True):
        style = "red" if row["type"] in ("margin_call", "stop_out") else ""
        table.add_row(f"{row['ts']:%H:%M:%S}", Text(str(row["sentence"]), style=style))
    if events.height > most:
        table.add_row("", f"and {events.height - most:,} more")
    return table
