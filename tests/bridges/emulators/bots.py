"""Two bots written against MetaTrader's documentation, knowing nothing of simcore; run as `python bots.py NAME`.

crossing   polls closed one-minute bars, buys and sells at the crossing of two averages, one position at a time
grid       keeps limit orders around the price, cancels them in the end and closes what they opened
"""

import sys

import MetaTrader5 as mt5

SYMBOL = "EURUSD"
MAGIC = 234000


def send_market(kind, price, volume, position=0):
    request = {
        "action": mt5.TRADE_ACTION_DEAL,
        "symbol": SYMBOL,
        "volume": volume,
        "type": kind,
        "price": price,
        "deviation": 20,
        "magic": MAGIC,
        "comment": "crossing",
        "type_time": mt5.ORDER_TIME_GTC,
        "type_filling": mt5.ORDER_FILLING_IOC,
    }
    if position:
        request["position"] = position
    check = mt5.order_check(request)
    assert check is not None, mt5.last_error()
    assert check.retcode == 0, check.comment
    result = mt5.order_send(request)
    assert result.retcode == mt5.TRADE_RETCODE_DONE, result.comment
    return result


def crossing(looks=6000):
    seen = 0
    for _ in range(looks):
        tick = mt5.symbol_info_tick(SYMBOL)
        if tick.time // 60 == seen:
            continue
        seen = tick.time // 60
        rates = mt5.copy_rates_from_pos(SYMBOL, mt5.TIMEFRAME_M1, 1, 20)
        if rates is None or len(rates) < 20:
            continue
        up = rates["close"][-5:].mean() > rates["close"].mean()
        wanted = mt5.POSITION_TYPE_BUY if up else mt5.POSITION_TYPE_SELL
        held = [one for one in mt5.positions_get(symbol=SYMBOL) if one.magic == MAGIC]
        if held and held[0].type == wanted:
            continue
        for one in held:
            close = mt5.ORDER_TYPE_SELL if one.type == mt5.POSITION_TYPE_BUY else mt5.ORDER_TYPE_BUY
            send_market(close, tick.bid if close == mt5.ORDER_TYPE_SELL else tick.ask, one.volume, one.ticket)
        kind = mt5.ORDER_TYPE_BUY if up else mt5.ORDER_TYPE_SELL
        send_market(kind, tick.ask if up else tick.bid, 0.1)


def grid(looks=3000):
    info = mt5.symbol_info(SYMBOL)
    middle = mt5.symbol_info_tick(SYMBOL).bid
    for n in range(1, 5):
        for kind, price in (
            (mt5.ORDER_TYPE_BUY_LIMIT, middle - 10 * n * info.point),
            (mt5.ORDER_TYPE_SELL_LIMIT, middle + 20 * n * info.point),
        ):
            request = {
                "action": mt5.TRADE_ACTION_PENDING,
                "symbol": SYMBOL,
                "volume": info.volume_min,
                "type": kind,
                "price": round(price, info.digits),
                "magic": MAGIC,
                "type_filling": mt5.ORDER_FILLING_RETURN,
            }
            result = mt5.order_send(request)
            assert result.retcode == mt5.TRADE_RETCODE_DONE, result.comment
    for _ in range(looks):
        mt5.symbol_info_tick(SYMBOL)
    for order in mt5.orders_get(symbol=SYMBOL):
        done = mt5.order_send({"action": mt5.TRADE_ACTION_REMOVE, "order": order.ticket})
        assert done.retcode == mt5.TRADE_RETCODE_DONE
    assert mt5.Close(SYMBOL) is True


if __name__ == "__main__":
    if not mt5.initialize():
        sys.exit(f"initialize() failed: {mt5.last_error()}")
    {"crossing": crossing, "grid": grid}[sys.argv[1]]()
    account = mt5.account_info()
    deals = [one for one in mt5.history_deals_get(0, 4_000_000_000) if one.symbol]
    print(f"{len(deals)} {account.balance:.2f} {account.equity:.2f} {account.margin:.2f}")
    mt5.shutdown()
