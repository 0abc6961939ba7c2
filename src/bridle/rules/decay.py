"""Decoupled weight decay: parameters shrink by a factor of their own, apart from the gradient."""

from __future__ import annotations

from bridle.types import Array, namespace

UNITS = ("learning_rate", "update")


def decayed(w: Array, decay: Array, learning_rate: Array, unit: str) -> Array:
    """Return the parameters after weight decay, before the gradient's step, shaped as w.

        (1 - learning_rate decay) w    in the unit "learning_rate", AdamW's
        (1 - decay) w                  in the unit "update", the tutorials'

    and exactly w where decay = 0: off is a select, because a compiler contracts a multiplication by 1 with
    the subtraction that follows and changes the last bit.

    Source: Loshchilov and Hutter (2019), equation 1 and algorithm 2.

    Parameters
    ----------
    w
        Parameters.
    decay
        Scalar, at least 0.
    learning_rate
        The scheduled learning rate of this update, a scalar.
    unit
        One of ``UNITS``.
    """
    factor = 1 - (learning_rate * decay if unit == "learning_rate" else decay)
    return namespace(w).where(decay > 0, factor * w, w)
