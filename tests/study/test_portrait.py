"""The portrait of the recommended network: importance, slices, calibration and confusion are what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bridle.study.compare import compare
from bridle.study.options import Options
from bridle.study.portrait import columns_of
from bridle.study.prepare import Preparation
from bridle.study.tables import from_arrays

QUICK = Options(
    splits=3, epochs=60, hidden=(8,), regularizers=("plain",), learning_rates=(0.03,), batch_size=0
)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Return rows whose class depends on dose and group, a little on age, and on nothing else."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "noise": random.normal(size=400),
            "dose": random.normal(size=400),
            "group": random.choice(["a", "b", "c"], 400),
            "age": np.where(random.random(400) < 0.1, np.nan, random.normal(50, 10, 400)),
            "seen": random.random(400) < 0.5,
        }
    )
    score = 2 * table["dose"] + 2.5 * (table["group"] == "b") + 0.05 * (table["age"].fillna(50) - 50)
    return table.assign(ill=np.where(score + 0.5 * random.normal(size=400) > 0.8, "yes", "no"))


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame):
    return compare(from_arrays(frame, "ill"), QUICK)


def test_what_the_class_depends_on_matters_most(found) -> None:
    portrait = found.portrait
    order = [one.column for one in portrait.importances]
    assert order[0] == "dose"
    assert order[1] == "group"
    assert set(order) == {"noise", "dose", "group", "age", "seen"}
    rises = {one.column: one.mean for one in portrait.importances}
    assert rises["dose"] > 0.15
    assert abs(rises["noise"]) < 0.05
    for one in portrait.importances:
        assert one.mean == pytest.approx(np.mean(one.splits))


def test_confusion_and_calibration_count_every_held_out_row(found) -> None:
    portrait = found.portrait
    assert portrait.held_out == "validation"
    assert portrait.confusion.sum() == portrait.calibration.counts.sum() == 3 * 80
    # Without a choice of strength, the recommended networks are the plain ones of the table.
    accuracy = np.trace(portrait.confusion) / portrait.confusion.sum()
    assert accuracy == pytest.approx(found.entry("plain").validation.mean)
    assert np.all(np.diff(portrait.calibration.predicted) >= 0)
    share = portrait.confusion[1].sum() / portrait.confusion.sum()
    assert np.average(portrait.calibration.observed, weights=portrait.calibration.counts) == pytest.approx(
        share
    )


def test_slices_vary_the_two_numbers_that_matter_most(found) -> None:
    assert found.plane[0] == "dose"
    (boundary,) = found.boundaries
    assert boundary.surface.shape == (120, 120)
    # More dose, more ill: along the first axis, at every place of the second.
    assert np.all(boundary.surface[:, -1] > boundary.surface[:, 0])
    assert found.points.positions.shape[1] == 2
    assert np.isfinite(found.points.positions).all()
    model = found.best_model
    row = {"noise": [0.0], "dose": [boundary.horizontal[-1]], "age": [50.0], "group": ["c"], "seen": [True]}
    assert 0 <= model.predict_proba(pd.DataFrame(row))[0, 1] <= 1


def test_slices_show_a_line_though_nobody_usual_is_ill() -> None:
    """Around the usual row, of the larger group, the network is sure everywhere."""
    random = np.random.default_rng(0)
    table = pd.DataFrame({"dose": random.normal(size=400), "age": random.normal(size=400)})
    table["group"] = np.where(random.random(400) < 0.75, "well", "at risk")
    ill = (table["group"] == "at risk") & (table["dose"] + 0.3 * table["age"] > 0)
    found = compare(from_arrays(table.assign(ill=np.where(ill, "yes", "no")), "ill"), QUICK)
    (boundary,) = found.boundaries
    assert boundary.surface.min() < 0.1
    assert boundary.surface.max() > 0.9


def test_inputs_come_from_the_columns_that_their_names_tell(frame: pd.DataFrame) -> None:
    dated = frame.assign(born=pd.Timestamp("2000-01-01") + pd.to_timedelta(np.arange(400), "D"))
    preparation = Preparation(dated).fit(dated)
    columns = columns_of(preparation)
    assert len(columns) == len(preparation.feature_names)
    for column, name in zip(columns, preparation.feature_names, strict=True):
        assert name.startswith(column)


def test_a_regression_has_importances_alone(frame: pd.DataFrame) -> None:
    table = frame[["noise", "group"]].assign(y=3.0 * frame["noise"] + 0.1 * frame["dose"])
    found = compare(from_arrays(table, "y"), QUICK)
    assert [one.column for one in found.portrait.importances] == ["noise", "group"]
    assert found.portrait.calibration is None
    assert found.portrait.confusion.size == 0
    assert found.boundaries == ()
    assert found.plane == ()
