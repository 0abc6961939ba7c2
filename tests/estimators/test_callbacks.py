"""scikit-learn's callbacks hear of every epoch, may look at a fitted copy, may stop, and change nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from bridle import MLPClassifier, MLPRegressor

callback = pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9, which has callbacks")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


class Notes:
    """A callback that writes down what it hears, and may ask to stop."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop_after, self.begun, self.scores, self.weights = stop_after, [], [], []

    def setup(self, estimator, context):
        self.begun.append("setup")

    def teardown(self, estimator, context):
        self.begun.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.scores.append(fitted_estimator.score(X, y))
        self.weights.append(None if metadata is None else metadata["sample_weight"])
        assert fitted_estimator is not estimator
        return self.stop_after is not None and len(self.scores) == self.stop_after


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        ({"max_iter": 7, "engine": "reference"}, "epoch"),
        ({"max_iter": 3, "engine": "population"}, "epoch"),
        ({"max_iter": 7, "n_members": 2, "engine": "reference"}, "epoch"),
        ({"max_iter": 5, "solver": "lbfgs"}, "iteration"),
    ],
    ids=["sgd", "compiled", "members", "lbfgs"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_callback_hears_of_every_step_and_changes_no_weight(settings: dict, step: str) -> None:
    model = MLPClassifier((4,), random_state=0, **settings)
    alone = clone(model).fit(X, Y)
    notes = Notes()
    weights = np.linspace(0.5, 1.5, len(Y))
    heard = clone(model).set_callbacks(notes).fit(X, Y)
    for own, other in zip(heard.coefs_, alone.coefs_, strict=True):
        np.testing.assert_array_equal(own, other)
    assert notes.begun == ["setup", "fit", *[step] * alone.n_iter_, "teardown"]
    assert len(notes.scores) == alone.n_iter_ + 1
    assert notes.scores[-1] == notes.scores[-2] == alone.score(X, Y)
    notes = Notes()
    clone(model).set_callbacks(notes).fit(X, Y, sample_weight=weights)
    assert all(np.array_equal(one, weights) for one in notes.weights)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_callback_may_end_the_training(solver: str) -> None:
    short = MLPRegressor(hidden_layer_sizes=(4,), random_state=0, solver=solver, max_iter=3).fit(X, X[:, 0])
    long = MLPRegressor(hidden_layer_sizes=(4,), random_state=0, solver=solver, max_iter=50)
    stopped = long.set_callbacks(Notes(stop_after=3)).fit(X, X[:, 0])
    assert stopped.n_iter_ == 3
    np.testing.assert_array_equal(stopped.coefs_[0], short.coefs_[0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_callbacks_are_torn_down_after_a_failure_and_kept_by_clones_in_a_search() -> None:
    notes = Notes()
    with pytest.raises(ValueError, match="max_iter"):
        MLPClassifier(max_iter=0).set_callbacks(notes).fit(X, Y)
    model = MLPClassifier((3,), max_iter=2, random_state=0, engine="reference").set_callbacks(notes)
    GridSearchCV(model, {"alpha": [0.1, 0.2]}, cv=2).fit(X, Y)
    assert notes.begun.count("setup") == notes.begun.count("teardown") == 5
    assert notes.begun.count("epoch") == 2 * 5
