"""Every code the account knows: plain integers in the records, names here.

One place for the vocabulary of DESIGN's "Words": sides, order types, times in force, statuses, reasons, events. The
kernel stores the integer; faces print the name. Values are append-only: journals and snapshots hold them.
"""

from enum import IntEnum, IntFlag


class Venue(IntEnum):
    """Who plays the broker's side."""

    SIMULATED = 0  # we match, finance and liquidate
    EXTERNAL = 1  # fills, cash and order events come in; ours become predictions


class Mode(IntEnum):
    """How fills become positions."""

    NETTING = 0  # one position per instrument
    HEDGING = 1  # one ticket per opening order
    EXCHANGE = 2  # netting, with the exchange's own margin


class Valuation(IntEnum):
    """At which price open positions are valued."""

    SIDED = 0  # where they would be closed: bid for longs, ask for shorts
    MID = 1
    LAST = 2  # the last print


class StopOutMoney(IntEnum):
    """What margin call and stop-out levels are."""

    PER_CENT = 0  # ratios: equity / used margin
    EQUITY = 1  # amounts of equity (MetaTrader 5)
    FREE_MARGIN = 2  # amounts of equity - used margin (MetaTrader 4)


class ProfitConversion(IntEnum):
    """At which side of the cross a result is converted."""

    DEAL = 0  # MetaTrader 5: Forex by the side of the deal, anything else at the worse side
    MARKET = 1  # MetaTrader 5's option: a gain at bid, a loss at ask
    MID = 2
    MT4 = 3  # Forex: buys at bid, sells at ask; anything else at bid


class FreeMargin(IntEnum):
    """Which floating result counts when free margin is asked for: MetaTrader's free margin mode."""

    ALL = 0
    NONE = 1
    PROFIT = 2  # a gain only
    LOSS = 3  # a loss only


class MarginCause(IntFlag):
    """Why the margin of an instrument is multiplied; several may hold at once."""

    WEEKEND = 1
    HOLIDAY = 2
    SESSION = 4
    NEWS = 8
    VOLATILITY = 16


class LeverRange(IntEnum):
    """What the tiers of a floating-leverage rule count."""

    VOLUME = 0  # lots of all its instruments together
    VOLUME_SYMBOL = 1
    NOTIONAL = 2  # money of the rule's currency
    NOTIONAL_SYMBOL = 3


class CalcMode(IntEnum):
    """Margin and profit formula of an instrument; values are MetaTrader 5's ENUM_SYMBOL_CALC_MODE."""

    FOREX = 0
    FUTURES = 1
    CFD = 2
    CFD_INDEX = 3
    CFD_LEVERAGE = 4
    FOREX_NO_LEVERAGE = 5
    EXCH_STOCKS = 32
    EXCH_FUTURES = 33
    EXCH_FUTURES_FORTS = 34
    EXCH_OPTIONS = 35
    EXCH_BONDS = 37
    EXCH_STOCKS_MOEX = 38  # the kernel has 32 and 37 for these two
    EXCH_BONDS_MOEX = 39
    SERV_COLLATERAL = 64


class TradeMode(IntEnum):
    """What an instrument may be traded for; values are MetaTrader 5's ENUM_SYMBOL_TRADE_MODE."""

    DISABLED = 0
    LONG_ONLY = 1
    SHORT_ONLY = 2
    CLOSE_ONLY = 3
    FULL = 4


class SwapMode(IntEnum):
    """How swap_long and swap_short are read; values are MetaTrader 5's ENUM_SYMBOL_SWAP_MODE."""

    DISABLED = 0
    POINTS = 1
    CURRENCY_BASE = 2
    CURRENCY_MARGIN = 3
    CURRENCY_DEPOSIT = 4
    INTEREST_CURRENT = 5
    INTEREST_OPEN = 6
    REOPEN_CURRENT = 7
    REOPEN_BID = 8
    CURRENCY_PROFIT = 9


class OrderType(IntEnum):
    """What an order waits for: nothing, a better price, a worse one, a worse and then a limit, a worse that follows."""

    MARKET = 0
    LIMIT = 1
    STOP = 2
    STOP_LIMIT = 3
    TRAILING_STOP = 4


class TimeInForce(IntEnum):
    """How long an order works: until canceled, this day, until `expires`, what it gets at once, all at once or not."""

    GTC = 0
    DAY = 1
    GTD = 2
    IOC = 3
    FOK = 4
    OPG = 5  # at the open
    CLS = 6  # at the close


class Status(IntEnum):
    """Where an order stands: SUBMITTED, ACCEPTED and PARTIALLY_FILLED are alive, UNKNOWN may be, the rest are over."""

    NONE = 0
    SUBMITTED = 1
    ACCEPTED = 2
    PARTIALLY_FILLED = 3
    FILLED = 4
    CANCELED = 5
    EXPIRED = 6
    DENIED = 7  # refused by us
    REJECTED = 8  # refused by the broker
    UNKNOWN = 9  # live only: sent, answer lost


class Reason(IntEnum):
    """Why an order was refused or ended. `brokers.reasons` turns each into a sentence with its numbers."""

    NONE = 0
    # refused by the broker
    QTY_NOT_POSITIVE = 1
    QTY_BELOW_MIN = 2
    QTY_ABOVE_MAX = 3
    QTY_OFF_GRID = 4
    NO_QUOTE = 5
    MARKET_CLOSED = 6
    PRICE_NOT_POSITIVE = 7
    PRICE_WRONG_SIDE = 8
    STOPS_TOO_CLOSE = 9
    SL_WRONG_SIDE = 10
    TP_WRONG_SIDE = 11
    EXPIRES_IN_PAST = 12
    NO_MONEY = 13
    POST_ONLY_CROSSES = 14
    NOTHING_TO_REDUCE = 15
    UNKNOWN_ORDER = 16
    UNKNOWN_POSITION = 17
    CLOSE_QTY = 18
    FROZEN = 19
    NO_CONVERSION = 20
    NOT_OPPOSITE = 21
    NOT_HEDGING = 22
    OCO_ENDED = 23
    PARENT_ENDED = 24
    TRAIL_NOT_POSITIVE = 25
    TYPE_FORBIDDEN = 26
    TRADE_DISABLED = 27
    LONG_ONLY = 28
    SHORT_ONLY = 29
    CLOSE_ONLY = 30
    INVALID_ORDER = 31  # the instrument takes no such order
    INVALID_FILL = 32
    INVALID_EXPIRATION = 33
    LIMIT_ORDERS = 34
    LIMIT_VOLUME = 35
    LIMIT_POSITIONS = 36
    FIFO_CLOSE = 37
    HEDGE_PROHIBITED = 38
    # refused by us
    NOT_WARM = 40
    BOOK_FULL = 41
    POSITIONS_FULL = 42
    REQUESTS_FULL = 43
    UNKNOWN_INSTRUMENT = 44
    NOT_LIVE = 45
    TIMERS_FULL = 46
    GATE_MARGIN_LEVEL = 47
    GATE_FREE_MARGIN = 48
    LIMIT_LEVERAGE = 49
    UNHEARD_FULL = 50
    LIMIT_CLASS_LEVERAGE = 51
    LIMIT_POSITION_LEVERAGE = 52
    LIMIT_NOTIONAL = 53
    LIMIT_CLASS_NOTIONAL = 54
    LIMIT_POSITION_NOTIONAL = 55
    LIMIT_POSITION_QTY = 56
    LIMIT_MARGIN = 57
    LIMIT_MAX_ORDERS = 58
    LIMIT_MAX_POSITIONS = 59
    GATE_LEGS = 80
    TOO_LATE = 81
    NEVER_ARRIVED = 82
    LIMIT_FREE_MARGIN = 83  # an order is cut to what margin allows, never refused for it by us
    # ended without being refused
    NOT_ENOUGH_SIZE = 60
    OCO_FILLED = 61
    PARENT_CANCELED = 62
    BY_REQUEST = 63
    TIME = 64
    STOP_OUT = 65
    NO_MONEY_AT_TRIGGER = 66
    POSITION_CLOSED = 67
    CORPORATE_ACTION = 68


class Why(IntEnum):
    """What caused a fill."""

    ORDER = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2
    STOP_OUT = 3
    CLOSE_BY = 4
    END = 5  # finalize_trades
    EXTERNAL = 6
    ROLLOVER = 7  # closed and opened again at the end of the day (swap_mode reopen)
    CASH_IN_LIEU = 8  # of the fraction of a share that a split left over


class EventKind(IntEnum):
    """Rows of the tape's events table."""

    ORDER_REFUSED = 0  # a new order, or a change or a cancel, was refused
    MARGIN_CALL = 1
    MARGIN_CALL_CLEARED = 2
    STOP_OUT = 3
    SWAP = 4
    DEPOSIT = 5
    BALANCE_COMPENSATION = 6
    STOP_OUT_ORDER = 7  # a pending order deleted to free its margin
    POSITION_MODIFIED = 8
    GATE_WARNING = 9
    GATE_CLOSE = 10  # our own watch closes a position
    LIMIT_VIOLATED = 11
    ORDER_ADJUSTED = 12  # qty cut to what a limit allows
    SPLIT = 13
    DIVIDEND = 14
    MARGIN_CHANGED = 20  # an instrument's margin is multiplied by something else from now on
    MARGIN_RATE = 21  # the conversion rate of a position's margin, anew at the end of the day
    GATE_PASSED = 22


class Kind(IntEnum):
    """Rows of a feed. `market.feed` writes the same numbers."""

    QUOTE = 0
    PRINT = 1
    BAR_OPEN = 2
    BAR_FIRST = 3
    BAR_SECOND = 4
    BAR_CLOSE = 5
    HEARTBEAT = 6  # only time passes
    SPLIT = 7  # bid: new shares for one old
    DIVIDEND = 8  # bid: cash a share, quote currency


class Call(IntEnum):
    """What the driver has to call next; the first three end a call of `advance`."""

    END = -1  # no more rows
    DRAIN = -2  # the tape is nearly full
    NONE = 0
    QUOTE = 1
    PRINT = 2
    BAR = 3
    BARS = 4
    FILL = 5
    ORDER = 6
    TIMER = 7
    START = 8
    STOP = 9


class Hears(IntEnum):
    """Bits of rules.hears: the handlers a strategy has. Bit = 1 << Call."""

    QUOTE = 1 << 1
    PRINT = 1 << 2
    BAR = 1 << 3
    BARS = 1 << 4
    FILL = 1 << 5
    ORDER = 1 << 6
    TIMER = 1 << 7
