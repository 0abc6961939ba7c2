"""Axes whose picture a notebook shows where they are a cell's value.

At the end of a cell a notebook shows the figures of pyplot, and bridle's are not pyplot's. But it asks the
cell's value for ``_repr_png_``: Matplotlib's axes and NumPy's arrays have none, those here have.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes


class ShownAxes(Axes):
    """Axes that a notebook shows, with all that is on their figure."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.figure.canvas.print_figure(stream, format="png")
        return stream.getvalue()


class Sheet(np.ndarray):
    """An array of the axes on one figure, which a notebook shows once."""

    @classmethod
    def of(cls, axes: Iterable[Axes]) -> Sheet:
        """Return the axes as an array."""
        return np.array(list(axes), dtype=object).view(cls)

    def _repr_png_(self) -> bytes | None:
        first = self.flat[0] if self.size else None
        return first._repr_png_() if isinstance(first, ShownAxes) else None
