"""paper at a bridge: a broker's prices as they come, and an account of ours that plays the broker's side.

Nothing is sent: the bridge is asked for prices, history and contracts alone. The account is the one of a backtest, with
the rules and the money one chooses; it is warmed, journaled, gone on with and verified like a live one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from simcore.brokers.broker import Broker
from simcore.inputs import Listed, rules_of
from simcore.kernel.enums import Venue
from simcore.live import folder as folder_
from simcore.live.bridge import Bridge
from simcore.live.errors import SessionError
from simcore.live.guards import Guards
from simcore.live.live import Live, may_trade, open_engine
from simcore.live.session import begin, description, go_on
from simcore.live.watching import Stage, Watch
from simcore.strategy.strategy import Strategy


def paper_at(
    strategy: Strategy,
    bridge: Bridge,
    symbols: Sequence[str],
    *,
    session: str | Path,
    spec: str,
    broker: Broker | str | None = None,
    instruments: Listed = None,
    cash: float = 10_000.0,
    size: str = "M",
    journal: str | None = None,
    guards: Guards | None = None,
    clock: Callable[[], int] = time.time_ns,
    pause: Callable[[float], object] | None = None,
    jitter: random.Random | None = None,
    told: Callable[[Stage, str], None] = lambda stage, why: None,
    hear: Callable[[dict[str, Any]], None] = lambda tables: None,
    about: Mapping[str, Any] | None = None,
) -> Live:
    """Open a paper session on the prices of `bridge`, connected already; `run` plays them as they come.

    broker and cash: of the account, as in backtest; instruments: where the bridge's own contracts are not to be used.
    Raises SessionError for a symbol the broker has not, BridgeError where it cannot be reached.
    """
    place = Path(session)
    rules, given = rules_of(broker, instruments)
    may_trade(bridge, symbols)
    contracts = list(given) if given is not None else bridge.instruments(symbols)
    resumes = folder_.is_open(place)
    first = int(folder_.read_json(place / folder_.SESSION).get("first", 0)) if resumes else bridge.time(symbols)
    if not first:
        raise SessionError(f"{place}: there is no price of {', '.join(symbols)} to begin with; is the market closed?")
    engine = open_engine(strategy, rules, contracts, cash, size, first, Venue.SIMULATED)
    account = description(strategy, spec, list(symbols), rules, contracts, cash, "paper at a bridge")
    whole = account | dict(about or {}) | {"first": first}
    began = (go_on if resumes else begin)(place, engine, strategy, whole, hear, journal)
    watch = Watch(
        desk=began.desk, bridge=bridge, symbols=list(symbols), clock=clock, pause=pause, guards=guards or Guards(),
        told=told, folder=place, jitter=jitter or random.Random(),
    )  # fmt: skip
    return Live(place, watch, began)
