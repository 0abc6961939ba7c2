"""Training rows mixed with others of their batch, inputs and targets alike; and targets made less certain.

A row's partner stands at one distance for the whole batch, drawn anew in every update and counted in a
circle: no row is its own partner, none is forgotten, and a last batch of any size will do (a single row stays
as it is). How much of the partner a row takes is drawn for each row from its id. A row keeps its own weight.
"""

from __future__ import annotations

import math

from bridle import streams
from bridle.perturb.about import About
from bridle.perturb.boxes import around, is_in
from bridle.perturb.draws import columns_kept, row_uniform
from bridle.streams import Key
from bridle.types import Array, namespace

_HALF_STEP = 2.0**-25


def _partners(x: Array, t: Array, key: Key) -> tuple[Array, Array]:
    """Return each row's partner, (D, B) and (K, B)."""
    xp = namespace(x)
    count = x.shape[1]
    if count == 1:
        return x, t
    nought = xp.zeros((1, 1), dtype=xp.uint32)
    word = streams.words(streams.fold(key, nought), nought, nought)[0, 0]
    distance = xp.astype(word % (count - 1), xp.int32) + 1
    # A roll copies two blocks; taking the rows by their indices costs three times as much.
    return xp.roll(x, distance, axis=1), xp.roll(t, distance, axis=1)


def symmetric_beta(u: Array, v: Array, shape: Array) -> Array:
    """Return draws from Beta(shape, shape), made of two uniform draws, shaped as they.

        1/2 + sign(c) / (2 sqrt(1 + 1 / ((u^(-1/shape) - 1) c^2))),    c = cos(2 pi v)

    Source: Devroye (1996), Random variate generation in one line of code, on the symmetric beta.

    Parameters
    ----------
    u, v
        Uniform draws in (0, 1].
    shape
        Above 0: near 0 the draws are nearly 0 or 1, at 1 uniform, beyond that near 1/2.
    """
    xp = namespace(u)
    c = xp.cos(2 * math.pi * v)
    spread = xp.expm1(xp.abs(xp.log(u)) / shape) * (c * c)  # -log(1) is -0, whose reciprocal has a sign
    # An overflowing spread is infinite and its reciprocal 0; one of 0 gives infinity and the draw 1/2.
    return 0.5 + 0.5 * xp.sign(c) / xp.sqrt(1 + 1 / spread)


def mix_rows(x: Array, t: Array, key: Key, rows: Array, strength: Array, about: About) -> tuple[Array, Array]:
    """Return rows and targets mixed with a partner's in one proportion (mixup).

        x <- share x + (1 - share) x',    t <- share t + (1 - share) t',    share ~ Beta(strength, strength)

    Source: Zhang et al. (2018), mixup: Beyond empirical risk minimization, section 1, a share for each row.

    Parameters
    ----------
    x
        Inputs, (D, B).
    t
        Targets, (K, B).
    key, rows
        The update's stream, and the rows' words, (1, B).
    strength
        The beta distribution's parameter, a scalar of at least 0; at 0 rows stay exactly as they are.
    about
        Not used.
    """
    xp = namespace(x)
    other_x, other_t = _partners(x, t, key)
    u, v = (row_uniform(key, which, rows, x) + _HALF_STEP for which in (0, 1))
    is_on = strength > 0
    theirs = 1 - symmetric_beta(u, v, xp.where(is_on, strength, xp.ones_like(strength)))
    return (
        xp.where(is_on, x + theirs * (other_x - x), x),
        xp.where(is_on, t + theirs * (other_t - t), t),
    )


def swap_parts(
    x: Array, t: Array, key: Key, rows: Array, strength: Array, about: About
) -> tuple[Array, Array]:
    """Return rows a part of which is a partner's, targets mixed by its share (cutmix).

    With probability ``strength`` a row takes part; then a share s ~ U(0, 1) is drawn. Of a picture comes a
    box of the picture's form with this share of its area, around any pixel; what reaches outside is lost. Of
    a table's row each column comes with probability s. The target takes the share of values that did come.

    Source: Yun et al. (2019), CutMix, equations 1 and 2; on table rows, Kadra et al. (2021), section 3.

    Parameters
    ----------
    x
        Inputs, (D, B).
    t
        Targets, (K, B).
    key, rows
        The update's stream, and the rows' words, (1, B).
    strength
        Probability that a row takes part, in [0, 1], a scalar; at 0 rows stay exactly as they are.
    about
        Whether rows are pictures.
    """
    xp = namespace(x)
    columns = x.shape[0]
    other_x, other_t = _partners(x, t, key)
    share = row_uniform(key, columns, rows, x)
    takes_part = row_uniform(key, columns + 1, rows, x) < strength
    rate = xp.where(takes_part, share, xp.zeros_like(share))
    if about.image is None:
        kept = columns_kept(key, x, rows, rate)
    else:
        kept = _outside_of_box(key, rows, rate, about.image)
    taken = xp.sum(xp.astype(~kept, x.dtype), axis=0, keepdims=True) * (1 / columns)
    return xp.where(kept, x, other_x), xp.where(taken > 0, t + taken * (other_t - t), t)


def _outside_of_box(key: Key, rows: Array, area: Array, image: tuple[int, int, int]) -> Array:
    """Return False in a box with a share of the picture's area, (1, B), around any pixel, (D, B)."""
    xp = namespace(rows)
    channels, *size = image
    y, x = (row_uniform(key, which, rows, area) for which in (0, 1))
    side = xp.sqrt(area)
    inside = is_in(around(y, x, side * size[0], side * size[1], (size[0], size[1])), (size[0], size[1]))
    return xp.reshape(xp.concat([~inside] * channels, axis=0), (-1, rows.shape[1]))


def smooth_targets(
    x: Array, t: Array, key: Key, rows: Array, strength: Array, about: About
) -> tuple[Array, Array]:
    """Return targets drawn towards those that favor no class; rows stay.

        t <- (1 - strength) t + strength even,    even the target that favors no class

    Source: Szegedy et al. (2016), Rethinking the Inception architecture, section 7.

    Parameters
    ----------
    x
        Inputs, (D, B).
    t
        Memberships in [0, 1], (K, B).
    key, rows
        Not used: nothing is drawn.
    strength
        Share of the even target, in [0, 1), a scalar; at 0 targets stay exactly as they are.
    about
        Its even target, 1/2 for yes-or-no outputs and 1/K for one choice among K, is used.
    """
    return x, namespace(t).where(strength > 0, t + strength * (about.even_target - t), t)
