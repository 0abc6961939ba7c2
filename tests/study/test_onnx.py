"""The ONNX file says what the model says, from raw cells on: onnxruntime is the judge."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from bridle.engine import Conv, Dense, GlobalPool, Plan, Pool, ResidualConv
from bridle.engine.initial import initial_weights
from bridle.engine.layers import Residual
from bridle.engine.networks import NETWORKS
from bridle.errors import PlanError
from bridle.ops.activations import ACTIVATIONS
from bridle.study.export.onnx_model import to_onnx
from bridle.study.export.preparing import feeds
from bridle.study.images import PixelPreparation, pixel_names
from bridle.study.images import flat as flat_images
from bridle.study.model import Model
from bridle.study.prepare import Preparation, prepare_target

pytest.importorskip("onnx", reason="needs the extra 'export', which is absent")
runtime = pytest.importorskip("onnxruntime", reason="needs the extra 'export', which is absent")

CLASSES = {
    "text": np.array(["no", "perhaps", "yes"]),
    "numbers": np.array([-1, 4]),
    "booleans": np.array([False, True]),
    "values": None,
}


def mixed(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Return a table with every kind of column, with gaps, many levels, and dates before and after 1970."""
    random = np.random.default_rng(seed)
    gap = lambda cells, share: pd.Series(cells).where(random.random(rows) > share)  # noqa: E731
    days = random.integers(-200_000, 200_000, rows)
    seconds = random.integers(0, 86_400, rows)
    when = (
        np.datetime64("1970-01-01", "us") + days.astype("timedelta64[D]") + seconds.astype("timedelta64[s]")
    )
    return pd.DataFrame(
        {
            "age": gap(random.normal(50, 20, rows), 0.2),
            "income": random.lognormal(10, 2, rows),
            "constant": np.full(rows, 3.0),
            "seen": gap(when, 0.1),
            "born": when,
            "smokes": random.random(rows) < 0.3,
            "married": gap(random.random(rows) < 0.5, 0.1).astype("boolean"),
            "town": gap(random.choice(["Ur", "Rome", "Köln", "label"], rows), 0.1).astype(object),
            "street": [f"street {k}" for k in random.geometric(0.02, rows)],
            "label": random.choice(["a", "b"], rows),
        }
    )


def model_of(classes: np.ndarray | None, frame: pd.DataFrame, **changes) -> Model:
    preparation = Preparation(frame).fit(frame.iloc[: len(frame) // 2])
    width = len(preparation.feature_names)
    outputs = 1 if classes is None or len(classes) == 2 else len(classes)
    loss = "squared_error" if classes is None else "binary_cross_entropy" if outputs == 1 else "cross_entropy"
    layers = changes.pop("layers", (Dense(7), Dense(5, "tanh")))
    plan = Plan(inputs=width, layers=(*layers, Dense(outputs, "linear")), loss=loss, **changes)
    weights = [
        (w, b + np.random.default_rng(k).uniform(0.1, 0.4, b.shape).astype(b.dtype))
        for k, (w, b) in enumerate(initial_weights(plan, 3))
    ]
    scale = prepare_target(np.array([100.0, 300.0])) if classes is None else None
    return Model(plan, weights, preparation, classes, scale, "plain", {}, 0.01, 0, "table", "target")


def run(model: Model, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    session = runtime.InferenceSession(to_onnx(model).SerializeToString(), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    given = feeds(model.preparation, frame)
    assert {one.name for one in session.get_inputs()} == set(given)
    return dict(zip(names, session.run(None, given), strict=True))


def assert_equal(model: Model, frame: pd.DataFrame) -> None:
    found = run(model, frame)
    if model.classes is None:
        np.testing.assert_allclose(found["value"], model.predict(frame), rtol=1e-5)
        return
    p = model.predict_proba(frame)
    (label,) = [name for name in found if name.startswith("label")]
    np.testing.assert_allclose(found["probabilities"], p, atol=1e-5)
    sure = np.sort(p, axis=1)[:, -1] - np.sort(p, axis=1)[:, -2] > 1e-4
    assert sure.mean() > 0.9
    assert found[label][sure].tolist() == model.predict(frame)[sure].tolist()


@pytest.mark.parametrize("classes", CLASSES.values(), ids=list(CLASSES))
def test_all_kinds_of_columns_and_targets(classes: np.ndarray | None) -> None:
    frame = mixed()
    model = model_of(classes, frame)
    assert_equal(model, frame)
    # New rows bring levels, gaps and dates that training has not seen.
    new = mixed(100, seed=1)
    new.loc[:10, "town"] = "Atlantis"
    new.loc[5:15, "income"] = np.nan
    new.loc[5:15, "born"] = pd.NaT
    new.loc[5:15, "married"] = pd.NA
    assert_equal(model, new)


def test_the_inputs_of_the_network_are_those_of_the_preparation() -> None:
    """A network that passes everything on shows each prepared input by itself."""
    from bridle.study.export.graph import Graph
    from bridle.study.export.preparing import prepared

    frame = mixed()
    preparation = Preparation(frame).fit(frame.iloc[:150])
    graph = Graph(set(frame.columns) | {"x"})
    graph.output(prepared(graph, preparation), "x", "double", len(preparation.feature_names))
    session = runtime.InferenceSession(
        graph.finish("preparation", {}).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (found,) = session.run(None, feeds(preparation, frame))
    np.testing.assert_allclose(found, preparation.transform(frame), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activation(activation: str) -> None:
    frame = mixed(60)[["age", "income", "smokes"]]
    assert_equal(model_of(None, frame, layers=(Dense(6, activation), Dense(4, activation))), frame)


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_normalization_and_residual_blocks(normalization: str) -> None:
    frame = mixed(60)[["age", "income", "smokes"]]
    layers = (Dense(6, normalization=normalization), Residual(6, normalization=normalization), Residual(4))
    assert_equal(model_of(CLASSES["text"], frame, layers=layers), frame)


@pytest.mark.parametrize("name", ["values", "text", "numbers"])
def test_snapshots_predict_together(name: str) -> None:
    frame = mixed(60)[["age", "income", "smokes"]]
    model = model_of(CLASSES[name], frame, layers=(Dense(6, "tanh", "batch"),), regularizers=("snapshots",))
    networks = [initial_weights(model.plan, seed) for seed in range(3)]
    snapshots = [
        tuple(np.stack([one[k][part] for one in networks]) for part in range(2))
        for k in range(len(model.plan.pairs))
    ]
    together = dataclasses.replace(model, weights=[*model.weights, *snapshots])
    assert_equal(together, frame)


def test_the_file_says_what_it_takes() -> None:
    frame = mixed(60)
    proto = to_onnx(model_of(CLASSES["text"], frame))
    about = json.loads({one.key: one.value for one in proto.metadata_props}["about"])
    assert about["columns"]["born"] == {"kind": "date", "type": "int64"}
    assert about["outputs"] == {"label": "label_", "probabilities": "probabilities"}
    assert about["target"] == "target"


def test_what_cannot_be_expressed_is_refused() -> None:
    frame = mixed(60)[["age", "town"]]
    quantile = Preparation(frame, "quantile").fit(frame)
    model = dataclasses.replace(model_of(None, frame), preparation=quantile)
    with pytest.raises(PlanError, match="scale must be 'standard' in ONNX"):
        to_onnx(model)
    empty = frame.assign(town=frame["town"].replace("Ur", ""))
    with pytest.raises(PlanError, match="empty text stands for a missing cell"):
        to_onnx(model_of(None, empty))


def test_real_tables_say_the_same(shared) -> None:
    """credit-g, with categories; and adult, with missing cells: the files of the folder beside the checkout."""
    from bridle.study.readers import Layout
    from bridle.study.tables import load

    for name, target, layout in (("credit.g.arff", "class", None), ("transfusion.data", "-1", None)):
        table = load(shared / "data" / name, target, layout=layout or Layout())
        frame = table.frame.head(500)
        assert_equal(model_of(np.array([str(one) for one in table.classes]), frame), frame)


def pictured(layers: tuple, image: tuple[int, int, int] = (3, 9, 7)) -> tuple[Model, np.ndarray]:
    """Return a model of images with statistics of its own, and images."""
    channels, height, width = image
    random = np.random.default_rng(0)
    images = random.integers(256, size=(20, height, width, channels), dtype=np.uint8)
    frame = pd.DataFrame(flat_images(images), columns=pixel_names(image))
    preparation = PixelPreparation(image).fit(frame.iloc[:10])
    outputs = Dense(3, "linear")
    plan = Plan(
        inputs=channels * height * width, image=image, layers=(*layers, outputs), loss="cross_entropy"
    )
    weights = [  # weights as drawn; biases and all that normalizes moved away from where they begin
        (w + random.uniform(0, 0.3 * (pair.kind != "affine"), w.shape), b + random.uniform(0.1, 0.4, b.shape))
        for pair, (w, b) in zip(plan.pairs, initial_weights(plan, 3), strict=True)
    ]
    weights = [tuple(one.astype(np.float32) for one in pair) for pair in weights]
    return Model(plan, weights, preparation, CLASSES["text"], None, "plain", {}, 0.01, 0), images


@pytest.mark.parametrize(
    "layers",
    [
        (Dense(5),),
        (Conv(4, 3), Pool(2), Conv(5, 4, "tanh", stride=2, normalization="batch"), Dense(6)),
        (Conv(4, 2, stride=2, padding="valid"), Pool(2, "average"), GlobalPool()),
        (
            Conv(4, 3, padding=2, normalization="batch"),
            ResidualConv(4),
            ResidualConv(6, stride=2),
            GlobalPool(),
        ),
        (ResidualConv(4, 5, normalization="batch"), Pool(3)),
        NETWORKS["small_residual"]((3, 9, 7), 3)[:-1],
    ],
    ids=["dense", "convolutions", "valid", "residual", "projected", "small_residual"],
)
def test_networks_of_pictures(layers: tuple) -> None:
    model, images = pictured(layers)
    session = runtime.InferenceSession(to_onnx(model).SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    assert (given.name, given.shape[1:], given.type) == ("images", [9, 7, 3], "tensor(float)")
    labels, p = session.run(["label", "probabilities"], feeds(model.preparation, images))
    mine = model.predict_proba(images)
    assert np.ptp(mine, axis=0).max() > 0.01
    np.testing.assert_allclose(p, mine, atol=1e-5)
    assert labels.tolist() == model.predict(images).tolist()
    about = json.loads({one.key: one.value for one in to_onnx(model).metadata_props}["about"])
    assert about["images"]["shape"] == ["N", 9, 7, 3]
