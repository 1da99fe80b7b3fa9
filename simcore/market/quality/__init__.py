"""The quality of market data: what is wrong with it, by day and in all, and what to do about it.

| fault          | a row                                                                                              |
|----------------|----------------------------------------------------------------------------------------------------|
| invalid        | whose time is empty, a price not finite or not above zero, a size negative, or low above high      |
| crossed        | whose ask is below its bid; of a bar, at its close                                                 |
| locked         | whose ask is its bid; of a bar, at its close                                                       |
| duplicated     | that equals an earlier one in every column, time and sizes included                                |
| unordered      | whose time is before that of a row above it                                                        |
| stale          | that repeats prices which have stood unchanged, row after row without a gap, for longer than 1 h   |
| gapped         | that comes more than 2 h after the one before, the time left out in which the market was closed    |
| outlying       | whose price lies more than 20 usual moves, and 0.5 %, from the median of the five rows around it   |
| out_of_session | outside of the calendar's sessions; a bar, where it touches none                                   |

Rows of equal time are counted besides (`equal_times`: the time is that of the row before); they are no fault. A usual
move is the median of the moves that are not zero, in the first 65,536 rows. For bars a gap is at least three of them,
stale at least ten; their high and low are looked at too. Bars by ticks or range have no gaps. Without a calendar
nothing is out of session, and a gap leaves out the weekend of spot FX (Friday to Sunday 17:00 New York) unless there
are rows on a Saturday. A row may have several faults. All limits are arguments.
"""

from simcore.market.quality.check import check, check_rows, clean, clean_and_tell
from simcore.market.quality.verdict import POLICIES, Quality

__all__ = ["POLICIES", "Quality", "check", "check_rows", "clean", "clean_and_tell"]
