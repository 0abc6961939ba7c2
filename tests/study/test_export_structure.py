"""Networks with normalization and residual blocks in other libraries: the same predictions, the same training."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from bridle.engine import Dense, Members, Plan, train
from bridle.engine.initial import initial_weights
from bridle.engine.layers import Residual
from bridle.engine.outcome import predict_member
from bridle.errors import PlanError
from bridle.study.export.keras_code import keras_code
from bridle.study.export.sklearn_code import sklearn_code
from bridle.study.export.torch_code import torch_code
from bridle.study.model import Model
from bridle.study.prepare import Preparation

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


def run(text: str) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    exec(compile(text, "script", "exec"), scope)
    return scope


def torch_network(model: Model) -> tuple[dict[str, Any], Any, list]:
    """Return a script's scope, its network with a model's parameters, and where those are, pair by pair."""
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    scope = run(torch_code(model))
    network = scope["make_network"]().to(getattr(torch, model.plan.dtype))
    kinds = {
        "affine": [(one.weight, one.bias) for one in network.modules() if isinstance(one, torch.nn.Linear)],
        "scale": [
            (one.weight, one.bias)
            for one in network.modules()
            if isinstance(one, torch.nn.BatchNorm1d | torch.nn.LayerNorm)
        ],
        "statistics": [
            (one.running_mean, one.running_var)
            for one in network.modules()
            if isinstance(one, torch.nn.BatchNorm1d)
        ],
    }
    places = [place for found in kinds.values() for place in found]
    assert [kind for kind, found in kinds.items() for _ in found] == [pair.kind for pair in model.plan.pairs]
    with torch.no_grad():
        for place, arrays in zip(places, model.weights, strict=True):
            for tensor, array in zip(place, arrays, strict=True):
                tensor.copy_(torch.tensor(array).reshape(tensor.shape))
    return scope, network, places


@pytest.mark.parametrize("layers", STRUCTURES.values(), ids=list(STRUCTURES))
def test_pytorch_predicts_the_same(layers: tuple[Any, ...]) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    model = model_of(layers)
    _, network, _ = torch_network(model)
    with torch.no_grad():
        p = torch.softmax(network.eval()(torch.tensor(X)), dim=1).numpy()
    np.testing.assert_allclose(p, predict_member(model.plan, model.weights, X), atol=1e-5)


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
    """In double precision, with full batches; all that is learned, gains and offsets too."""
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    model = model_of(layers, names, settings=settings, dtype="float64", **options)
    scope, network, places = torch_network(model)
    scope["train"](network, torch.tensor(X, dtype=torch.float64), torch.tensor(LABELS))
    members = Members(learning_rate=RATE, **settings)
    outcome = train(model.plan, members, X, LABELS, initial=model.weights, engine="reference")
    for own, place, arrays in zip(model.plan.pairs, places, outcome.member_weights(0), strict=True):
        for tensor, array in zip(place, arrays, strict=True):
            if own.kind != "statistics":  # which PyTorch takes otherwise, as the script says
                np.testing.assert_allclose(tensor.detach().ravel(), array.ravel(), rtol=1e-4, atol=1e-6)


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


_KERAS = """
import sys
import numpy as np
scope = {}
exec(compile(open(sys.argv[1]).read(), "script", "exec"), scope)
data = np.load(sys.argv[2])
network = scope["make_network"]()
def of(*kinds):
    return [one for one in network.layers if type(one).__name__ in kinds]
dense, norms = of("Dense"), of("BatchNormalization", "LayerNormalization")
places = [(one.kernel, one.bias) for one in dense] + [(one.gamma, one.beta) for one in norms]
places += [(one.moving_mean, one.moving_variance) for one in of("BatchNormalization")]
for k, place in enumerate(places):
    for variable, array in zip(place, (data[f"{k}-0"], data[f"{k}-1"])):
        variable.assign(array.T if array.shape[1] > 1 else array.reshape(variable.shape))
np.save(sys.argv[3], network.predict(data["X"], verbose=0))
scope["train"](network, data["X"], data["y"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("layers", STRUCTURES.values(), ids=list(STRUCTURES))
def test_keras_predicts_the_same_and_trains(layers: tuple[Any, ...], tmp_path: Path) -> None:
    """In a process of its own, because Keras chooses its backend when it is imported."""
    if any(find_spec(name) is None for name in ("keras", "torch")):
        pytest.skip("needs Keras with PyTorch behind it, which are absent")
    names = ("l2", "weight_decay", "dropout")
    settings = {"l2": 0.01, "weight_decay": 0.1, "dropout": 0.2}
    model = model_of(layers, names, settings=settings, epochs=2)
    (tmp_path / "script.py").write_text(keras_code(model))
    arrays = {f"{k}-{i}": one for k, pair in enumerate(model.weights) for i, one in enumerate(pair)}
    np.savez(tmp_path / "data.npz", X=X, y=LABELS.reshape(-1, 1), **arrays)
    places = [tmp_path / name for name in ("script.py", "data.npz", "z.npy")]
    done = subprocess.run(
        [sys.executable, "-c", _KERAS, *map(str, places)],
        capture_output=True, text=True, env={**os.environ, "KERAS_BACKEND": "torch"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    p = softmax(np.load(places[2]), axis=1)
    np.testing.assert_allclose(p, predict_member(model.plan, model.weights, X), atol=1e-5)


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
