"""Path estimators among others: frames, pipelines, searches, metadata, pickles, workers and forked processes."""

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
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import bridle
from bridle import MLPClassifier, MLPRegressor, RegularizationPathClassifier, RegularizationPathRegressorCV
from tests.estimators.tables import quadrants

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL: dict[str, Any] = {"hidden_layer_sizes": (5,), "max_iter": 6, "learning_rate_init": 0.03}
STRENGTHS = [1e-3, 1e-2]
NAMES = ["height", "width", "depth"]
FOUR = [f"RegularizationPath{kind}" for kind in ("Classifier", "ClassifierCV", "Regressor", "RegressorCV")]

FORKED = """
import os, sys, warnings
warnings.simplefilter("ignore")
from bridle import BridleError, MLPClassifier, RegularizationPathClassifier
X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, [0, 0, 1, 1] * 5

def path(engine):
    network = MLPClassifier((3,), max_iter=2, engine=engine)
    return RegularizationPathClassifier(network, strengths=[0.1, 0.2]).fit(X, y)

path("population")
child = os.fork()
if child == 0:
    path("reference").predict(X)
    try:
        path("population")
    except BridleError as error:
        os._exit(7 if "loky" in str(error) else 1)
    os._exit(2)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def made(kind: str, **given: Any) -> Any:
    network = MLPClassifier if "Classifier" in kind else MLPRegressor
    return getattr(bridle, kind)(network(**SMALL), random_state=0, **{"strengths": STRENGTHS} | given)


@pytest.mark.parametrize("kind", FOUR)
def test_pickles_and_clones_are_the_original(kind: str) -> None:
    X, y = quadrants()
    path = made(kind, n_seeds=2).fit(X, y)
    again = pickle.loads(pickle.dumps(path))
    np.testing.assert_array_equal(again.predict(X), path.predict(X))
    assert again.path_.keys() == path.path_.keys()
    copy = clone(path)
    assert not hasattr(copy, "estimator_")
    assert not hasattr(copy, "n_features_in_")
    for mine, theirs in zip(path.coef_path_, copy.fit(X, y).coef_path_, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_and_their_names(frame: Any) -> None:
    X, y = quadrants()
    rows = frame(dict(zip(NAMES, X.T, strict=True)))
    path = made("RegularizationPathClassifierCV", cv=3).fit(rows, y)
    assert path.feature_names_in_.tolist() == path.estimator_.feature_names_in_.tolist() == NAMES
    np.testing.assert_array_equal(path.predict(rows), clone(path).fit(X, y).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        path.predict(frame(dict(zip(NAMES[::-1], X.T, strict=True))))
    with pytest.raises(
        ValueError, match="X has 2 features, but RegularizationPathClassifierCV is expecting 3"
    ):
        clone(path).fit(X, y).predict(X[:, :2])
    piped = make_pipeline(StandardScaler(), made("RegularizationPathClassifier"))
    piped.set_output(transform="pandas" if frame is pd.DataFrame else "polars").fit(rows, y)
    assert piped[-1].feature_names_in_.tolist() == NAMES
    assert not hasattr(path.fit(X, y), "feature_names_in_")


def test_pipelines_and_searches() -> None:
    X, y = quadrants()
    pipe = make_pipeline(StandardScaler(), made("RegularizationPathClassifier"))
    grid = {
        "regularizationpathclassifier__regularizer": ["l1", "l2"],
        "regularizationpathclassifier__estimator__hidden_layer_sizes": [(3,), (5,)],
    }
    search = GridSearchCV(pipe, grid, cv=2).fit(X, y)
    assert set(search.best_params_) == set(grid)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    scores = cross_validate(made("RegularizationPathRegressorCV", cv=2), X, y, cv=2)
    assert np.isfinite(scores["test_score"]).all()


def test_metadata_is_routed() -> None:
    X, y = quadrants()
    weight, groups = np.where(y == 1, 4.0, 1.0), np.arange(60) % 5
    path = RegularizationPathRegressorCV(
        MLPRegressor(**SMALL), strengths=STRENGTHS, cv=GroupKFold(3), random_state=0
    )
    with sklearn.config_context(enable_metadata_routing=True):
        asks = clone(path).set_fit_request(sample_weight=True, groups=True)
        asks.set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipe = make_pipeline(scaler, asks).fit(X, y, sample_weight=weight, groups=groups)
        score = pipe.score(X, y, sample_weight=weight)
    scaled = StandardScaler().fit_transform(X)
    alone = path.fit(scaled, y, sample_weight=weight, groups=groups)
    np.testing.assert_array_equal(pipe[-1].path_["validation_loss"], alone.path_["validation_loss"])
    assert score == alone.score(scaled, y, sample_weight=weight)
    assert np.any(alone.coef_path_[0] != clone(path).fit(scaled, y, groups=groups).coef_path_[0])


def test_noisy_passes_and_logarithms() -> None:
    X, y = quadrants()
    path = made("RegularizationPathClassifier", regularizer="dropout", strengths=[0.1, 0.3]).fit(X, y)
    few = path.predict_proba(X, samples=2)
    np.testing.assert_array_equal(few, path.estimator_.predict_proba(X, samples=2))
    assert np.abs(few - path.predict_proba(X)).max() > 1e-3
    np.testing.assert_allclose(np.exp(path.predict_log_proba(X)), path.predict_proba(X))
    assert path.predict(X, samples=3).shape == (60,)


def test_several_labels_and_several_targets() -> None:
    X, y = quadrants()
    labels = np.stack([y, 1 - y, X[:, 2] > 0], axis=1).astype(int)
    path = made("RegularizationPathClassifierCV", cv=3).fit(X, labels)
    assert path.predict(X).shape == path.predict_proba(X).shape == (60, 3)
    values = made("RegularizationPathRegressor").fit(X, X @ np.ones((3, 2)))
    assert values.predict(X).shape == (60, 2)


@pytest.mark.slow
def test_workers_of_joblib_give_the_bits_of_this_process() -> None:
    """Both engines, each in two loky workers beside each other; nothing waits for anything."""
    X, y = quadrants()
    for engine in ("reference", "population"):
        network = MLPClassifier(engine=engine, **SMALL)
        jobs = [
            RegularizationPathClassifier(network, strengths=STRENGTHS, random_state=seed) for seed in range(4)
        ]
        here = [clone(job).fit(X, y) for job in jobs]
        there = joblib.Parallel(n_jobs=2, timeout=300)(joblib.delayed(job.fit)(X, y) for job in jobs)
        for mine, theirs in zip(here, there, strict=True):
            for one, other in zip(mine.coef_path_, theirs.coef_path_, strict=True):
                np.testing.assert_array_equal(one, other)
            np.testing.assert_array_equal(mine.predict_proba(X), theirs.predict_proba(X))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")
def test_a_forked_process_trains_on_numpy_and_is_told_about_the_rest() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], timeout=300, capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
