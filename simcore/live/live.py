"""live: a strategy at a real broker, or at anything that fills the port.

The account opens with the broker's own figures: its money, its contracts, its positions. It is the backtest's account
with another venue: fills, cash and order events come from the broker. A session that was stopped or died goes on when
it is started again with the same arguments; `verify` replays it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simcore.account import series_of
from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Venue
from simcore.live import folder as folder_
from simcore.live.bridge import Bridge
from simcore.live.capabilities import Rate
from simcore.live.errors import SessionError
from simcore.live.guards import Guards
from simcore.live.identity import Identity, magic_of, tag_of
from simcore.live.plan import plan_of
from simcore.live.reconcile import Policy
from simcore.live.runtime import Runtime
from simcore.live.session import Began, begin, close, description, go_on, leave
from simcore.live.watching import Stage, Watch
from simcore.strategy.driver import hears, memory_bytes
from simcore.strategy.strategy import Strategy, warmup_bars

DAY = 86_400_000_000_000
SPAN = 10 * 366 * DAY  # how far ahead sessions and rollovers are known


@dataclass
class Live:
    """A session at a bridge, live or on paper: `run` trades until stopped, `close` ends it for good under a seal."""

    folder: Path
    runtime: Watch
    began: Began

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Trade until told to stop; what was journaled is on the disk when this returns.

        What ends it otherwise is a crash: the event at hand is met again when the session goes on.
        """
        self.runtime.run(until)
        self.began.desk.journal.flush()

    def leave(self) -> None:
        """Stop here; the session goes on when it is started again."""
        leave(self.began)
        self.runtime.bridge.disconnect()

    def close(self) -> None:
        """End the session: on_stop, the state, the seal. Nothing is sent any more."""
        self.runtime.enter(Stage.HALTED, "closed")
        close(self.began)
        self.runtime.bridge.disconnect()


def live(
    strategy: Strategy,
    bridge: Bridge,
    symbols: Sequence[str],
    *,
    session: str | Path,
    spec: str,
    max_loss: float,
    broker: Broker | None = None,
    instruments: Sequence[Instrument] | None = None,
    size: str = "M",
    journal: str | None = None,
    guards: Guards | None = None,
    policy: Policy = "adopt",
    clock: Callable[[], int] = time.time_ns,
    pause: Callable[[float], object] | None = None,
    rates: tuple[Rate, ...] | None = None,
    jitter: random.Random | None = None,
    told: Callable[[Stage, str], None] = lambda stage, why: None,
    hear: Callable[[dict[str, Any]], None] = lambda tables: None,
    about: Mapping[str, Any] | None = None,
) -> Live:
    """Open a session at `bridge`, connected already.

    broker: our model of its rules, for predictions; instruments: where the broker's own contracts are not to be used.
    about: what else session.json should hold.
    max_loss: account currency; at that loss everything is closed and the session ends. A session that the kill switch
    ended goes on to its end alone: `run` books what became of its orders, and nothing leaves. Raises SessionError for
    what the broker cannot do, BridgeError where it cannot be reached.
    """
    if not 0.0 < max_loss < float("inf"):
        raise SessionError(f"max_loss must be an amount above 0 that may be lost, was {max_loss}")
    place = Path(session)
    money = bridge.account()
    rules = model(broker, money.currency, money.leverage, hedging=money.hedging)
    may_trade(bridge, symbols)
    contracts = list(instruments) if instruments is not None else bridge.instruments(symbols)
    plan_of(strategy, bridge.capabilities, contracts).check()
    cash = money.balance
    if folder_.is_open(place):
        then = folder_.read_json(place / folder_.SESSION)
        cash, first, tag = float(then["cash"]), int(then["first"]), str(then["tag"])
    else:
        first, tag = bridge.time(symbols) or clock(), tag_of(f"{place.resolve()} {clock()} {money.login}")
    engine = open_engine(strategy, rules, contracts, cash, size, first)
    more = dict(about or {})
    about = description(strategy, spec, list(symbols), rules, contracts, cash, "live")
    about |= more | {"first": first, "tag": tag, "login": money.login, "server": money.server}
    began = (go_on if folder_.is_open(place) else begin)(place, engine, strategy, about, hear, journal)
    limits = guards if guards is not None else Guards()
    limits.max_loss = max_loss
    bridge.mark(magic_of(tag))
    runtime = Runtime(
        desk=began.desk, bridge=bridge, who=Identity(tag), symbols=list(symbols), first=first, clock=clock, pause=pause,
        guards=limits, policy=policy, told=told, folder=place, rates=rates, jitter=jitter or random.Random(),
    )  # fmt: skip
    return Live(place, runtime, began)


def may_trade(bridge: Bridge, symbols: Sequence[str]) -> None:
    """SessionError for the first symbol that cannot be traded there."""
    for symbol in symbols:
        why = bridge.validate_symbol(symbol)
        if why:
            raise SessionError(why)


def model(broker: Broker | None, currency: str, leverage: float, *, hedging: bool) -> Broker:
    """Our model of the broker's rules; SessionError where it is plainly another account's."""
    if broker is None:
        given = {"leverage": leverage} if leverage == leverage and leverage >= 1.0 else {}
        return Broker.preset("mt5-hedging" if hedging else "mt5-netting", currency=currency, **given)
    if broker.currency != currency:
        raise SessionError(f"the account is in {currency}, the broker's rules are for {broker.currency}")
    if (broker.mode == "hedging") != hedging:
        held = "tickets (hedging)" if hedging else "nets"
        raise SessionError(f"the account {held}, the broker's rules say mode = {broker.mode}")
    return broker


def open_engine(
    strategy: Strategy,
    broker: Broker,
    instruments: Sequence[Instrument],
    cash: float,
    size: str,
    first: int,
    venue: Venue = Venue.EXTERNAL,
) -> Engine:
    """A new account whose prices come from elsewhere, and its fills, where the venue is EXTERNAL."""
    plan = Plan(
        size=size,
        venue=venue,
        series=series_of(strategy, [i.symbol for i in instruments], {}),
        memory_bytes=memory_bytes(strategy),
        hears=hears(strategy),
        warmup=warmup_bars(strategy),
        sample_every=60_000_000_000,
        span=(first - 366 * DAY, first + SPAN),
    )
    return Engine(make_rules(broker, instruments, plan), cash)
