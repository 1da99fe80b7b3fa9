"""How much of a result is luck: statistics that know how long a record is, how its returns vary, and what was tried.

sharpe    the Sharpe ratio against chance, against the best of many trials, and how long a record must be
haircut   what is left of a Sharpe ratio after as many tests (Harvey and Liu)
cscv      the probability that whatever is best in one half of the time is below average in the other
snooping  whether the best of many trials beats a benchmark (White, Hansen)

Assumes returns per period and Sharpe ratios per period, never per year; kurtosis is 3 for a normal distribution.
"""
