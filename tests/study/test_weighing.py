"""Rows' weights: a row of weight 2 is two rows, in every score, in training and in validation."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

import bridle
from bridle.engine import Dense, Members, Plan, train
from bridle.errors import DataError, PlanError
from bridle.study.blocks import pseudo_values
from bridle.study.candidates import make_companies
from bridle.study.compare import compare
from bridle.study.crossfit import judge, make_judges
from bridle.study.hashes import hash_of_data
from bridle.study.options import Options, settle
from bridle.study.rounds import balanced_weights, make_rounds, stack
from bridle.study.scores import SCORES
from bridle.study.selection import gather
from bridle.study.statistics import effective_rows
from bridle.study.table import Table
from bridle.study.tables import from_arrays, load
from bridle.study.weighing import weigh

ROWS = 90
SMALL = Options(hidden=(4,), epochs=30, splits=2, strengths=2, regularizers=("l2", "early_stopping"))


def cloud(weights=None) -> Table:
    random = np.random.default_rng(0)
    X = random.normal(size=(ROWS, 3))
    y = (X[:, 0] + random.normal(size=ROWS) > 0).astype(int)
    return from_arrays(X, y, name="cloud", weights=weights)


def counts(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 4, size=ROWS)


def told(task: str, rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    if task == "regression":
        y = random.normal(size=rows)
        return y, y + random.normal(size=rows)
    p = random.dirichlet(np.ones(3), size=rows)
    return random.integers(3, size=rows), p


@pytest.mark.parametrize("name", list(SCORES))
def test_whole_weights_are_repeated_rows_in_every_score(name) -> None:
    y, predicted = told(SCORES[name].task)
    often = counts()[: len(y)]
    repeated = SCORES[name](np.repeat(y, often), np.repeat(predicted, often, axis=0))
    assert SCORES[name](y, predicted, often.astype(float)) == pytest.approx(repeated, rel=1e-12)
    assert repeated != SCORES[name](y, predicted)  # so the weights had something to say


@pytest.mark.parametrize("name", list(SCORES))
def test_only_ratios_of_weights_count_in_a_score(name) -> None:
    y, predicted = told(SCORES[name].task)
    w = np.random.default_rng(4).uniform(0.1, 2.0, size=len(y))
    assert SCORES[name](y, predicted, 1000 * w) == pytest.approx(SCORES[name](y, predicted, w), rel=1e-12)
    assert SCORES[name](y, predicted, np.ones(len(y))) == pytest.approx(SCORES[name](y, predicted), rel=1e-12)


def test_a_score_refuses_weights_of_other_rows() -> None:
    with pytest.raises(DataError, match="weights must be of shape"):
        SCORES["mae"](np.zeros(3), np.zeros(3), np.ones(2))


def test_pseudo_values_of_a_weighted_mean_follow_its_delete_a_block_values() -> None:
    """mean of block b left out = (W m - W_b m_b) / (W - W_b), so the pseudo-values are known in closed form."""
    errors = np.random.default_rng(0).exponential(size=200)
    w = np.random.default_rng(1).uniform(0.1, 3.0, size=200)
    units = np.arange(200)
    found = pseudo_values(SCORES["mae"], np.zeros(200), errors, units, w)
    mass = np.array([w[units % 20 == b].sum() for b in range(20)])
    total = np.array([(w * errors)[units % 20 == b].sum() for b in range(20)])
    without = (total.sum() - total) / (mass.sum() - mass)
    whole = total.sum() / mass.sum()
    np.testing.assert_allclose(found, whole + 19 * (without.mean() - without), rtol=1e-10)
    assert found.mean() == pytest.approx(whole)


def test_the_blocks_know_how_unsure_a_weighted_mean_is() -> None:
    """Over many draws the jackknife's variance is that of the weighted mean; unweighted it would be smaller."""
    random = np.random.default_rng(5)
    w = np.where(np.arange(400) % 10 == 0, 12.0, 1.0)
    means, variances = [], []
    for _ in range(300):
        errors, units = random.exponential(size=400), random.permutation(400)
        values = pseudo_values(SCORES["mae"], np.zeros(400), errors, units, w)
        means.append(values.mean())
        variances.append(np.var(values, ddof=1) / 20)
    assert np.mean(variances) == pytest.approx(np.var(means), rel=0.25)
    assert np.var(means) == pytest.approx(1 / effective_rows(400, w), rel=0.25)


def test_training_and_validation_loss_of_whole_weights_are_those_of_repeated_rows() -> None:
    random = np.random.default_rng(0)
    X, y, often = random.normal(size=(50, 3)), random.integers(2, size=50), random.integers(1, 4, size=50)
    rows, held_out = np.arange(30), np.arange(30, 50)
    plan = Plan(
        inputs=3,
        layers=(Dense(4), Dense(1, "linear")),
        loss="binary_cross_entropy",
        epochs=40,
        dtype="float64",
    )
    members = {"rows": [rows], "validation_rows": [held_out]}
    weighted = Members(
        seed=1, learning_rate=0.3, row_weights=often, validation_weights=often.astype(float), **members
    )
    repeated = Members(
        seed=1,
        learning_rate=0.3,
        rows=[np.repeat(rows, often[rows])],
        validation_rows=[np.repeat(held_out, often[held_out])],
    )
    for engine in ("population", "reference"):
        one, two = (train(plan, each, X, y, engine=engine) for each in (weighted, repeated))
        for curve in ("train_loss", "validation_loss", "validation_accuracy"):
            np.testing.assert_allclose(one.curves[curve], two.curves[curve], rtol=1e-9)


def test_validation_weights_reach_every_chunk_and_both_engines() -> None:
    random = np.random.default_rng(0)
    X, y, w = random.normal(size=(700, 2)), random.normal(size=700), random.uniform(0.1, 2, size=600)
    plan = Plan(inputs=2, layers=(Dense(1, "linear"),), loss="squared_error", epochs=3, dtype="float64")
    found = {}
    for engine in ("population", "reference"):
        members = Members(seed=0, rows=[np.arange(100)], validation_rows=[np.arange(100, 700)])
        plain = train(plan, members, X, y, engine=engine)
        members = Members(
            rows=[np.arange(100)], validation_rows=[np.arange(100, 700)], validation_weights=[w]
        )
        outcome = train(plan, members, X, y, engine=engine)
        squares = 0.5 * np.square(outcome.predict(X[100:])[0, :, 0] - y[100:])
        found[engine] = outcome.curves["validation_loss"][0]
        assert found[engine][-1] == pytest.approx(np.average(squares, weights=w), rel=1e-12)
        assert plain.curves["validation_loss"][0, -1] == pytest.approx(squares.mean(), rel=1e-12)
    np.testing.assert_allclose(*found.values(), rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"validation_weights": -np.ones(20)}, "validation_weights must be finite and at least 0"),
        ({"validation_weights": np.ones(3)}, "validation_weights must be one weight for each of the 20 rows"),
        ({"validation_weights": [np.ones(3)]}, "validation_weights must be as long as the member's rows"),
    ],
)
def test_validation_weights_that_do_not_fit_are_refused(given, message) -> None:
    plan = Plan(inputs=1, layers=(Dense(1, "linear"),), epochs=1)
    with pytest.raises(PlanError, match=message):
        Members(validation_rows=[np.arange(5)], **given).settle(plan, 20)


def entries(findings) -> str:
    return json.dumps(findings.as_json()["entries"])


@pytest.fixture(scope="module")
def plain():
    return compare(cloud(), SMALL)


@pytest.fixture(scope="module")
def weighted():
    return compare(cloud(counts() / 1.0), SMALL)


def test_equal_weights_are_no_weights_to_the_bit(plain) -> None:
    assert entries(compare(cloud(np.ones(ROWS)), SMALL)) == entries(plain)
    assert hash_of_data(cloud(np.full(ROWS, 7.0))) == hash_of_data(cloud())


def test_weights_change_scores_and_choices_and_only_their_ratios_do(plain, weighted) -> None:
    assert entries(weighted) != entries(plain)
    assert entries(compare(cloud(counts() * 4.0), SMALL)) == entries(weighted)  # a power of two: to the bit
    assert "weighed by weights (as precise as 7" in dict(weighted.facts)["Data"]


def test_early_stopping_is_judged_by_weighted_halves() -> None:
    table = cloud(counts())
    settled = settle(SMALL, table)
    rounds = make_rounds(table, settled)
    data = stack(rounds)
    (company,) = make_companies(settled, 3, 1, "binary_cross_entropy")
    judges = make_judges(company, rounds, data, 1)
    members = company.members(data.rows, data.validation_rows, data.row_weights, 1, weights=data.weights)
    trained = gather(company, train(company.plan, members, data.x, data.y), 2, 1)
    outcome = train(judges.company.plan, judges.members, data.x, data.y)
    found = judge(trained, judges, outcome, data).losses[tuple(judges.places[0])]
    by_hand = []
    for half in (0, 1):
        rows = judges.judged_on[half]
        p = outcome.predict(data.x[rows], best=True)[half, :, 0].astype(float)
        losses = -np.log(np.where(data.y[rows] == 1, p, 1 - p))
        by_hand.append(np.average(losses, weights=data.weights[rows]))
    assert found == pytest.approx(np.mean(by_hand), rel=1e-5)


def test_weights_multiply_those_of_classes() -> None:
    table = cloud(counts())
    first = make_rounds(table, settle(Options(class_weight="balanced", splits=1), table))[0]
    np.testing.assert_allclose(first.row_weights, first.train.weights * balanced_weights(first.train.y))
    assert first.validation.weights.shape == first.validation.y.shape
    np.testing.assert_array_equal(first.test.weights, table.weights[first.test.rows])


def test_a_column_of_weights_is_no_feature_and_rows_without_weight_are_gone() -> None:
    frame = pd.DataFrame({"a": np.arange(40.0), "w": [0, 1, 2, 1] * 10, "y": [0, 1, 1, 0] * 10})
    table = from_arrays(frame, "y", weights="w")
    assert table.frame.columns.tolist() == ["a"]
    assert table.rows == 30
    np.testing.assert_allclose(table.weights[:3], [0.75, 1.5, 0.75])
    assert table.notes == ("Left out: 10 rows of weight 0.",)
    beside = from_arrays(frame[["a"]], frame["y"], weights=frame["w"].tolist())
    np.testing.assert_array_equal(beside.weights, table.weights)
    assert beside.weighed_by == "weights"


def test_sealed_test_rows_keep_a_mean_of_their_own() -> None:
    found = weigh(pd.Series([1.0, 0, 3, 0, 2, 6]), "data", "w", sealed=3)
    np.testing.assert_allclose(found.weights, [0.5, 1.5])
    np.testing.assert_allclose(found.of_sealed, [0.5, 1.5])
    assert (found.rows.tolist(), found.sealed_rows, found.left_out) == ([0, 2, 4, 5], 2, 2)
    with pytest.raises(DataError, match="above 0 for some test rows"):
        weigh(pd.Series([1.0, 2.0, 0.0]), "data", "w", sealed=1)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            [1.0, -2.0] * 20,
            r"weights 'weights', row 2, must be a finite number of at least 0; got -2.0. Mend",
        ),
        ([1.0, None] * 20, r"weights 'weights', row 2, must be a finite number of at least 0; got None"),
        ([1.0, math.inf] * 20, "weights 'weights', row 2, must be finite; got inf"),
        (["a", "b"] * 20, "weights 'weights' must be numbers of at least 0; got 'a'"),
        ([0.0] * 40, "weights 'weights' must be above 0 for some rows; got '0 in every row'"),
        ([1.0] * 39, "weights must be as long as X, 40 rows; got '39 rows'"),
    ],
)
def test_weights_that_are_none_are_refused(cells, message) -> None:
    with pytest.raises(DataError, match=message):
        from_arrays(np.arange(40.0).reshape(-1, 1), [0, 1] * 20, weights=cells)


def test_weights_have_to_be_there_and_generated_data_have_none() -> None:
    with pytest.raises(DataError, match="weights must be one of 'sepal length"):
        load("iris", weights="weight")
    with pytest.raises(DataError, match="weights must be left out for generated data"):
        load("moons", weights="x1")
    with pytest.raises(PlanError, match="weights must be the name of a column when X is a name or a path"):
        bridle.compare("iris", weights=np.ones(150))
