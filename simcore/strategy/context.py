"""ctx in plain Python: one object per instrument, over the account's own bytes.

    ctx.bid, ctx.equity, ctx.position        what is true now
    ctx["GBPUSD"].bid, ctx[1].position       the same for another instrument
    ctx.buy(0.1, sl=1.09)                    acts on its instrument; returns the order's id, for refused orders too

bid, ask, their sizes and the last print are read straight from memory (26 ns); everything else is a call of a few
hundred. Money is in the account's currency, qty in the instrument's own unit, times are int64 ns UTC. For a price or a
qty, nan and None both mean "not given". What a broker would refuse is REJECTED, never raised; what raises is a call
that means nothing: an unknown tif, symbol or timeframe, text where a number belongs.
"""

from __future__ import annotations

import ctypes
import math
from typing import TYPE_CHECKING, Any, Unpack

from simcore.kernel import schema
from simcore.strategy.errors import StrategyError, unknown_name
from simcore.strategy.orders import CHANGE_KINDS, ORDER_KINDS, PRICE, WHOLE, Changes, OrderTerms, argument, given
from simcore.strategy.views import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    QUOTED,
    Bar,
    Fill,
    Order,
    Position,
    length_of,
    structure,
)

if TYPE_CHECKING:
    from simcore.strategy.account import Account

NAN = math.nan


_NOTHING = given("buy", ORDER_KINDS, {})


class Bars:
    """Closed bars of one timeframe: bars[-1] is the latest, bars[-2] the one before; len(bars) are kept."""

    __slots__ = ("_account", "_series", "_timeframe")

    def __init__(self, account: Account, series: int, timeframe: int) -> None:
        self._account, self._series, self._timeframe = account, series, timeframe

    def __len__(self) -> int:
        return self._account.bars_kept(self._series)

    def __getitem__(self, index: int) -> Bar:
        address = self._account.bar_address(self._series, index)
        if address == 0:
            raise IndexError(f"bars[{index}]: {len(self)} closed bars are kept")
        return self._account.bars_seen.get(address) or self._account.bar(self._series, address)


class Context(ctypes.Structure):
    """What a strategy sees of the market and the account, and how it acts. Every handler gets one.

    Read straight from the account: bid, ask, bid_size, ask_size (what is left of the quoted size, nan = not given),
    last, last_size (the last print), quote_ts (when the standing quote came, 0 = none yet), symbol, and index, which
    ctx[index] takes. Names that begin with a dot are the account's own.
    """

    _fields_ = structure(schema.INSTRUMENT, QUOTED)
    __slots__ = ("_account", "index", "symbol")
    if TYPE_CHECKING:
        bid: float
        ask: float
        bid_size: float  # what is left of the quoted size; nan = not given
        ask_size: float
        last: float  # price and size of the last print
        last_size: float
        quote_ts: int  # when the standing quote came; 0 = none yet
        symbol: str
        index: int  # of this instrument, as in ctx[index]
        _account: Account
    else:

        def __getattr__(self, name):
            raise AttributeError(unknown_name("ctx", name, (one for one in dir(type(self)) if one[0] not in "_.")))

    def __getitem__(self, which: str | int) -> Context:
        return self._account.context(which)

    def __len__(self) -> int:
        """How many instruments there are."""
        return len(self._account.contexts)

    # ---------------------------------------------------------------------------------------------- this event

    @property
    def ts(self) -> int:
        """Now: the time of the event being heard, ns UTC."""
        return self._account.head.now  # type: ignore[no-any-return]

    @property
    def mid(self) -> float:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) * 0.5

    @property
    def bar(self) -> Bar:
        """The latest closed bar: in on_bar the one being heard, elsewhere of the first timeframe asked for."""
        account = self._account
        address = account.bar_heard(self.index)
        return account.bars_seen.get(address) or account.bar(account.series_heard(self.index), address)

    def bars(self, timeframe: str | None = None) -> Bars:
        """Closed bars of a timeframe that the strategy asks for in `bars`; without an argument, of its first."""
        account = self._account
        series = account.find_series(self.index, 0 if timeframe is None else length_of(timeframe))
        if series < 0:
            asked = f'bars = "{timeframe}"' if timeframe else "bars"
            raise StrategyError(
                f"ctx.bars({timeframe!r}): the strategy does not ask for them; set {asked} in the class"
            )
        return Bars(account, series, account.timeframe(series))

    @property
    def fill(self) -> Fill:
        """The fill that on_fill is about."""
        return self._account.notice

    @property
    def change(self) -> Fill:
        """The order change that on_order is about: id, status, reason."""
        return self._account.notice

    @property
    def hour(self) -> int:
        """0 to 23, on the broker's clock."""
        return self._account.local_time() // HOUR % 24

    @property
    def minute(self) -> int:
        """0 to 59, on the broker's clock."""
        return self._account.local_time() // MINUTE % 60

    @property
    def weekday(self) -> int:
        """0 = Monday, on the broker's clock."""
        return (self._account.local_time() // DAY + MONDAY) % 7

    # ------------------------------------------------------------------------------------------------ instrument

    @property
    def price_increment(self) -> float:
        """The smallest step of the price: MetaTrader's point, 0.00001 of EURUSD."""
        terms = self._account.terms(self.index)
        return terms.price_step / terms.price_scale  # type: ignore[no-any-return]

    @property
    def contract_size(self) -> float:
        """Units per 1.0 of qty."""
        return self._account.terms(self.index).contract_size  # type: ignore[no-any-return]

    @property
    def qty_min(self) -> float:
        """The smallest qty of an order."""
        return self._account.terms(self.index).qty_min  # type: ignore[no-any-return]

    @property
    def qty_increment(self) -> float:
        """The step of the qty."""
        return self._account.terms(self.index).qty_increment  # type: ignore[no-any-return]

    # ------------------------------------------------------------------------------------------------- account

    @property
    def balance(self) -> float:
        """Cash: deposits and closed profit, less costs; what is open is not in it."""
        return self._account.figures.balance  # type: ignore[no-any-return]

    @property
    def equity(self) -> float:
        """balance + credit + unrealized_pnl."""
        return self._account.equity()

    @property
    def used_margin(self) -> float:
        """What positions and waiting orders tie up."""
        return self._account.figures.used_margin  # type: ignore[no-any-return]

    @property
    def free_margin(self) -> float:
        """equity - used_margin; without the floating result where the broker's free margin leaves it out."""
        return self._account.free_equity() - self.used_margin

    @property
    def margin_level(self) -> float:
        """equity / used_margin; inf when nothing is used."""
        used = self.used_margin
        return self._account.equity() / used if used > 0.0 else math.inf

    @property
    def unrealized_pnl(self) -> float:
        """Of all open positions at their closing side, swap included."""
        return self._account.unrealized_pnl()

    # ---------------------------------------------------------------------------------------------------- book

    @property
    def position(self) -> float:
        """Signed qty held here: longs minus shorts."""
        return self._account.net_qty(self.index)

    @property
    def entry_price(self) -> float:
        """Average open price; nan when flat."""
        return self._account.entry_price(self.index)

    @property
    def positions(self) -> list[Position]:
        """Open positions of this instrument, oldest first, as they stood when asked for."""
        return self._account.positions(self.index)

    @property
    def orders(self) -> list[Order]:
        """Working orders of this instrument, oldest first, as they stood when asked for."""
        return self._account.orders(self.index)

    def order(self, id: int) -> Order:
        """A working order; a false one where `id` is not working."""
        return self._account.order(argument("order", "id", WHOLE, id))

    # ------------------------------------------------------------------------------------------------------- act

    def buy(self, qty: float, **terms: Unpack[OrderTerms]) -> int:
        """Send an order to buy; returns its id. Without limit, stop or trail it is a market order.

        qty in the instrument's unit. Raises StrategyError for a malformed argument only.
        """
        return self._send("buy", 1, qty, terms)

    def sell(self, qty: float, **terms: Unpack[OrderTerms]) -> int:
        """Send an order to sell; the same as buy."""
        return self._send("sell", -1, qty, terms)

    def _send(self, what: str, side: int, qty: float, terms: Any) -> int:
        account = self._account
        values = given(what, ORDER_KINDS, terms) if terms else _NOTHING
        draft = account.draft
        try:
            draft.qty = qty
        except TypeError:
            raise StrategyError(f"{what}({qty!r}): qty must be a number") from None
        draft.instrument, draft.side = self.index, side
        for name, value in values.items():
            setattr(draft, name, value)
        return account.submit()

    def modify(self, id: int, **changes: Unpack[Changes]) -> int:
        """Change a working order, or a position's SL, TP and trail by the order that opened it; 0 when refused."""
        account = self._account
        values = given("modify", CHANGE_KINDS, dict(changes))
        draft = account.draft
        draft.id = argument("modify", "id", WHOLE, id)
        for name, value in values.items():
            setattr(draft, name, value)
        return account.modify()

    def cancel(self, id: int) -> int:
        """Cancel a working order of any instrument; 0 when refused."""
        return self._account.cancel(argument("cancel", "id", WHOLE, id))

    def cancel_all(self) -> int:
        """Cancel every working order of this instrument; returns how many."""
        return self._account.cancel_all(self.index)

    def close(self, qty: float | None = NAN, position: int | None = 0) -> int:
        """Close what is held here, or `qty` of it, or of one ticket; returns the order's id, 0 for nothing."""
        part, ticket = argument("close", "qty", PRICE, qty), argument("close", "position", WHOLE, position)
        return self._account.close(self.index, part, ticket)

    def close_by(self, a: int, b: int) -> int:
        """Close two opposite tickets against each other (hedging); 0 when refused."""
        return self._account.close_by(argument("close_by", "a", WHOLE, a), argument("close_by", "b", WHOLE, b))

    def set_timer(self, ts: int) -> int:
        """Have on_timer called at the first event at or after `ts`, int64 ns UTC."""
        return self._account.set_timer(argument("set_timer", "ts", WHOLE, ts))

    # ------------------------------------------------------------------------------------------------------ size

    def max_qty(self, side: int = 1) -> float:
        """The largest qty the free margin allows to buy (side 1) or sell (side -1), on the qty grid."""
        return self._account.max_qty(self.index, argument("max_qty", "side", WHOLE, side))

    def qty_for(self, *, risk: float, sl: float) -> float:
        """The qty that loses `risk`, account currency, when the stop at `sl` is hit; rounded down to the grid."""
        amount, stop = argument("qty_for", "risk", PRICE, risk), argument("qty_for", "sl", PRICE, sl)
        return self._account.qty_for(self.index, amount, stop)

    def round_qty(self, x: float) -> float:
        """`x` rounded down to the qty grid; 0 below the smallest qty."""
        return self._account.round_qty(self.index, argument("round_qty", "x", PRICE, x))
