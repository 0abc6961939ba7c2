"""The network of a Keras script: stages of a plan as calls of layers, with a way around residual blocks."""

from __future__ import annotations

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
        if stage.opens:
            lines.append("around = x")
        for layer in _noise(recipe, i):
            call(layer)
        # An activation of its own comes last wherever something else stands between it and the map.
        own = stage.normalization is not None or stage.closes
        call(_dense(recipe, stage.map.units, "linear" if own else stage.activation))
        if stage.normalization is not None:
            call(_NORMALIZATIONS[stage.normalization])
        if stage.closes:
            if stage.shortcut is not None:
                call(_dense(recipe, stage.shortcut.units, "linear"), on="around")
            lines.append("x = layers.Add()([x, around])")
        if own or stage.activation == "leaky_relu":
            for layer in _activation(stage):
                call(layer)
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


def _dense(recipe: Recipe, units: int, activation: str) -> str:
    own = "" if activation in ("linear", "leaky_relu") else f', activation="{activation}"'
    return f"layers.Dense({units}{own}{_options(recipe)})"


def _options(recipe: Recipe) -> str:
    found = ""
    pairs = (
        ("kernel", recipe.l1, recipe.l2),
        ("bias", recipe.strength("l1_bias"), recipe.strength("l2_bias")),
    )
    for what, l1, l2 in pairs:
        if l1 or l2:
            found += f", {what}_regularizer=regularizers.L1L2(l1={l1!r}, l2={to_keras_l2(l2)!r})"
    if recipe.strength("max_norm"):
        found += f", kernel_constraint=constraints.MaxNorm({recipe.strength('max_norm')!r}, axis=0)"
    return found
