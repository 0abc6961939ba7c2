"""Matrix products; on NumPy, large ones are cut in two parts that two threads share.

Where a batch can be cut, its two halves go through the whole network on a thread each, which hands over once
an update (:mod:`bridle.engine.parts`). Here the products of those that cannot are cut.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from bridle.ops.sharing import is_shared, together
from bridle.types import Array

PART_WORK = 4e6
"""Multiplications and additions of a part in float64, at least; handing one over costs a tenth of that."""


def product(a: Array, b: Array) -> Array:
    """Return ``a @ b``, (I, J) by (J, K).

    More than two parts took longer. Measured on two cores, 256 x 256 x 200: 705 us in six parts, 467 in two,
    521 to 533 on one thread, and 477 to 499 on two threads of BLAS's own.

    Examples
    --------
    >>> import numpy as np
    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    if not (is_shared(a) and is_shared(b)) or not is_cut(a, b):
        return a @ b
    out = np.empty((a.shape[0], b.shape[1]), dtype=a.dtype)
    half = a.shape[0] // 2
    together(partial(np.matmul, a[:half], b, out=out[:half]), partial(np.matmul, a[half:], b, out=out[half:]))
    return out


def is_cut(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether a product is cut, by its size alone: into two parts of at least 16 rows."""
    return 2 * a.size * b.shape[1] * a.itemsize >= 16 * PART_WORK and a.shape[0] >= 32
