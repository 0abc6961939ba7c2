"""Laws of snapshot ensembles: the mean of the networks at the cycles' ends, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bridle.engine import Dense, Members, Outcome, Plan, train
from bridle.engine.outcome import predict_member, sample_member
from bridle.engine.reference import repeated
from bridle.rules.snapshots import cycles_ended, kept_snapshots
from bridle.study.model import Model
from bridle.study.prepare import Preparation
from tests.builders import assert_same_bits, net, table

X, Y = table(50)
ENGINES = ("population", "reference")


def plan_of(**options: Any) -> Plan:
    layers = (Dense(5, "relu", "batch"), Dense(1, "linear"))
    named = {"schedule": "cosine_restarts", "batch_size": 16, "cycles": 5, "epochs": 10, "layers": layers}
    return net(**named | {"regularizers": ("snapshots", "dropout")} | options)


def run(plan: Plan, engine: str = "population", shares: Any = (0.0, 0.4, 1.0), **settings: Any) -> Outcome:
    members = Members(seed=[0, 1, 2], learning_rate=0.2, snapshots=list(shares), **settings)
    return train(plan, members, X, Y, engine=engine)


@pytest.fixture(scope="module", params=ENGINES)
def outcome(request: pytest.FixtureRequest) -> Outcome:
    return run(plan_of(), request.param)


def test_cycles_end_at_the_last_whole_epoch_within_them() -> None:
    for last in range(1, 30):
        for cycles in range(1, 12):
            ends = [m * last // cycles for m in range(1, cycles + 1)]
            for epoch in range(1, last + 1):
                mine = cycles_ended(np.asarray(epoch), np.asarray(last), cycles)
                assert mine == sum(end <= epoch for end in ends)
            assert cycles_ended(np.asarray(0), np.asarray(last), cycles) == 0


def test_a_snapshot_stays_what_it_was_when_its_cycle_ended() -> None:
    plan = net(cycles=3)
    weights = [(np.full((2, 2), 0.0), np.full((2, 1), 0.0))]
    snapshots = repeated(plan, weights)
    now = weights
    for epoch in range(1, 8):
        now = [(first + epoch, second - epoch) for first, second in weights]
        snapshots = kept_snapshots(snapshots, now, np.asarray(epoch), np.asarray(7))
    first, second = snapshots[0]
    np.testing.assert_array_equal(first[:, 0, 0], [2, 4, 7])
    np.testing.assert_array_equal(second[:, 1, 0], [-2, -4, -7])
    snapshots = kept_snapshots(repeated(plan, weights), now, np.asarray(1), np.asarray(2))
    np.testing.assert_array_equal(snapshots[0][0][:, 0, 0], [7, 7, 0])


def test_the_ensemble_is_the_mean_of_trainings_that_end_with_each_cycle(outcome: Outcome) -> None:
    """A training of m cycles of the same length ends where the whole one has its snapshot of number m."""
    alone = []
    for m in range(1, 6):
        shorter = plan_of(cycles=m, epochs=2 * m, regularizers=("dropout",))
        members = Members(seed=[0, 1, 2], learning_rate=0.2)
        ended = train(shorter, members, X, Y, engine="reference")
        alone.append(np.stack([predict_member(shorter, ended.member_weights(k), X) for k in range(3)]))
    predictions = outcome.predict(X)
    np.testing.assert_allclose(predictions[0], alone[-1][0], rtol=1e-9)
    np.testing.assert_allclose(predictions[1], np.mean(alone[-2:], axis=0)[1], rtol=1e-9)
    np.testing.assert_allclose(predictions[2], np.mean(alone, axis=0)[2], rtol=1e-9)
    assert np.abs(predictions[2] - alone[-1][2]).max() > 0.01, "cycles must differ"


def test_one_member_predicts_as_in_company(outcome: Outcome) -> None:
    for m, count in enumerate((0, 2, 5)):
        weights = outcome.member_weights(m)
        assert len(weights) == len(outcome.plan.pairs) * (2 if count else 1)
        assert count == 0 or weights[-1][0].shape == (count, 5, 1)
        np.testing.assert_allclose(
            predict_member(outcome.plan, weights, X), outcome.predict(X)[m], rtol=1e-12
        )
    sampled = sample_member(outcome.plan, outcome.member_weights(2), X, 2, seed=2)
    np.testing.assert_allclose(sampled.mean, outcome.predict_samples(X, 2).mean[2], rtol=1e-12)


@pytest.mark.bits
def test_off_is_the_plan_without_snapshots_to_the_bit() -> None:
    outcome = run(plan_of(dtype="float32"), shares=(0.0, 0.6, 0.0))
    without = plan_of(dtype="float32", regularizers=("dropout",))
    bare = train(without, Members(seed=[0, 1, 2], learning_rate=0.2), X, Y)
    for m in range(3):
        assert_same_bits(outcome, m, bare, m)
    np.testing.assert_array_equal(outcome.predict(X)[[0, 2]], bare.predict(X)[[0, 2]])
    np.testing.assert_array_equal(outcome.predict(X, best=True), bare.predict(X))


def test_a_training_that_ends_before_the_first_cycle_predicts_with_its_weights() -> None:
    plan = plan_of(epochs=40, regularizers=("snapshots",))
    asked = iter(range(4))

    def interrupt(progress: object) -> None:
        if next(asked) == 3:
            import signal

            signal.raise_signal(signal.SIGINT)

    members = Members(seed=0, learning_rate=0.2, snapshots=1.0)
    outcome = train(plan, members, X, Y, engine="reference", progress=interrupt)
    assert outcome.epochs[0] == 3
    assert len(outcome.member_weights(0)) == len(plan.pairs)
    np.testing.assert_allclose(outcome.predict(X)[0], predict_member(plan, outcome.member_weights(0), X))


def test_best_weights_that_come_back_predict_alone() -> None:
    plan = plan_of(regularizers=("snapshots", "early_stopping"))
    split = {"rows": [np.arange(40)], "validation_rows": [np.arange(40, 50)]}
    members = Members(seed=[0, 0], learning_rate=0.2, snapshots=1.0, patience=[np.inf, 10], **split)
    outcome = train(plan, members, X, Y, engine="reference")
    assert [len(outcome.member_weights(m)) for m in range(2)] == [2 * len(plan.pairs), len(plan.pairs)]
    np.testing.assert_array_equal(outcome.predict(X)[1], outcome.predict(X, best=True)[1])


def test_a_saved_ensemble_predicts_the_same_digits(tmp_path: Path) -> None:
    """Normalized, and with snapshots on and off: all pairs travel."""
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    preparation = Preparation(frame).fit(frame)
    about = (None, "snapshots", {}, 0.2, 0)
    outcome = run(plan_of(), "reference")
    for m in range(3):
        model = Model(outcome.plan, outcome.member_weights(m), preparation, np.array([0, 1]), *about)
        again = Model.load(model.save(tmp_path / f"{m}"))
        assert again.plan == outcome.plan
        for mine, theirs in zip(again.weights, model.weights, strict=True):
            np.testing.assert_array_equal(mine[0], theirs[0])
            np.testing.assert_array_equal(mine[1], theirs[1])
        np.testing.assert_array_equal(again.predict_proba(frame), model.predict_proba(frame))
