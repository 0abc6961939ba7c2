"""The README's example runs as printed, and its picture exists."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

_NUMBER = re.compile(r"\d\.\d+")


def test_the_example_runs_and_strength_matters(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    exec(compile(found.group(1), "README.md", "exec"), {})
    accuracy = np.array([float(number) for number in _NUMBER.findall(capsys.readouterr().out)])
    assert accuracy.shape == (10,)
    assert accuracy[:6].max() > 0.86
    assert accuracy[-1] < accuracy.max() - 0.02


def test_its_picture_is_in_the_repository(root: Path) -> None:
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", (root / "README.md").read_text(encoding="utf-8")):
        assert (root / picture).is_file(), f"README.md shows {picture}, which does not exist"
