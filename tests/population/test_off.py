"""Law of off: a regularizer at its off value is the plan without it, to the bit, in company with all others."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from bridle.engine import Members, Outcome, train
from bridle.engine.outcome import predict_member
from bridle.registry import REGISTRY
from tests.builders import assert_same_bits, net, off_values, table

X, Y = table(50)
OPTIONS = {
    "sgd, full batch": {"epochs": 30},
    "sgd, batches": {"epochs": 10, "batch_size": 16, "momentum": 0.9},
    "adam, full batch": {"epochs": 30, "optimizer": "adam"},
    "adam, batches": {"epochs": 10, "optimizer": "adam", "batch_size": 16},
}
SHARED = {
    "seed": [0, 3],
    "learning_rate": [0.1, 0.02],
    "rows": [np.arange(40)],
    "validation_rows": [np.arange(40, 50)],
}


QUICK = ("sgd, batches", "adam, full batch")


def pace(option: str, *quick: str) -> tuple:
    return () if option in quick else (pytest.mark.slow,)


def quick_for(i: int, name: str) -> str:
    """Noise is hardest to switch off in small batches, where the compiler joins most operations."""
    return QUICK[0] if REGISTRY[name].family == "noise" else QUICK[i % 2]


COMBINATIONS = [
    pytest.param(name, option, marks=pace(option, quick_for(i, name)), id=f"{name}, {option}")
    for i, name in enumerate(REGISTRY)
    for option in OPTIONS
]
TOGETHER = [pytest.param(option, marks=pace(option, QUICK[0])) for option in OPTIONS]


@lru_cache
def bare(option: str, image: tuple[int, int, int] | None) -> Outcome:
    inputs = math.prod(image) if image else 3
    plan = net(inputs, image=image, dtype="float32", **OPTIONS[option])
    return train(plan, Members(**SHARED), *table(50, inputs))


def assert_absent(option: str, names: tuple[str, ...], settings: dict[str, Any]) -> None:
    plan = net(dtype="float32", regularizers=names, **OPTIONS[option])
    outcome = train(plan, Members(**SHARED, **settings), *table(50, plan.inputs))
    for m in range(2):
        assert_same_bits(outcome, m, bare(option, plan.image), m)


@pytest.mark.parametrize(("name", "option"), COMBINATIONS)
def test_off_is_absent(name: str, option: str) -> None:
    assert_absent(option, (name,), off_values(name))
    assert_absent(option, (name,), {})


@pytest.mark.parametrize("option", TOGETHER)
def test_all_of_them_off_is_none_of_them(option: str) -> None:
    assert_absent(
        option, tuple(REGISTRY), {key: v for name in REGISTRY for key, v in off_values(name).items()}
    )


@pytest.mark.parametrize("option", TOGETHER)
def test_off_in_every_layer_is_off(option: str) -> None:
    names = tuple(record.name for record in REGISTRY.values() if record.strength.slots != "none")
    settings = {key: np.full((1, 3), value) for name in names for key, value in off_values(name).items()}
    assert_absent(option, names, settings)


def test_the_order_of_naming_regularizers_changes_no_bit() -> None:
    names = ("l1", "l2", "dropout", "elastic_net")
    settings = {"l1": 0.01, "l2": 0.02, "dropout": 0.2, "elastic_net": 0.01}
    one, other = (
        train(net(regularizers=order, dtype="float32"), Members(**SHARED, **settings), X, Y)
        for order in (names, names[::-1])
    )
    for m in range(2):
        assert_same_bits(one, m, other, m)


@pytest.mark.parametrize("name", [name for name in REGISTRY if "convolutions" not in REGISTRY[name].requires])
def test_on_is_not_off(name: str) -> None:
    """Were the strength ignored, every law above would hold."""
    record = REGISTRY[name]
    strongest = record.strength.grid[0 if record.strength.off == np.inf else -1]
    value = strongest if record.name != "early_stopping" else 1.0
    more = {"min_delta": 1.0} if name == "early_stopping" else {}
    plan = net(regularizers=(name,), dtype="float32", epochs=30)
    members = Members(seed=3, learning_rate=0.1, **{record.strength.name: [record.strength.off, value]}, **more,
                      rows=[np.arange(40)], validation_rows=[np.arange(40, 50)])  # fmt: skip
    X, Y = table(50, plan.inputs)
    outcome = train(plan, members, X, Y, engine="reference")
    off, on = (predict_member(plan, outcome.member_weights(m), X) for m in range(2))
    assert not np.array_equal(off, on) or outcome.epochs[1] < outcome.epochs[0]
