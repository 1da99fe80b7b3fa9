"""The loop of a compiled strategy: the account's quiet tick and on_quote in one piece of machine code.

It plays one account, or a group of accounts side by side: a few thousand rows to each in turn, which stay in the
processor's cache, without a word to Python in between.

At most quotes nothing happens but on_quote. For these the tick is compiled into this loop with on_quote behind it, and
what the strategy remembers stays in the processor's registers from one quote to the next. Every other row is played by
the kernel's `advance`, every other call goes through `heard`: the same rows and calls, in the same order, as for a
plain strategy that Python drives.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from numba import from_dtype, njit, types
from numba.extending import intrinsic

from simcore.kernel.jit import record_from_address
from simcore.kernel.loop import (
    END,
    NONE,
    advance_entry,
    feed_at,
    load_f8,
    load_i8,
    only_quotes,
    quiet_row,
    rules_at,
    state_at,
    tape_at,
)
from simcore.kernel.schema import instrument
from simcore.kernel.schema.record import record
from simcore.kernel.step import tick
from simcore.strategy.machine.context import CONTEXT
from simcore.strategy.machine.emit import Emit
from simcore.strategy.machine.functions import INSIDE
from simcore.strategy.machine.views import make

advance = advance_entry.external
ALONE, OUTSIDE, TOGETHER = 0, 1, 2
GROUP = record(
    feeds="i8",  # where the addresses of the feeds are, one after the other
    n="i8",
    at="i8",  # whose turn it is
    row="i8",  # all have played the rows before this one
    step="i8",
    end="i8",
)
group_at = record_from_address(from_dtype(GROUP))


def replay(memory_of: Any, heard: Any, hears_quotes: bool) -> Callable[[int, int], int]:
    """The Python source of `play(address, how)` for one class, to be compiled.

    ALONE plays the rows of the feed at the address and returns END, or DRAIN where the tape wants to be emptied first.
    TOGETHER does so for the group at the address; DRAIN is about the feed it is at. OUTSIDE calls the handler in
    state.call of the feed and no more. `memory_of(state, rules)` is the strategy's `self`, `heard` calls the handler in
    state.call.
    """

    def play(address, how):  # type: ignore[no-untyped-def]
        group = group_at(address)
        while True:
            feed = feed_at(next_of(group) if how == TOGETHER else address)
            state, rules, tape = state_at(feed.state), rules_at(feed.rules), tape_at(feed.tape)
            call = END
            while True:
                if how == OUTSIDE:
                    heard(state, rules, tape)
                    return END
                if hears_quotes:
                    if only_quotes(feed) and instrument(state, 0).n_series == 0:
                        _quotes_of_one(feed, state, rules, tape, memory_of(state, rules))
                    else:
                        _quotes(feed, state, rules, tape, memory_of(state, rules))
                call = advance(feed)
                if call <= NONE:
                    break
                heard(state, rules, tape)
            if how != TOGETHER or call != END or is_last(group):
                return call

    return play


@njit(**INSIDE)
def next_of(group):  # type: ignore[no-untyped-def]
    """The address of the feed whose turn it is, up to the end of the rows that all play now."""
    address = load_i8(group.feeds, group.at)
    feed_at(address).n = min(group.row + group.step, group.end)
    return address


@njit(**INSIDE)
def is_last(group):  # type: ignore[no-untyped-def]
    """Go on to the next feed, or to the next rows; True where all rows are played."""
    group.at += 1
    if group.at == group.n:
        group.at = 0
        group.row = min(group.row + group.step, group.end)
    return group.row == group.end


@njit(**INSIDE)
def _quotes_of_one(feed, state, rules, tape, strategy):  # type: ignore[no-untyped-def]
    """Play quotes of the only instrument, without sizes and bars, until one is not quiet."""
    _apart(feed, state, rules, tape, strategy)
    ts, bid, ask = feed.ts, feed.bid, feed.ask
    i, n = feed.cursor, feed.n
    s = instrument(state, 0)
    ctx = context(state, rules, tape, 0)
    while i < n and (state.wake | tape.full) == 0 and tick(state, s, load_i8(ts, i), load_f8(bid, i), load_f8(ask, i)):
        i += 1
        strategy.on_quote(ctx)
    feed.cursor = i


@njit(**INSIDE)
def _quotes(feed, state, rules, tape, strategy):  # type: ignore[no-untyped-def]
    """Play rows until one is not a quiet quote."""
    _apart(feed, state, rules, tape, strategy)
    i, n = feed.cursor, feed.n
    while i < n and (state.wake | tape.full) == 0 and quiet_row(state, rules, feed, i):
        i += 1
        strategy.on_quote(context(state, rules, tape, state.k))
    feed.cursor = i


@intrinsic
def context(typing_context: Any, state: Any, rules: Any, tape: Any, k: Any) -> Any:
    """ctx of instrument k."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        names = dict(zip(("state", "rules", "tape", "k"), args, strict=True))
        return make(Emit(context, builder), CONTEXT, **names)

    return CONTEXT(state, rules, tape, types.int64), codegen


@intrinsic
def _apart(typing_context: Any, feed: Any, state: Any, rules: Any, tape: Any, strategy: Any) -> Any:
    """Promise the compiler that a function's arguments are memory of their own, the last a whole record of its class.

    They are: the strategy's memory lies behind State, where neither the tick nor anything a handler calls looks. This
    lets it keep the strategy's fields in registers over the whole loop.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")  # the promise belongs to the function's arguments
        pointers = [one for one in builder.function.args if one.name.startswith("arg.")]
        for pointer in pointers:
            pointer.add_attribute("noalias")
        pointers[-1].attributes.dereferenceable = ctypes.sizeof(signature.args[-1].cls)
        pointers[-1].attributes.align = 8
        return context.get_dummy_value()

    return types.none(feed, state, rules, tape, strategy), codegen
