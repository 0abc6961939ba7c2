"""Scores against hand computation, scikit-learn, and the corners where scores usually crash."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from bridle.errors import DataError
from bridle.study.scores import SCORES, find_score

CLASSIFIERS = [name for name, score in SCORES.items() if score.task == "classification"]
REGRESSORS = [name for name, score in SCORES.items() if score.task == "regression"]


def _problem(rows, classes, seed):
    random = np.random.default_rng(seed)
    return random.integers(0, classes, rows), random.dirichlet(np.ones(classes), rows)


def test_two_classes_by_hand():
    y = np.array([0, 0, 1, 1])
    p = np.array([0.2, 0.6, 0.4, 0.9])
    both = np.column_stack([1 - p, p])
    expected = {
        "accuracy": 0.5,
        "balanced_accuracy": 0.5,
        "log_loss": -(math.log(0.8) + math.log(0.4) + math.log(0.4) + math.log(0.9)) / 4,
        "auc": 3 / 4,  # of the four pairs, only 0.6 over 0.4 is the wrong way round
        "f1": 0.5,
        "brier": (0.04 + 0.36 + 0.36 + 0.01) / 4,
        # Confidences 0.8 and 0.9 are right, and both of 0.6, in one bin, are wrong.
        "calibration_error": (abs(1 - 0.8) + abs(0 - 2 * 0.6) + abs(1 - 0.9)) / 4,
    }
    assert set(expected) == set(CLASSIFIERS)
    for name, value in expected.items():
        assert SCORES[name](y, both) == pytest.approx(value, rel=1e-12), name


def test_three_classes_by_hand():
    y = np.array([0, 0, 0, 1, 2])
    p = np.eye(3)[[0, 0, 1, 1, 0]]
    assert SCORES["accuracy"](y, p) == pytest.approx(3 / 5)
    assert SCORES["balanced_accuracy"](y, p) == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert SCORES["f1"](y, p) == pytest.approx((2 * 2 / 6 + 2 / 3 + 0) / 3)
    assert SCORES["brier"](y, p) == pytest.approx(2 * 2 / 5)


@given(st.integers(2, 5), st.integers(20, 60), st.integers(0, 10_000))
def test_scores_are_those_of_scikit_learn(classes, rows, seed):
    y, p = _problem(rows, classes, seed)
    y[:classes] = np.arange(classes)
    guess = p.argmax(axis=1)
    ranking = p[:, 1] if classes == 2 else p
    assert SCORES["accuracy"](y, p) == metrics.accuracy_score(y, guess)
    assert SCORES["balanced_accuracy"](y, p) == pytest.approx(metrics.balanced_accuracy_score(y, guess))
    assert SCORES["log_loss"](y, p) == pytest.approx(metrics.log_loss(y, p))
    assert SCORES["auc"](y, p) == pytest.approx(metrics.roc_auc_score(y, ranking, multi_class="ovr"))
    assert SCORES["f1"](y, p) == pytest.approx(metrics.f1_score(y, guess, average="macro", zero_division=0))
    squares = np.square(p - np.eye(classes)[y]).sum(axis=1).mean()
    assert SCORES["brier"](y, p) == pytest.approx(squares / 2 if classes == 2 else squares)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("classes", [2, 3])
def test_certain_predictions_are_finite_and_the_best_possible(name, classes):
    y = np.arange(12) % classes
    score = SCORES[name]
    perfect, worst = score(y, np.eye(classes)[y]), score(y, np.eye(classes)[(y + 1) % classes])
    assert math.isfinite(worst)
    assert perfect == pytest.approx(1.0 if score.greater_is_better else 0.0, abs=1e-12)
    assert (perfect > worst) == score.greater_is_better


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classes_may_be_missing_from_the_rows(name):
    _, p = _problem(20, 4, 0)
    assert math.isfinite(SCORES[name](np.arange(20) % 2, p))
    alone = SCORES[name](np.zeros(20, dtype=int), p)
    assert math.isnan(alone) if name == "auc" else math.isfinite(alone)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_probabilities_in_single_precision_score_as_in_double(name):
    y, p = _problem(200, 3, 1)
    assert SCORES[name](y, p.astype(np.float32)) == pytest.approx(SCORES[name](y, p), rel=1e-6)


def test_regression_by_hand():
    y, predicted = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0])
    assert SCORES["r2"](y, predicted) == pytest.approx(1 - 4 / 2)
    assert SCORES["rmse"](y, predicted) == pytest.approx(math.sqrt(4 / 3))
    assert SCORES["mae"](y, predicted[:, None]) == pytest.approx(2 / 3)
    assert math.isnan(SCORES["r2"]([1.0], [1.0]))


@pytest.mark.parametrize("name", REGRESSORS)
def test_better_regressions_score_better(name):
    y = np.linspace(0, 1, 20)
    near, far = SCORES[name](y, y + 0.01), SCORES[name](y, y + 0.5)
    assert (near > far) == SCORES[name].greater_is_better


@pytest.mark.parametrize("name", SCORES)
def test_a_diverged_member_scores_nan(name):
    if name in CLASSIFIERS:
        p = np.full((4, 2), 0.5)
        p[2] = np.nan
        assert math.isnan(SCORES[name]([0, 1, 0, 1], p))
    else:
        assert math.isnan(SCORES[name]([0.0, 1.0], [0.0, np.inf]))


def test_records_say_how_they_read():
    assert SCORES["accuracy"].show(0.93449) == "93.4 %"
    assert SCORES["rmse"].show(12.3456) == "12.3"
    assert all(name == score.name and score.sentence for name, score in SCORES.items())
    with pytest.raises(DataError, match="Did you mean 'accuracy'"):
        find_score("acuracy")
    assert find_score("auc") is SCORES["auc"]


@pytest.mark.parametrize(
    ("name", "y", "predictions", "words"),
    [
        ("accuracy", [0, 1], [0.5, 0.5], "of shape (N, K)"),
        ("accuracy", [0, 1], [[0.5], [0.5]], "of shape (N, K)"),
        ("accuracy", [0, 1, 1], [[0.5, 0.5]] * 2, "of shape (2,)"),
        ("accuracy", [0, 2], [[0.5, 0.5]] * 2, "indices from 0 to 1"),
        ("accuracy", ["a", "b"], [[0.5, 0.5]] * 2, "Table.codes"),
        ("rmse", [0.0, 1.0], [0.0], "of shape (2,)"),
        ("rmse", [], [], "not empty"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name, y, predictions, words):
    with pytest.raises(DataError) as caught:
        SCORES[name](y, predictions)
    assert words in str(caught.value)
