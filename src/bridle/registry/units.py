"""Strengths in other units: every border to another convention is a named conversion.

bridle's objective is the *mean* loss plus ``l2/2 sum W^2`` plus ``l1 sum |W|``. Others leave out the half, or
divide by the rows of the training set or of the mini-batch, or give the share that is kept instead of the
share that is dropped. A factor of two or of the number of rows is easily overlooked, and changes everything.
"""

from __future__ import annotations

from bridle.checks import Problems


def from_lambda_over_m(strength: float, rows: int) -> float:
    """Return the l2 of ``lambda / (2 m) sum W^2``, as tutorials write it: ``l2 = lambda / m``.

    Examples
    --------
    >>> round(from_lambda_over_m(0.7, 211), 6)
    0.003318
    """
    _check("from_lambda_over_m", strength, rows)
    return strength / rows


def from_lambda_sum_squares(strength: float) -> float:
    """Return the l2 of ``lambda sum W^2``, without the half: ``l2 = 2 lambda``.

    Examples
    --------
    >>> from_lambda_sum_squares(5e-4)
    0.001
    """
    _check("from_lambda_sum_squares", strength)
    return 2 * strength


def from_sklearn_alpha(alpha: float, rows: int) -> float:
    """Return the l2 of scikit-learn's MLP, ``alpha / (2 n) sum W^2``: ``l2 = alpha / n``.

    n are the rows of a *mini-batch*, so that the same alpha is weaker with larger batches.

    Examples
    --------
    >>> from_sklearn_alpha(1e-4, 200)
    5e-07
    """
    _check("from_sklearn_alpha", alpha, rows)
    return alpha / rows


def to_sklearn_alpha(l2: float, rows: int) -> float:
    """Return scikit-learn's alpha for an l2 and the rows of a mini-batch: ``alpha = l2 n``.

    Examples
    --------
    >>> to_sklearn_alpha(0.003, 100)
    0.3
    """
    _check("to_sklearn_alpha", l2, rows)
    return l2 * rows


def from_keep_prob(kept: float) -> float:
    """Return the rate of dropout from the probability of being kept: ``rate = 1 - p``.

    Examples
    --------
    >>> from_keep_prob(0.75)
    0.25
    """
    found = Problems("from_keep_prob")
    found.check_number("kept", kept, 0.0, 1.0)
    if not found.messages and kept == 0:
        found.add("kept", "above 0", kept)
    found.raise_if_any()
    return 1 - kept


def from_torch_weight_decay(weight_decay: float, learning_rate: float) -> float:
    """Return the share of the weights that an update of PyTorch's AdamW takes: ``learning_rate * decay``.

    That is the weight_decay of a plan with ``weight_decay_unit="update"``; in the default unit bridle's
    number is AdamW's own. The weight_decay of PyTorch's SGD and Adam is no decay but ``l2``, number for
    number.

    Examples
    --------
    >>> from_torch_weight_decay(0.01, 0.5)
    0.005
    """
    _check("from_torch_weight_decay", weight_decay)
    _check("from_torch_weight_decay", learning_rate)
    return weight_decay * learning_rate


def to_keras_l2(l2: float) -> float:
    """Return the argument of Keras's ``L2``, which penalizes ``l2 sum W^2`` without the half: ``l2 / 2``.

    Examples
    --------
    >>> to_keras_l2(0.003)
    0.0015
    """
    _check("to_keras_l2", l2)
    return l2 / 2


def _check(where: str, strength: float, rows: int | None = None) -> None:
    found = Problems(where)
    found.check_number("strength", strength, 0.0)
    if rows is not None:
        found.check_integer("rows", rows)
    found.raise_if_any()
