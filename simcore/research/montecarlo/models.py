"""Models of prices, calibrated to the data, and their paths: compiled, one pass a path.

Assumes the log of the middle price moves by rows; a model's step is one row, or several where there are many, so that
it is fitted to at most STEPS of them. Within a step the rows move as Brownian motion of its volatility. A step of
bars is one bar or more, from close to close (the way by the extremes is longer than what a bar moves); its rows move
likewise, and its extremes follow. What is fitted, from the returns r of the steps:

gbm      Brownian motion: mean and deviation of r.
jump     Merton 1976: returns beyond 4 robust deviations are jumps; their share, mean, deviation, and the rest's.
garch    GARCH(1,1), Bollerslev 1986: the Gaussian likelihood at its largest, as the package `arch` finds it (extra
         `research`).
heston   Heston 1993: mean, reversion, volatility and correlation of the variance, by the moments of realised variance.
regime   two states of one Markov chain, each normal: by expectation and maximisation (Hamilton 1989).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from simcore.brokers.errors import ConfigError
from simcore.market.checks import Float64
from simcore.market.jit import compiled

STEPS: Final = 20_000
FEWEST: Final = 20  # returns below which a model is a guess
STAYS: Final = 0.9995  # the most of its variance that GARCH keeps from step to step
MODELS: Final = ("gbm", "jump", "garch", "heston", "regime")


class Model(NamedTuple):
    """A fitted model: its name, the rows of a step, and its numbers by name, per step."""

    name: str
    rows: int
    fitted: dict[str, float]


def fit(name: str, middle: Float64, unit: int = 1) -> Model:
    """Fit a model to middle prices (rows,), all above zero; unit: rows of a bar, the last of which is its close.

    Raises ConfigError where they are too few, or nothing fits.
    """
    ends = middle[unit - 1 :: unit]
    every = -(-(ends.size - 1) // STEPS) or 1
    r = np.diff(np.log(ends[::every]))
    if r.size < FEWEST:
        raise ConfigError(f"monte_carlo: {name} cannot be fitted to {r.size} returns; give more data")
    return Model(name, unit * every, _FITS[name](r))


def _gbm(r: Float64) -> dict[str, float]:
    return {"mean": float(r.mean()), "deviation": float(r.std())}


def _jump(r: Float64) -> dict[str, float]:
    centre = float(np.median(r))
    moved = np.abs(r - centre)
    usual = 1.4826 * float(np.median(moved[moved > 0.0])) if (moved > 0.0).any() else 0.0
    far = moved > 4.0 * usual
    jumps, rest = r[far], r[~far]
    return {
        **_gbm(rest if rest.size else r),
        "share": jumps.size / r.size,
        "jump_mean": float(jumps.mean()) if jumps.size else 0.0,
        "jump_deviation": float(jumps.std()) if jumps.size else 0.0,
    }


def _garch(r: Float64) -> dict[str, float]:
    variance, mean = float(r.var()), float(r.mean())
    if variance == 0.0:
        return {"mean": mean, "omega": 0.0, "alpha": 0.0, "beta": 0.0}
    try:
        from arch.univariate import GARCH, ZeroMean
    except ImportError as error:
        raise ConfigError("monte_carlo: garch needs the package arch: pip install 'simcore[research]'") from error
    standard = ZeroMean((r - mean) / math.sqrt(variance), volatility=GARCH(), rescale=False)
    found = standard.fit(disp="off", show_warning=False)
    if found.convergence_flag != 0:
        raise ConfigError("monte_carlo: no GARCH(1,1) fits these data; take another model, or more data")
    omega, alpha, beta = (float(one) for one in found.params)
    if alpha + beta > STAYS:  # such a variance has no mean: it gets the data's
        alpha, beta, omega = alpha * STAYS / (alpha + beta), beta * STAYS / (alpha + beta), 1.0 - STAYS
    return {"mean": mean, "omega": variance * omega, "alpha": alpha, "beta": beta}


def _heston(r: Float64) -> dict[str, float]:
    width = max(2, r.size // 200)
    parts = r[: r.size // width * width].reshape(-1, width)
    v = parts.var(axis=1)
    theta = float(v.mean())
    noise = 2.0 * theta * theta / width  # of the estimate itself
    spread = max(float(v.var()) - noise, 0.0)
    lag = float(np.mean((v[1:] - theta) * (v[:-1] - theta))) if v.size > 2 else 0.0
    stays = min(max(lag / spread if spread > 0.0 else 0.0, 0.01), 0.999)
    kappa = -math.log(stays) / width
    moves = np.diff(v)
    followed = parts[1:].sum(axis=1)
    tied = np.std(moves) > 0.0 and np.std(followed) > 0.0
    rho = float(np.corrcoef(followed, moves)[0, 1]) if tied else 0.0
    xi = math.sqrt(2.0 * kappa * spread / theta) if theta > 0.0 else 0.0
    return {"mean": float(r.mean()), "theta": theta, "kappa": kappa, "xi": xi, "rho": rho}


def _regime(r: Float64) -> dict[str, float]:
    unit = float(r.std()) or 1.0
    found = two_states(r / unit)
    names = ("mean_calm", "mean_wild", "deviation_calm", "deviation_wild", "stays_calm", "stays_wild")
    scales = (unit, unit, unit, unit, 1.0, 1.0)
    return {name: float(v) * s for name, v, s in zip(names, found, scales, strict=True)}


_FITS: Final = {"gbm": _gbm, "jump": _jump, "garch": _garch, "heston": _heston, "regime": _regime}


@compiled
def two_states(z: Float64) -> Float64:
    """Means, deviations and chances to stay of a calm and a wild state of standardised returns, by 60 rounds of EM."""
    n = z.size
    mean, deviation, stays = np.zeros(2), np.array([0.6, 1.6]), np.array([0.98, 0.95])
    density, ahead, back = np.empty((n, 2)), np.empty((n, 2)), np.empty((n, 2))
    for _ in range(60):
        for s in range(2):
            for i in range(n):
                away = (z[i] - mean[s]) / deviation[s]
                density[i, s] = max(math.exp(-0.5 * away * away) / deviation[s], 1e-300)
        share = np.array([1.0 - stays[1], 1.0 - stays[0]]) / (2.0 - stays[0] - stays[1])
        for i in range(n):  # forwards
            was = share if i == 0 else ahead[i - 1]
            calm = was[0] * stays[0] + was[1] * (1.0 - stays[1]) if i else was[0]
            a, b = calm * density[i, 0], (1.0 - calm) * density[i, 1]
            ahead[i, 0], ahead[i, 1] = a / (a + b), b / (a + b)
        back[n - 1] = ahead[n - 1]
        both = np.zeros(2)
        for i in range(n - 2, -1, -1):  # backwards (Kim 1994)
            calm = ahead[i, 0] * stays[0] + ahead[i, 1] * (1.0 - stays[1])
            to_calm, to_wild = back[i + 1, 0] / max(calm, 1e-300), back[i + 1, 1] / max(1.0 - calm, 1e-300)
            calm_calm = ahead[i, 0] * stays[0] * to_calm
            wild_wild = ahead[i, 1] * stays[1] * to_wild
            back[i, 0] = ahead[i, 0] * (stays[0] * to_calm + (1.0 - stays[0]) * to_wild)
            back[i, 1] = 1.0 - back[i, 0]
            both[0] += calm_calm
            both[1] += wild_wild
        for s in range(2):
            weight = max(back[:, s].sum(), 1e-12)
            mean[s] = (back[:, s] * z).sum() / weight
            deviation[s] = max(math.sqrt((back[:, s] * (z - mean[s]) ** 2).sum() / weight), 1e-3)
            stays[s] = min(max(both[s] / max(back[: n - 1, s].sum(), 1e-12), 0.01), 0.9999)
    first, second = (0, 1) if deviation[0] <= deviation[1] else (1, 0)
    return np.array([mean[first], mean[second], deviation[first], deviation[second], stays[first], stays[second]])


def simulate(model: Model, start: float, z: Float64, u: Float64, w: Float64) -> Float64:
    """A path of middle prices (rows,) from `start`: z normals of the rows, u uniforms and w normals of the steps."""
    f = model.fitted
    if model.name == "garch":
        return garch_path(start, model.rows, z, f["mean"], f["omega"], f["alpha"], f["beta"])
    if model.name == "heston":
        return heston_path(start, model.rows, z, w, f["mean"], f["theta"], f["kappa"], f["xi"], f["rho"])
    if model.name == "regime":
        wild = switched(u, f["stays_calm"], f["stays_wild"])
        drift = np.where(wild, f["mean_wild"], f["mean_calm"])
        return grown(start, model.rows, z, drift, np.where(wild, f["deviation_wild"], f["deviation_calm"]))
    drift = np.full(u.size, f["mean"])
    if model.name == "jump":
        drift[u < f["share"]] += f["jump_mean"] + f["jump_deviation"] * w[u < f["share"]]
    return grown(start, model.rows, z, drift, np.full(u.size, f["deviation"]))


@compiled
def switched(u: Float64, stays_calm: float, stays_wild: float) -> npt.NDArray[np.bool_]:
    """The state of each step: True is wild; it begins in the state the chain is in most of the time."""
    wild = np.empty(u.size, np.bool_)
    now = stays_wild > stays_calm
    for i in range(u.size):
        if u[i] >= (stays_wild if now else stays_calm):
            now = not now
        wild[i] = now
    return wild


@compiled
def grown(start: float, rows: int, z: Float64, drift: Float64, deviation: Float64) -> Float64:
    """Prices that move by each step's drift and deviation."""
    out, log_price, root = np.empty(z.size), math.log(start), math.sqrt(rows)
    out[0] = start
    for i in range(1, z.size):
        s = (i - 1) // rows
        log_price += drift[s] / rows + deviation[s] / root * z[i]
        out[i] = math.exp(log_price)
    return out


@compiled
def garch_path(start: float, rows: int, z: Float64, mean: float, omega: float, alpha: float, beta: float) -> Float64:
    """Prices whose variance follows the squares of what the steps before moved."""
    out, log_price, root = np.empty(z.size), math.log(start), math.sqrt(rows)
    out[0] = start
    h = omega / (1.0 - alpha - beta) if alpha + beta < 1.0 else 0.0
    moved = 0.0
    for i in range(1, z.size):
        move = math.sqrt(h) / root * z[i]
        moved += move
        log_price += mean / rows + move
        out[i] = math.exp(log_price)
        if i % rows == 0:
            h = omega + alpha * moved * moved + beta * h
            moved = 0.0
    return out


@compiled
def heston_path(
    start: float, rows: int, z: Float64, w: Float64, mean: float, theta: float, kappa: float, xi: float, rho: float
) -> Float64:
    """Prices whose variance reverts to its mean, by full truncation (Lord, Koekkoek and van Dijk 2010)."""
    out, log_price, root = np.empty(z.size), math.log(start), math.sqrt(rows)
    out[0] = start
    v, shocks = theta, 0.0
    for i in range(1, z.size):
        there = max(v, 0.0)
        shocks += z[i]
        log_price += mean / rows + math.sqrt(there) / root * z[i]
        out[i] = math.exp(log_price)
        if i % rows == 0:
            shock = rho * shocks / root + math.sqrt(max(1.0 - rho * rho, 0.0)) * w[(i - 1) // rows]
            v += kappa * (theta - there) + xi * math.sqrt(there) * shock
            shocks = 0.0
    return out
