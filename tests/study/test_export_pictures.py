"""Networks of pictures in other libraries: the same predictions, the same training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bridle.engine import Conv, Dense, GlobalPool, Plan, Pool, ResidualConv
from bridle.engine.initial import initial_weights
from bridle.engine.networks import NETWORKS
from bridle.errors import PlanError
from bridle.study.export.keras_code import keras_code
from bridle.study.export.sklearn_code import sklearn_code
from bridle.study.export.torch_code import torch_code
from bridle.study.images import PixelPreparation, flat, pixel_names
from bridle.study.model import Model
from tests.study.scripted_networks import (
    assert_keras_predicts_the_same,
    assert_torch_ends_where_bridle_does,
    assert_torch_predicts_the_same,
)

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


@pytest.mark.parametrize("layers", STRUCTURES.values(), ids=list(STRUCTURES))
def test_pytorch_predicts_the_same(layers: tuple[Any, ...]) -> None:
    assert_torch_predicts_the_same(model_of(layers), X)


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
    """Penalties, decay and bounds are of filters too."""
    model = model_of(layers, names, settings=settings, dtype="float64", **options)
    assert_torch_ends_where_bridle_does(model, X, LABELS)


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


@pytest.mark.slow
@pytest.mark.parametrize("layers", STRUCTURES.values(), ids=list(STRUCTURES))
def test_keras_predicts_the_same_and_trains(layers: tuple[Any, ...], tmp_path: Path) -> None:
    names = ("l2", "weight_decay", "dropout", "max_norm")
    settings = {"l2": 0.01, "weight_decay": 0.1, "dropout": 0.2, "max_norm": 3.0}
    model = model_of(layers, names, settings=settings, epochs=2)
    assert_keras_predicts_the_same(model, X, LABELS, tmp_path)
