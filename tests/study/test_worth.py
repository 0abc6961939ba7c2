"""Is a network worth it: references on the same rows, paired with the recommended network, and a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.errors import DataError
from bridle.faces.comparison import Comparison
from bridle.faces.report import render
from bridle.study.compare import compare
from bridle.study.options import Options
from bridle.study.readers import Layout
from bridle.study.references import score_references
from bridle.study.rounds import make_rounds
from bridle.study.scores import SCORES
from bridle.study.statistics import Interval
from bridle.study.tables import from_arrays
from bridle.study.worth import is_it_worth_it

QUICK = {"epochs": 3, "strengths": 1, "regularizers": ("l2",), "learning_rates": (0.01,), "hidden": (4,)}


@pytest.fixture(scope="module")
def staircase():
    """Return findings where trees win: the target jumps where no line does."""
    X = np.random.default_rng(0).uniform(size=(400, 2))
    y = (np.floor(X[:, 0] * 8) + np.floor(X[:, 1] * 8)).astype(int) % 2
    table = from_arrays(X, y, name="stairs")
    return table, compare(table, Options(splits=4, **QUICK))


def test_references_are_scored_on_the_rows_of_the_networks(staircase):
    table, findings = staircase
    assert [one.name for one in findings.references] == [
        "logistic regression",
        "gradient boosting",
        "nearest neighbors",
    ]
    from bridle.study.options import settle

    rounds = make_rounds(table, settle(Options(splits=4, **QUICK), table))
    scores = score_references(table, rounds, SCORES["accuracy"])
    best = findings.entry(findings.best)
    for one in findings.references:
        for part in ("train", "validation", "test"):
            assert getattr(one, part).mean == pytest.approx(getattr(scores[one.name], part).mean())
        paired = np.array([run.test for run in best.runs]) - scores[one.name].test
        assert one.difference.mean == pytest.approx(paired.mean())
        lower = (
            scores[one.name].test_log_loss - np.array([run.test_log_loss for run in best.runs])[:, None, None]
        )
        assert one.log_loss_gain.mean == pytest.approx(lower.mean())
    boosting = findings.references[1]
    assert boosting.difference.mean < 0 < boosting.train.mean


def test_the_answer_is_claimed_only_where_it_is_sure(staircase):
    _, findings = staircase
    best, metric = findings.entry(findings.best), SCORES["accuracy"]
    sentence = findings.verdict.sentences[-1]
    assert sentence == is_it_worth_it(best, findings.references, metric)
    import dataclasses

    rivals = [dataclasses.replace(one, adjusted_p=0.2) for one in findings.references]
    assert "Neither way can be claimed" in is_it_worth_it(best, rivals, metric)
    rivals = [dataclasses.replace(one, adjusted_p=0.001) for one in findings.references]
    assert "Not as it is" in is_it_worth_it(best, rivals, metric)
    better = [
        dataclasses.replace(one, difference=dataclasses.replace(one.difference, mean=0.1)) for one in rivals
    ]
    assert "Yes: on the same test rows gradient boosting reaches" in is_it_worth_it(best, better, metric)
    higher = Interval(-0.3, -0.4, -0.2, 1e-3, 4)
    surer = [dataclasses.replace(one, log_loss_gain=higher, log_loss_p=0.01) for one in better]
    assert ". The network's log loss is 0.300 higher (95 % interval 0.200 to 0.400)." in is_it_worth_it(
        best, surer, metric
    )


def test_table_and_report_show_them(staircase):
    _, findings = staircase
    table = Comparison(findings).references
    assert list(table.index) == ["logistic regression", "gradient boosting", "nearest neighbors"]
    assert table.loc["gradient boosting", "test"] == findings.references[1].test.mean
    page = render(findings)
    assert "Is a network worth it?" in page
    assert page.count("HistGradientBoosting, untuned") == 1


def test_a_regression_has_ridge_and_rmse():
    X = np.random.default_rng(0).normal(size=(300, 3))
    table = from_arrays(X, X @ [1.0, 2, 3] + 0.5)
    findings = compare(table, Options(splits=2, **QUICK))
    assert [one.name for one in findings.references] == [
        "ridge regression",
        "gradient boosting",
        "nearest neighbors",
    ]
    assert findings.references[0].test.mean < findings.references[1].test.mean
    assert findings.references[0].difference.mean < 0  # a network of three epochs loses to the truth


def test_references_weigh_classes_as_the_networks_do():
    random = np.random.default_rng(0)
    y = (random.random(600) < 0.1).astype(int)
    table = from_arrays(random.normal(size=(600, 2)) + y[:, None], y)
    scores = {
        weight: score_references(table, _rounds(table, weight), SCORES["balanced_accuracy"], weight)
        for weight in (None, "balanced")
    }
    lift = scores["balanced"]["logistic regression"].test - scores[None]["logistic regression"].test
    assert lift.mean() > 0.1


def _rounds(table, weight):
    from bridle.study.options import settle

    return make_rounds(table, settle(Options(splits=2, class_weight=weight), table))


def test_the_python_call_reads_a_file_as_the_command_does(tmp_path):
    from bridle.faces.comparison import compare as compare_all

    rows = "\n".join(f"{k % 7};{k % 5};{'yes' if k % 2 else 'no'};p{k % 9}" for k in range(60))
    (tmp_path / "a.csv").write_text(rows)
    settings = {
        **QUICK,
        "splits": 2,
        "layout": Layout(header=False),
        "target": "c3",
        "drop": ["c1"],
        "group": "c4",
    }
    comparison = compare_all(tmp_path / "a.csv", **settings)
    assert comparison.findings.features == ("c2",)
    assert comparison.best_model.source["header"] is False
    with pytest.raises(DataError, match="layout must be left out where X is no file"):
        compare_all(np.eye(12), np.arange(12) % 2, layout=Layout())
