"""Random draws in scikit-learn's order, from its kind of generator.

A network that starts from the same weights and sees the same batches is the same network. So the estimators
draw first weights, splits and row orders as scikit-learn's MLP does, from NumPy's ``RandomState``, and replay
them in the engine; only noise that scikit-learn does not know comes from the engine's own streams.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Layers = tuple[list[np.ndarray], list[np.ndarray]]


def first_layers(
    random_state: np.random.RandomState, sizes: Sequence[int], activation: str, dtype: str
) -> Layers:
    """Return the first weights (in, out) and biases (out,) of each layer, uniform within +-bound.

        bound = sqrt(6 / (in + out)),    sqrt(2 / (in + out)) for the logistic activation

    Source: Glorot and Bengio (2010), equation 16; as scikit-learn's MLP draws them, biases too.
    """
    coefs, intercepts = [], []
    for fan_in, fan_out in pairwise(sizes):
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / (fan_in + fan_out))
        coefs.append(random_state.uniform(-bound, bound, (fan_in, fan_out)).astype(dtype, copy=False))
        intercepts.append(random_state.uniform(-bound, bound, fan_out).astype(dtype, copy=False))
    return coefs, intercepts


def seeds_beside(random_state: np.random.RandomState, count: int) -> np.ndarray:
    """Return seeds for the engine's streams, (count,), and leave the generator as it was."""
    state = random_state.get_state(legacy=False)
    if state["bit_generator"] == "MT19937":
        # Three times as quick as a deep copy. The generator itself stays untouched: other threads may draw.
        beside = np.random.RandomState(0)
        beside.set_state(state)
    else:
        beside = copy.deepcopy(random_state)
    return beside.randint(0, 2**32, count, dtype=np.uint32)


class RowOrders:
    """The orders in which epochs visit the rows: each shuffles the one before it, or all are as given."""

    def __init__(self, random_state: np.random.RandomState, rows: int, shuffles: bool) -> None:
        self._random_state, self._shuffles = random_state, shuffles
        self._order = np.arange(rows, dtype=np.int32)

    def draw(self, epochs: int) -> np.ndarray:
        """Return the orders of the next epochs, (epochs, N)."""
        orders = np.empty((epochs, len(self._order)), dtype=self._order.dtype)
        for order in orders:
            if self._shuffles:
                places = np.arange(len(order))
                self._random_state.shuffle(places)
                self._order = self._order[places]
            order[:] = self._order
        return orders
