"""What a comparison does where nobody says: it follows the data, their size and whether they are images.

Images of a few thousand rows cost more than a table of as many, and augmentations more than penalties: so
there are fewer splits, strengths and learning rates, and 200 epochs, because what is drawn anew in every
epoch needs epochs to be seen. Left out by default is what turns one class into another: no flips.
"""

from __future__ import annotations

import math

from bridle.study.names import PLAIN
from bridle.study.tables import Table

REGULARIZERS = (PLAIN, "l1", "l2", "elastic_net", "weight_decay", "dropout", "early_stopping")
"""Compared by default on tables."""

IMAGE_REGULARIZERS = (
    PLAIN, "l2", "weight_decay", "dropout", "label_smoothing", "translation", "rotation", "zoom",
    "random_erasing", "rotation+translation",
)  # fmt: skip
"""Compared by default on images."""

LEARNING_RATES = {"adam": (0.001, 0.003, 0.01), "sgd": (0.03, 0.1, 0.3)}
"""Tried by default, by optimizer; on images the first two."""

_SPLITS = ((2_000, 10), (20_000, 6))
_IMAGE_SPLITS = ((20_000, 6),)
_SEEDS_OF_ONE_SPLIT = ((200_000, 3), (math.inf, 2))
_FULL_BATCH_UP_TO = 256
_UPDATES = 3_000
_STRENGTHS, _IMAGE_STRENGTHS = 6, 3
_CURVE_POINTS = 500


def default_regularizers(table: Table) -> tuple[str, ...]:
    """Return the regularizers that are compared; label smoothing needs classes."""
    if table.image is None:
        return REGULARIZERS
    return tuple(
        name for name in IMAGE_REGULARIZERS if name != "label_smoothing" or table.task == "classification"
    )


def default_learning_rates(table: Table, optimizer: str) -> tuple[float, ...]:
    """Return the learning rates that are tried."""
    return LEARNING_RATES[optimizer][: 3 if table.image is None else 2]


def default_strengths(table: Table) -> int:
    """Return how many strengths are tried."""
    return _STRENGTHS if table.image is None else _IMAGE_STRENGTHS


def default_splits(table: Table) -> int:
    """Return how many splits there are."""
    by_rows = _SPLITS if table.image is None else _IMAGE_SPLITS
    return next((count for rows, count in by_rows if table.rows <= rows), 1)


def default_seeds(rows: int, splits: int) -> int:
    """Return how many seeds: where splits do not show the luck of training, seeds have to."""
    if splits > 1:
        return 1
    return next(count for most, count in _SEEDS_OF_ONE_SPLIT if rows <= most)


def default_metric(table: Table, class_weight: str | None) -> str:
    """Return the score to go by."""
    if table.task == "regression":
        return "rmse"
    return "accuracy" if class_weight is None else "balanced_accuracy"


def default_hidden(table: Table) -> tuple[int, ...]:
    """Return the units of the hidden layers."""
    return (20, 3) if table.generator is not None and table.frame.shape[1] == 2 else (64, 64)


def default_batch_size(table: Table, train_rows: int) -> int:
    """Return the rows of an update, 0 for all; a pass over images costs too much for one update."""
    if train_rows <= _FULL_BATCH_UP_TO:
        return 0 if table.image is None else 32
    return 128 if train_rows <= 20_000 else 256


def default_epochs(table: Table, train_rows: int, batch_size: int) -> int:
    """Return the passes over the training rows."""
    if not batch_size:
        return 5_000 if table.generator is not None else _UPDATES // 2
    return int(min(200, max(10, _UPDATES * batch_size // train_rows)))


def validated_every(epochs: int) -> int:
    """Return every how many epochs networks are validated, so that curves have about 500 points."""
    return max(1, epochs // _CURVE_POINTS)
