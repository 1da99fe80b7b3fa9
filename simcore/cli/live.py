"""`simcore live STRATEGY --bridge mt5 --symbol NAME --session DIR --live --max-loss AMOUNT`: real money."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simcore.cli import options as o
from simcore.cli import texts

if TYPE_CHECKING:
    from simcore.live.live import Live


def command(
    strategy: o.Strategy,
    symbol: o.Symbols,
    session: Annotated[Path | None, typer.Option("--session", metavar="DIR", help="New, or one to go on with.")] = None,
    bridge: o.BridgeName = "mt5",
    live: Annotated[bool, typer.Option("--live", help="Yes, with real orders.")] = False,
    max_loss: Annotated[
        float | None, typer.Option("--max-loss", help="Account currency; there everything is closed, and it ends.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only show the plan: what it asks of the broker, who plays it, the lots.")
    ] = False,
    bridge_set: o.BridgeOptions = None,
    account: o.AccountName = None,
    policy: Annotated[
        str, typer.Option("--policy", help="Of what somebody else did at the account: adopt, ignore or halt.")
    ] = "adopt",
    stale: o.Stale = 60.0,
    drift: o.Drift = 5.0,
    rate: Annotated[
        list[str] | None,
        typer.Option("--rate", metavar="N/TIME", help="Requests the broker takes: 10/s, 120/min, 10/s:3 (3 at once)."),
    ] = None,
    seconds: o.Seconds = None,
    end: Annotated[
        bool, typer.Option("--end-session", "--end", help="On stopping, close the session for good, for verify.")
    ] = False,
    journal: o.JournalUrl = None,
    param: o.Parameters = None,
    compiled: o.Compiled = None,
    broker: Annotated[str | None, typer.Option("--broker", help="Our model of its rules, a preset.")] = None,
    overrides: o.Overrides = None,
    size: o.Size = "M",
    as_json: o.AsJson = False,
) -> None:
    """Trade a strategy at a broker. Needs --live and --max-loss. Ctrl-C stops it; started again, it goes on.

    A plan the broker cannot do is refused before it starts; --check shows the plan, and sends and writes nothing.

    simcore live ema-cross --bridge mt5 --symbol EURUSD --session my-live --live --max-loss 200
    """
    from simcore.brokers.errors import ConfigError
    from simcore.cli.compiling import compile_kernel
    from simcore.cli.plan import show_plan
    from simcore.live.capabilities import Rate
    from simcore.live.find import make_bridge
    from simcore.live.guards import Guards
    from simcore.live.live import live as open_live
    from simcore.strategy.find import lasting, make_strategy

    chosen = make_strategy(strategy, compiled=compiled, texts=param or ())
    options = texts.pairs("--bridge-set", bridge_set or ())
    if check:
        show_plan(chosen, symbol, make_bridge(bridge, options, account), as_json=as_json)
        return
    if not live:
        raise ConfigError("live: sends real orders; add --live if that is what you want (`simcore paper` sends none)")
    if max_loss is None or not 0.0 < max_loss < float("inf"):
        raise ConfigError("live: needs --max-loss AMOUNT, what this session may lose before everything is closed")
    if session is None:
        raise ConfigError("live: needs --session DIR, the folder it lives in")
    if policy not in ("adopt", "ignore", "halt"):
        raise ConfigError(f"--policy {policy}: must be adopt, ignore or halt")
    rules = texts.make_broker(broker, None, None, overrides or (), symbol)[0] if broker else None
    at = make_bridge(bridge, options, account)
    compile_kernel(quiet=as_json)
    at.connect()
    held = open_live(
        chosen,
        at,
        symbol,
        session=session,
        spec=lasting(strategy),
        max_loss=max_loss,
        broker=rules,
        size=size.upper(),
        journal=journal,
        guards=Guards(stale=stale, drift=drift),
        rates=tuple(map(Rate.read, rate)) if rate else None,
        policy=policy,  # type: ignore[arg-type]
        about={"bridge": {"name": bridge, "options": options, "account": account}},
    )
    run(held, seconds, quiet=as_json)
    finish(held, as_json, end=end)


def run(held: Live, seconds: float | None, *, quiet: bool) -> None:
    """Trade until Ctrl-C, the end of time, or a halt; the terminal shows how it stands."""
    from simcore.cli.status import Status
    from simcore.cli.stopping import Stopping

    runtime = held.runtime
    status = Status(held.folder.name, runtime.symbols, quiet=quiet)
    status.follow(runtime.desk)
    runtime.told = status.hear
    with Stopping(seconds, runtime.stop) as stopping, status:

        def look() -> bool:
            status.show(runtime.stage.value, runtime.latency)
            return stopping.asked()

        held.run(look)
        status.show(runtime.stage.value, runtime.latency, now=True)


def finish(held: Live, as_json: bool, *, end: bool) -> None:
    """Leave the session, or end it for good; then say what came of it."""
    from simcore.cli.show import print_json, print_result, result_json
    from simcore.cli.verify import load
    from simcore.live.outcome import outcome

    stage, events = held.runtime.stage.value, held.began.desk.journal.count
    end = end or held.runtime.is_halt_asked  # nothing of it leaves any more
    if end:
        held.close()
    else:
        held.leave()
    result = outcome(held.folder, load)
    if as_json:
        told = result_json(result) if result is not None else {"stats": {}, "account": {}, "fills": []}
        print_json({"stage": stage, **told, "session": str(held.folder), "events_journaled": events})
    else:
        if result is not None:
            print_result(result, f"{result.run.strategy}, {stage}")
        then = f"prove it with: simcore verify {held.folder}" if end else "start it again and it goes on"
        typer.echo(f"{stage}: {events:,} events journaled in {held.folder}; {then}")
    if stage == "HALTED":
        raise typer.Exit(1)
