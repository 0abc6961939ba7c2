"""The operations of a network, each a pair of pure functions: forward, and its derivative beside it.

``d`` + name is the gradient of the objective J with respect to ``name``. A forward returns its result and a
cache that holds exactly what its backward needs; a backward quotes the forward line that it differentiates.
All of them run on NumPy and on JAX arrays alike, rows last, and can be used alone.
"""

from bridle.ops.activations import ACTIVATIONS, Activation
from bridle.ops.affine import affine_backward, affine_forward
from bridle.ops.dropout import dropout_backward, dropout_forward
from bridle.ops.losses import LOSSES, Loss

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Activation",
    "Loss",
    "affine_backward",
    "affine_forward",
    "dropout_backward",
    "dropout_forward",
]
