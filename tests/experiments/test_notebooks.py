"""The notebooks are their lessons, executed; and the lessons run."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LESSONS = sorted(path.stem for path in (NOTEBOOKS / "lessons").glob("*.py"))


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notebooks_build", NOTEBOOKS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_six() -> None:
    assert len(LESSONS) == 6


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name == "3_weight_decay" else pytest.mark.slow) for name in LESSONS],
)
def test_a_lesson_runs_and_its_notebook_is_up_to_date(name: str, build: ModuleType) -> None:
    made = build.notebook((NOTEBOOKS / "lessons" / f"{name}.py").read_text(encoding="utf-8"))
    kept = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert [cell["source"] for cell in kept["cells"]] == [cell["source"] for cell in made["cells"]]
    code = [cell for cell in kept["cells"] if cell["cell_type"] == "code"]
    assert any(cell["outputs"] for cell in code)
    text = "".join(cell["source"] for cell in kept["cells"])
    assert "**Exercise" in text
    assert "## Solution" in text
