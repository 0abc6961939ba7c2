"""Networks of pictures in other libraries: the same predictions, the same training."""

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

from bridle.engine import Conv, Dense, GlobalPool, Members, Plan, Pool, ResidualConv, train
from bridle.engine.initial import initial_weights
from bridle.engine.networks import NETWORKS
from bridle.engine.outcome import predict_member
from bridle.errors import PlanError
from bridle.study.export.keras_code import keras_code
from bridle.study.export.sklearn_code import sklearn_code
from bridle.study.export.torch_code import torch_code
from bridle.study.images import PixelPreparation, flat, pixel_names
from bridle.study.model import Model

IMAGE, RATE = (3, 9, 7), 0.02
RANDOM = np.random.default_rng(5)
IMAGES = RANDOM.integers(256, size=(24, 9, 7, 3), dtype=np.uint8)
FRAME = pd.DataFrame(flat(IMAGES), columns=pixel_names(IMAGE))
PREPARATION = PixelPreparation(IMAGE).fit(FRAME)
X = PREPARATION.transform(FRAME)
LABELS = np.arange(24) % 3
STRUCTURES = {
    "dense": (Dense(5),),
    "convolutions": (Conv(4, 3), Pool(2), Conv(3, 4, "tanh", stride=2, normalization="batch"), Dense(4)),
    "valid": (Conv(4, 2, stride=2, padding="valid"), Pool(2, "average"), GlobalPool()),
    "blocks": (
        Conv(4, 3, padding=2, normalization="batch"),
        ResidualConv(4),
        ResidualConv(5, stride=2),
        GlobalPool(),
    ),
    "even": (ResidualConv(3, 4, "gelu", normalization="batch"), Pool(3), Dense(4, "leaky_relu")),
    "small_residual": NETWORKS["small_residual"](IMAGE, 3)[:-1],
}


def model_of(layers: tuple[Any, ...], names: tuple[str, ...] = (), **changes: Any) -> Model:
    """Return a model of three classes, all of whose parameters are away from where they start."""
    settings = changes.pop("settings", {})
    plan = Plan(
        inputs=189, image=IMAGE, layers=(*layers, Dense(3, "linear")), loss="cross_entropy",
        regularizers=names, **{"epochs": 5, "optimizer": "adam"} | changes,
    )  # fmt: skip
    random = np.random.default_rng(4)
    weights = [
        (w + random.uniform(0, 0.3 * (pair.kind != "affine"), w.shape), b + random.uniform(0, 0.3, b.shape))
        for pair, (w, b) in zip(plan.pairs, initial_weights(plan, 1), strict=True)
    ]
    weights = [tuple(one.astype(plan.dtype) for one in pair) for pair in weights]
    name = "+".join(names) or "plain"
    return Model(plan, weights, PREPARATION, np.arange(3), None, name, settings, RATE, 1)


def torch_network(model: Model) -> tuple[dict[str, Any], Any, list]:
    """Return a script's scope, its network with a model's parameters, and where those are, pair by pair."""
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    scope: dict[str, Any] = {}
    exec(compile(torch_code(model), "script", "exec"), scope)
    network = scope["make_network"]().to(getattr(torch, model.plan.dtype))
    maps = [one for one in network.modules() if isinstance(one, torch.nn.Linear | torch.nn.Conv2d)]
    norms = [one for one in network.modules() if isinstance(one, torch.nn.BatchNorm2d)]
    places = [(one.weight, one.bias) for one in [*maps, *norms]]
    places += [(one.running_mean, one.running_var) for one in norms]
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
    assert np.ptp(p, axis=0).max() > 0.01
    np.testing.assert_allclose(p, predict_member(model.plan, model.weights, X), atol=1e-5)


@pytest.mark.parametrize(
    ("names", "settings", "options"),
    [
        (("l2", "weight_decay"), {"l2": 0.02, "weight_decay": 0.3}, {}),
        (("l2_bias", "max_norm"), {"l2_bias": 0.01, "max_norm": 0.8}, {"optimizer": "sgd"}),
    ],
    ids=["adam", "sgd"],
)
@pytest.mark.parametrize("layers", list(STRUCTURES.values())[1:5], ids=list(STRUCTURES)[1:5])
def test_pytorchs_training_ends_where_bridles_does(
    layers: tuple, names: tuple, settings: dict, options: dict
) -> None:
    """In double precision, with full batches; penalties, decay and bounds are of filters too."""
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


def test_the_script_says_what_it_takes() -> None:
    text = torch_code(model_of(STRUCTURES["valid"]))
    assert "X: rows of 189 pixels, 3 x 9 x 7 (channels, rows, columns), float32, standardized:" in text
    numbers = PREPARATION.learned.numbers
    assert f"means {[round(float(numbers.means[k]), 4) for k in (0, 63, 126)]}" in text
    assert max(map(len, text.splitlines())) <= 130


@pytest.mark.parametrize("write", [torch_code, keras_code])
def test_noise_that_a_library_does_not_have_is_refused(write: Any) -> None:
    model = model_of(STRUCTURES["valid"], ("rotation",), settings={"rotation": 10.0})
    with pytest.raises(PlanError, match="regularizer must be"):
        write(model)
    with pytest.raises(PlanError, match=r"layers must be 'Dense' for scikit-learn; got Conv"):
        sklearn_code(model_of(STRUCTURES["valid"]))


_KERAS = """
import sys
import numpy as np
scope = {}
exec(compile(open(sys.argv[1]).read(), "script", "exec"), scope)
data = np.load(sys.argv[2])
network = scope["make_network"]()
def of(*kinds):
    return [one for one in network.layers if type(one).__name__ in kinds]
maps, norms = of("Dense", "Conv2D"), of("BatchNormalization")
places = [(one.kernel, one.bias) for one in maps] + [(one.gamma, one.beta) for one in norms]
places += [(one.moving_mean, one.moving_variance) for one in norms]
for k, place in enumerate(places):
    for variable, array in zip(place, (data[f"{k}-0"], data[f"{k}-1"])):
        if len(variable.shape) == 4:
            size, _, channels, filters = variable.shape
            array = array.reshape(filters, channels, size, size).transpose(2, 3, 1, 0)
        variable.assign(array.T if len(variable.shape) == 2 else array.reshape(variable.shape))
np.save(sys.argv[3], network.predict(data["X"], verbose=0))
scope["train"](network, data["X"], data["y"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("layers", STRUCTURES.values(), ids=list(STRUCTURES))
def test_keras_predicts_the_same_and_trains(layers: tuple[Any, ...], tmp_path: Path) -> None:
    """In a process of its own, because Keras chooses its backend when it is imported."""
    if any(find_spec(name) is None for name in ("keras", "torch")):
        pytest.skip("needs Keras with PyTorch behind it, which are absent")
    names = ("l2", "weight_decay", "dropout", "max_norm")
    settings = {"l2": 0.01, "weight_decay": 0.1, "dropout": 0.2, "max_norm": 3.0}
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
