"""The scripts for other libraries minimize what bridle minimizes: each is run where its library is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bridle.engine import Dense, Members, Plan, train
from bridle.engine.initial import initial_weights
from bridle.engine.outcome import predict_member
from bridle.engine.step import penalty_value
from bridle.errors import PlanError
from bridle.registry import REGISTRY
from bridle.study.export.code import LIBRARIES, scripts
from bridle.study.export.sklearn_code import sklearn_code
from bridle.study.export.torch_code import torch_code
from bridle.study.model import Model
from bridle.study.prepare import Preparation
from tests.study.scripted_networks import (
    assert_torch_ends_where_bridle_does,
    objective_in_keras,
    run,
    torch_network,
)

ROWS, WIDTH, RATE = 40, 3, 0.05
RANDOM = np.random.default_rng(2)
X = RANDOM.normal(size=(ROWS, WIDTH)).astype(np.float32)
TARGETS = {
    "binary_cross_entropy": (X[:, 0] > 0).astype(int),
    "cross_entropy": np.digitize(X[:, 1], [-0.5, 0.5]),
    "squared_error": (X @ [1.0, -1.0, 0.5]).astype(np.float32),
}
PENALTIES = {
    "l1": {"l1": 0.01},
    "l2": {"l2": 0.02},
    "elastic_net": {"elastic_net": 0.03, "elastic_net_ratio": 0.2},
    "l1_bias": {"l1_bias": 0.04},
    "l2_bias": {"l2_bias": 0.05},
}


def model_of(loss: str = "binary_cross_entropy", names: tuple[str, ...] = (), **changes: Any) -> Model:
    settings = changes.pop("settings", {})
    layers = changes.pop("layers", (Dense(5), Dense(4)))
    outputs = 3 if loss == "cross_entropy" else 1
    plan = Plan(
        inputs=WIDTH, layers=(*layers, Dense(outputs, "linear")), loss=loss, regularizers=names,
        **{"epochs": 30, "optimizer": "adam"} | changes,
    )  # fmt: skip
    weights = [(w, b + np.float32(0.1)) for w, b in initial_weights(plan, 1)]
    frame = pd.DataFrame(X.astype(float), columns=["a", "b", "c"])
    classes = {"binary_cross_entropy": 2, "cross_entropy": 3}.get(loss)
    labels = None if classes is None else np.arange(classes)
    name = "+".join(names) or "plain"
    return Model(plan, weights, Preparation(frame).fit(frame), labels, None, name, settings, RATE, 1)


def objective(model: Model, weights: list, y: np.ndarray) -> float:
    """Return bridle's J: the mean loss plus the penalties."""
    p = predict_member(model.plan, weights, X).astype(np.float64)
    if model.plan.loss == "binary_cross_entropy":
        p = np.hstack([1 - p, p])
    loss = (
        0.5 * np.mean((p[:, 0] - y) ** 2) if model.classes is None else -np.log(p[np.arange(ROWS), y]).mean()
    )
    defaults = {s.name: s.default for record in model.plan.records for s in record.settings}
    settings = {name: np.float32(value) for name, value in {**defaults, **model.settings}.items()}
    return float(loss + penalty_value(model.plan, weights, settings))


@pytest.mark.parametrize("loss", TARGETS)
@pytest.mark.parametrize("l2", [0.0, 0.02])
def test_scikit_learns_first_loss_is_bridles_objective(loss: str, l2: float) -> None:
    """At a learning rate of nothing, the weights stay and the first loss is J at the initial weights."""
    model = model_of(loss, ("l2",) if l2 else (), settings={"l2": l2} if l2 else {})
    network = run(sklearn_code(model))["make_network"](ROWS)
    assert network.max_iter == 30
    network.set_params(learning_rate_init=1e-12, max_iter=1)
    with pytest.warns(match="Maximum iterations"):
        network.fit(X, TARGETS[loss])
    weights = [
        (w.T.astype(np.float32), b[:, None].astype(np.float32))
        for w, b in zip(network.coefs_, network.intercepts_, strict=True)
    ]
    assert network.loss_curve_[0] == pytest.approx(objective(model, weights, TARGETS[loss]), rel=1e-5)


def test_scikit_learns_training_ends_where_bridles_does() -> None:
    """With scikit-learn's own initial weights and full batches, both take the same steps of Adam."""
    model = model_of(
        "squared_error", ("l2",), settings={"l2": 0.02}, epsilon_place="before_correction", dtype="float64"
    )
    scope, y = run(sklearn_code(model)), TARGETS["squared_error"].astype(np.float64)
    first = scope["make_network"](ROWS, 1).set_params(learning_rate_init=1e-300)
    network = scope["make_network"](ROWS)
    for one in (first, network):
        with pytest.warns(match="Maximum iterations"):
            one.fit(X.astype(np.float64), y)
    initial = [(w.T, b[:, None]) for w, b in zip(first.coefs_, first.intercepts_, strict=True)]
    outcome = train(
        model.plan, Members(learning_rate=RATE, l2=0.02), X, y, initial=initial, engine="reference"
    )
    for (w, b), theirs, bias in zip(
        outcome.member_weights(0), network.coefs_, network.intercepts_, strict=True
    ):
        np.testing.assert_allclose(w, theirs.T, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(b[:, 0], bias, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("loss", TARGETS)
def test_pytorchs_objective_is_bridles(loss: str) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    settings = {name: value for one in PENALTIES.values() for name, value in one.items()}
    model = model_of(loss, tuple(PENALTIES), settings=settings)
    scope, network, _ = torch_network(model)
    value = scope["objective"](network, torch.tensor(X), torch.tensor(TARGETS[loss]))
    assert float(value.detach()) == pytest.approx(objective(model, model.weights, TARGETS[loss]), rel=1e-5)


@pytest.mark.parametrize(
    ("names", "settings", "options"),
    [
        ((), {}, {}),
        (("l2",), {"l2": 0.02}, {}),
        (("weight_decay",), {"weight_decay": 0.3}, {}),
        (("weight_decay",), {"weight_decay": 0.3}, {"optimizer": "sgd"}),
        (("max_norm",), {"max_norm": 0.8}, {"optimizer": "sgd"}),
        (("gradient_clipping",), {"gradient_clipping": 0.05}, {"optimizer": "sgd", "momentum": 0.9}),
        (("l2", "weight_decay", "l2_bias"), {"l2": 0.02, "weight_decay": 0.1, "l2_bias": 0.03}, {}),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_pytorchs_training_ends_where_bridles_does(names: tuple, settings: dict, options: dict) -> None:
    model = model_of("binary_cross_entropy", names, settings=settings, dtype="float64", **options)
    assert_torch_ends_where_bridle_does(model, X, TARGETS["binary_cross_entropy"])


def test_pytorchs_noise_and_early_stopping_run() -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    names = ("dropout", "input_dropout", "input_noise", "early_stopping")
    settings = {"dropout": 0.3, "input_dropout": 0.1, "input_noise": 0.2, "patience": 3.0}
    model = model_of("cross_entropy", names, settings=settings, batch_size=16)
    scope = run(torch_code(model))
    network = scope["make_network"]()
    inputs, y = torch.tensor(X), torch.tensor(TARGETS["cross_entropy"])
    trained = scope["train"](network, inputs, y, inputs, y)
    rates = [layer.p for layer in trained if isinstance(layer, torch.nn.Dropout)]
    assert rates == [0.1, 0.3, 0.3]
    assert not trained.training


@pytest.mark.slow
@pytest.mark.parametrize("loss", TARGETS)
def test_keras_objective_is_bridles(loss: str, tmp_path: Any) -> None:
    settings = {name: value for one in PENALTIES.values() for name, value in one.items()}
    names = (*PENALTIES, "weight_decay", "dropout", "max_norm", "gradient_clipping")
    others = {"weight_decay": 0.1, "dropout": 0.2, "max_norm": 3.0, "gradient_clipping": 1.0}
    model = model_of(loss, names, settings=settings | others, epochs=2)
    value, _ = objective_in_keras(model, X, TARGETS[loss], tmp_path)
    assert value == pytest.approx(objective(model, model.weights, TARGETS[loss]), rel=1e-5)


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_a_library_lacks_is_refused(library: str) -> None:
    write = LIBRARIES[library][1]
    with pytest.raises(PlanError, match=r"regularizer must be .*got 'group_lasso'. Export to ONNX"):
        write(model_of(names=("group_lasso",), settings={"group_lasso": 0.1}))
    with pytest.raises(PlanError, match="schedules must be constant"):
        write(model_of(schedule="cosine"))


def test_scikit_learn_takes_the_rows_of_an_update_into_alpha() -> None:
    code = sklearn_code(model_of(names=("l2",), settings={"l2": 0.02}, batch_size=20))
    assert "alpha=0.4," in code
    assert "batch_size=20," in code
    with pytest.raises(PlanError, match="'gelu'"):
        sklearn_code(model_of(layers=(Dense(3, "gelu"),)))


def test_a_regularizer_that_is_off_is_not_in_the_way() -> None:
    names = tuple(
        name for name in REGISTRY if REGISTRY[name].family == "penalty" and not REGISTRY[name].requires
    )
    found = scripts(model_of(names=names, settings={"l2": 0.02}))
    assert list(found) == ["PyTorch", "Keras", "scikit-learn"]
    assert all(is_script for _, is_script in found.values())
    found = scripts(model_of(names=("dropout",), settings={"dropout": 0.5}))
    assert [is_script for _, is_script in found.values()] == [True, True, False]
    for text, is_script in found.values():
        if is_script:
            compile(text, "script", "exec")
            assert max(map(len, text.splitlines())) <= 130
