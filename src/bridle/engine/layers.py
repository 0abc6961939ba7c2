"""The layers that a plan is made of, the stages they unroll to, and the pairs of arrays that belong to them.

A stage is one affine map and what follows it, in this order:

    affine -> normalization -> shortcut added -> activation      (dropout acts on what enters the affine map)

The parameters of a network are pairs of arrays. First come (w, b) of every affine map; behind them (gain,
offset) of every normalized stage; and last (mean, variance), the running statistics, of every stage with
batch normalization. A network without normalization is the list of (w, b) alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from bridle.types import Array


@dataclass(frozen=True)
class Dense:
    """A fully connected layer.

        a = activation(normalized(w x + b))

    Parameters
    ----------
    units
        Number of outputs, at least 1.
    activation
        "linear", "relu", "leaky_relu", "tanh", "sigmoid", "softplus", "silu", "gelu" or "selu".
        The last layer is linear, except with "squared_error": the other losses take raw outputs.
    normalization
        None, "batch" (over the rows of a batch, by running statistics in evaluation) or "layer" (over the
        units of a row; at least 2). Gain and offset are learned, and no penalty or decay acts on them.
    """

    units: int
    activation: str = "relu"
    normalization: str | None = None

    def __post_init__(self) -> None:
        use_python_numbers(self)


@dataclass(frozen=True)
class Residual:
    """Two fully connected maps and a shortcut around them.

        h = activation(normalized(w1 x + b1)),    a = activation(normalized(w2 h + b2) + shortcut(x))

    The shortcut is x itself where the widths agree, else w3 x + b3. It sees no dropout. A strength a layer is
    that of all maps of the block; a rate of dropout, that of what enters the first and the second map.

    Source: He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, equations 1 and 2 and
    figure 2, with dense maps; the "skip connection" of Kadra et al. (2021), Well-tuned simple nets excel on
    tabular datasets, whose blocks normalize and activate before each map instead of after.

    Parameters
    ----------
    units
        Units of both maps, at least 1.
    activation, normalization
        As in :class:`Dense`, after each of the two maps.
    """

    units: int
    activation: str = "relu"
    normalization: str | None = None

    def __post_init__(self) -> None:
        use_python_numbers(self)


AnyLayer: TypeAlias = Dense | Residual
_KINDS: dict[str, type[Dense] | type[Residual]] = {"dense": Dense, "residual": Residual}


def layer_record(layer: AnyLayer) -> dict[str, Any]:
    """Return a layer's fields as JSON knows them; its kind, unless dense, and no normalization of None."""
    kind = {} if isinstance(layer, Dense) else {"kind": type(layer).__name__.lower()}
    return kind | {name: value for name, value in vars(layer).items() if value is not None}


def layer_from_record(record: dict[str, Any]) -> AnyLayer:
    """Return the layer whose fields :func:`layer_record` gave.

    Raises
    ------
    TypeError, KeyError
        If they are none of a layer.
    """
    return _KINDS[record.get("kind", "dense")](**{k: v for k, v in record.items() if k != "kind"})


class Stage(NamedTuple):
    """One affine map and what follows it; ``layer`` is the plan's, whose strengths it has.

    ``affine``, ``projection`` (a shortcut's own map), ``scale`` and ``statistics`` are the positions of its
    pairs among the parameters, -1 for none. A shortcut ``opens`` before the affine map, clear of noise, and
    ``closes`` before the activation.
    """

    layer: int
    units: int
    activation: str
    normalization: str | None
    opens: bool = False
    closes: bool = False
    affine: int = -1
    projection: int = -1
    scale: int = -1
    statistics: int = -1


class Pair(NamedTuple):
    """Two arrays that belong together: what they are, and their shapes.

    ``reads_inputs`` tells whether weights act on the network's own inputs.
    """

    kind: Literal["affine", "scale", "statistics"]
    stage: Stage
    shapes: tuple[tuple[int, int], tuple[int, int]]
    reads_inputs: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """What the two arrays are called."""
        return {
            "affine": ("weights", "biases"),
            "scale": ("gains", "offsets"),
            "statistics": ("means", "variances"),
        }[self.kind]

    @property
    def starts(self) -> tuple[float, float]:
        """What the two are filled with at first; weights are drawn instead."""
        return {"affine": (0.0, 0.0), "scale": (1.0, 0.0), "statistics": (0.0, 1.0)}[self.kind]


def unrolled(inputs: int, layers: Sequence[AnyLayer]) -> tuple[tuple[Stage, ...], tuple[Pair, ...]]:
    """Return a network's stages, and its pairs of arrays in the order of the parameters."""
    stages: list[Stage] = []
    maps: list[tuple[int, int]] = []  # the stage and the inputs of every affine map
    fan_in = inputs
    for k, layer in enumerate(layers):
        stage = Stage(k, layer.units, layer.activation, layer.normalization)
        if isinstance(layer, Dense):
            stages.append(stage._replace(affine=len(maps)))
            maps.append((len(stages) - 1, fan_in))
        else:
            stages.append(stage._replace(affine=len(maps), opens=True))
            stages.append(stage._replace(affine=len(maps) + 1, closes=True))
            maps += [(len(stages) - 2, fan_in), (len(stages) - 1, layer.units)]
            if fan_in != layer.units:
                stages[-1] = stages[-1]._replace(projection=len(maps))
                maps.append((len(stages) - 1, fan_in))
        fan_in = layer.units
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
    for place, (i, width) in enumerate(maps):
        reads_inputs = stages[i].layer == 0 and (i == 0 or place == stages[i].projection)
        shapes = (stages[i].units, width), (stages[i].units, 1)
        pairs.append(Pair("affine", stages[i], shapes, reads_inputs))
    for stage in stages:
        if stage.scale >= 0:
            pairs.append(Pair("scale", stage, ((stage.units, 1), (stage.units, 1))))
    for stage in stages:
        if stage.statistics >= 0:
            pairs.append(Pair("statistics", stage, ((stage.units, 1), (stage.units, 1))))
    return tuple(stages), tuple(pairs)


def at_layer(value: Array, k: int) -> Array:
    """Return a setting's value for layer k: its own, or the one for all."""
    return value if value.ndim == 0 else value[k]


def use_python_numbers(record: Any) -> None:
    """Turn NumPy's scalars into Python's, which JSON knows, in tuples too."""

    def plain(value: Any) -> Any:
        return value.item() if isinstance(value, np.generic) else value

    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        value = tuple(map(plain, value)) if isinstance(value, tuple) else plain(value)
        object.__setattr__(record, field.name, value)
