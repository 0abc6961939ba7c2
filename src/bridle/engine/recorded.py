"""Recorded draws: row orders and dropout masks to replay instead of drawing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridle.checks import Problems
from bridle.engine.plan import Plan

RING = 16
"""Row orders that lie on the devices at once; a compiled session with given orders advances no further."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """Draws made elsewhere, shared by all members; replays a tutorial's run to the digit.

    Parameters
    ----------
    order
        The rows' order in each epoch, (E, N), indices into a member's rows. A leading axis of 1 is the same
        order in every epoch.
    keep
        One array for each hidden layer, (T, H, N): True where a unit is kept for a row in an update. A
        leading axis of 1 is one fixed mask. Rows are numbered as in the data.
    """

    order: Any = None
    keep: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        if self.order is not None:
            object.__setattr__(self, "order", np.asarray(self.order, dtype=np.int32))
        if self.keep is not None:
            object.__setattr__(self, "keep", tuple(np.asarray(one, dtype=bool) for one in self.keep))

    def order_at(self, epoch: int) -> np.ndarray:
        """Return the order of an epoch (from 0), (N,); beyond the last they begin anew."""
        return self.order[epoch % len(self.order)]

    def masks_at(self, update: int, row_ids: np.ndarray) -> tuple[np.ndarray, ...] | None:
        """Return each hidden layer's mask in an update (from 0) for some rows, (H, B)."""
        if self.keep is None:
            return None
        return tuple(one[update if len(one) > 1 else 0][:, row_ids] for one in self.keep)

    def check(self, plan: Plan, train_rows: int, data_rows: int, updates: int) -> None:
        """Raise unless the draws fit a plan and its data.

        Raises
        ------
        PlanError
            Naming each array whose shape does not fit, and the shape that would.
        """
        problems = Problems("Recorded")
        if self.order is not None:
            fits = self.order.ndim == 2 and _covers(self.order, plan.epochs)
            if not fits or self.order.shape[1] != train_rows:
                problems.add(
                    "shape of order", f"(at least {plan.epochs} or 1, {train_rows})", self.order.shape
                )
            elif not np.array_equal(
                np.sort(self.order, axis=1), np.tile(np.arange(train_rows), (len(self.order), 1))
            ):
                problems.add("order", f"permutations of 0 to {train_rows - 1}", "rows missing or repeated")
        if self.keep is not None:
            hidden = plan.stages[:-1]
            if not plan.has("dropout"):
                problems.add(
                    "keep", "absent, or the plan's regularizers include 'dropout'", f"{len(self.keep)} masks"
                )
            if len(self.keep) != len(hidden):
                problems.add("keep", f"one array for each of the {len(hidden)} hidden layers", len(self.keep))
            for k, (one, stage) in enumerate(zip(self.keep, hidden, strict=False)):
                if one.ndim != 3 or not _covers(one, updates) or one.shape[1:] != (stage.units, data_rows):
                    allowed = f"(at least {updates} or 1, {stage.units}, {data_rows})"
                    problems.add(f"shape of keep[{k}]", allowed, one.shape)
        problems.raise_if_any()


def _covers(draws: np.ndarray, count: int) -> bool:
    return len(draws) == 1 or len(draws) >= count
