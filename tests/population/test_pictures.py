"""Laws of populations of convolutions: the same bits alone, in company, off, resumed and on any devices."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridle.engine import Conv, Dense, GlobalPool, Members, Outcome, Plan, Pool, ResidualConv, train
from bridle.engine.outcome import predict_member, sample_member
from tests.builders import assert_same_bits, flat

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6, 6, 1)).astype(np.float32)
Y = (X[:, 2:4, 2:4].sum(axis=(1, 2, 3)) > 0).astype(int)
LAYERS = (Conv(4, 3, normalization="batch"), Pool(2), ResidualConv(5), GlobalPool(), Dense(2, "linear"))
NAMES = ("l2", "spatial_dropout")


def pictured(*names: str, **options: Any) -> Plan:
    plain = {"inputs": 36, "image": (1, 6, 6), "layers": LAYERS, "loss": "cross_entropy", "epochs": 3}
    return Plan(**plain | {"batch_size": 16, "regularizers": names} | options)


@cache
def run(seeds: tuple[int, ...] = (0, 1, 2), rate: float = 0.3, engine: str = "population") -> Outcome:
    members = Members(seed=list(seeds), learning_rate=0.1, l2=0.01, spatial_dropout=rate)
    return train(pictured(*NAMES), members, X, Y, validation=(X[:20], Y[:20]), engine=engine)


def test_alone_is_as_in_company_to_the_bit() -> None:
    assert_same_bits(run((1,)), 0, run(), 1)
    np.testing.assert_array_equal(run((1,)).predict(X)[0], run().predict(X)[1])


def test_both_engines_train_alike() -> None:
    np.testing.assert_allclose(flat(run(engine="reference").weights), flat(run().weights), atol=2e-3)


@pytest.mark.slow
def test_a_rate_and_a_strength_of_0_are_the_plan_without() -> None:
    members = Members(seed=[0, 1, 2], learning_rate=0.1, l2=0.01)
    without = train(pictured("l2"), members, X, Y, validation=(X[:20], Y[:20]))
    assert_same_bits(run(rate=0.0), 1, without, 1)


def test_one_member_predicts_as_the_population_does_and_samples_its_noise() -> None:
    outcome = run()
    weights = outcome.member_weights(1)
    np.testing.assert_allclose(predict_member(outcome.plan, weights, X), outcome.predict(X)[1], atol=1e-5)
    theirs = outcome.predict_samples(X[:5], 4)
    settings = {"spatial_dropout": 0.3, "l2": 0.01}
    mine = sample_member(outcome.plan, weights, X[:5], 4, seed=1, settings=settings)
    np.testing.assert_allclose(mine.mean, theirs.mean[1], atol=1e-5)
    assert mine.spread.min() > 0


def test_pictures_and_flat_rows_train_the_same() -> None:
    rows = np.moveaxis(X, 3, 1).reshape(60, 36)
    members = Members(seed=[0, 1, 2], learning_rate=0.1, l2=0.01, spatial_dropout=0.3)
    plan = pictured(*NAMES)
    assert_same_bits(train(plan, members, rows, Y, validation=(rows[:20], Y[:20])), 0, run(), 0)


@cache
def averaged() -> Outcome:
    """Return networks whose statistics were taken anew: sums of rows times places."""
    members = Members(seed=[0, 1, 2], learning_rate=0.1, ema=0.9)
    return train(pictured("ema"), members, X, Y, validation=(X[:20], Y[:20]))


@pytest.mark.slow
@pytest.mark.parametrize("devices", [1, 4])
def test_other_devices_make_the_same_bits(devices: int) -> None:
    program = (
        "import jax, sys; jax.config.update('jax_num_cpu_devices', int(sys.argv[1]))\n"
        "from tests.population.test_pictures import averaged, digest, run\n"
        "print(digest(run())); print(digest(averaged()))"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, str(devices)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [digest(run()), digest(averaged())]


def digest(outcome: Outcome) -> str:
    parts = [*(part for pair in outcome.weights for part in pair), outcome.predict(X)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()
