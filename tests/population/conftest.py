"""The devices are asked for before any test uses JAX, so that no test depends on which one ran first.

And all tests here compare bits, so they are compiled as users' programs are.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bridle.engine import devices


@pytest.fixture(scope="session", autouse=True)
def started() -> devices.Devices:
    return devices.start()


@pytest.hookimpl(tryfirst=True)  # before marks decide what runs
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.bits)
