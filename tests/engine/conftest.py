"""The devices are asked for before any test uses JAX, so that no test depends on which one ran first."""

from __future__ import annotations

import pytest

from bridle.engine import devices


@pytest.fixture(scope="session", autouse=True)
def started() -> devices.Devices:
    return devices.start()
