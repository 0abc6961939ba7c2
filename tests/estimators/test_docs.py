"""The examples of docs/estimators.md run as they are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_pages_examples_run(root: Path) -> None:
    text = (root / "docs" / "estimators.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        assert block.count("\n") <= 14
        exec(compile(block, "estimators.md", "exec"), {})
