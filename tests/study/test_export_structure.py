"""Networks with normalization and residual blocks in other libraries: the same predictions, the same training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bridle.engine import Dense, Plan
from bridle.engine.initial import initial_weights
from bridle.engine.layers import Residual
from bridle.errors import PlanError
from bridle.study.export.keras_code import keras_code
from bridle.study.export.sklearn_code import sklearn_code
from bridle.study.export.torch_code import torch_code
from bridle.study.model import Model
from bridle.study.prepare import Preparation
from tests.study.scripted_networks import (
    assert_keras_predicts_the_same,
    assert_torch_ends_where_bridle_does,
    assert_torch_predicts_the_same,
    torch_network,
)

ROWS, WIDTH, RATE = 40, 3, 0.02
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(ROWS, WIDTH)).astype(np.float32)
LABELS = np.digitize(X[:, 1], [-0.5, 0.5])
STRUCTURES = {
    "batch": (Dense(5, "relu", "batch"), Dense(4, "tanh", "batch")),
    "layer": (Dense(5, "gelu", "layer"), Dense(4, "leaky_relu", "layer")),
    "blocks": (Residual(5), Dense(4), Residual(4, "linear")),
    "blocks of both": (Dense(5), Residual(5, "relu", "batch"), Residual(4, "silu", "layer")),
}


def model_of(layers: tuple[Any, ...], names: tuple[str, ...] = (), **changes: Any) -> Model:
    """Return a model of three classes, all of whose parameters are away from where they start."""
    settings = changes.pop("settings", {})
    plan = Plan(
        inputs=WIDTH, layers=(*layers, Dense(3, "linear")), loss="cross_entropy", regularizers=names,
        **{"epochs": 30, "optimizer": "adam"} | changes,
    )  # fmt: skip
    random = np.random.default_rng(4)
    weights = [
        tuple((one + random.uniform(-0.3, 0.3, one.shape)).astype(one.dtype) for one in pair)
        for pair in initial_weights(plan, 1)
    ]
    frame = pd.DataFrame(X.astype(float), columns=["a", "b", "c"])
    preparation = Preparation(frame).fit(frame)
    return Model(
        plan, weights, preparation, np.arange(3), None, "+".join(names) or "plain", settings, RATE, 1
    )


@pytest.mark.parametrize("layers", STRUCTURES.values(), ids=list(STRUCTURES))
def test_pytorch_predicts_the_same(layers: tuple[Any, ...]) -> None:
    assert_torch_predicts_the_same(model_of(layers), X)


@pytest.mark.parametrize(
    ("names", "settings", "options"),
    [
        ((), {}, {}),
        (("l2", "weight_decay"), {"l2": 0.02, "weight_decay": 0.3}, {}),
        (("l2", "weight_decay"), {"l2": 0.02, "weight_decay": 0.3}, {"optimizer": "sgd"}),
        (("gradient_clipping",), {"gradient_clipping": 0.05}, {"optimizer": "sgd", "momentum": 0.9}),
    ],
    ids=["plain", "adam", "sgd", "clipped"],
)
@pytest.mark.parametrize("layers", STRUCTURES.values(), ids=list(STRUCTURES))
def test_pytorchs_training_ends_where_bridles_does(
    layers: tuple, names: tuple, settings: dict, options: dict
) -> None:
    """Gains and offsets too."""
    model = model_of(layers, names, settings=settings, dtype="float64", **options)
    assert_torch_ends_where_bridle_does(model, X, LABELS)


@pytest.mark.parametrize("batch_size", [None, 13])
def test_pytorchs_noise_stays_clear_of_the_shortcut(batch_size: int | None) -> None:
    """40 rows in batches of 13 leave one row over, which PyTorch cannot normalize."""
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    names = ("dropout", "input_dropout")
    settings = {"dropout": 1 - 1e-9, "input_dropout": 1 - 1e-9}
    model = model_of(
        (Residual(3, "linear"), Residual(3, "linear", "batch")),
        names, settings=settings, batch_size=batch_size,
    )  # fmt: skip
    scope, network, places = torch_network(model)
    first = network[0]
    with torch.no_grad():
        around = torch.tensor(X)
        np.testing.assert_allclose(first.train()(around), around + places[1][1], atol=1e-6)
    scope["train"](network, torch.tensor(X), torch.tensor(LABELS), epochs=2)
    assert not network.training


@pytest.mark.slow
@pytest.mark.parametrize("layers", STRUCTURES.values(), ids=list(STRUCTURES))
def test_keras_predicts_the_same_and_trains(layers: tuple[Any, ...], tmp_path: Path) -> None:
    names = ("l2", "weight_decay", "dropout")
    settings = {"l2": 0.01, "weight_decay": 0.1, "dropout": 0.2}
    model = model_of(layers, names, settings=settings, epochs=2)
    assert_keras_predicts_the_same(model, X, LABELS, tmp_path)


def test_keras_decays_neither_biases_nor_gains_and_offsets() -> None:
    text = keras_code(model_of(STRUCTURES["batch"], ("weight_decay",), settings={"weight_decay": 0.1}))
    assert 'exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])' in text


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ((Dense(4, "relu", "batch"),), "normalization must be 'None' for scikit-learn; got 'batch'"),
        ((Residual(4),), r"layers must be 'Dense' for scikit-learn; got Residual\(units=4"),
        ((Dense(4), Dense(4, "tanh")), "activations must be the same in all hidden layers"),
    ],
    ids=["normalization", "blocks", "activations"],
)
def test_scikit_learn_has_no_such_layers(layers: tuple[Any, ...], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        sklearn_code(model_of(layers))


@pytest.mark.parametrize("write", [torch_code, keras_code])
def test_noise_on_the_inputs_of_a_shortcut_is_refused(write: Any) -> None:
    model = model_of((Residual(4),), ("input_noise",), settings={"input_noise": 0.1})
    with pytest.raises(PlanError, match="layers must be dense at first with input_noise"):
        write(model)
