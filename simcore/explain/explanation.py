"""An explanation as text that reads from the top: what happened, then the account it happened to, term by term."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any, Final

import numpy as np

from simcore.explain.margin import number

WIDTH: Final = 18  # of a figure's name


def when(ns: int) -> str:
    """UTC, to the nanosecond where it has that many digits."""
    text = str(np.datetime_as_string(np.datetime64(ns, "ns")))
    return text.rstrip("0").rstrip(".").replace("T", " ") + " UTC"


def level(value: float) -> str:
    return f"{100.0 * value:,.2f} %" if math.isfinite(value) else "infinite"


def rounded(value: float, digits: int) -> float:
    """Half away from zero, as the account rounds money; a term may lie halfway where their sum does not."""
    scale = 10.0**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-6) / scale, value) if math.isfinite(value) else value


class Explanation:
    """What `Result.explain` found: `.text` for people, `.to_dict()` for machines; notebooks show the text.

    In the dict times are ns UTC, money is in account currency and an infinite margin level is inf.
    """

    def __init__(self, facts: Mapping[str, Any], words: Mapping[str, Any]) -> None:
        self._facts, self._words = dict(facts), words

    def to_dict(self) -> dict[str, Any]:
        """Every figure of the text."""
        return {"currency": self._words["currency"], **self._facts}

    @property
    def text(self) -> str:
        """Plain text, aligned."""
        parts = [self._about_order(), self._about_instant(), self._met(), self._account(self._facts["account"])]
        return "\n".join(line for part in parts for line in part)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Explanation({self.text.splitlines()[0]})"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"

    # ---- what happened

    def _about_order(self) -> list[str]:
        o = self._facts.get("order")
        if o is None:
            return []
        verb = {1: "buy", -1: "sell"}.get(o.get("side"), "an order of")
        what = " ".join(x for x in (verb, number(o["qty"]) if o["qty"] else "", o["symbol"], o["type"] or "") if x)
        sent = when(o["ts"]) if o["ts"] else "before the first row"
        lines = [f"Order {o['id']}: {what}, sent {sent}: {o['status']}"]
        prices = ((name, o[name]) for name in ("limit", "stop", "trail", "sl", "tp"))
        given = [f"{name} {self._price(o['symbol'], x)}" for name, x in prices if x is not None and x == x and x]
        lines += [f"  {', '.join(given)}"] if given else []
        lines += [
            f"  {when(h['ts']) if h['ts'] else 'before the first row'}  {h['status']}, {number(h['filled'])} filled"
            for h in self._facts["history"]
        ]
        lines += self._refusal(o)
        for fill in self._facts["fills"]:
            lines += self._fill(o["symbol"], fill)
        for e in self._facts["exits"]:
            price = self._price(o["symbol"], e["price"])
            lines.append(
                f"Position {e['position']}: {number(e['qty'])} closed {when(e['ts'])} at {price} by "
                f"{e['why'].replace('_', ' ')}, profit {self._money(e['pnl'])}"
            )
        return [*lines, ""]

    def _refusal(self, o: Mapping[str, Any]) -> list[str]:
        r = self._facts["refusal"]
        if r is None:
            return [f"Ended: {o['sentence']}"] if o["sentence"] else []
        refused = o["status"] in ("REJECTED", "DENIED")
        lines = [f"{'Refused' if refused else 'Ended'}: {r['sentence']}"]
        if "alone" in r:
            how = f" = {r['alone']['factors']}" if r["alone"]["factors"] else ""
            lines.append(f"  margin of this order alone {self._money(r['alone']['margin'])}{how}")
        if "short_of" in r:
            cost = f" + commission {self._money(r['commission'])}" if r["commission"] else ""
            lines.append(
                f"  short of {self._money(r['short_of'])}: needed {self._money(r['needed'])}{cost} "
                f"- free margin {self._money(r['free_margin'])}"
            )
        if "max_qty" in r:
            enough = (
                f"{number(r['max_qty'])} would have been taken, no more" if r["max_qty"] else "no quantity would do"
            )
            lines.append(f"  {enough}")
        return lines

    def _fill(self, symbol: str, f: Mapping[str, Any]) -> list[str]:
        name, quote = ("ask", f["ask"]) if f["side"] > 0 else ("bid", f["bid"])
        away = f["side"] * (f["price"] - quote)
        price, stood = self._price(symbol, f["price"]), self._price(symbol, quote)
        against = "the " + name if not round(away, 10) else f"the {name} was {stood}"
        lines = [
            f"Filled {number(f['qty'])} at {price}, {against}{', as maker' if f['maker'] else ''}, {when(f['ts'])}",
            f"  slippage {self._money(f['slippage'])}, commission {self._money(f['commission'])}, "
            f"balance after it {self._money(f['balance'])}",
        ]
        if f["closed_qty"]:
            lines.append(
                f"  closed {number(f['closed_qty'])}: profit {self._money(f['pnl'])}, swap {self._money(f['swap'])}"
            )
        return lines

    def _about_instant(self) -> list[str]:
        if "ts" not in self._facts:
            return []
        lines = [f"At {when(self._facts['ts'])}"]
        lines += [f"  {sentence}" for sentence in self._facts["events"]]
        lines.append("")
        for chain in self._facts["stop_outs"]:
            lines += self._chain(chain)
        return lines

    def _chain(self, chain: Mapping[str, Any]) -> list[str]:
        """A stop-out: what it met, what it did and why, the level before and after each action."""
        limit = self._words["stop_out_level"]
        are = str(self._words["levels_are"])
        told = level(limit) if are == "percent" else f"{self._money(limit)} of {are.replace('_', ' ')}"
        acts = "where the maintenance margin exceeds equity" if "assets" in chain["met"] else f"at or below {told}"
        lines = [f"Stop-out: acts {acts}; first the order that reserves most, then the position with the lowest profit"]
        for n, a in enumerate(chain["actions"], 1):
            if a["what"] == "order":
                did = f"deletes order {a['id']} of {a['symbol']}, which reserved {self._money(a['margin'])}"
            else:
                did = f"closes position {a['id']} of {a['symbol']}, profit {self._money(a['pnl'])}"
            before = f"{self._money(a['equity'])} / {self._money(a['used_margin'])} = {level(a['level_before'])}"
            lines.append(f"  {n}. level {before}: {did}; level after it {level(a['level_after'])}")
        lines += ["", "The account as the stop-out met it", *self._figures(chain["met"]), ""]
        return lines

    # ---- the account

    def _met(self) -> list[str]:
        """The account that refused an order later than it was sent."""
        met = self._facts.get("met")
        if met is None:
            return []
        return [f"The account that refused it, {when(met['ts'])}", *self._figures(met), ""]

    def _account(self, a: Mapping[str, Any]) -> list[str]:
        return [f"The account {self._facts['account_is']}", *self._figures(a)]

    def _figures(self, a: Mapping[str, Any]) -> list[str]:
        profit, kept = "floating profit", []
        if "assets" in a:  # an exchange account: what is held has been paid for
            profit = "worth of holdings"
            kept = [("to keep them", self._money(a["maintenance_margin"]), "")]
        rows = [
            ("balance", self._money(a["balance"]), ""),
            ("credit", self._money(a["credit"]), ""),
            (profit, self._money(a["unrealized_pnl"]), ""),
            ("equity", self._money(a["equity"]), f"= balance + credit + {profit}"),
            ("used margin", self._money(a["used_margin"]), ""),
            ("free margin", self._money(a["free_margin"]), "= equity - used margin"),
            ("margin level", level(a["margin_level"]), "= equity / used margin"),
            *kept,
        ]
        wide = max(len(value) for _, value, _ in rows)
        lines = [f"  {name:<{WIDTH}}{value:>{wide}}  {how}".rstrip() for name, value, how in rows]
        for p in a["positions"]:
            lines += self._position(p)
        for one in a["instruments"]:
            lines += self._margin(one)
        return lines

    def _position(self, p: Mapping[str, Any]) -> list[str]:
        open_price, close = self._price(p["symbol"], p["price"]), self._price(p["symbol"], p["close_price"])
        moved = f"({close} - {open_price})" if p["side"] > 0 else f"({open_price} - {close})"
        rate = f" × {number(p['rate'])} (rate)" if p["rate"] != 1.0 else ""
        how = f" = {moved} × {number(p['units'])} × {number(p['qty'])}{rate}" if p["factors_agree"] else ""
        swap = f", swap {self._money(p['swap'])}" if p["swap"] else ""
        side = "buy" if p["side"] > 0 else "sell"
        return [
            f"  position {p['ticket']}: {side} {number(p['qty'])} {p['symbol']} at {open_price}, closes at {close}",
            f"    profit {self._money(p['pnl'])}{how}{swap}",
        ]

    def _margin(self, one: Mapping[str, Any]) -> list[str]:
        bid, ask = self._price(one["symbol"], one["bid"]), self._price(one["symbol"], one["ask"])
        lines = [f"  margin of {one['symbol']}: {self._money(one['margin'])}   (bid {bid}, ask {ask})"]
        sides = one["sides"]
        if sides["long_qty"] or sides["short_qty"]:
            held = f"    buys {number(sides['long_qty'])}, sells {number(sides['short_qty'])}"
            covered = f", of which cover each other {number(sides['covered_qty'])}" if sides["covered_qty"] else ""
            lines.append(held + covered)
        for term in one["terms"]:
            name = f"{term['what']} {number(term['qty'])}" if "qty" in term else term["what"]
            how = f" = {term['factors']}" if term["factors"] else ""
            lines.append(f"    {name:<{WIDTH}} {self._money(term['margin'])}{how}")
        if one["more"]:
            lines.append(f"    all of it × {number(1.0 + one['more'])}: this is an hour of higher margin")
        return lines

    def _money(self, value: float) -> str:
        digits = self._words["money_digits"]
        return f"{rounded(value, digits):,.{digits}f} {self._words['currency']}"

    def _price(self, symbol: str, value: float) -> str:
        return f"{value:.{self._words['digits'].get(symbol, 5)}f}"
