"""Laws of running statistics in the engine: whose they are, where they go, and how averages get their own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridle.engine import Dense, Members, Outcome, Plan, Residual, train
from bridle.engine import checkpoint as checkpoints
from bridle.engine.network import forward
from bridle.engine.outcome import predict_member, sample_member
from bridle.errors import PlanError
from tests.builders import assert_same_bits, flat, net, table

X, Y = table(300)
LAYERS = (Residual(4, "tanh", "batch"), Dense(1, "linear"))
WIDE = np.arange(270)  # more than one chunk of evaluation
HELD_OUT = {"rows": [WIDE], "validation_rows": [np.arange(270, 300)]}
AVERAGES = ("ema", "swa", "early_stopping")


def plan_of(*names: str, **options: Any) -> Plan:
    return net(layers=LAYERS, batch_size=64, epochs=6, regularizers=names, dtype="float32", **options)


def run(*names: str, engine: str = "population", seed: Any = (0, 1), **settings: Any) -> Outcome:
    members = Members(seed=list(seed), learning_rate=0.1, **HELD_OUT, **settings)
    return train(plan_of(*names), members, X, Y, engine=engine)


@pytest.fixture(scope="module")
def averaged() -> Outcome:
    return run(*AVERAGES, ema=[0.9, 0.0], swa=[0.5, 0.0], patience=[5, np.inf])


def test_parameters_come_in_pairs_maps_first(averaged: Outcome) -> None:
    assert averaged.plan.maps == 4
    assert [w.shape[1:] for w, _ in averaged.weights[:4]] == [(4, 3), (4, 4), (4, 3), (1, 4)]
    assert [one.shape[1:] for one, _ in averaged.weights[4:]] == [(4, 1)] * 4
    mixed = net(layers=(Dense(5, "relu", "layer"), Dense(4), Dense(3, "relu", "batch"), Dense(1, "linear")))
    assert [(pair.kind, pair.stage.layer) for pair in mixed.pairs[4:]] == [
        ("scale", 0),
        ("scale", 2),
        ("statistics", 2),
    ]


def test_averages_see_their_own_moments_of_the_training_rows(averaged: Outcome) -> None:
    """With fresh statistics every normalized unit has mean 0 and variance 1 over the rows of training."""
    for best in (False, True):
        weights = averaged.member_weights(0, best=best)
        _, caches = forward(averaged.plan, weights, X[WIDE].T.astype(np.float32))
        for stage, cache in zip(averaged.plan.stages, caches, strict=True):
            if stage.statistics >= 0:
                mean, variance = weights[stage.statistics]
                np.testing.assert_allclose(cache.z.mean(axis=1), mean[:, 0], atol=1e-5)
                np.testing.assert_allclose(cache.z.var(axis=1), variance[:, 0], rtol=1e-4)


def test_fresh_statistics_weigh_rows_as_training_does() -> None:
    weight = np.where(WIDE < 100, 2.0, 0.5)
    outcome = run(*AVERAGES, swa=0.5, row_weights=[weight])
    weights = outcome.member_weights(0)
    _, caches = forward(outcome.plan, weights, X[WIDE].T.astype(np.float32))
    mean = np.average(caches[0].z, axis=1, weights=weight)
    np.testing.assert_allclose(weights[outcome.plan.stages[0].statistics][0][:, 0], mean, atol=1e-5)


def test_members_without_an_average_keep_their_running_statistics_to_the_bit(averaged: Outcome) -> None:
    assert_same_bits(averaged, 1, run(), 1)


def test_both_engines_refresh_alike(averaged: Outcome) -> None:
    reference = run(*AVERAGES, engine="reference", ema=[0.9, 0.0], swa=[0.5, 0.0], patience=[5, np.inf])
    np.testing.assert_allclose(flat(reference.weights), flat(averaged.weights), atol=2e-4)


def test_alone_and_in_company_the_bits_are_the_same(averaged: Outcome) -> None:
    alone = run(*AVERAGES, seed=[0], ema=0.9, swa=0.5, patience=5)
    assert_same_bits(alone, 0, averaged, 0)
    np.testing.assert_array_equal(alone.predict(X)[0], averaged.predict(X)[0])
    many = run(*AVERAGES, seed=[1, 2, 0], ema=[0.0, 0.5, 0.9], swa=[0.0, 1.0, 0.5], patience=[np.inf, 2, 5])
    for m, k in ((0, 1), (2, 0)):
        assert_same_bits(many, m, averaged, k)


def test_the_best_weights_have_the_statistics_of_their_epoch() -> None:
    outcome = run(*AVERAGES, patience=6)
    shorter = dataclasses.replace(plan_of(), epochs=int(outcome.best_epoch[0]))
    shorter = train(shorter, Members(seed=[0, 1], learning_rate=0.1, **HELD_OUT), X, Y)
    np.testing.assert_array_equal(flat(shorter.weights, 0), flat(outcome.best_weights, 0))


def test_an_interrupted_training_goes_on_with_its_statistics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr("bridle.engine.population.SLICE_SECONDS", 0.0)
    plan = plan_of(*AVERAGES)
    members = Members(seed=[0, 1], learning_rate=0.1, swa=[0.7, 0.0], **HELD_OUT)
    whole = train(plan, members, X, Y)

    def interrupt(progress: object) -> None:
        import signal

        signal.raise_signal(signal.SIGINT)

    early = train(plan, members, X, Y, checkpoint=tmp_path / "state", progress=interrupt)
    assert early.epochs.max() < 6
    for _ in range(2):  # gone on with, and read once it is complete
        late = train(plan, members, X, Y, checkpoint=tmp_path / "state")
        for m in range(2):
            assert_same_bits(late, m, whole, m)


def test_training_goes_on_from_all_parameters_or_from_the_maps_alone(averaged: Outcome) -> None:
    plan = plan_of()
    members = Members(seed=[0, 1], learning_rate=0.0, **HELD_OUT)
    full = train(plan, members, X, Y, initial=averaged.weights, engine="reference")
    for mine, theirs in zip(full.weights[: plan.maps + 2], averaged.weights, strict=False):
        np.testing.assert_array_equal(mine[0], theirs[0])
        np.testing.assert_array_equal(mine[1], theirs[1])
    maps = train(plan, members, X, Y, initial=averaged.weights[: plan.maps], engine="reference")
    np.testing.assert_array_equal(maps.weights[plan.maps], [np.ones((2, 4, 1)), np.zeros((2, 4, 1))])
    with pytest.raises(PlanError, match=r"initial must be a list of 4 pairs \(w, b\), or of all 8 pairs"):
        train(plan, members, X, Y, initial=averaged.weights[:5])


def test_noise_is_sampled_and_normalization_is_not() -> None:
    """With all rates at 0 a noisy pass is evaluation: by running statistics, not by those of the rows."""
    outcome = run("dropout", dropout=[0.0, 0.4])
    mean, spread = outcome.predict_samples(X[:3], 4)
    np.testing.assert_allclose(mean[0], outcome.predict(X)[0, :3], rtol=1e-5)
    assert not spread[0].any()
    own = sample_member(outcome.plan, outcome.member_weights(1), X[:3], 4, seed=1, settings={"dropout": 0.4})
    np.testing.assert_allclose(own.mean, mean[1], rtol=1e-5)
    np.testing.assert_allclose(
        predict_member(outcome.plan, outcome.member_weights(1), X), outcome.predict(X)[1], rtol=1e-4
    )
