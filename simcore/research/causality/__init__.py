"""Whether a strategy looks into the future.

Every decision up to an instant must come out the same whatever follows it. So the run is made once as it is; then, for
some instants, the future after each is cut off, mirrored (every later move goes the other way), raised and lowered, and
what was decided before must be the very same. What differs is a leak, and is named: the bar or tick, and the order.

    print(sc.causality(EmaCross(fast=5), {"EURUSD": bars}).text)
    print(sc.causality(signals, frame).text)                 # a function of a frame, one answer a row
    print(sc.causality(lambda data: sc.walk_forward(EmaCross, data, ...), {"EURUSD": bars}).text)

`check` makes the runs, `future` changes what follows an instant, `decisions` compares. What a strategy's own code reads
and holds has another future, too: `reread` gives it other files, `remade` runs its file's statements anew, `outside`
changes what it holds besides.
"""

from simcore.research.causality.check import Causality, Leak, causality

__all__ = ["Causality", "Leak", "causality"]
