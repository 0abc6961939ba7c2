"""docs/regularizers.md is what its script makes of the records, and leaves none out."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from bridle.registry import REGISTRY


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    path = root / "docs" / "scripts" / "regularizers.py"
    spec = importlib.util.spec_from_file_location("regularizers_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(script: ModuleType, root: Path) -> None:
    text = (root / "docs" / "regularizers.md").read_text(encoding="utf-8")
    assert text == script.page(), "run python docs/scripts/regularizers.py"


def test_every_record_is_on_the_page(script: ModuleType) -> None:
    text = script.page()
    for record in REGISTRY.values():
        assert f"### {record.name}\n" in text
        assert record.formula in text
        assert record.source in text


def test_every_record_says_what_it_gets_on_with() -> None:
    """A note for each: its interactions, its unit, or what it asks for."""
    assert [record.name for record in REGISTRY.values() if not record.notes] == []
