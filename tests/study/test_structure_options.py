"""A comparison of normalized networks and residual blocks: what is asked for is what is built, shown and saved."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridle.engine import Dense, Residual
from bridle.errors import PlanError
from bridle.faces.predict import describe
from bridle.study.candidates import make_companies
from bridle.study.compare import compare
from bridle.study.model import Model
from bridle.study.options import Options, settle
from bridle.study.tables import from_arrays
from tests.builders import table

X, Y = table(80)
TABLE = from_arrays(pd.DataFrame(X, columns=["a", "b", "c"]), Y)
OPTIONS = Options(
    hidden=(6, 4), normalization="batch", residual=True, epochs=3, splits=2, seeds=1, strengths=1,
    regularizers=("l2", "swa"), learning_rates=(0.01,), batch_size=16,
)  # fmt: skip


def test_blocks_begin_after_a_dense_layer_and_outputs_stay_bare() -> None:
    blocks = (Dense(6, "relu", "batch"), Residual(4, "relu", "batch"), Dense(1, "linear"))
    for options, layers in (
        (OPTIONS, blocks),
        (Options(hidden=(6, 4)), (Dense(6), Dense(4), Dense(1, "linear"))),
    ):
        companies = make_companies(settle(options, TABLE), 3, 1, "binary_cross_entropy")
        assert {company.plan.layers for company in companies} == {layers}


def test_a_normalized_comparison_is_shown_and_its_model_predicts_the_same_digits(tmp_path: Path) -> None:
    findings = compare(TABLE, OPTIONS)
    facts = dict(findings.facts)
    assert facts["Network"].endswith("relu, residual blocks, batch norm")
    assert all(0 <= entry.zero_share <= 1 for entry in findings.entries)
    best = findings.best_model
    assert best is not None
    again = Model.load(best.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.predict_proba(TABLE.frame), best.predict_proba(TABLE.frame))
    shown = dict(describe(again))
    assert shown["network"] == "3 - 6 - 4 - 1, relu with batch norm, residual relu with batch norm, linear"
    learned = 6 * 3 + 6 + 4 * 6 + 4 + 4 * 4 + 4 + 4 * 6 + 4 + 4 + 1 + 2 * (6 + 4 + 4)
    assert shown["parameters"] == f"{learned}"


def test_a_normalization_that_does_not_exist_is_named() -> None:
    with pytest.raises(PlanError, match="normalization must be one of 'batch' or 'layer'; got 'bath'"):
        settle(dataclasses.replace(OPTIONS, normalization="bath"), TABLE)
