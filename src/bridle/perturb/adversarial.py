"""Training rows moved to where they hurt: against the network, by its own gradient."""

from __future__ import annotations

from bridle.types import Array, namespace


def against(x: Array, dx: Array, epsilon: Array) -> Array:
    """Return rows moved to raise their loss the most, within epsilon in every column (fast gradient sign).

        x + epsilon sign(dJ/dx)

    which is the worst such move where the loss is linear in x.

    Source: Goodfellow, Shlens and Szegedy (2015), Explaining and harnessing adversarial examples, section 4.

    Parameters
    ----------
    x
        Inputs, (D, B).
    dx
        Gradient of J, (D, B).
    epsilon
        How far each column may move, at least 0, a scalar; at 0 rows stay.
    """
    return x + epsilon * namespace(x).sign(dx)
