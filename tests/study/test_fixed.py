"""Strengths that are given: they are what is trained, and without validation rows nothing else can be."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, train
from bridle.errors import PlanError
from bridle.faces import files
from bridle.faces.comparison import Comparison
from bridle.faces.report import render
from bridle.study.compare import compare
from bridle.study.options import Options, settle
from bridle.study.rounds import make_rounds, stack
from bridle.study.tables import from_arrays

GIVEN = Options(
    hidden=(5,),
    epochs=30,
    splits=3,
    shares=(0.7, 0.0, 0.3),
    regularizers=("l2", "dropout"),
    fixed=(("l2", 0.02),),
)


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(4)
    X = random.normal(size=(120, 2))
    return from_arrays(X, (X[:, 0] + random.normal(size=120) > 0).astype(int), name="cloud")


@pytest.fixture(scope="module")
def findings(table):
    return compare(table, GIVEN)


def test_without_validation_rows_one_network_a_seed_is_trained_and_judged_on_test_rows(table, findings):
    settled = settle(GIVEN, table)
    assert (settled.strengths, settled.learning_rates, settled.chooses) == (1, (0.003,), False)
    rounds = make_rounds(table, settled)
    assert [len(part.y) for part in (rounds[0].train, rounds[0].validation, rounds[0].test)] == [84, 0, 36]
    data = stack(rounds)
    plan = Plan(
        inputs=2, layers=(Dense(5), Dense(1, "linear")), optimizer="adam", epochs=30, regularizers=("l2",)
    )
    members = Members(seed=[0, 1, 2], learning_rate=0.003, l2=0.02, rows=data.rows)
    outcome = train(plan, members, data.x, data.y)
    for m, run in enumerate(findings.entry("l2").runs):
        right = (outcome.predict(rounds[m].test.x)[m, :, 0] > 0.5) == rounds[m].test.y
        assert run.settings == {"l2": 0.02}
        assert run.test == pytest.approx(right.mean())
    assert all(entry.trained == 3 for entry in findings.entries)


def test_nothing_is_recommended_and_no_model_is_left(findings, tmp_path):
    (tmp_path / files.MODEL).write_bytes(b"of another comparison")
    files.save(findings, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [files.REPORT, files.RESULTS]
    stored = json.loads((tmp_path / files.RESULTS).read_text())
    assert stored["entries"][0]["validation"]["mean"] is stored["entries"][0]["validation_loss"] is None
    assert "nothing was chosen" in str(findings.verdict)
    assert findings.diagnosis.held_out == "test"
    page = render(findings)
    assert "recommended</em>" not in page
    assert "validation loss" not in page.split("<main>")[1].split('id="facts"')[0]
    with pytest.raises(
        PlanError, match=r"the validation share must be above 0; got 0\.0\. Compare with three"
    ):
        _ = Comparison(findings).best_model


def test_a_strength_that_is_fixed_is_not_tried_at_others(table):
    findings = compare(
        table,
        Options(
            hidden=(4,), epochs=3, splits=2, regularizers=("l2", "l1"), fixed=(("l2", 0.5),), strengths=2
        ),
    )
    assert findings.entry("l2").settings == {"l2": 0.5}
    assert findings.entry("l2").trained == 2 * 3
    assert findings.entry("l1").trained == 2 * 3 * 2
    assert findings.best_model is not None


def test_what_needs_validation_rows_is_refused_where_there_are_none(table):
    wishes = Options(
        shares=(0.7, 0.0, 0.3),
        strengths=3,
        learning_rates=(0.1, 0.2),
        regularizers=("early_stopping", "dropout"),
        fixed=(("l2", 0.1), ("dropout", 1.0)),
    )
    with pytest.raises(PlanError) as refused:
        settle(wishes, table)
    lines = str(refused.value).splitlines()
    assert [line.split(" must be")[0] for line in lines] == [
        "compare: strengths",
        "compare: learning_rates",
        "compare: regularizers",
        "compare: fixed",
        "compare: fixed dropout",
    ]
    assert "early_stopping" not in settle(Options(shares=(0.7, 0.0, 0.3)), table).regularizers
