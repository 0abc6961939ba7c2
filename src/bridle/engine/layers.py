"""The layers that a plan is made of, and how a setting's values belong to them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridle.types import Array


@dataclass(frozen=True)
class Dense:
    """A fully connected layer.

    Parameters
    ----------
    units
        Number of outputs, at least 1.
    activation
        "linear", "relu", "leaky_relu", "tanh", "sigmoid", "softplus", "silu", "gelu" or "selu".
        The last layer of a classifier is linear: losses take logits.
    """

    units: int
    activation: str = "relu"

    def __post_init__(self) -> None:
        use_python_numbers(self)


def at_layer(value: Array, k: int) -> Array:
    """Return a setting's value for layer k: its own, or the one for all."""
    return value if value.ndim == 0 else value[k]


def use_python_numbers(record: Any) -> None:
    """Turn NumPy's scalars into Python's, which JSON knows."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.generic):
            object.__setattr__(record, field.name, value.item())
