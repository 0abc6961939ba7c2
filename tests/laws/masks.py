"""Laws of masks as plain functions: fresh in every update, layer and seed, tied to a row's id and not its place."""

from __future__ import annotations

import numpy as np

from bridle.engine import Dense, Plan
from tests.laws.gradients import Case

UNITS, UPDATES, RATE = 40, 60, 0.3


def plan() -> Plan:
    """Return a plan whose layers are equally wide, so that their masks can be compared."""
    return Plan(
        inputs=UNITS, layers=(Dense(UNITS), Dense(UNITS), Dense(1, "linear")), loss="squared_error",
        dtype="float64", regularizers=("dropout",),
    )  # fmt: skip


def masks(seed: int, updates: int = UPDATES) -> np.ndarray:
    """Return what is kept, (updates, layers, units, rows): the inputs' mask first."""
    case = Case(plan(), {"dropout": [[RATE] * 3]})
    case.member = case.member._replace(seed=np.uint32(seed))
    drawn = []
    for update in range(updates):
        case.state = case.state._replace(updates=np.asarray(update, dtype=np.int32))
        keep = case.keep()
        assert keep is not None
        drawn.append([keep[k] for k in range(3)])
    return np.array(drawn)


def correlation_sigmas(a: np.ndarray, b: np.ndarray) -> float:
    """Return how many standard errors two equally shaped masks are from uncorrelated."""
    deviations = (a - (1 - RATE)) * (b - (1 - RATE)) / (RATE * (1 - RATE))
    return float(deviations.sum() / np.sqrt(a.size))


def assert_masks_are_fresh() -> None:
    """No update, layer or seed reuses another's mask, nor anything that tells of it."""
    first, second = masks(0), masks(1)
    kept = first.mean()
    assert abs(kept - (1 - RATE)) < 5 * np.sqrt(RATE * (1 - RATE) / first.size), f"{kept} kept"
    for name, one, other in (
        ("the next update", first[1:], first[:-1]),
        ("the next but one", first[2:], first[:-2]),
        ("the next layer", first[:, 1:], first[:, :-1]),
        ("another seed", first, second),
        ("the next unit", first[:, :, 1:], first[:, :, :-1]),
        ("the next row", first[..., 1:], first[..., :-1]),
    ):
        sigmas = correlation_sigmas(one, other)
        assert abs(sigmas) < 5, f"masks tell {sigmas:.0f} sigma of {name}"


def assert_masks_belong_to_rows() -> None:
    """A row's mask is the same wherever in the batch it stands, and twice the same for a row that is twice there."""
    case = Case(plan(), {"dropout": [[RATE] * 3]})
    keep = case.keep()
    order = np.array([8, 0, 3, 3, 5, 1, 2, 7, 6])
    case.batch = case.batch._replace(
        row_ids=case.batch.row_ids[:, order], row_words=case.batch.row_words[:, order]
    )
    moved = case.keep()
    assert keep is not None
    assert moved is not None
    for k in range(3):
        np.testing.assert_array_equal(moved[k], keep[k][:, order])
