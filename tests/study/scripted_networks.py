"""Runs the scripts for other libraries: a model's network there, its predictions and its training."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from bridle.engine import Members, train
from bridle.engine.outcome import predict_member
from bridle.study.export.keras_code import keras_code
from bridle.study.export.torch_code import torch_code
from bridle.study.model import Model


def run(text: str) -> dict[str, Any]:
    """Return what a script defines."""
    scope: dict[str, Any] = {}
    exec(compile(text, "script", "exec"), scope)
    return scope


def torch_network(model: Model) -> tuple[dict[str, Any], Any, list]:
    """Return a script's scope, its network with a model's parameters, and where those are, pair by pair."""
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    scope = run(torch_code(model))
    network = scope["make_network"]().to(getattr(torch, model.plan.dtype))

    def of(*kinds: type) -> list[Any]:
        return [one for one in network.modules() if isinstance(one, kinds)]

    batch = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)
    kinds = {
        "map": [(one.weight, one.bias) for one in of(torch.nn.Linear, torch.nn.Conv2d)],
        "scale": [(one.weight, one.bias) for one in of(*batch, torch.nn.LayerNorm)],
        "statistics": [(one.running_mean, one.running_var) for one in of(*batch)],
    }
    own = [pair.kind if pair.kind in kinds else "map" for pair in model.plan.pairs]
    assert [kind for kind, found in kinds.items() for _ in found] == own
    places = [place for found in kinds.values() for place in found]
    with torch.no_grad():
        for place, arrays in zip(places, model.weights, strict=True):
            for tensor, array in zip(place, arrays, strict=True):
                tensor.copy_(torch.tensor(array).reshape(tensor.shape))
    return scope, network, places


def assert_torch_predicts_the_same(model: Model, X: np.ndarray) -> None:
    """Compare the probabilities of a model of some classes."""
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    _, network, _ = torch_network(model)
    with torch.no_grad():
        p = torch.softmax(network.eval()(torch.tensor(X)), dim=1).numpy()
    assert np.ptp(p, axis=0).max() > 0.01
    np.testing.assert_allclose(p, predict_member(model.plan, model.weights, X), atol=1e-5)


def assert_torch_ends_where_bridle_does(model: Model, X: np.ndarray, y: np.ndarray) -> None:
    """Train in double precision with full batches in both, and compare everything that is learned."""
    torch = pytest.importorskip("torch", reason="needs PyTorch, which is absent")
    scope, network, places = torch_network(model)
    scope["train"](network, torch.tensor(X, dtype=torch.float64), torch.tensor(y))
    members = Members(learning_rate=model.learning_rate, **model.settings)
    outcome = train(model.plan, members, X, y, initial=model.weights, engine="reference")
    for own, place, arrays in zip(model.plan.pairs, places, outcome.member_weights(0), strict=True):
        for tensor, array in zip(place, arrays, strict=True):
            if own.kind != "statistics":  # which PyTorch takes otherwise, as the script says
                np.testing.assert_allclose(tensor.detach().ravel(), array.ravel(), rtol=1e-4, atol=1e-6)


_KERAS = """
import sys
import numpy as np
scope = {}
exec(compile(open(sys.argv[1]).read(), "script", "exec"), scope)
data = np.load(sys.argv[2])
network = scope["make_network"]()
def of(*kinds):
    return [one for one in network.layers if type(one).__name__ in kinds]
maps, norms = of("Dense", "Conv2D"), of("BatchNormalization", "LayerNormalization")
places = [(one.kernel, one.bias) for one in maps] + [(one.gamma, one.beta) for one in norms]
places += [(one.moving_mean, one.moving_variance) for one in of("BatchNormalization")]
assert len(data.files) == 2 * len(places) + 2
for k, place in enumerate(places):
    for variable, array in zip(place, (data[f"{k}-0"], data[f"{k}-1"])):
        if len(variable.shape) == 4:
            size, _, channels, filters = variable.shape
            array = array.reshape(filters, channels, size, size).transpose(2, 3, 1, 0)
        variable.assign(array.T if len(variable.shape) == 2 else array.reshape(variable.shape))
print(repr(float(network.evaluate(data["X"], data["y"], batch_size=len(data["X"]), verbose=0))))
np.save(sys.argv[3], network.predict(data["X"], verbose=0))
scope["train"](network, data["X"], data["y"])
"""


def objective_in_keras(model: Model, X: np.ndarray, y: np.ndarray, folder: Path) -> tuple[float, np.ndarray]:
    """Return J of all rows and the outputs (N, K), and train once more.

    In a process of its own, because Keras chooses its backend when it is imported.
    """
    if any(find_spec(name) is None for name in ("keras", "torch")):
        pytest.skip("needs Keras with PyTorch behind it, which are absent")
    (folder / "script.py").write_text(keras_code(model))
    arrays = {f"{k}-{i}": one for k, pair in enumerate(model.weights) for i, one in enumerate(pair)}
    np.savez(folder / "data.npz", X=X, y=y.reshape(-1, 1), **arrays)
    places = [folder / name for name in ("script.py", "data.npz", "z.npy")]
    done = subprocess.run(
        [sys.executable, "-c", _KERAS, *map(str, places)],
        capture_output=True, text=True, env={**os.environ, "KERAS_BACKEND": "torch"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stdout), np.load(places[2])


def assert_keras_predicts_the_same(model: Model, X: np.ndarray, y: np.ndarray, folder: Path) -> None:
    """Compare the probabilities of a model of some classes, and see that it trains."""
    _, z = objective_in_keras(model, X, y, folder)
    np.testing.assert_allclose(softmax(z, axis=1), predict_member(model.plan, model.weights, X), atol=1e-5)
