"""Which layers a plan may hold, and whether they fit each other, its inputs and its penalties."""

from __future__ import annotations

import math
from typing import Any

from bridle.checks import Problems
from bridle.engine.layers import AnyLayer, Conv, Dense, GlobalPool, Pool, Residual, ResidualConv
from bridle.engine.maps import Pooling
from bridle.ops import ACTIVATIONS
from bridle.ops.convolution import window_over
from bridle.ops.pictures import Image
from bridle.registry import REGISTRY

NORMALIZATIONS = ("batch", "layer")
KINDS_OF_POOLING = ("max", "average")


def check_layers(plan: Any, problems: Problems) -> None:
    """Collect what is wrong with a plan's image and layers."""
    _check_image(plan.image, plan.inputs, problems)
    layers = plan.layers
    if not isinstance(layers, tuple) or not layers or not all(isinstance(one, AnyLayer) for one in layers):
        allowed = "a tuple of at least one layer, Dense, Residual, Conv, ResidualConv, Pool or GlobalPool"
        problems.add("layers", allowed, layers)
        return
    so_far = len(problems.messages)
    for position, layer in enumerate(layers):
        _check_layer(f"layers[{position}]", layer, problems)
    if not isinstance(layers[-1], Dense):
        hint = "Outputs are a map of what comes before: add Dense(outputs, 'linear')."
        problems.add("the last layer", "Dense", layers[-1], hint)
    elif layers[-1].normalization is not None:
        hint = "Outputs are not normalized."
        problems.add("normalization of the last layer", "None", layers[-1].normalization, hint)
    if len(problems.messages) == so_far:
        _check_shapes(plan.image, layers, problems)
    _check_first(plan, problems)


def _check_layer(where: str, layer: Any, problems: Problems) -> None:
    for name in ("units", "channels", "kernel", "stride", "size"):
        if hasattr(layer, name):
            problems.check_integer(f"{where}.{name}", getattr(layer, name))
    if hasattr(layer, "activation"):
        problems.check_choice(f"{where}.activation", layer.activation, ACTIVATIONS)
    if isinstance(layer, Conv) and layer.padding not in ("same", "valid"):
        problems.check_integer(f"{where}.padding", layer.padding, 0, "Or 'same' or 'valid'.")
    if isinstance(layer, Pool):
        problems.check_choice(f"{where}.kind", layer.kind, KINDS_OF_POOLING)
    if getattr(layer, "normalization", None) is not None:
        kinds = ("batch",) if isinstance(layer, Conv | ResidualConv) else NORMALIZATIONS
        problems.check_choice(f"{where}.normalization", layer.normalization, kinds)
        if layer.normalization == "layer" and getattr(layer, "units", 2) == 1:
            hint = "A single unit normalized by itself is constant."
            problems.add(f"{where}.units", "at least 2 with normalization 'layer'", 1, hint)


def _check_image(image: Any, inputs: Any, problems: Problems) -> None:
    if image is None:
        return
    sides = image if isinstance(image, tuple) else ()
    if len(sides) != 3 or any(type(side) is not int or side < 1 for side in sides):
        problems.add("image", "None or three whole numbers of at least 1, (C, H, W)", image)
    elif math.prod(sides) != inputs:
        problems.add("inputs", f"{math.prod(sides)}, the product of image={image}", inputs)


def _check_shapes(image: Image | None, layers: tuple[AnyLayer, ...], problems: Problems) -> None:
    """Follow pictures through the layers, as far as they fit."""
    given = image
    for position, layer in enumerate(layers):
        where = f"layers[{position}]"
        if isinstance(layer, Dense | Residual):
            given = None
            continue
        if given is None:
            hint = (
                "Pictures end at the first dense layer."
                if image
                else "Say what the inputs are: image=(C, H, W)."
            )
            problems.add(where, "Dense or Residual where what enters are no pictures", layer, hint)
            return
        if isinstance(layer, Pool | GlobalPool):
            if position == 0:
                problems.add(where, "a layer with weights where it is the first", layer, "Begin with Conv.")
                return
            given = _pooled(where, layer, given, problems)
        else:
            given = _convolved(where, layer, given, problems)
        if given is None:
            return


def _pooled(where: str, layer: Pool | GlobalPool, given: Image, problems: Problems) -> Image | None:
    if isinstance(layer, GlobalPool):
        return Pooling(given, "global").image
    if layer.size > min(given[1:]):
        problems.add(f"{where}.size", f"at most {min(given[1:])}, for pictures {given}", layer.size)
        return None
    return Pooling(given, layer.kind, layer.size).image


def _convolved(where: str, layer: Conv | ResidualConv, given: Image, problems: Problems) -> Image | None:
    padding = layer.padding if isinstance(layer, Conv) else "same"
    window = window_over(given, layer.kernel, layer.stride, padding)
    if min(window.places) < 1:
        most = min(window.padded_height, window.padded_width)
        hint = "Or give it padding='same'."
        problems.add(f"{where}.kernel", f"at most {most}, for pictures {given} so padded", layer.kernel, hint)
        return None
    return layer.channels, *window.places


def _check_first(plan: Any, problems: Problems) -> None:
    """A penalty that cuts inputs off needs a first map with weights of each input's own, all there is."""
    first = plan.layers[0]
    if isinstance(first, Dense) or not isinstance(plan.regularizers, tuple):
        return
    for name in plan.regularizers:
        if name in REGISTRY and any(term.first_layer_only for term in REGISTRY[name].terms):
            hint = (
                "A shortcut would carry the inputs past it."
                if isinstance(first, Residual)
                else "A convolution shares its weights among all pixels."
            )
            problems.add("the first layer", f"Dense with {name!r}", first, hint)
