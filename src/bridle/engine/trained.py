"""What a population is after training, and who keeps it on disk: the words that both engines share."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from bridle.engine.step import State


class Trained(NamedTuple):
    """A population after training, as NumPy arrays with a leading axis M."""

    state: State
    curves: dict[str, np.ndarray]
    note: str


class Keeper(Protocol):
    """Keeps a population's states on disk; see :mod:`bridle.engine.checkpoint`."""

    @property
    def is_due(self) -> bool:
        """Whether it is time to save again."""

    def load(self, template: Trained) -> Trained | None:
        """Return what is kept, in the template's form, or None."""

    def save(self, trained: Trained) -> None:
        """Keep what is done so far."""
