"""What every test shares: reproducible property tests, tolerances in one place, and the data beside the checkout.

Nothing here silences, retries or skips a failure: warnings are errors (pyproject.toml), and a test that needs
something absent says so.
"""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from tests.tolerances import TOLERANCES, Tolerance

ROOT = Path(__file__).resolve().parents[1]

hypothesis.settings.register_profile("bridle", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.load_profile("bridle")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder ``shared`` beside the checkout, with data too large for the repository, or skip."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the folder 'shared' beside the checkout, which is absent")
    return folder


@pytest.fixture(params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> str:
    """Run the test once for each dtype the engine knows."""
    return request.param


@pytest.fixture
def tolerance(dtype: str) -> Tolerance:
    """Return the tolerances of the dtype that the test runs in."""
    return TOLERANCES[dtype]
