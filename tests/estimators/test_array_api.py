"""scikit-learn's checks where SciPy's array API is on, which is decided before SciPy is imported.

Everywhere else those of the array API skip themselves.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
import unittest
import warnings

from sklearn.utils.estimator_checks import estimator_checks_generator

from tests.estimators.test_checks import *

warnings.simplefilter("ignore")
passed = set()
for label, one in {estimators}:
    for estimator, check in estimator_checks_generator(one):
        name = getattr(check, "func", check).__name__
        if {of_all} or "array_api" in name:
            try:
                check(estimator)
            except unittest.SkipTest as skipped:
                assert "decision_function" in str(skipped), (label, name, skipped)
            passed.add((label, name))
print(len(passed))
"""


def count_passed(root: Path, estimators: str, of_all: bool = False) -> int:
    """Return how many checks some estimators, as Python, pass: those of the array API, or all of them."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(estimators=estimators, of_all=of_all)],
        cwd=root,
        env=os.environ | {"SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr[-4000:]
    return int(done.stdout)


def test_networks_and_paths_pass_where_the_array_api_is_on(root: Path) -> None:
    assert count_passed(root, "networks(QUICK) + paths(QUICK_PATHS)") == 4


@pytest.mark.slow
def test_every_preset_passes_where_the_array_api_is_on(root: Path) -> None:
    presets = "networks(PRESETS | NOISY | RISING | STOPPED)"
    of_paths = "paths(PATHS | NOISY_PATHS | PARTED_PATHS | STOPPED_PATHS)"
    assert count_passed(root, f"{presets} + {of_paths}") > 60


@pytest.mark.slow
def test_all_other_checks_of_paths_pass_there_too(root: Path) -> None:
    assert count_passed(root, "paths(PATHS)", of_all=True) > 300
