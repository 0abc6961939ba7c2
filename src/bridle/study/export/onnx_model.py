"""A model as ONNX: preparation, network and what becomes of its outputs, in a file that needs no bridle."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import bridle
from bridle.checks import problem
from bridle.engine.layers import Dense, Residual
from bridle.engine.outcome import networks_of
from bridle.engine.plan import Plan
from bridle.engine.stages import Stage
from bridle.errors import PlanError
from bridle.ops.activations import LEAK, SELU_ALPHA, SELU_SCALE
from bridle.ops.normalization import EPSILON
from bridle.study.export.graph import Graph
from bridle.study.export.preparing import KINDS, MISSING_DATE, MISSING_TEXT, prepared
from bridle.study.model import Model
from bridle.types import Weights


def to_onnx(model: Model) -> Any:
    """Return a model as an ONNX ``ModelProto``.

    Its inputs are the raw columns by name, (N, 1) each: doubles for numbers and booleans (NaN where missing),
    text for categories (empty where missing), microseconds since 1970 as 64-bit integers for dates (the
    smallest where missing). Its outputs are ``label`` (N,) and ``probabilities`` (N, K), or ``value`` (N,) in
    the target's unit. The metadata say all of this again.

    Raises
    ------
    PlanError
        If something has no expression in ONNX here: convolutions, the quantile scale, or an empty text as a
        level beside missing cells.
    OutputError
        If onnx is not installed.
    """
    for layer in model.plan.layers:
        if not isinstance(layer, Dense | Residual):
            hint = "A network of pictures predicts with Model.load."
            raise PlanError(problem("export", "layers", "Dense or Residual in ONNX", layer, hint))
    columns = model.preparation.structure.kinds
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
    kinds = model.preparation.structure.kinds
    about = {
        "columns": {name: {"kind": kind, "type": KINDS[kind]} for name, kind in kinds.items()},
        "missing": {"double": "NaN", "string": MISSING_TEXT, "int64": MISSING_DATE},
        "dates": "microseconds since 1970-01-01T00:00:00",
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
        z = _network(graph, model.plan, network, x)
        options: dict[str, Any] = {"axis": 1} if link == "Softmax" else {}
        predictions.append(z if link is None else graph.add(link, z, **options))
    return graph.add("Mean", *predictions) if len(predictions) > 1 else predictions[0]


def _network(graph: Graph, plan: Plan, weights: Weights, x: str) -> str:
    """Add the network's evaluation pass; it draws nothing and normalizes by running statistics."""
    a = shortcut = x
    for stage in plan.stages:
        shortcut = a if stage.opens else shortcut
        a = _normalized(graph, stage, weights, _affine(graph, weights, stage.affine, a))
        if stage.projection >= 0:
            shortcut = _affine(graph, weights, stage.projection, shortcut)
        a = graph.add("Add", a, shortcut) if stage.closes else a
        a = _activated(graph, stage.activation, a)
    return a


def _affine(graph: Graph, weights: Weights, place: int, x: str) -> str:
    w, b = (np.asarray(one, dtype=np.float32) for one in weights[place])
    return graph.add("Gemm", x, graph.constant(w), graph.constant(b[:, 0]), transB=1)


def _normalized(graph: Graph, stage: Stage, weights: Weights, z: str) -> str:
    if stage.normalization is None:
        return z
    gain, offset = (np.asarray(one[:, 0][None], dtype=np.float32) for one in weights[stage.scale])
    if stage.normalization == "batch":
        mean, variance = (np.asarray(one[:, 0][None], np.float64) for one in weights[stage.statistics])
        slope = gain / np.sqrt(variance + EPSILON)
        scaled = graph.add("Mul", z, graph.constant(slope.astype(np.float32)))
        return graph.add("Add", scaled, graph.constant((offset - slope * mean).astype(np.float32)))
    scale, bias = graph.constant(gain[0]), graph.constant(offset[0])
    return graph.add("LayerNormalization", z, scale, bias, axis=-1, epsilon=EPSILON)


def _activated(graph: Graph, name: str, z: str) -> str:
    if name == "linear":
        return z
    if name == "silu":
        return graph.add("Mul", z, graph.add("Sigmoid", z))
    if name == "gelu":
        inner = graph.add("Erf", graph.add("Mul", z, graph.constant(np.float32(np.sqrt(0.5)))))
        share = graph.add(
            "Mul", graph.add("Add", inner, graph.constant(np.float32(1))), graph.constant(np.float32(0.5))
        )
        return graph.add("Mul", z, share)
    operators: dict[str, tuple[str, dict[str, Any]]] = {
        "relu": ("Relu", {}),
        "tanh": ("Tanh", {}),
        "sigmoid": ("Sigmoid", {}),
        "softplus": ("Softplus", {}),
        "leaky_relu": ("LeakyRelu", {"alpha": LEAK}),
        "selu": ("Selu", {"alpha": SELU_ALPHA, "gamma": SELU_SCALE}),
    }
    operator, attributes = operators[name]
    return graph.add(operator, z, **attributes)


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
