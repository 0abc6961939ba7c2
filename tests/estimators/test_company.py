"""Estimators among others: pipelines, searches, frames, pickles, workers, and forked processes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bridle import MLPClassifier, MLPRegressor
from tests.estimators.tables import quadrants

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL: dict[str, Any] = {
    "hidden_layer_sizes": (6,),
    "max_iter": 10,
    "random_state": 0,
    "learning_rate_init": 0.02,
}

FORKED = """
import os, sys, warnings
warnings.simplefilter("ignore")
from bridle import BridleError, MLPClassifier
X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, [0, 0, 1, 1] * 5
MLPClassifier((3,), max_iter=2, engine="population").fit(X, y)
child = os.fork()
if child == 0:
    MLPClassifier((3,), max_iter=2).fit(X, y).predict(X)
    try:
        MLPClassifier((3,), max_iter=2, engine="population").fit(X, y)
    except BridleError as error:
        os._exit(7 if "loky" in str(error) else 1)
    os._exit(2)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_pipelines_and_searches() -> None:
    X, y = quadrants()
    pipe = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    grid = {"mlpclassifier__l1": [0.0, 0.001], "mlpclassifier__dropout": [0.0, 0.3]}
    search = GridSearchCV(pipe, grid, cv=3).fit(X, y)
    assert set(search.best_params_) == set(grid)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    scores = cross_validate(MLPRegressor(**SMALL), X, y, cv=3, return_train_score=True)
    assert np.isfinite(scores["test_score"]).all()


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_and_their_names(frame: Any) -> None:
    X, y = quadrants()
    names = ["height", "width", "depth"]
    table_of = frame(dict(zip(names, X.T, strict=True)))
    model = MLPClassifier(**SMALL).fit(table_of, y)
    assert model.feature_names_in_.tolist() == names
    np.testing.assert_array_equal(model.predict(table_of), MLPClassifier(**SMALL).fit(X, y).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame(dict(zip(["height", "depth", "width"], X.T, strict=True))))
    piped = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    piped.set_output(transform="pandas" if frame is pd.DataFrame else "polars").fit(table_of, y)
    assert piped[-1].feature_names_in_.tolist() == names


def test_pickles_and_clones_go_on_as_the_original() -> None:
    X, y = quadrants()
    model = MLPClassifier(dropout=0.2, ema=0.9, **SMALL).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    for one in (model, again):
        for _ in range(3):
            one.partial_fit(X, y)
    for mine, theirs in zip(model.coefs_, again.coefs_, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not hasattr(clone(model), "coefs_")
    assert clone(model).get_params() == model.get_params()


def test_metadata_is_routed() -> None:
    X, y = quadrants()
    weight = np.where(y == 1, 4.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = (
            MLPClassifier(**SMALL).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        )
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipe = make_pipeline(scaler, model).fit(X, y, sample_weight=weight)
    other = MLPClassifier(**SMALL).fit(StandardScaler().fit_transform(X), y, sample_weight=weight)
    np.testing.assert_array_equal(pipe[-1].coefs_[0], other.coefs_[0])


@pytest.mark.slow
def test_workers_of_joblib_give_the_bits_of_this_process() -> None:
    """Both engines, each in two loky workers beside each other; nothing waits for anything."""
    X, y = quadrants()
    for engine in ("reference", "population"):
        jobs = [MLPClassifier(engine=engine, **(SMALL | {"random_state": seed})) for seed in range(4)]
        here = [clone(job).fit(X, y) for job in jobs]
        there = joblib.Parallel(n_jobs=2, timeout=300)(joblib.delayed(job.fit)(X, y) for job in jobs)
        for mine, theirs in zip(here, there, strict=True):
            for one, other in zip(mine.coefs_, theirs.coefs_, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")
def test_a_forked_process_trains_on_numpy_and_is_told_about_the_rest() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], timeout=300, capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
