"""Normalization over the rows of a batch (batch norm) or the units of a row (layer norm), with learned scale.

Statistics of a batch are weighted by its rows' weights: a row of weight 2 counts as the row twice, and one of
weight 0 not at all. The variance is the biased one, divided by the weights' sum, in training and in the
running statistics alike, so a batch of all rows is evaluated as it was trained. A batch in which a single
row counts has no variance: it is normalized by the running statistics, which it leaves alone.
"""

from __future__ import annotations

from typing import NamedTuple

from bridle.types import Array, Layer, namespace

EPSILON = 1e-5
"""Added to a variance before its root is taken, so that constant units stay finite."""

MOMENTUM = 0.1
"""The share of a batch in the running statistics, from the tenth update on; before, they are plain means."""


class NormCache(NamedTuple):
    """What the backward pass needs of the forward pass.

    ``normal`` (H, B) has mean 0 and variance 1; ``inverse`` is one over the deviation, (H, 1) or (1, B);
    ``share`` (1, B) is each row's share in the statistics, 0 where they do not depend on the batch.
    """

    normal: Array
    inverse: Array
    gain: Array
    share: Array


def batch_norm_forward(
    x: Array, scale: Layer, running: Layer, weight: Array
) -> tuple[Array, NormCache, Layer]:
    """Return a batch with every unit's mean and variance set to what is learned.

        out = gain normal + offset,    normal = (x - mean) / sqrt(variance + epsilon)
        mean = sum_n p_n x_n,    variance = sum_n p_n (x_n - mean)^2,    p_n = w_n / sum_n w_n

    Source: Ioffe and Szegedy (2015), algorithm 1, with row weights.

    Parameters
    ----------
    x
        (H, B).
    scale
        Gain and offset, (H, 1) each.
    running
        Running mean and variance, (H, 1) each: used where fewer than two rows count.
    weight
        The rows' weights, (1, B), at least 0.

    Returns
    -------
    out, cache
        (H, B), and what the backward pass needs.
    statistics
        The mean and the variance that were used, (H, 1) each.

    Examples
    --------
    >>> import numpy as np
    >>> one, zero = np.ones((1, 1)), np.zeros((1, 1))
    >>> out, _, (mean, variance) = batch_norm_forward(
    ...     np.array([[1.0, 3.0]]), (one, zero), (zero, one), np.ones((1, 2))
    ... )
    >>> out.round(3), mean.item(), variance.item()
    (array([[-1.,  1.]]), 2.0, 1.0)
    """
    xp = namespace(x)
    mass = xp.sum(weight)
    several = mass * mass > xp.sum(weight * weight)  # equal where one row has all the weight
    share = weight * (1 / xp.where(several, mass, xp.ones_like(mass)))
    mean = xp.sum(share * x, axis=1, keepdims=True)
    variance = xp.sum(share * (x - mean) * (x - mean), axis=1, keepdims=True)
    mean, variance = xp.where(several, mean, running[0]), xp.where(several, variance, running[1])
    inverse = 1 / xp.sqrt(variance + EPSILON)
    normal = (x - mean) * inverse
    share = xp.where(several, share, xp.zeros_like(share))
    return scale[0] * normal + scale[1], NormCache(normal, inverse, scale[0], share), (mean, variance)


def batch_norm_evaluate(x: Array, scale: Layer, running: Layer) -> Array:
    """Return ``gain (x - mean) / sqrt(variance + epsilon) + offset`` with the running statistics, (H, B)."""
    inverse = 1 / namespace(x).sqrt(running[1] + EPSILON)
    return scale[0] * ((x - running[0]) * inverse) + scale[1]


def batch_norm_backward(dout: Array, cache: NormCache) -> tuple[Array, Array, Array]:
    """Return the gradients of all that entered :func:`batch_norm_forward`.

        dx_n = (d_n - p_n sum_m d_m - p_n normal_n sum_m d_m normal_m) / deviation,    d = gain dout

    Parameters
    ----------
    dout
        (H, B).
    cache
        From :func:`batch_norm_forward`.

    Returns
    -------
    dx, dgain, doffset
        (H, B), (H, 1) and (H, 1).
    """
    xp = namespace(dout)
    doffset = xp.sum(dout, axis=1, keepdims=True)  # out = gain normal + offset
    dgain = xp.sum(dout * cache.normal, axis=1, keepdims=True)
    through = doffset + cache.normal * dgain  # every row moves mean and variance by its share
    return cache.gain * cache.inverse * (dout - cache.share * through), dgain, doffset


def running_statistics(running: Layer, now: Layer, count: Array) -> Layer:
    """Return the running mean and variance after one more batch.

        r <- r + max(0.1, 1 / (t + 1)) (now - r)    after t updates

    The first ten batches are averaged evenly, so that nothing of the first values, 0 and 1, remains.

    Source: Ioffe and Szegedy (2015), algorithm 2, with moving averages and the biased variance.

    Parameters
    ----------
    running, now
        Mean and variance, (H, 1) each.
    count
        t, a floating scalar.
    """
    share = namespace(count).maximum(namespace(count).full_like(count, MOMENTUM), 1 / (count + 1))
    return running[0] + share * (now[0] - running[0]), running[1] + share * (now[1] - running[1])


def layer_norm_forward(x: Array, scale: Layer) -> tuple[Array, NormCache]:
    """Return a batch with every row's mean and variance over its units set to what is learned.

        out = gain normal + offset,    normal = (x - mean) / sqrt(variance + epsilon), over the H units

    It is the same in training and in evaluation, and no row depends on another.

    Source: Ba, Kiros and Hinton (2016), Layer normalization, equations 3 and 4.

    Parameters
    ----------
    x
        (H, B).
    scale
        Gain and offset, (H, 1) each.
    """
    xp = namespace(x)
    each = 1 / x.shape[0]
    centered = x - xp.sum(x, axis=0, keepdims=True) * each
    inverse = 1 / xp.sqrt(xp.sum(centered * centered, axis=0, keepdims=True) * each + EPSILON)
    normal = centered * inverse
    return scale[0] * normal + scale[1], NormCache(normal, inverse, scale[0], xp.ones_like(inverse))


def layer_norm_backward(dout: Array, cache: NormCache) -> tuple[Array, Array, Array]:
    """Return the gradients of all that entered :func:`layer_norm_forward`.

        dx_h = (d_h - mean_j d_j - normal_h mean_j(d_j normal_j)) / deviation,    d = gain dout

    Parameters
    ----------
    dout
        (H, B).
    cache
        From :func:`layer_norm_forward`.

    Returns
    -------
    dx, dgain, doffset
        (H, B), (H, 1) and (H, 1).
    """
    xp = namespace(dout)
    doffset = xp.sum(dout, axis=1, keepdims=True)  # out = gain normal + offset
    dgain = xp.sum(dout * cache.normal, axis=1, keepdims=True)
    d = cache.gain * dout
    each = 1 / dout.shape[0]
    mean = xp.sum(d, axis=0, keepdims=True) * each
    slope = xp.sum(d * cache.normal, axis=0, keepdims=True) * each
    return cache.inverse * (d - mean - cache.normal * slope), dgain, doffset
