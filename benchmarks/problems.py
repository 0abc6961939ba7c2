"""The problems that are timed, and the referee who says what was reached.

Every rival starts from the same weights on the same rows and minimizes the same objective, which the referee
computes in float64 from the weights it returns. A time without an agreeing objective is void.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridle import Dense, Plan
from bridle.engine.initial import initial_weights
from bridle.engine.network import forward
from bridle.ops import LOSSES
from bridle.types import Weights


@dataclass(frozen=True)
class Problem:
    """A network with data and a training, the same for all rivals.

    ``l2`` is the strength in bridle's unit; each rival's adapter converts it. ``image`` is (C, H, W) where
    the inputs are pictures.
    """

    name: str
    sizes: tuple[int, ...]
    rows: int
    batch: int | None
    optimizer: str
    learning_rate: float
    l2: float
    members: int
    epochs: int
    rival_epochs: int
    image: tuple[int, int, int] | None = None

    @property
    def updates_an_epoch(self) -> int:
        """Updates in one pass over the rows."""
        return 1 if self.batch is None else -(-self.rows // self.batch)

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return X (N, D) and y (N,), two overlapping crowds with a curved border."""
        random = np.random.default_rng(7)
        X = random.normal(size=(self.rows, self.sizes[0])).astype(np.float32)
        edge = X[:, 0] + 0.5 * X[:, 1] ** 2 - 0.5 + 0.5 * random.normal(size=self.rows)
        return X, (edge > 0).astype(np.int64)

    def plan(self, *, epochs: int, regularizers: tuple[str, ...] = ("l2",), dtype: str = "float32") -> Plan:
        """Return bridle's plan."""
        hidden = tuple(Dense(units) for units in self.sizes[1:-1])
        return Plan(
            inputs=self.sizes[0],
            image=self.image,
            layers=(*hidden, Dense(self.sizes[-1], "linear")),
            loss="binary_cross_entropy" if self.sizes[-1] == 1 else "cross_entropy",
            optimizer=self.optimizer,
            epochs=epochs,
            batch_size=self.batch,
            regularizers=regularizers,
            dtype=dtype,
        )

    def first_weights(self) -> Weights:
        """Return the weights from which everyone starts."""
        return initial_weights(self.plan(epochs=1, dtype="float64"), 0)

    def objective(self, weights: Weights) -> float:
        """Return J in float64, as the referee counts it: mean loss plus l2/2 times the squared weights."""
        plan = self.plan(epochs=1, dtype="float64")
        X, y = self.data()
        exact = [(np.asarray(w, np.float64), np.asarray(b, np.float64).reshape(-1, 1)) for w, b in weights]
        z, _ = forward(plan, exact, X.T.astype(np.float64))
        t = y[None, :] if plan.outputs == 1 else np.eye(plan.outputs)[y].T
        losses, _ = LOSSES[plan.loss].forward(z, t.astype(np.float64))
        return float(losses.mean() + self.l2 / 2 * sum((w * w).sum() for w, _ in exact))


PROBLEMS = {
    "small": Problem("small", (2, 20, 3, 1), 211, None, "sgd", 0.3, 0.7 / 211, 64, 5_000, 5_000),
    "medium": Problem("medium", (60, 128, 128, 2), 2_048, 128, "adam", 1e-3, 1e-4, 16, 10, 10),
    "gray pictures": Problem(
        "gray pictures", (784, 256, 256, 10), 1_280, 128, "adam", 1e-3, 1e-4, 4, 10, 10, (1, 28, 28)
    ),
    "pictures in color": Problem(
        "pictures in color", (768, 256, 256, 10), 1_280, 128, "adam", 1e-3, 1e-4, 4, 10, 10, (3, 16, 16)
    ),
}
