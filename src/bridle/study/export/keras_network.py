"""The network of a Keras script: stages of a plan as calls of layers, with a way around residual blocks.

Rows of pixels become pictures (N, H, W, C) before the first convolution, as Keras has them on every backend,
and rows again, channel by channel, before the first dense layer.
"""

from __future__ import annotations

from bridle.engine.maps import Convolution, Map, Pooling
from bridle.engine.stages import Stage
from bridle.ops.normalization import EPSILON, MOMENTUM
from bridle.registry.units import to_keras_l2
from bridle.study.export.recipe import Recipe

ACTIVATIONS = ("linear", "relu", "leaky_relu", "tanh", "sigmoid", "softplus", "silu", "gelu", "selu")
_NORMALIZATIONS = {
    "batch": f"layers.BatchNormalization(momentum={1 - MOMENTUM!r}, epsilon={EPSILON!r})",
    "layer": f"layers.LayerNormalization(epsilon={EPSILON!r})",
}


def keras_network(recipe: Recipe) -> list[str]:
    """Return the lines of ``make_network`` that make the network."""
    lines = [f"x = inputs = keras.Input(({recipe.plan.inputs},))"]

    def call(layer: str, on: str = "x") -> None:
        lines.append(f"{on} = {layer}({on})")

    for i, stage in enumerate(recipe.plan.stages):
        for layer in _shaped(stage, is_first=i == 0):
            call(layer)
        if stage.opens:
            lines.append("around = x")
        for layer in _noise(recipe, i):
            call(layer)
        # An activation of its own comes last wherever something else stands between it and the map.
        own = stage.normalization is not None or stage.closes
        for layer in _map(recipe, stage.map, "linear" if own else stage.activation):
            call(layer)
        if stage.normalization is not None:
            call(_NORMALIZATIONS[stage.normalization])
        if stage.closes:
            if stage.shortcut is not None:
                for layer in _map(recipe, stage.shortcut, "linear"):
                    call(layer, on="around")
            lines.append("x = layers.Add()([x, around])")
        if own or stage.activation == "leaky_relu":
            for layer in _activation(stage):
                call(layer)
        for pooling in stage.pools:
            call(_pool(pooling))
    return ["def make_network():", *(f"    {line}" for line in [*lines, "network = keras.Model(inputs, x)"])]


def _noise(recipe: Recipe, i: int) -> list[str]:
    kinds = (
        (("dropout", "Dropout"), ("gaussian_dropout", "GaussianDropout"))
        if i
        else (("input_noise", "GaussianNoise"), ("input_dropout", "Dropout"))
    )
    return [f"layers.{kind}({recipe.strength(name)!r})" for name, kind in kinds if recipe.strength(name)]


def _activation(stage: Stage) -> list[str]:
    if stage.activation == "linear":
        return []
    # Keras's own leaky relu leaks 0.2.
    return [
        "layers.LeakyReLU(0.01)"
        if stage.activation == "leaky_relu"
        else f'layers.Activation("{stage.activation}")'
    ]


def _shaped(stage: Stage, is_first: bool) -> list[str]:
    """Return what makes pictures of rows before the first map, or rows of pictures behind convolutions."""
    if isinstance(stage.map, Convolution):
        return [f"layers.Reshape({stage.map.given})", "layers.Permute((2, 3, 1))"] if is_first else []
    return ["layers.Permute((3, 1, 2))", "layers.Flatten()"] if stage.given and not is_first else []


def _map(recipe: Recipe, own: Map, activation: str) -> list[str]:
    options = "" if activation in ("linear", "leaky_relu") else f', activation="{activation}"'
    if not isinstance(own, Convolution):
        return [f"layers.Dense({own.units}{options}{_options(recipe, 0)})"]
    window = own.window
    top, left, below, right = own.margins
    padded = [f"layers.ZeroPadding2D((({top}, {below}), ({left}, {right})))"] if any(own.margins) else []
    options = (f", strides={window.stride}" if window.stride > 1 else "") + options
    return [
        *padded,
        f"layers.Conv2D({own.channels}, {window.kernel}{options}{_options(recipe, [0, 1, 2])})",
    ]


def _pool(pooling: Pooling) -> str:
    if pooling.kind == "global":
        return "layers.GlobalAveragePooling2D(keepdims=True)"
    return f"layers.{'MaxPooling2D' if pooling.kind == 'max' else 'AveragePooling2D'}({pooling.size})"


def _options(recipe: Recipe, axis: int | list[int]) -> str:
    """Return what a kernel obeys, whose inputs lie on an ``axis``, or on several."""
    found = ""
    pairs = (
        ("kernel", recipe.l1, recipe.l2),
        ("bias", recipe.strength("l1_bias"), recipe.strength("l2_bias")),
    )
    for what, l1, l2 in pairs:
        if l1 or l2:
            found += f", {what}_regularizer=regularizers.L1L2(l1={l1!r}, l2={to_keras_l2(l2)!r})"
    if recipe.strength("max_norm"):
        found += f", kernel_constraint=constraints.MaxNorm({recipe.strength('max_norm')!r}, axis={axis})"
    return found
