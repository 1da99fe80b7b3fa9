"""Pairs: trade the spread between two instruments that belong together.

PairReversion looks at `first - ratio * second`, and at how many standard deviations it is from its mean. Assumes that
the first two instruments of the run are the pair, and that both tick in most bars: where one did not, its last close
stands. `ratio` is yours to estimate, on data the run does not see.
"""

from __future__ import annotations

import simcore as sc


class PairReversion(sc.Strategy):
    """Sells a spread stretched upwards and buys one stretched downwards, both legs at once; leaves near its mean."""

    bars = "1min"
    period: int = 60
    enter: float = 2.0  # standard deviations
    leave: float = 0.5
    ratio: float = 1.0  # of the second price to the first, and of its qty
    qty: float = 0.10  # of the first instrument
    _score = sc.ZScore("period")

    def on_bars(self, ctx: sc.Context) -> None:
        first, second = ctx[0], ctx[1]
        spread = first.bar.close - self.ratio * second.bar.close
        if spread != spread:  # nan: one of them has no bar yet
            return
        score = self._score.update(spread)
        if not self._score.ready:
            return
        if first.position == 0 and second.position == 0:
            if score > self.enter:
                first.sell(self.qty)
                second.buy(second.round_qty(self.ratio * self.qty))
            elif score < -self.enter:
                first.buy(self.qty)
                second.sell(second.round_qty(self.ratio * self.qty))
        elif abs(score) < self.leave:
            first.close()
            second.close()


FastPairReversion = sc.compiled(PairReversion)
