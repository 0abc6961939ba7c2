"""Would more data help: a power law through a learning curve, and how far it may be trusted.

Errors of learners fall with the number of rows n about as ``a + b n^-c``: a floor that no data removes, and a
part that data do remove. Three numbers are much to ask of half a dozen noisy means, so none is believed by
itself: what is reported is the error that the law foretells, and the gain, each with an interval. They cover
the luck of splits and seeds, not the possibility that the law itself is wrong; far beyond the data it is
worth little, and here it goes to twice the rows. Where the curve contradicts the law, nothing is foretold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import minimize_scalar

from bridle.checks import problem
from bridle.errors import DataError
from bridle.study.inference import Inference
from bridle.study.statistics import Interval

FEWEST = 4
"""Sizes that a law needs."""

_FEWEST_FOR_VARIANCES = 3
_MISFIT = 0.01
"""Below this p-value a curve follows no power law."""
_LEAST = 0.01
"""The share of the error that a gain has to exceed beyond doubt: no law that falls promises nothing."""
_DRAWN = 60
_SAMPLES = 400
_PURPOSE = 0x6C61_7773
_FINE = np.geomspace(0.05, 3.0, 60)
_FINEST = np.geomspace(0.05, 3.0, 1_000)
_EXPONENTS = np.geomspace(0.05, 3.0, 25)


@dataclass(frozen=True)
class PowerLaw:
    """``a + b (n / unit)^-c`` with a and b of at least 0 and c in [0.05, 3]."""

    a: float
    b: float
    c: float
    unit: float

    def __call__(self, rows: np.ndarray | float) -> np.ndarray:
        """Return the error at numbers of rows, shaped as they are."""
        return self.a + self.b * (np.asarray(rows, dtype=np.float64) / self.unit) ** -self.c


@dataclass(frozen=True, eq=False)
class Outlook:
    """What the law foretells: the error at ``factor`` times the rows, and how much lower that is than now.

    ``ahead`` (g,) are numbers of rows from the least to the foretold, ``line``, ``low`` and ``high`` (g,)
    the law there with its 95 % interval.
    """

    law: PowerLaw
    rows: int
    factor: float
    error: Interval
    gain: Interval
    ahead: np.ndarray
    line: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def is_sure(self) -> bool:
        """Whether more data help beyond doubt, and by more than a trifle."""
        return bool(self.gain.low > _LEAST * self.law(self.rows))


def fit_power_law(rows: np.ndarray, errors: np.ndarray, weights: np.ndarray | None = None) -> PowerLaw:
    """Return the law of least weighted squares, ``min sum_k w_k (e_k - a - b (n_k / unit)^-c)^2``.

    For each exponent c the best a and b, both at least 0, are known in closed form; c itself is sought on a
    grid and then between its neighbors. The unit is the largest number of rows.

    Parameters
    ----------
    rows
        n_k, at least four numbers above 0, all different.
    errors
        e_k, finite, of the same length.
    weights
        w_k above 0, for instance inverse variances; None: all 1.

    Raises
    ------
    DataError
        If there are fewer than four sizes, or lengths or values do not fit.

    Examples
    --------
    >>> n = np.array([10, 20, 40, 80, 160])
    >>> law = fit_power_law(n, 0.1 + 2.0 * n**-0.5)
    >>> round(law.a, 6), round(law.c, 6), round(float(law(320)), 6)
    (0.1, 0.5, 0.211803)
    """
    n, e = np.asarray(rows, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    w = np.ones_like(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if n.ndim != 1 or len(np.unique(n)) < FEWEST or n.shape != e.shape or n.shape != w.shape:
        allowed = f"at least {FEWEST} different sizes, with an error and a weight each"
        raise DataError(problem("power law", "rows", allowed, n.shape))
    if not (np.isfinite(e).all() and (n > 0).all() and (w > 0).all()):
        raise DataError(problem("power law", "rows, errors and weights", "finite and above 0", e.tolist()))
    unit = float(n.max())
    fits = [_at(c, n / unit, e, w) for c in _EXPONENTS]
    best = int(np.argmin([fit[0] for fit in fits]))
    low, high = _EXPONENTS[max(best - 1, 0)], _EXPONENTS[min(best + 1, len(_EXPONENTS) - 1)]
    found = minimize_scalar(
        lambda c: _at(c, n / unit, e, w)[0], bounds=(low, high), method="bounded", options={"xatol": 1e-9}
    )
    c = float(found.x) if found.fun < fits[best][0] else float(_EXPONENTS[best])
    _, a, b = _at(c, n / unit, e, w)
    return PowerLaw(a, b, c, unit)


def _at(c: float, n: np.ndarray, e: np.ndarray, w: np.ndarray) -> tuple[float, float, float]:
    """Return the weighted squares and the best a and b of an exponent, neither below 0."""
    x = n**-c
    total = w.sum()
    middle, level = (w * x).sum() / total, (w * e).sum() / total
    spread = (w * (x - middle) ** 2).sum()
    b = float((w * (x - middle) * (e - level)).sum() / spread)
    a = float(level - b * middle)
    if b < 0:  # it rises, which no such law does: the best is flat
        a, b = max(float(level), 0.0), 0.0
    elif a < 0:
        a, b = 0.0, max(float((w * x * e).sum() / (w * x * x).sum()), 0.0)
    return float((w * (e - a - b * x) ** 2).sum()), a, b


def look_ahead(
    rows: np.ndarray, errors: np.ndarray, inference: Inference, factor: float = 2.0
) -> Outlook | None:
    """Return what the curve foretells for ``factor`` times the rows, None where it follows no power law.

        error -+ t(J - 1, 0.975) * sqrt(J/(J - 1) (1 + J n_test/n_train)) * s,

    with s the standard deviation over bootstrap samples of the J splits. Where splits draw their own data the
    ratio is 0. With a single split the blocks of its validation rows take the splits' place, and the ratio is
    counted once. The gain's interval is that of its profile likelihood, with the same widening. The curve
    follows no such law if F = misfit / ((n - 3) noise) is improbable, p < 0.01 with n - 3 and J - 1 degrees.

    Parameters
    ----------
    rows
        The sizes trained on, (n,), ascending.
    errors
        Validation errors of R splits, S seeds and G pseudo-values, (R, S, G, n).
    inference
        How intervals are made.
    factor
        How many times the largest size, at least 1.

    Notes
    -----
    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, algorithm 6.1; widened as in Nadeau
    and Bengio (2003). Profile intervals: Bates and Watts (1988), Nonlinear Regression Analysis, section 6.1.
    """
    splits = len(errors)
    units = errors.mean(axis=(1, 2)) if splits > 1 else errors.mean(axis=(0, 1))
    count, weights = len(units), _weights(units)
    law = fit_power_law(rows, units.mean(axis=0), weights)
    now, then = float(rows[-1]), factor * float(rows[-1])
    ahead = np.geomspace(float(rows[0]), then, _DRAWN)
    samples = np.random.default_rng(_PURPOSE).integers(count, size=(_SAMPLES, count))
    a, b, c = _fit_all(rows / now, units[samples].mean(axis=1), weights)
    shared = count * inference.overlap if splits > 1 else inference.rows["test"] / inference.rows["train"]
    widen = np.sqrt(count / (count - 1) * (1 + shared)) if count > 1 else np.inf
    noise = _noise(units, weights, widen)
    misfit = float((weights * (units.mean(axis=0) - law(rows)) ** 2).sum())
    degrees = len(rows) - 3
    if 0 < noise < np.inf and stats.f.sf(misfit / degrees / noise, degrees, count - 1) < _MISFIT:
        return None

    def interval(estimate: float, resampled: np.ndarray) -> Interval:
        error = float(np.std(resampled)) * widen if count > 1 else np.inf
        return normal_interval(estimate, error, count)

    def at(n: float) -> np.ndarray:
        return a + b * (n / now) ** -c

    bands = [interval(float(law(n)), at(n)) for n in ahead]
    return Outlook(
        law=law,
        rows=int(rows[-1]),
        factor=factor,
        error=interval(float(law(then)), at(then)),
        gain=_gain(rows, units, weights, noise, factor, law),
        ahead=ahead,
        line=law(ahead),
        low=np.array([max(one.low, 0.0) for one in bands]),
        high=np.array([one.high for one in bands]),
    )


def normal_interval(estimate: float, error: float, count: int) -> Interval:
    """Return Student's 95 % interval of an estimate from its standard error, with ``count - 1`` degrees."""
    if not np.isfinite(error) or count < 2:
        return Interval(estimate, -np.inf, np.inf, 1.0, count)
    if error == 0:
        return Interval(estimate, estimate, estimate, 0.0 if estimate else 1.0, count)
    reach = float(stats.t.ppf(0.975, count - 1)) * error
    p_value = 2 * float(stats.t.sf(abs(estimate) / error, count - 1))
    return Interval(estimate, estimate - reach, estimate + reach, p_value, count)


def _fit_all(n: np.ndarray, errors: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a, b and c of many curves, (B, n), with c from a fine grid, (B,) each."""
    x = n ** -_FINE[:, None]
    total = w.sum()
    middle = (x * w).sum(axis=1) / total
    spread = (w * (x - middle[:, None]) ** 2).sum(axis=1)
    level = (errors * w).sum(axis=1)[:, None] / total
    b = ((errors * w) @ x.T - total * level * middle) / spread
    a = level - b * middle
    flat, below = b < 0, a < 0
    b = np.where(flat, 0.0, np.where(below, np.maximum((errors * w) @ x.T / (w * x * x).sum(axis=1), 0.0), b))
    a = np.where(flat, np.maximum(level, 0.0), np.where(below, 0.0, a))
    misfit = (w * (errors[:, None, :] - a[..., None] - b[..., None] * x) ** 2).sum(axis=2)
    best = np.argmin(misfit, axis=1)
    own = np.arange(len(errors))
    return a[own, best], b[own, best], _FINE[best]


def _noise(units: np.ndarray, weights: np.ndarray, widen: float) -> float:
    """Return the variance of a size's mean within splits; its course over the sizes is in the weights."""
    count = len(units)
    if count < 2:
        return np.inf
    own = units - units.mean(axis=1, keepdims=True)
    return float((weights * own.var(axis=0, ddof=1)).mean()) * widen**2 * (count - 1) / count**2


def _gain(
    rows: np.ndarray, units: np.ndarray, weights: np.ndarray, noise: float, factor: float, law: PowerLaw
) -> Interval:
    """Return by how much the error falls, with the interval of its profile likelihood.

    For each exponent the gain is a linear function of the curve, with a normal interval; the union over the
    exponents, each as far as it fits worse than the best, is the profile's interval. Resampling would not do:
    where two exponents fit alike, it mostly takes one of them.
    """
    count, n = len(units), rows / rows[-1]
    gain = float(law(rows[-1]) - law(factor * rows[-1]))
    if count < 2:
        return normal_interval(gain, np.inf, count)
    limit = float(stats.t.ppf(0.975, count - 1)) ** 2
    x, total, means = n ** -_FINEST[:, None], weights.sum(), units.mean(axis=0)
    middle, level = (x * weights).sum(axis=1) / total, (means * weights).sum() / total
    spread = (weights * (x - middle[:, None]) ** 2).sum(axis=1)
    b = ((x - middle[:, None]) * weights * (means - level)).sum(axis=1) / spread
    misfit = (weights * (means - level - b[:, None] * (x - middle[:, None])) ** 2).sum(axis=1)
    if noise == 0:
        return normal_interval(gain, 0.0, count)
    room = limit - (misfit - misfit.min()) / noise
    kept = room >= 0
    share = (1 - factor**-_FINEST)[kept]
    reach = share * np.sqrt(room[kept] * noise / spread[kept])
    low, high = float((share * b[kept] - reach).min()), float((share * b[kept] + reach).max())
    ceiling = float(law(rows[-1]))  # no error falls below 0
    return Interval(gain, min(low, gain), min(max(high, gain), ceiling), np.nan, count)


def _weights(errors: np.ndarray) -> np.ndarray:
    """Return inverse variances of (J, n) errors over the first axis, as a power law in the sizes.

    A handful of splits tells a variance so badly that weights of their own would do more harm than good.
    """
    variances = errors.var(axis=0, ddof=1) if len(errors) >= _FEWEST_FOR_VARIANCES else np.zeros(1)
    if not (variances > 0).all():
        return np.ones(errors.shape[1])
    order = np.arange(len(variances))
    return np.exp(-np.polyval(np.polyfit(order, np.log(variances), 1), order))
