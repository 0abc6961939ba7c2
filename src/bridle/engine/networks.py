"""Small networks of pictures by name: ``NETWORKS["lenet"](image, outputs)`` returns layers for a plan.

Each takes a picture's shape, (C, H, W), and the number of outputs, and fits pictures of any size. They are
small on purpose: a comparison trains them many times.
"""

from __future__ import annotations

from collections.abc import Callable

from bridle.engine.layers import AnyLayer, Conv, Dense, GlobalPool, Pool, ResidualConv
from bridle.ops.pictures import Image


def lenet(image: Image, outputs: int, activation: str = "relu") -> tuple[AnyLayer, ...]:
    """Return a network after LeNet-5: two convolutions of 5 by 5 with pools, and two dense layers.

    Padded, so that small pictures pass, with maxima for trained averages; pictures too small for a pool go
    without it.

    Source: LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition,
    section II.B.

    Parameters
    ----------
    image
        (C, H, W).
    outputs
        K, at least 1.
    activation
        Of all hidden layers.

    Examples
    --------
    >>> from bridle import Plan
    >>> Plan(inputs=784, image=(1, 28, 28), layers=lenet((1, 28, 28), 10), loss="cross_entropy").sizes
    (784, 1176, 784, 120, 84, 10)
    """
    side = min(image[1:])
    return (
        Conv(6, 5, activation),
        *([Pool(2)] if side >= 2 else []),
        Conv(16, 5, activation),
        *([Pool(2)] if side >= 4 else []),
        Dense(120, activation),
        Dense(84, activation),
        Dense(outputs, "linear"),
    )


def small_residual(
    image: Image, outputs: int, activation: str = "relu", normalization: str | None = "batch"
) -> tuple[AnyLayer, ...]:
    """Return a residual network: a convolution, three blocks of 16, 32 and 64 channels, and their means.

    The second and the third block halve the pictures' sides. With three blocks for each width it would be the
    source's network of 20 layers for small pictures; this one has 8.

    Source: He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, section 4.2, n = 1.

    Parameters
    ----------
    image, outputs, activation
        As in :func:`lenet`.
    normalization
        "batch" or None.

    Examples
    --------
    >>> from bridle import Plan
    >>> Plan(inputs=64, image=(1, 8, 8), layers=small_residual((1, 8, 8), 10), loss="cross_entropy").sizes
    (64, 1024, 1024, 512, 64, 10)
    """
    return (
        Conv(16, 3, activation, normalization=normalization),
        ResidualConv(16, 3, activation, normalization=normalization),
        ResidualConv(32, 3, activation, 2, normalization),
        ResidualConv(64, 3, activation, 2, normalization),
        GlobalPool(),
        Dense(outputs, "linear"),
    )


NETWORKS: dict[str, Callable[[Image, int], tuple[AnyLayer, ...]]] = {
    "lenet": lenet,
    "small_residual": small_residual,
}
"""By name, as a command line would say it."""
