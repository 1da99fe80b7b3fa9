"""MetaTrader 5's words for ours: requests out of intents, updates out of its records, instruments out of symbol_info.

The trap of the field: `filling_mode` of a symbol is a mask of bits (FOK 1, IOC 2), `type_filling` of a request an
enumeration (FOK 0, IOC 1, RETURN 2). Market execution refuses RETURN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from simcore.brokers.instrument import Instrument
from simcore.kernel.enums import CalcMode, OrderType, Status, SwapMode, TimeInForce, Why
from simcore.live.bridge import NAN, Cash, Change, Fill, Intent, OrderUpdate, Position

LOST: Final = (10011, 10012, 10031)  # error, timeout, no connection: whether it was done is not known
WHYS: Final = {4: Why.STOP_LOSS, 5: Why.TAKE_PROFIT, 6: Why.STOP_OUT, 7: Why.ROLLOVER}  # by DEAL_REASON
FINAL_STATES: Final = (2, 4, 5, 6)  # canceled, filled, rejected, expired
LONGEST_COMMENT: Final = 29  # the package refuses more
FOK, IOC = 1, 2  # bits of filling_mode
STATUS: Final = {
    0: Status.SUBMITTED, 1: Status.ACCEPTED, 2: Status.CANCELED, 3: Status.PARTIALLY_FILLED, 4: Status.FILLED,
    5: Status.REJECTED, 6: Status.EXPIRED, 7: Status.SUBMITTED, 8: Status.ACCEPTED, 9: Status.ACCEPTED,
}  # fmt: skip
ALIVE: Final = (Status.SUBMITTED, Status.ACCEPTED, Status.PARTIALLY_FILLED)


class Words:
    """The enumerations of a module, both ways."""

    def __init__(self, mt5: Any) -> None:
        self.mt5 = mt5
        pending = ((OrderType.LIMIT, "LIMIT"), (OrderType.STOP, "STOP"), (OrderType.STOP_LIMIT, "STOP_LIMIT"))
        self.types: dict[tuple[OrderType, int], int] = {
            (OrderType.MARKET, 1): mt5.ORDER_TYPE_BUY,
            (OrderType.MARKET, -1): mt5.ORDER_TYPE_SELL,
        }
        for kind, name in pending:
            for side, word in ((1, "BUY"), (-1, "SELL")):
                self.types[kind, side] = getattr(mt5, f"ORDER_TYPE_{word}_{name}")
        self.kinds = {number: kind for kind, number in self.types.items()}


def kind_of(words: Words, number: int) -> tuple[OrderType, int]:
    """Type and side of an ORDER_TYPE; a close-by counts as a market order."""
    return words.kinds.get(number, (OrderType.MARKET, 1))


def request_of(
    words: Words, intent: Intent, info: Any, tick: Any, deviation: int, magic: int, local: Callable[[int], int]
) -> dict[str, Any]:
    """The request an intent becomes; prices of a market order are the tick's."""
    m = words.mt5
    request: dict[str, Any] = {
        "symbol": intent.symbol,
        "volume": float(intent.qty),
        "type": words.types[intent.type, intent.side],
        "magic": magic,
        "comment": intent.client_id[:LONGEST_COMMENT],
        "sl": _given(intent.sl),
        "tp": _given(intent.tp),
    }
    if intent.type is OrderType.MARKET:
        request |= {
            "action": m.TRADE_ACTION_DEAL,
            "price": tick.ask if intent.side > 0 else tick.bid,
            "deviation": deviation,
            "type_filling": filling_of(m, intent.tif, info),
            "type_time": m.ORDER_TIME_GTC,
        }
        return request | ({"position": int(intent.position)} if intent.position else {})
    stop_limit = intent.type is OrderType.STOP_LIMIT
    request |= {
        "action": m.TRADE_ACTION_PENDING,
        "price": intent.limit if intent.type is OrderType.LIMIT else intent.stop,
        "stoplimit": intent.limit if stop_limit else 0.0,
        "type_filling": m.ORDER_FILLING_RETURN,
        "type_time": m.ORDER_TIME_DAY if intent.tif is TimeInForce.DAY else m.ORDER_TIME_GTC,
    }
    if intent.tif is TimeInForce.GTD:
        request |= {"type_time": m.ORDER_TIME_SPECIFIED, "expiration": local(intent.expires)}
    return request


def change_of(words: Words, change: Change, row: Any, magic: int, local: Callable[[int], int]) -> dict[str, Any]:
    """The request a change becomes; what it leaves open stays as the position or the order `row` has it."""
    m = words.mt5
    stops = {name: _or(getattr(change, name), getattr(row, name)) for name in ("sl", "tp")}
    request = {"symbol": row.symbol, "magic": magic, **stops}
    if change.is_position:
        return request | {"action": m.TRADE_ACTION_SLTP, "position": row.ticket}
    kind, _ = kind_of(words, row.type)
    price = _or(change.limit if kind == OrderType.LIMIT else change.stop, row.price_open)
    request |= {"action": m.TRADE_ACTION_MODIFY, "order": row.ticket, "price": price}
    if kind == OrderType.STOP_LIMIT:
        request["stoplimit"] = _or(change.limit, row.price_stoplimit)
    if change.expires:
        return request | {"type_time": m.ORDER_TIME_SPECIFIED, "expiration": local(change.expires)}
    return request | {"type_time": row.type_time, "expiration": row.time_expiration}


def filling_of(m: Any, tif: TimeInForce, info: Any) -> int:
    """The enumeration for what the symbol's mask allows: all at once where that may be asked, else what is there."""
    if tif is TimeInForce.IOC and info.filling_mode & IOC:
        return int(m.ORDER_FILLING_IOC)
    if info.filling_mode & FOK:
        return int(m.ORDER_FILLING_FOK)
    if info.filling_mode & IOC:
        return int(m.ORDER_FILLING_IOC)
    return int(m.ORDER_FILLING_RETURN)


def update_of(words: Words, row: Any, utc: Callable[[int], int], now: int, magic: int) -> OrderUpdate:
    """An order of theirs, working or ended."""
    kind, side = kind_of(words, row.type)
    status = STATUS.get(row.state, Status.UNKNOWN)
    prices = {OrderType.LIMIT: (row.price_open, NAN), OrderType.STOP: (NAN, row.price_open)}
    limit, stop = prices.get(kind, (NAN, NAN))
    if kind is OrderType.STOP_LIMIT:
        limit, stop = row.price_stoplimit, row.price_open
    moment = row.time_done_msc if status not in ALIVE and row.time_done_msc else row.time_setup_msc
    return OrderUpdate(
        ticket=str(row.ticket), symbol=row.symbol, side=side, type=kind, status=status, qty=row.volume_initial,
        filled=round(row.volume_initial - row.volume_current, 8), ts_event=utc(moment), ts_recv=now,
        client_id=row.comment if row.magic == magic else "", limit=limit, stop=stop, sl=row.sl or NAN, tp=row.tp or NAN,
        expires=utc(row.time_expiration * 1000) if row.time_expiration else 0,
    )  # fmt: skip


def deal_of(words: Words, deal: Any, utc: Callable[[int], int], now: int, magic: int) -> Fill | Cash:
    """A deal as the account hears it: an execution, or money that came or went."""
    m, ts = words.mt5, utc(deal.time_msc)
    if deal.type not in (m.DEAL_TYPE_BUY, m.DEAL_TYPE_SELL):
        credit = deal.type == m.DEAL_TYPE_CREDIT
        amount = deal.profit + deal.commission + deal.swap
        return Cash(
            id=str(deal.ticket), amount=amount, ts_event=ts, ts_recv=now, credit=credit, text=deal.comment
        )  # fmt: skip
    return Fill(
        trade=str(deal.ticket), ticket=str(deal.order), symbol=deal.symbol,
        side=1 if deal.type == m.DEAL_TYPE_BUY else -1, qty=deal.volume, price=deal.price, ts_event=ts, ts_recv=now,
        commission=0.0 - deal.commission - deal.fee, swap=deal.swap, position=str(deal.position_id),
        client_id=deal.comment if deal.magic == magic else "", closes=deal.entry != m.DEAL_ENTRY_IN,
        why=WHYS.get(deal.reason, Why.EXTERNAL),
    )  # fmt: skip


def position_of(words: Words, row: Any, utc: Callable[[int], int], now: int, magic: int) -> Position:
    """A position as the terminal lists it, by its identifier: deals name it so, and it keeps it when it turns round."""
    return Position(
        ticket=str(row.identifier), symbol=row.symbol, side=1 if row.type == words.mt5.POSITION_TYPE_BUY else -1,
        qty=row.volume, price=row.price_open, ts_event=utc(row.time_update_msc), ts_recv=now, sl=row.sl or NAN,
        tp=row.tp or NAN, swap=row.swap, client_id=row.comment if row.magic == magic else "",
    )  # fmt: skip


def instrument_of(info: Any) -> Instrument:
    """A contract as the server states it."""
    mode = CalcMode(info.trade_calc_mode).name.lower()
    triple = {0: 6, 1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5}[info.swap_rollover3days]  # Sunday is 0 there, Monday here
    days = [3.0 if day == triple else 1.0 if day < 5 else 0.0 for day in range(7)]
    forex = mode.startswith("forex")
    return Instrument(
        kind="fx" if forex else "cfd",
        symbol=info.name,
        base=info.currency_base if forex else None,
        quote=info.currency_profit,
        margin_currency=info.currency_margin,
        contract_size=info.trade_contract_size,
        price_digits=info.digits,
        price_increment=info.trade_tick_size or info.point,
        qty_min=info.volume_min,
        qty_max=info.volume_max,
        qty_increment=info.volume_step,
        calc_mode=mode,
        initial_margin=info.margin_initial,
        maintenance_margin=info.margin_maintenance,
        hedged_margin=info.margin_hedged,
        hedged_use_leg=bool(info.margin_hedged_use_leg),
        swap_mode=SwapMode(info.swap_mode).name.lower(),
        swap_long=info.swap_long,
        swap_short=info.swap_short,
        swap_days=tuple(days),
        stops_level=info.trade_stops_level,
        freeze_level=info.trade_freeze_level,
    )


def _given(price: float) -> float:
    return float(price) if math.isfinite(price) else 0.0


def _or(wanted: float, held: float) -> float:
    return wanted if wanted == wanted else held
