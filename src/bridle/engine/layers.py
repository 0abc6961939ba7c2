"""The layers that a plan is made of, as a user writes them, and as JSON keeps them.

Layers with weights are :class:`Dense`, :class:`Residual`, :class:`Conv` and :class:`ResidualConv`; a strength
a layer counts these. Pooling follows a convolution. What they become is in :mod:`bridle.engine.stages`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from bridle.ops.convolution import Padding


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


@dataclass(frozen=True)
class Conv:
    """A convolution: the same weights at every place of a picture.

        a = activation(normalized(sum of w times the window's pixels + b)),    for each channel and place

    What enters are pictures: the plan's ``image``, or another convolution's outputs. The weights are
    (channels, C kernel^2), one row a filter: strengths, bounds and groups of neurons act on filters.

    Parameters
    ----------
    channels
        Of the outputs, at least 1.
    kernel
        The window's side in pixels, at least 1.
    activation
        As in :class:`Dense`.
    stride
        Pixels from place to place, at least 1.
    padding
        "same" (zeros around, so that with stride s there are H / s places, rounded up), "valid" (none) or a
        number of zeros on each side.
    normalization
        None or "batch": over the rows of a batch and all places, with one gain and offset a channel.
    """

    channels: int
    kernel: int
    activation: str = "relu"
    stride: int = 1
    padding: Padding = "same"
    normalization: str | None = None

    def __post_init__(self) -> None:
        use_python_numbers(self)


@dataclass(frozen=True)
class ResidualConv:
    """Two convolutions and a shortcut around them.

        h = activation(normalized(w1 * x + b1)),    a = activation(normalized(w2 * h + b2) + shortcut(x))

    Both are padded to "same", and the first one moves by ``stride``. The shortcut is x itself where shapes
    agree, else a convolution of kernel 1 with the same stride.

    Source: He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, equations 1 and 2 and
    section 3.3, option B.

    Parameters
    ----------
    channels, kernel, activation, stride, normalization
        As in :class:`Conv`, for each of the two.
    """

    channels: int
    kernel: int = 3
    activation: str = "relu"
    stride: int = 1
    normalization: str | None = None

    def __post_init__(self) -> None:
        use_python_numbers(self)


@dataclass(frozen=True)
class Pool:
    """Pictures made smaller: every square of pixels becomes its largest one, or its mean.

    Follows a convolution, or another pooling. Rows and columns of pixels that fill no square are left out.

    Parameters
    ----------
    size
        The squares' side, at least 1.
    kind
        "max" or "average".
    """

    size: int = 2
    kind: str = "max"

    def __post_init__(self) -> None:
        use_python_numbers(self)


@dataclass(frozen=True)
class GlobalPool:
    """Each channel becomes its mean over all places. Follows a convolution, or another pooling."""


MappingLayer: TypeAlias = Dense | Residual | Conv | ResidualConv
AnyLayer: TypeAlias = MappingLayer | Pool | GlobalPool
_LAYERS: dict[str, Any] = {
    one.__name__.lower(): one for one in (Dense, Residual, Conv, ResidualConv, Pool, GlobalPool)
}


def layer_record(layer: AnyLayer) -> dict[str, Any]:
    """Return a layer's fields as JSON knows them; which layer, unless dense, and no normalization of None."""
    which = {} if isinstance(layer, Dense) else {"layer": type(layer).__name__.lower()}
    return which | {name: value for name, value in vars(layer).items() if value is not None}


def layer_from_record(record: dict[str, Any]) -> AnyLayer:
    """Return the layer whose fields :func:`layer_record` gave.

    Raises
    ------
    TypeError, KeyError
        If they are none of a layer.
    """
    return _LAYERS[record.get("layer", "dense")](**{k: v for k, v in record.items() if k != "layer"})


def use_python_numbers(record: Any) -> None:
    """Turn NumPy's scalars into Python's, which JSON knows, in tuples too."""

    def plain(value: Any) -> Any:
        return value.item() if isinstance(value, np.generic) else value

    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        value = tuple(map(plain, value)) if isinstance(value, tuple) else plain(value)
        object.__setattr__(record, field.name, value)
