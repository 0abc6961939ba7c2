"""Displays show the numbers of the fit they are given, and train nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bridle import MLPClassifier, MLPRegressor, RegularizationPathClassifier
from bridle.errors import BridleError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SMALL: dict[str, Any] = {"hidden_layer_sizes": (5,), "max_iter": 8, "random_state": 0}


@pytest.fixture(autouse=True)
def no_windows() -> Iterator[None]:
    mpl.use("agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def points() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(40, 2))
    return X, np.array(["a", "b", "c"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 1)]


def test_loss_curves() -> None:
    from bridle.estimators.displays import LossCurveDisplay

    X, y = points()
    model = MLPClassifier(n_members=2, **SMALL).fit(X, y, validation_data=(X[:9], y[:9]))
    lines = LossCurveDisplay.from_estimator(model).axes_.get_lines()
    assert len(lines) == 4
    np.testing.assert_array_equal(lines[1].get_ydata(), np.array(model.curves_["train_loss"])[:, 1])
    np.testing.assert_array_equal(lines[2].get_ydata(), np.array(model.curves_["validation_loss"])[:, 0])
    with pytest.raises(BridleError, match="solver must be 'sgd' or 'adam'"):
        LossCurveDisplay.from_estimator(MLPRegressor(solver="lbfgs", **SMALL).fit(X, X[:, 0]))


def test_a_path() -> None:
    X, y = points()
    network = MLPClassifier(engine="reference", **SMALL)
    path = RegularizationPathClassifier(network, strengths=[0.001, 0.01, 0.1], random_state=0).fit(X, y)
    display = path.plot_path()
    left, right = display.axes_
    np.testing.assert_array_equal(left.get_lines()[1].get_ydata(), path.path_["validation_loss"])
    assert left.get_lines()[2].get_xdata()[0] == path.strength_
    assert len(right.get_lines()) == 2
    norm = np.linalg.norm(path.coef_path_[0][1, 0])
    np.testing.assert_allclose(right.get_lines()[0].get_ydata()[1], norm, rtol=1e-6)


def test_nothing_is_trained_for_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor for those of the chosen network, which has the history of its own training; 0 is a strength, too."""
    from bridle.engine.session import Session
    from bridle.estimators.displays import BoundaryDisplay, LossCurveDisplay, WeightsDisplay

    X, y = points()
    network = MLPClassifier((5,), max_iter=8, engine="reference")
    path = RegularizationPathClassifier(network, strengths=[0.0, 0.01, 0.1], n_seeds=2, random_state=0).fit(
        X, y
    )

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("something is trained")

    monkeypatch.setattr(Session, "__init__", refuse)
    monkeypatch.setattr(MLPClassifier, "fit", refuse)
    path.plot_path().axes_[0].figure.canvas.draw()
    lines = LossCurveDisplay.from_estimator(path.estimator_).axes_.get_lines()
    np.testing.assert_array_equal(lines[1].get_ydata(), np.array(path.estimator_.curves_["train_loss"])[:, 1])
    BoundaryDisplay.from_estimator(path.estimator_, X, y)
    WeightsDisplay.from_estimator(path.estimator_)


def test_boundaries_and_weights() -> None:
    from bridle.estimators.displays import BoundaryDisplay, WeightsDisplay

    X, y = points()
    model = MLPClassifier(**SMALL).fit(X, y)
    shown = BoundaryDisplay.from_estimator(model, X, y)
    corner = [[shown.first[7], shown.second[3]]]
    assert model.classes_[shown.classes[3, 7]] == model.predict(corner)[0]
    assert len(shown.axes_.collections) >= 3
    with pytest.raises(BridleError, match=r"X's shape must be \(N, 2\)"):
        BoundaryDisplay.from_estimator(model, X[:, :1])
    weights = WeightsDisplay.from_estimator(model)
    np.testing.assert_array_equal(weights.axes_[1].get_images()[0].get_array(), model.coefs_[1])


def test_strengths_at_the_ends_of_the_world_are_drawn_too_and_inputs_are_named() -> None:
    X, y = points()
    frame = pd.DataFrame(np.hstack([X, 0 * X]), columns=["length", "width", "nothing", "void"])
    network = MLPClassifier(engine="reference", **SMALL)
    path = RegularizationPathClassifier(network, strengths=[0.0, 0.01, 0.1], random_state=0).fit(frame, y)
    left, right = path.plot_path().axes_
    np.testing.assert_allclose(left.get_lines()[0].get_xdata(), [0.001, 0.01, 0.1])
    assert [text.get_text() for text in left.texts] == ["0"]
    named = [text.get_text() for text in right.get_legend().get_texts()]
    assert sorted(named) == sorted(frame.columns)
    largest = np.linalg.norm(path.coef_path_[0], axis=-1).sum(axis=0)
    assert named[0] == frame.columns[largest.argmax()], "what lasts longest comes first"
    bounded = RegularizationPathClassifier(
        network, regularizer="max_norm", strengths=[np.inf, 1.0], random_state=0
    ).fit(X, y)
    assert [text.get_text() for text in bounded.plot_path().axes_[0].texts] == ["inf"]
    plt_axes = left.figure.subplots(1, 3)
    with pytest.raises(BridleError, match="axes must be 2 of matplotlib's; got 3"):
        path.plot_path(plt_axes)


def test_displays_find_the_network_in_a_pipeline_or_a_path_and_say_what_they_cannot_draw() -> None:
    from bridle.estimators import displays

    X, y = points()
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**SMALL)).fit(X, y)
    displays.LossCurveDisplay.from_estimator(pipeline)
    displays.WeightsDisplay.from_estimator(pipeline)
    shown = displays.BoundaryDisplay.from_estimator(pipeline, sparse.csr_array(X), y)
    corner = [[shown.first[7], shown.second[3]]]
    assert pipeline[-1].classes_[shown.classes[3, 7]] == pipeline.predict(corner)[0], (
        "as the pipeline answers"
    )
    with pytest.raises(BridleError, match="estimator must be a fitted path; got 'MLPClassifier'"):
        displays.StrengthCurveDisplay.from_estimator(pipeline)
    for model, target in ((MLPRegressor(**SMALL), X[:, 0]), (MLPClassifier(**SMALL), (X > 0).astype(int))):
        with pytest.raises(BridleError, match="estimator must be a classifier of one label a row"):
            displays.BoundaryDisplay.from_estimator(model.fit(X, target), X)
    framed = MLPClassifier(**SMALL).fit(pd.DataFrame(X, columns=["a", "b"]), y)
    displays.BoundaryDisplay.from_estimator(framed, X)  # warnings are errors
