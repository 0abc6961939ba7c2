"""A network's evaluation pass in ONNX: maps, normalization, activations and pooling, stage by stage.

Rows come first here, as everywhere outside of the engine; pictures are (N, C, H, W), which is what ONNX's
convolutions take and the order in which the engine lays their pixels out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bridle.engine.maps import Convolution, Map, Pooling
from bridle.engine.plan import Plan
from bridle.engine.stages import Stage
from bridle.ops.activations import LEAK, SELU_ALPHA, SELU_SCALE
from bridle.ops.normalization import EPSILON
from bridle.study.export.graph import Graph
from bridle.types import Weights


def evaluated(graph: Graph, plan: Plan, weights: Weights, x: str) -> str:
    """Add the evaluation pass of prepared rows, (N, D) or (N, C, H, W), and return its outputs, (N, K).

    It draws nothing and normalizes by running statistics.
    """
    a = shortcut = x
    for stage in plan.stages:
        shortcut = a if stage.opens else shortcut
        a = _normalized(graph, stage, weights, _mapped(graph, stage, stage.map, weights[stage.affine], a))
        if stage.shortcut is not None:
            shortcut = _mapped(graph, stage, stage.shortcut, weights[stage.projection], shortcut)
        a = graph.add("Add", a, shortcut) if stage.closes else a
        a = _activated(graph, stage.activation, a)
        for pooling in stage.pools:
            a = _pooled(graph, pooling, a)
    return a


def _mapped(graph: Graph, stage: Stage, own: Map, pair: Any, x: str) -> str:
    w, b = (np.asarray(one, dtype=np.float32) for one in pair)
    offset = graph.constant(b[:, 0])
    if isinstance(own, Convolution):
        window = own.window
        filters = w.reshape(own.channels, own.given[0], window.kernel, window.kernel)
        return graph.add(
            "Conv", x, graph.constant(filters), offset,
            strides=[window.stride] * 2, pads=list(own.margins),
        )  # fmt: skip
    x = x if stage.given is None else graph.add("Flatten", x, axis=1)
    return graph.add("Gemm", x, graph.constant(w), offset, transB=1)


def _normalized(graph: Graph, stage: Stage, weights: Weights, z: str) -> str:
    if stage.normalization is None:
        return z
    each = (1, -1, 1, 1) if isinstance(stage.map, Convolution) else (1, -1)
    gain, offset = (np.asarray(one, dtype=np.float32).reshape(each) for one in weights[stage.scale])
    if stage.normalization == "batch":
        mean, variance = (np.asarray(one, np.float64).reshape(each) for one in weights[stage.statistics])
        slope = gain / np.sqrt(variance + EPSILON)
        scaled = graph.add("Mul", z, graph.constant(slope.astype(np.float32)))
        return graph.add("Add", scaled, graph.constant((offset - slope * mean).astype(np.float32)))
    scale, bias = graph.constant(gain[0]), graph.constant(offset[0])
    return graph.add("LayerNormalization", z, scale, bias, axis=-1, epsilon=EPSILON)


def _pooled(graph: Graph, pooling: Pooling, a: str) -> str:
    if pooling.kind == "global":
        return graph.add("GlobalAveragePool", a)
    operator = {"max": "MaxPool", "average": "AveragePool"}[pooling.kind]
    return graph.add(operator, a, kernel_shape=[pooling.size] * 2, strides=[pooling.size] * 2)


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
