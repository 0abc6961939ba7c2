"""The diagnosis of a table says what is true of it, agrees with the comparison's, and keeps test rows sealed."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from bridle.errors import PlanError
from bridle.study.compare import compare
from bridle.study.diagnose import TARGET, judge, name_of, say_diagnosis
from bridle.study.diagnosis.bench import Bench
from bridle.study.diagnosis.examine import examine
from bridle.study.diagnosis.sizes import bootstrap_rows, curve_sizes, nested_order
from bridle.study.diagnosis.trainer import resized
from bridle.study.inference import Inference
from bridle.study.options import Options
from bridle.study.rounds import make_rounds
from bridle.study.scores import SCORES
from bridle.study.tables import from_arrays, load

QUICK = Options(
    splits=4, epochs=150, hidden=(8,), learning_rates=(0.01, 0.03), regularizers=("l2",), strengths=1
)
SHARES = Inference(SCORES["accuracy"], 0.0, {"train": 100, "validation": 100, "test": 100})


@pytest.fixture(scope="module")
def moons():
    return load("moons", rows=120)


def without_test_rows(table, options):
    """Return the rounds with nothing but NaN in their test rows: whoever looks at them is found out."""
    return [
        dataclasses.replace(one, test=dataclasses.replace(one.test, x=np.full_like(one.test.x, np.nan)))
        for one in make_rounds(table, options)
    ]


@pytest.fixture(scope="module")
def found(moons):
    phases: list = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridle.study.diagnosis.examine.make_rounds", without_test_rows)
        return examine(moons, QUICK, progress=lambda *now: phases.append(now)), phases


def test_compare_and_diagnose_agree_though_the_test_rows_are_sealed(moons, found) -> None:
    assert found[0].diagnosis == compare(moons, QUICK).diagnosis
    said = say_diagnosis(found[0].diagnosis, SCORES["accuracy"], levels=False)
    assert found[0].verdict.sentences[0] == said


def test_parts_belong_together(moons, found) -> None:
    examination, phases = found
    assert examination.curve.sizes.tolist() == list(curve_sizes(72))
    assert examination.curve.validation.shape == (4, 6)
    # With all rows the curve ends where the diagnosis stands.
    assert examination.curve.validation[:, -1].mean() == pytest.approx(
        examination.diagnosis.held_out_error.mean
    )
    assert examination.curve.train[:, -1].mean() == pytest.approx(examination.diagnosis.train_error.mean)
    shares = examination.shares
    parts = shares.bias.mean + shares.variance.mean + shares.noise.mean
    assert parts == pytest.approx(shares.total.mean, abs=1e-8)
    assert 0.1 < shares.noise.mean < shares.bias.mean + shares.noise.mean
    gains = [one.gain.mean for one in examination.advice if one.basis != "at most"]
    assert gains == sorted(gains, reverse=True)
    assert all(gain > 0 for gain in gains)
    fractions = [fraction for _, fraction, _ in phases]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert json.dumps(examination.as_json(), allow_nan=False)


@pytest.mark.slow
def test_a_memorizing_network_has_high_variance() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 10))
    y = (X[:, 0] + random.normal(size=200) > 0).astype(int)
    options = Options(splits=4, epochs=400, hidden=(64,), learning_rates=(0.03,))
    examination = examine(from_arrays(X, y), options)
    assert name_of(examination.diagnosis) == "high variance"
    assert examination.verdict.headline.startswith("High variance: error 0.0 %")
    assert examination.advice[-1].what == "regularize"
    assert examination.debugging.passed


@pytest.mark.slow
def test_a_network_that_is_too_small_has_high_bias_and_a_wider_one_is_advised() -> None:
    random = np.random.default_rng(0)
    X = random.uniform(-1, 1, size=(500, 2))
    y = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int)
    options = Options(splits=4, epochs=150, hidden=(1,), learning_rates=(0.03,))
    examination = examine(from_arrays(X, y), options)
    assert examination.diagnosis.high_bias
    assert not examination.diagnosis.high_variance
    assert "underfits: high bias" in examination.verdict.sentences[0]
    best = examination.advice[0]
    assert best.what == "use gradient boosting"
    assert best.sure
    wider = next(one for one in examination.advice if one.what == "use twice the units")
    assert wider.gain.mean > 0.05
    assert wider.how == "--hidden 2"


@pytest.mark.slow
def test_a_regression_is_diagnosed_in_its_own_unit() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(150, 3))
    y = 100 * (X @ [1.0, 2.0, 3.0]) + 50 * random.normal(size=150)
    examination = examine(from_arrays(X, y), Options(splits=2, epochs=100, hidden=(8,)), target_error=50.0)
    assert examination.metric == "rmse"
    assert examination.shares.loss == "squared error"
    assert 0 < examination.shares.total.mean < 1
    assert examination.diagnosis.reachable == TARGET
    assert "the target is 50" in examination.verdict.sentences[0]


def test_a_target_takes_the_place_of_the_references() -> None:
    train, held_out = np.full((4, 1, 1), 0.1), np.full((4, 1, 1), 0.12)
    references = {"trees": np.full((4, 1, 1), 0.11)}
    without = judge(train, held_out, references, SHARES)
    assert (without.reachable, without.high_bias) == ("trees", False)
    given = judge(train, held_out, references, SHARES, target_error=0.02)
    assert (given.reachable, given.high_bias) == (TARGET, True)
    assert given.excess.mean == pytest.approx(0.08)
    assert set(given.references) == {"trees", TARGET}


@pytest.mark.parametrize(
    ("train", "held_out", "reached", "name"),
    [
        (0.10, 0.30, 0.25, "high variance"),
        (0.30, 0.305, 0.10, "high bias"),
        (0.20, 0.40, 0.05, "high variance and high bias"),
        (0.20, 0.205, 0.20, "neither high variance nor high bias"),
    ],
)
def test_the_four_verdicts(train: float, held_out: float, reached: float, name: str) -> None:
    wiggle = 0.002 * np.array([-1, 1, -1, 1.0])[:, None, None]
    sure = dataclasses.replace(SHARES, rows={"train": 10**5, "validation": 10**5, "test": 10**5})
    diagnosis = judge(train + wiggle, held_out - wiggle, {"trees": reached + wiggle}, sure)
    assert name_of(diagnosis) == name
    assert name.split(" and ")[0] in say_diagnosis(diagnosis, SCORES["accuracy"])


@pytest.mark.parametrize(
    ("options", "target", "message"),
    [
        ({}, 1.5, "target_error must be a number in"),
        ({"shares": (0.7, 0.0, 0.3), "learning_rates": (0.01,)}, None, "validation share must be above 0"),
        ({"epochs": 0}, None, "epochs must be"),
    ],
)
def test_refusals(moons, options: dict, target: float | None, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        examine(moons, Options(**options), target)


@pytest.mark.slow
def test_an_interruption_keeps_what_is_done(moons, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridle.study.diagnosis import examine as module

    def interrupted(bench: Bench, trainer: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "check_training", interrupted)
    examination = examine(moons, dataclasses.replace(QUICK, splits=2, epochs=10))
    assert examination.interrupted
    assert examination.curve is None
    assert examination.debugging is None
    assert examination.diagnosis.references


@pytest.mark.parametrize("rows", [1, 10, 16, 50, 507, 100_000])
def test_sizes_ascend_to_all_rows(rows: int) -> None:
    sizes = curve_sizes(rows)
    assert sizes == tuple(sorted(set(sizes)))
    assert sizes[-1] == rows
    assert 1 <= len(sizes) <= 6


def test_beginnings_of_an_order_keep_the_proportions() -> None:
    y = np.repeat([0, 1, 2], [60, 30, 10])
    order = nested_order(y, 3, stratify=True)
    assert sorted(order.tolist()) == list(range(100))
    for size in (10, 20, 50):
        counts = np.bincount(y[order[:size]], minlength=3)
        assert np.abs(counts - size * np.array([0.6, 0.3, 0.1])).max() <= 1
    assert not np.array_equal(order, nested_order(y, 4, stratify=True))


def test_bootstrap_samples_hold_two_thirds_of_the_rows() -> None:
    samples = bootstrap_rows(1000, 5, 0)
    shares = [len(np.unique(one)) / 1000 for one in samples]
    assert np.allclose(shares, 1 - np.exp(-1), atol=0.03)


def test_fewer_rows_are_trained_for_as_many_updates() -> None:
    from bridle import Dense, Plan

    plan = Plan(inputs=1, layers=(Dense(1, "linear"),), epochs=30, batch_size=32)
    for rows in (16, 40, 100, 500):
        small = resized(plan, rows, 500)
        updates = small.epochs * -(-rows // (small.batch_size or rows))
        assert abs(updates - 30 * 16) <= -(-rows // 32)
