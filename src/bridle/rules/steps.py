"""Optimizers: from a gradient to the step that is subtracted from a parameter.

Every rule returns the step, its slots (running averages shaped as the parameter) and the **effective step**
of each coordinate: how far a gradient of 1 moves it, in all the updates in which it still does. That is
``learning_rate / (1 - momentum)`` under momentum, because velocity adds up. Proximal operators use it as
their step size: then training comes to rest where the objective is least, under momentum and adam too.

Arrays are multiplied by a scalar's reciprocal, never divided by the scalar: such a division is compiled
differently for one device than for several, and the last bit with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bridle.types import Array, namespace

Slots = tuple[Array, ...]


@dataclass(frozen=True)
class Constants:
    """What an optimizer needs besides the learning rate; the defaults are those of the papers."""

    momentum: float = 0.0
    nesterov: bool = False
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    epsilon_place: str = "after_correction"


class Rule(NamedTuple):
    """An update rule and the number of slots that it keeps for a parameter."""

    step: Callable[[Array, Slots, Array, Array, Constants], tuple[Array, Slots, Array]]
    count_slots: Callable[[Constants], int]


def sgd_step(
    gradient: Array, slots: Slots, learning_rate: Array, count: Array, constants: Constants
) -> tuple[Array, Slots, Array]:
    """Return the step of gradient descent, with classical or Nesterov momentum.

        v <- momentum v - learning_rate g
        step = -v,    or with Nesterov    step = -(momentum v - learning_rate g)
        effective step = learning_rate / (1 - momentum)

    Source: Sutskever et al. (2013), equations 1 to 4, in the form of Bengio et al. (2013), equation 7.

    Parameters
    ----------
    gradient
        Shaped as the parameter.
    slots
        ``(v,)``, or empty without momentum.
    learning_rate
        Scalar, at least 0.
    count
        Updates made before this one; unused.
    constants
        Momentum in [0, 1] and whether it is Nesterov's; at 1 there is no effective step.
    """
    plain = learning_rate * gradient
    if constants.momentum == 0:
        return plain, (), learning_rate
    v = constants.momentum * slots[0] - plain
    step = plain - constants.momentum * v if constants.nesterov else -v
    left = 1 - constants.momentum  # at 0 velocity never dies down; admission refuses proximal operators there
    return step, (v,), learning_rate / left if left > 0 else learning_rate


def adam_step(
    gradient: Array, slots: Slots, learning_rate: Array, count: Array, constants: Constants
) -> tuple[Array, Slots, Array]:
    """Return the step of adam.

        m <- beta1 m + (1 - beta1) g,    v <- beta2 v + (1 - beta2) g^2,    t = count + 1
        mhat = m / (1 - beta1^t),    vhat = v / (1 - beta2^t)
        step = learning_rate mhat / (sqrt(vhat) + epsilon)

    With ``epsilon_place="before_correction"`` (scikit-learn's) epsilon is added to sqrt(v) itself:
    ``step = learning_rate sqrt(1 - beta2^t) mhat / (sqrt(v) + epsilon)``.

    Source: Kingma and Ba (2015), algorithm 1, and the last paragraph of its section 2 for the second form.

    Parameters
    ----------
    gradient
        Shaped as the parameter.
    slots
        ``(m, v)``, shaped as the parameter.
    learning_rate
        Scalar, at least 0.
    count
        Updates made before this one, a scalar of the gradient's dtype.
    constants
        beta1 and beta2 in [0, 1), epsilon > 0 and its place.
    """
    xp = namespace(gradient)
    m, v = slots
    m = constants.beta1 * m
    m += (1 - constants.beta1) * gradient  # in place on NumPy, as below: these arrays are nobody else's yet
    v = constants.beta2 * v
    square = gradient * gradient
    square *= 1 - constants.beta2
    v += square
    t = count + 1
    first_correction = 1 - constants.beta1**t
    root_correction = xp.sqrt(1 - constants.beta2**t)
    if constants.epsilon_place == "after_correction":
        root = xp.sqrt(v)
        root *= 1 / root_correction
        root += constants.epsilon
        effective = learning_rate / root
    else:
        root = xp.sqrt(v)
        root += constants.epsilon
        effective = learning_rate * root_correction / root
    step = m * (1 / first_correction)
    step *= effective
    return step, (m, v), effective


def rmsprop_step(
    gradient: Array, slots: Slots, learning_rate: Array, count: Array, constants: Constants
) -> tuple[Array, Slots, Array]:
    """Return the step of rmsprop.

        v <- beta2 v + (1 - beta2) g^2
        step = learning_rate g / (sqrt(v) + epsilon)

    Source: Hinton's lecture 6e (2012), Neural networks for machine learning, slide 29.

    Parameters
    ----------
    gradient
        Shaped as the parameter.
    slots
        ``(v,)``, shaped as the parameter.
    learning_rate
        Scalar, at least 0.
    count
        Updates made before this one; unused.
    constants
        beta2 in [0, 1), epsilon > 0.
    """
    (v,) = slots
    v = constants.beta2 * v + (1 - constants.beta2) * (gradient * gradient)
    effective = learning_rate / (namespace(v).sqrt(v) + constants.epsilon)
    return effective * gradient, (v,), effective


OPTIMIZERS: dict[str, Rule] = {
    "sgd": Rule(sgd_step, lambda constants: 0 if constants.momentum == 0 else 1),
    "adam": Rule(adam_step, lambda constants: 2),
    "rmsprop": Rule(rmsprop_step, lambda constants: 1),
}
