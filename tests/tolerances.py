"""How close is equal: every tolerance of the tests, by dtype and by what is compared, in one place.

Import with ``from tests.tolerances import TOLERANCES`` or ask for the fixture ``tolerance``, which runs the
test once for each dtype. A test that needs another number than these compares the wrong things or has found
something.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Close:
    """A relative and an absolute tolerance, named as NumPy and pytest take them: ``assert_allclose(a, b, **close)``."""

    rtol: float
    atol: float

    def keys(self) -> tuple[str, str]:
        """Return the names, so that ``**close`` unpacks."""
        return "rtol", "atol"

    def __getitem__(self, name: str) -> float:
        """Return one of the two."""
        return getattr(self, name)


@dataclass(frozen=True)
class Tolerance:
    """What counts as equal in one dtype.

    ``same`` compares two ways to compute one quantity; ``step`` compares the two engines, or an engine and an
    oracle, over one update from one state; ``differences`` compares a gradient with central differences.
    """

    same: Close
    step: Close
    differences: Close


TOLERANCES = {
    "float32": Tolerance(same=Close(1e-5, 1e-6), step=Close(1e-5, 1e-6), differences=Close(2e-2, 2e-3)),
    "float64": Tolerance(same=Close(1e-12, 1e-13), step=Close(1e-13, 1e-13), differences=Close(1e-6, 1e-8)),
}
