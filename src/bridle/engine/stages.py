"""The stages that a plan's layers unroll to, and the pairs of arrays that belong to them.

A stage is one map with weights and what follows it, in this order:

    map -> normalization -> shortcut added -> activation -> pooling      (noise acts on what enters the map)

The parameters of a network are pairs of arrays. First come (w, b) of every map; behind them (gain, offset) of
every normalized stage; and last (mean, variance), the running statistics, of every stage with batch
normalization. A network without normalization is the list of (w, b) alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from bridle.engine.layers import (
    AnyLayer,
    Conv,
    Dense,
    GlobalPool,
    MappingLayer,
    Pool,
    Residual,
    ResidualConv,
)
from bridle.engine.maps import Affine, Convolution, Map, Pooling
from bridle.ops.convolution import window_over
from bridle.ops.pictures import Image
from bridle.types import Array


class Stage(NamedTuple):
    """One map and what follows it; ``layer`` counts the plan's layers with weights, whose strengths it has.

    ``given`` is the shape of what enters where those are pictures. ``affine``, ``projection`` (of the
    ``shortcut``'s own map), ``scale`` and ``statistics`` are the positions of its pairs among the parameters,
    -1 for none. A shortcut ``opens`` before the map, clear of noise, and ``closes`` before the activation.
    """

    layer: int
    map: Map
    activation: str
    normalization: str | None
    given: Image | None = None
    opens: bool = False
    closes: bool = False
    shortcut: Map | None = None
    pools: tuple[Pooling, ...] = ()
    affine: int = -1
    projection: int = -1
    scale: int = -1
    statistics: int = -1

    @property
    def image(self) -> Image | None:
        """The shape of what the stage hands on, where those are pictures."""
        return self.pools[-1].image if self.pools else self.map.image

    @property
    def units(self) -> int:
        """How many values it hands on for a row."""
        if not self.pools:
            return self.map.units
        channels, height, width = self.pools[-1].image
        return channels * height * width


_NAMES = {
    "affine": ("weights", "biases"),
    "scale": ("gains", "offsets"),
    "statistics": ("means", "variances"),
}


class Pair(NamedTuple):
    """Two arrays that belong together: what they are, and their shapes.

    ``fan_out`` is how many outputs an input of the map reaches; ``reads_inputs`` tells whether weights act on
    the network's own inputs.
    """

    kind: Literal["affine", "scale", "statistics"]
    stage: Stage
    shapes: tuple[tuple[int, int], tuple[int, int]]
    fan_out: int = 1
    reads_inputs: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """What the two arrays are called."""
        return _NAMES[self.kind]

    @property
    def starts(self) -> tuple[float, float]:
        """What the two are filled with at first; weights are drawn instead."""
        return {"affine": (0.0, 0.0), "scale": (1.0, 0.0), "statistics": (0.0, 1.0)}[self.kind]


def unrolled(
    inputs: int, image: Image | None, layers: Sequence[AnyLayer]
) -> tuple[tuple[Stage, ...], tuple[Pair, ...]]:
    """Return the stages of a plan's layers, and its pairs of arrays in the order of the parameters.

    The layers fit each other and the image, as :mod:`bridle.engine.admission` makes sure.
    """
    stages: list[Stage] = []
    units, number = inputs, 0
    for layer in layers:
        if isinstance(layer, Pool | GlobalPool):
            kind, size = (layer.kind, layer.size) if isinstance(layer, Pool) else ("global", 1)
            pooling = Pooling(cast(Image, image), kind, size)
            stages[-1] = stages[-1]._replace(pools=(*stages[-1].pools, pooling))
        else:
            stages += _stages_of(layer, number, units, image)
            number += 1
        units, image = stages[-1].units, stages[-1].image
    return _numbered(stages)


def _stages_of(layer: MappingLayer, number: int, units: int, image: Image | None) -> list[Stage]:
    """Return the stages of one layer with weights, whose inputs are so many units, perhaps pictures."""
    first: Map
    second: Map | None = None
    around: Map | None = None
    if isinstance(layer, Dense | Residual):
        first = Affine(units, layer.units)
        if isinstance(layer, Residual):
            second = Affine(layer.units, layer.units)
            around = first if units != layer.units else None
    else:
        given = cast(Image, image)
        padding = layer.padding if isinstance(layer, Conv) else "same"
        first = Convolution(given, layer.channels, window_over(given, layer.kernel, layer.stride, padding))
        if isinstance(layer, ResidualConv):
            second = Convolution(first.image, layer.channels, window_over(first.image, layer.kernel))
            if first.image != given:
                around = Convolution(given, layer.channels, window_over(given, 1, layer.stride))
    stage = Stage(number, first, layer.activation, layer.normalization, given=image)
    if second is None:
        return [stage]
    closing = stage._replace(map=second, given=first.image, closes=True, shortcut=around)
    return [stage._replace(opens=True), closing]


def _numbered(stages: list[Stage]) -> tuple[tuple[Stage, ...], tuple[Pair, ...]]:
    """Return the stages with their pairs' positions among the parameters, and the pairs."""
    maps: list[tuple[int, Map]] = []  # the stage of every map, and the map
    for i, stage in enumerate(stages):
        stages[i] = stage._replace(affine=len(maps))
        maps.append((i, stage.map))
        if stage.shortcut is not None:
            stages[i] = stages[i]._replace(projection=len(maps))
            maps.append((i, stage.shortcut))
    place = len(maps)
    for i, stage in enumerate(stages):
        if stage.normalization is not None:
            stages[i] = stage._replace(scale=place)
            place += 1
    for i, stage in enumerate(stages):
        if stage.normalization == "batch":
            stages[i] = stage._replace(statistics=place)
            place += 1
    pairs = []
    for place, (i, own) in enumerate(maps):
        reads_inputs = stages[i].layer == 0 and (i == 0 or place == stages[i].projection)
        shapes = own.shape, (own.channels, 1)
        pairs.append(Pair("affine", stages[i], shapes, own.fan_out, reads_inputs))
    kinds: tuple[Literal["scale", "statistics"], ...] = ("scale", "statistics")
    for kind in kinds:
        for stage in stages:
            if getattr(stage, kind) >= 0:
                each = (stage.map.channels, 1)
                pairs.append(Pair(kind, stage, (each, each)))
    return tuple(stages), tuple(pairs)


def at_layer(value: Array, k: int) -> Array:
    """Return a setting's value for layer k: its own, or the one for all."""
    return value if value.ndim == 0 else value[k]
