"""Predictions under noise: many passes with the training's noise left on, as a mean and a spread.

A network trained with dropout stands for many thinned ones. Asking a sample of them says not only what they
think on average but how far they disagree (Monte Carlo dropout). The draws come from the member's seed, a
purpose of their own and a row's place in X, so they are those of no update, and the same on both engines.
Normalization stays in evaluation: noise is sampled, the statistics are not. The pieces here are shared by the
compiled population (:mod:`bridle.engine.prediction`) and by plain NumPy.

Source: Gal and Ghahramani (2016), Dropout as a Bayesian approximation, equations 6 and 7.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bridle import streams
from bridle.checks import Problems
from bridle.engine.injection import Noise
from bridle.engine.network import forward
from bridle.engine.plan import Plan
from bridle.ops.losses import LOSSES
from bridle.types import Array, Weights, namespace


class Sampled(NamedTuple):
    """Mean and standard deviation over noisy passes, (M, N, K), or (N, K) for one member.

    The spread is that of the sample, divided by S and not by S - 1; it is 0 where no noise is on.
    """

    mean: np.ndarray
    spread: np.ndarray


class Sampling(NamedTuple):
    """What a member's passes draw from: its seed for predictions, and its strengths by name."""

    seed: Array
    settings: dict[str, Array]


class Moments(NamedTuple):
    """The mean of the passes so far, and the sum of squared distances from it."""

    mean: Array
    squares: Array


def check_samples(plan: Plan, samples: Any) -> None:
    """Raise unless a plan has noise to sample, and the number of passes is at least 1.

    Raises
    ------
    PlanError
        Naming what is wrong.
    """
    problems = Problems("predict")
    problems.check_integer("samples", samples, hint="Leave it out for one pass without noise.")
    if not plan.hooks.injections:
        hint = "Train with dropout or other noise, or leave samples out."
        problems.add("samples", "left out for a plan without noise", samples, hint)
    problems.raise_if_any()


def prediction_seed(seed: np.ndarray, draw: int) -> np.ndarray:
    """Return the seeds of predictions of members' seeds, unsigned 32-bit, for the draw of this number."""
    own = np.reshape(np.asarray(seed, dtype=np.uint32), (-1, 1))
    keys = [streams.key_of(one[None], streams.Purpose.PREDICTION) for one in own]
    number = np.full((1, 1), draw, dtype=np.uint32)
    return np.concatenate([streams.fold(key, number)[0].ravel() for key in keys])


def observed(
    plan: Plan, weights: Weights, x: Array, words: Array, own: Sampling, k: Array, so_far: Moments
) -> Moments:
    """Return the moments after the pass of number k (from 0), by Welford's recurrence.

        m <- m + (p - m) / (k + 1),    s <- s + (p - m before)(p - m after)

    Passes that are all equal leave m at exactly their value and s at exactly 0.

    Source: Welford (1962), Note on a method for calculating corrected sums of squares and products.
    """
    xp = namespace(x)
    z, _ = forward(plan, weights, x, Noise(own.seed, k, words, own.settings, None))
    p = LOSSES[plan.loss].link(z)
    away = p - so_far.mean
    mean = so_far.mean + away / xp.asarray(k + 1, dtype=x.dtype)
    return Moments(mean, so_far.squares + away * (p - mean))


def no_moments(plan: Plan, x: Array) -> Moments:
    """Return the moments of no pass over the rows of x, (D, B)."""
    zeros = namespace(x).zeros((plan.outputs, x.shape[1]), dtype=x.dtype)
    return Moments(zeros, zeros)


def words_of_places(rows: int) -> np.ndarray:
    """Return the words of the rows' places in X, (1, N)."""
    return streams.row_words(np.arange(rows, dtype=np.uint32)[None, :])
