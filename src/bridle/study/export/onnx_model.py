"""A model as ONNX: preparation, network and what becomes of its outputs, in a file that needs no bridle."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import bridle
from bridle.engine.outcome import networks_of
from bridle.study.export.graph import Graph
from bridle.study.export.onnx_network import evaluated
from bridle.study.export.preparing import KINDS, MISSING_DATE, MISSING_TEXT, inputs_of, prepared
from bridle.study.model import Model


def to_onnx(model: Model) -> Any:
    """Return a model as an ONNX ``ModelProto``.

    Its inputs are the raw columns by name, (N, 1) each: doubles for numbers and booleans (NaN where missing),
    text for categories (empty where missing), microseconds since 1970 as 64-bit integers for dates (the
    smallest where missing). A model of images takes ``images`` instead, (N, H, W, C) floats with values as in
    training. Outputs are ``label`` (N,) and ``probabilities`` (N, K), or ``value`` (N,) in the target's unit.
    The metadata say all of this again.

    Raises
    ------
    PlanError
        If something has no expression in ONNX here: the quantile scale, or an empty text as a level beside
        missing cells.
    OutputError
        If onnx is not installed.
    """
    columns = inputs_of(model.preparation)
    outputs = ["value"] if model.classes is None else ["label", "probabilities"]
    names = {one: _free(one, set(columns)) for one in outputs}
    graph = Graph({*columns, *names.values()})
    x = graph.cast(prepared(graph, model.preparation), "float")
    p = _prediction(graph, model, x)
    if model.classes is None:
        _value(graph, model, p, names["value"])
    else:
        _classes(graph, model, p, names)
    return graph.finish("bridle", _metadata(model, names))


def _metadata(model: Model, names: dict[str, str]) -> dict[str, str]:
    structure = model.preparation.structure
    about: dict[str, Any] = {
        "columns": {name: {"kind": kind, "type": KINDS[kind]} for name, kind in structure.kinds.items()},
        "missing": {"double": "NaN", "string": MISSING_TEXT, "int64": MISSING_DATE},
        "dates": "microseconds since 1970-01-01T00:00:00",
    }
    if structure.image is not None:
        channels, height, width = structure.image
        form = {"shape": ["N", height, width, channels], "type": "float", "values": "as in training"}
        about = {"images": form}
    about |= {
        "outputs": names,
        "target": model.target,
        "trained on": model.data,
        "regularizer": model.regularizer,
        "settings": model.settings,
    }
    return {"bridle": bridle.__version__, "about": json.dumps(about)}


def _prediction(graph: Graph, model: Model, x: str) -> str:
    """Add the networks that predict together, and the mean of their predictions."""
    links = {"binary_cross_entropy": "Sigmoid", "cross_entropy": "Softmax", "poisson": "Exp"}
    link = links.get(model.plan.loss)
    predictions = []
    for network in networks_of(model.plan, model.weights):
        z = evaluated(graph, model.plan, network, x)
        options: dict[str, Any] = {"axis": 1} if link == "Softmax" else {}
        predictions.append(z if link is None else graph.add(link, z, **options))
    return graph.add("Mean", *predictions) if len(predictions) > 1 else predictions[0]


def _value(graph: Graph, model: Model, p: str, name: str) -> None:
    value = graph.cast(graph.add("Reshape", p, graph.constant(np.array([-1], dtype=np.int64))), "double")
    if model.scale is not None:
        spread = graph.add("Mul", value, graph.constant(np.array([float(model.scale.scale)])))
        value = graph.add("Add", spread, graph.constant(np.array([float(model.scale.mean)])))
    graph.output(value, name, "double")


def _classes(graph: Graph, model: Model, p: str, names: dict[str, str]) -> None:
    assert model.classes is not None
    if model.plan.outputs == 1:
        p = graph.join([graph.add("Sub", graph.constant(np.float32(1)), p), p])
    likeliest = graph.add("ArgMax", p, axis=1, keepdims=0)
    labels = model.classes if model.classes.dtype.kind in "Ub" else model.classes.astype(np.int64)
    kind = {"U": "string", "b": "bool"}.get(labels.dtype.kind, "int64")
    graph.output(graph.add("Gather", graph.constant(labels), likeliest, axis=0), names["label"], kind)
    graph.output(p, names["probabilities"], "float", len(labels))


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
