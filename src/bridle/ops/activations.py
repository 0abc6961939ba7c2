"""Activation functions, forward beside backward, and the table of them.

Each cache is the one array from which the derivative is cheapest: the output for relu, tanh, sigmoid
and selu, the input for the others. Where there is a kink at 0, the derivative there is the one from the left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridle.ops.special import erf
from bridle.types import Array, namespace

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
_ROOT_2_INVERSE = 0.7071067811865476
_ROOT_2_PI_INVERSE = 0.3989422804014327


class Activation(NamedTuple):
    """A pair of pure functions and the initializer that keeps its signals' variance."""

    forward: Callable[[Array], tuple[Array, Array]]
    backward: Callable[[Array, Array], Array]
    initializer: str


def linear_forward(z: Array) -> tuple[Array, None]:
    """Return ``a = z``."""
    return z, None


def linear_backward(da: Array, cache: None) -> Array:
    """Return ``dz = da``."""
    return da


def relu_forward(z: Array) -> tuple[Array, Array]:
    """Return ``a = max(z, 0)`` and, as the cache, a."""
    a = namespace(z).maximum(z, 0)
    return a, a


def relu_backward(da: Array, a: Array) -> Array:
    """Return ``dz = da where a > 0, else 0``."""
    return da * (a > 0)  # a = max(z, 0)


def tanh_forward(z: Array) -> tuple[Array, Array]:
    """Return ``a = tanh(z)`` and, as the cache, a."""
    a = namespace(z).tanh(z)
    return a, a


def tanh_backward(da: Array, a: Array) -> Array:
    """Return ``dz = da (1 - a^2)``."""
    return da * (1 - a * a)  # a = tanh(z), tanh' = 1 - tanh^2


def logistic(z: Array) -> Array:
    """Return ``1 / (1 + exp(-z))`` without overflow: the exponent is never positive."""
    xp = namespace(z)
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, 1, e) / (1 + e)


def sigmoid_forward(z: Array) -> tuple[Array, Array]:
    """Return ``a = 1 / (1 + exp(-z))`` and, as the cache, a."""
    a = logistic(z)
    return a, a


def sigmoid_backward(da: Array, a: Array) -> Array:
    """Return ``dz = da a (1 - a)``."""
    return da * a * (1 - a)  # a = logistic(z), logistic' = a (1 - a)


LEAK = 0.01


def leaky_relu_forward(z: Array) -> tuple[Array, Array]:
    """Return ``a = z where z > 0, else 0.01 z`` and, as the cache, a (Maas et al. 2013, equation 2)."""
    xp = namespace(z)
    a = xp.where(z > 0, z, LEAK * z)
    return a, a


def leaky_relu_backward(da: Array, a: Array) -> Array:
    """Return ``dz = da where a > 0, else 0.01 da``."""
    return namespace(da).where(a > 0, da, LEAK * da)  # a has the sign of z


def softplus_forward(z: Array) -> tuple[Array, Array]:
    """Return ``a = log(1 + exp(z))`` and, as the cache, z; linear for large z, without overflow."""
    xp = namespace(z)
    return xp.where(z > 0, z, xp.zeros_like(z)) + xp.log1p(xp.exp(-xp.abs(z))), z


def softplus_backward(da: Array, z: Array) -> Array:
    """Return ``dz = da / (1 + exp(-z))``."""
    return da * logistic(z)  # a = log(1 + exp(z)), softplus' = logistic


def silu_forward(z: Array) -> tuple[Array, Array]:
    """Return ``a = z / (1 + exp(-z))`` and, as the cache, z (Hendrycks and Gimpel 2016, section 2)."""
    return z * logistic(z), z


def silu_backward(da: Array, z: Array) -> Array:
    """Return ``dz = da s (1 + z (1 - s))`` with ``s = 1 / (1 + exp(-z))``."""
    s = logistic(z)
    return da * s * (1 + z * (1 - s))  # a = z s, s' = s (1 - s)


def gelu_forward(z: Array) -> tuple[Array, Array]:
    """Return ``a = z Phi(z)``, Phi the standard normal distribution, and, as the cache, z.

    Source: Hendrycks and Gimpel (2016), equation 1; the exact form, not the one with tanh.
    """
    return z * _normal_distribution(z), z


def gelu_backward(da: Array, z: Array) -> Array:
    """Return ``dz = da (Phi(z) + z phi(z))``."""
    density = namespace(z).exp(-0.5 * z * z) * _ROOT_2_PI_INVERSE
    return da * (_normal_distribution(z) + z * density)  # a = z Phi(z), Phi' = phi


def _normal_distribution(z: Array) -> Array:
    return 0.5 * (1 + erf(z * _ROOT_2_INVERSE))


def selu_forward(z: Array) -> tuple[Array, Array]:
    """Return ``a = scale z where z > 0, else scale alpha (exp(z) - 1)`` and, as the cache, a.

    With scale 1.0507 and alpha 1.6733 a unit's mean 0 and variance 1 reproduce themselves.

    Source: Klambauer et al. (2017), equation 2 and equation 14 for the constants.
    """
    xp = namespace(z)
    negative = SELU_SCALE * SELU_ALPHA * xp.expm1(xp.minimum(z, xp.zeros_like(z)))
    a = xp.where(z > 0, SELU_SCALE * z, negative)
    return a, a


def selu_backward(da: Array, a: Array) -> Array:
    """Return ``dz = scale da where a > 0, else da (a + scale alpha)``."""
    # a = scale alpha (exp(z) - 1), whose derivative is scale alpha exp(z) = a + scale alpha
    return namespace(da).where(a > 0, SELU_SCALE * da, da * (a + SELU_SCALE * SELU_ALPHA))


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(linear_forward, linear_backward, "glorot"),
    "relu": Activation(relu_forward, relu_backward, "he"),
    "tanh": Activation(tanh_forward, tanh_backward, "glorot"),
    "sigmoid": Activation(sigmoid_forward, sigmoid_backward, "glorot"),
    "leaky_relu": Activation(leaky_relu_forward, leaky_relu_backward, "he"),
    "softplus": Activation(softplus_forward, softplus_backward, "he"),
    "silu": Activation(silu_forward, silu_backward, "he"),
    "gelu": Activation(gelu_forward, gelu_backward, "he"),
    "selu": Activation(selu_forward, selu_backward, "lecun"),
}
