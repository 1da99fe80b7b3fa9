"""`simcore verify SESSION`: replay a session's journal and demand the same orders and the same State."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import options as o

if TYPE_CHECKING:
    from simcore.live.against import Against
    from simcore.strategy.strategy import Strategy


def command(
    session: Annotated[Path, typer.Argument(metavar="SESSION", help="The folder of a closed session.")],
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Of a live session: write the comparison as a page."),
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Replay a session and demand the same orders and the same State, byte for byte.

    A live session is set against our model of its broker, fill by fill.

    Exit status 1 where they differ; 2 for a session that is damaged, changed or never closed.
    """
    from simcore.cli.compiling import compile_kernel
    from simcore.cli.show import print_json
    from simcore.live.verify import is_live, predicted, verify

    compile_kernel(quiet=as_json)
    verdict = verify(session, load)
    found = predicted(session, load) if is_live(session) or report else None
    written = picture(report, found, session) if report and found else None
    if as_json:
        print_json(
            {
                "same": verdict.same,
                "same_orders": verdict.same_orders,
                "same_state": verdict.same_state,
                "events": verdict.events,
                "order_changes": verdict.changes,
                "differences": verdict.differences,
                **({"against": told_of(found)} if found else {}),
            }
        )
    else:
        typer.echo(f"{verdict.events:,} events replayed, {verdict.changes:,} order changes")
        typer.echo(f"orders {'the same' if verdict.same_orders else 'DIFFER'}")
        typer.echo(f"State  {'the same, byte for byte' if verdict.same_state else 'DIFFERS'}")
        for difference in verdict.differences:
            typer.echo(f"  {difference}")
        if found:
            show(found)
        if written:
            typer.echo(f"report {written}")
    if not verdict.same:
        raise typer.Exit(1)


def picture(report: Path, found: Against, session: Path) -> Path:
    """The comparison as a page; ConfigError for a place inside the session, whose seal it would break."""
    from simcore.brokers.errors import ConfigError
    from simcore.live import folder
    from simcore.live.picture import write

    if report.resolve().is_relative_to(session.resolve()):
        raise ConfigError(f"--report {report}: lies in the session, which is sealed; give a place outside of it")
    return write(report, found, folder.read_json(session / folder.SESSION))


def told_of(found: Against) -> dict[str, Any]:
    """For machines."""
    return {
        "fills": [vars(one) for one in found.fills],
        "totals": found.totals,
        "only_broker": found.only_broker,
        "only_predicted": found.only_predicted,
        "used_margin": found.used_margin,
        "margin_apart": found.margin_apart,
        "margins": found.margins,
        "balance": found.balance,
    }


def show(found: Against) -> None:
    """The broker against our model, cause by cause, with a bar for what it cost."""
    typer.echo(f"\nthe broker against our model of it: {len(found.fills)} fills compared")
    most = max((abs(value) for value in found.totals.values()), default=0.0)
    for cause, value in found.totals.items():
        bar = ("█" * round(24 * abs(value) / most) or "·") if value else ""
        typer.echo(f"  {cause:<12}{-value:>14,.2f}  {bar}")
    typer.echo(f"  balance     {found.balance[0]:>14,.2f}  predicted {found.balance[1]:,.2f}")
    typer.echo(f"  used margin {found.used_margin[0]:>14,.2f}  predicted {found.used_margin[1]:,.2f}")
    if found.margin_apart is not None:
        apart = f"{found.margin_apart:,.2f} at most, {len(found.figures):,} times compared"
        typer.echo(f"  margin model  the broker's used margin less ours: {apart}")
    for name, rows in (("the broker alone has", found.only_broker), ("predicted alone", found.only_predicted)):
        for row in rows[:10]:
            typer.echo(f"  {name} {row}")
        if len(rows) > 10:
            typer.echo(f"  ... and {len(rows) - 10} more")


def load(spec: str, parameters: Mapping[str, Any], compiled: bool) -> Strategy:
    from simcore.strategy.find import make_strategy

    return make_strategy(spec, compiled=compiled, texts=[f"{name}={value}" for name, value in parameters.items()])
