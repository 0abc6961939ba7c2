"""No leakage: nothing about validation or test rows reaches what is learned from training rows.

The cells of rows outside training are changed in every way a cell can be, with values made of the target. If
a median, a quantile or a most frequent level had seen them, the prepared training rows would change.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bridle.study.options import Options, settle
from bridle.study.rounds import make_rounds
from bridle.study.table import Sealed
from bridle.study.tables import from_arrays

ROWS = 200
LEAK = 1e6


def _frame(y):
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "number": random.normal(0, 1, ROWS),
            "flag": (random.random(ROWS) < 0.3).astype(object),
            "town": random.choice(["Ur", "Rome", "Troy"], ROWS).astype(object),
            "street": random.choice([f"street {k}" for k in range(70)], ROWS).astype(object),
            "when": pd.Timestamp("2021-05-01") + pd.to_timedelta(random.integers(0, 500, ROWS), "D"),
        }
    )
    frame.loc[random.random(ROWS) < 0.2, ["number", "flag", "town", "when"]] = None
    return frame


def _planted(frame, y, rows):
    """Return the frame with the target's value in the rows' missing cells, in each column's own kind."""
    planted = frame.copy()
    inside = np.isin(np.arange(ROWS), rows)
    for name, value in (
        ("number", LEAK * (y - 0.5)),
        ("flag", y.astype(bool).astype(object)),
        ("town", np.where(y == 1, "Ur", "Troy")),
        ("when", np.where(y == 1, np.datetime64("2050-01-01"), np.datetime64("1950-01-01"))),
    ):
        gaps = inside & frame[name].isna().to_numpy()
        assert gaps.sum() > 3
        planted.loc[gaps, name] = value[gaps]
    planted.loc[inside, "street"] = "street 0"
    return planted


def _rounds(frame, y, **options):
    table = from_arrays(frame, y)
    return make_rounds(table, settle(Options(splits=1, **options), table))[0]


@pytest.mark.parametrize("scale", ["standard", "quantile"])
@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_target_planted_in_the_missing_cells_of_other_rows_moves_nothing(scale, part):
    y = np.random.default_rng(1).integers(0, 2, ROWS)
    frame = _frame(y)
    from bridle.study.split import split_rows

    settled = settle(Options(), from_arrays(frame, y))
    rows = getattr(split_rows(y, settled.shares, 0), part)
    before, after = _rounds(frame, y, scale=scale), _rounds(_planted(frame, y, rows), y, scale=scale)
    assert after.train.x.tobytes() == before.train.x.tobytes()
    other = "validation" if part == "test" else "test"
    assert getattr(after, other).x.tobytes() == getattr(before, other).x.tobytes()
    assert getattr(after, part).x.tobytes() != getattr(before, part).x.tobytes()
    for name in ("medians", "means", "scales"):
        np.testing.assert_array_equal(
            getattr(after.preparation.learned.numbers, name),
            getattr(before.preparation.learned.numbers, name),
        )
    assert after.preparation.learned.modes == before.preparation.learned.modes
    for name, levels in before.preparation.learned.levels.items():
        assert vars(after.preparation.learned.levels[name]) == vars(levels)


def test_the_same_change_in_training_rows_does_move_them():
    # The test above could pass because nothing is imputed at all; here the planted values must show.
    y = np.random.default_rng(1).integers(0, 2, ROWS)
    frame = _frame(y)
    from bridle.study.split import split_rows

    settled = settle(Options(), from_arrays(frame, y))
    rows = split_rows(y, settled.shares, 0).train
    before, after = _rounds(frame, y), _rounds(_planted(frame, y, rows), y)
    assert after.test.x.tobytes() != before.test.x.tobytes()
    assert after.preparation.learned.numbers.scales[0] > 1000 * before.preparation.learned.numbers.scales[0]


def test_sealed_rows_are_prepared_by_training_rows_and_judge_every_seed():
    y = np.random.default_rng(1).integers(0, 2, ROWS)
    table = from_arrays(_frame(y), y)
    import dataclasses

    sealed = Sealed(table.frame.iloc[:40].reset_index(drop=True), table.y[:40])
    outside = dataclasses.replace(table, frame=table.frame.iloc[40:], y=table.y[40:], sealed=sealed)
    changed = dataclasses.replace(
        outside, sealed=Sealed(sealed.frame.assign(number=LEAK, town="Atlantis"), sealed.y)
    )
    settled = settle(Options(splits=3), outside)
    assert settled.shares == pytest.approx((0.75, 0.25, 0.0))
    rounds, others = make_rounds(outside, settled), make_rounds(changed, settled)
    for one, other in zip(rounds, others, strict=True):
        assert one.train.x.tobytes() == other.train.x.tobytes()
        assert len(one.train.y) + len(one.validation.y) == ROWS - 40
        np.testing.assert_array_equal(one.test.y, table.codes[:40])
        np.testing.assert_array_equal(one.test.x, one.preparation.transform(sealed.frame).astype(np.float32))
    assert rounds[0].train.x.tobytes() != rounds[1].train.x.tobytes()
