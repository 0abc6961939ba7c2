"""Large batches in two halves: the gradient of the whole, and the same bits however many threads there are."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from bridle import Conv, Dense, Members, Plan, Pool, Recorded, Residual, train
from bridle.engine import parts
from bridle.ops import sharing

ROWS = 37  # the halves differ


def dense(**options: Any) -> Plan:
    layers = (Dense(8, "tanh", options.pop("normalization", None)), Residual(8), Dense(3, "linear"))
    return Plan(inputs=16, layers=layers, loss="cross_entropy", **BRIEF, **options)


BRIEF: dict[str, Any] = {"epochs": 3, "dtype": "float64", "optimizer": "adam", "batch_size": 30}
PICTURES = Plan(
    inputs=16,
    image=(1, 4, 4),
    layers=(Conv(3, 3), Pool(2), Dense(3, "linear")),
    loss="cross_entropy",
    **BRIEF,
)
TRACKED = ("update_loss", "update_penalty", "penalty")
CASES: dict[str, tuple[Plan, dict[str, Any]]] = {
    "plain": (dense(track=TRACKED), {}),
    "penalties": (dense(regularizers=("batch_l2", "l1"), track=TRACKED), {"batch_l2": 0.3, "l1": 0.01}),
    "activations": (
        dense(regularizers=("activity_l1", "activity_l2"), track=TRACKED),
        {"activity_l1": 0.1, "activity_l2": 0.2},
    ),
    "penalties by the batch": (
        dense(regularizers=("activity_l2", "l2"), penalty_scale="batch", track=TRACKED),
        {"activity_l2": 3.0, "l2": 3.0},
    ),
    "noise": (
        dense(regularizers=("dropout", "gaussian_noise", "drop_connect")),
        {"dropout": 0.4, "gaussian_noise": 0.3, "drop_connect": 0.2},
    ),
    "rows": (
        dense(regularizers=("mixup", "fgsm", "label_smoothing", "gradient_clipping")),
        {"mixup": 0.4, "fgsm": 0.1, "label_smoothing": 0.1, "gradient_clipping": 0.05},
    ),
    "layer norm": (dense(normalization="layer"), {}),
    "convolution": (PICTURES, {}),
}


def ends(
    plan: Plan, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, least: float, **more: Any
) -> Any:
    rng = np.random.default_rng(0)
    X, y, weight = (
        rng.normal(size=(ROWS, 16)),
        rng.integers(0, 3, ROWS),
        rng.random(ROWS) * (rng.random(ROWS) > 0.2),
    )
    monkeypatch.setattr(parts, "SHARED_WORK", least)
    members = Members(learning_rate=0.05, row_weights=weight, **settings)
    return train(plan, members, X, y, engine="reference", **more)


def assert_alike(one: Any, other: Any) -> None:
    for pair, again in zip(one.weights, other.weights, strict=True):
        for mine, theirs in zip(pair, again, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-11)
    for name, curve in one.curves.items():
        np.testing.assert_allclose(curve, other.curves[name], rtol=1e-10, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_halves_train_what_the_whole_trains(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, settings = CASES[case]
    cut = ends(plan, settings, monkeypatch, 0.0)
    whole = ends(plan, settings, monkeypatch, np.inf)
    assert_alike(cut, whole)
    assert any(not np.array_equal(a[0], b[0]) for a, b in zip(cut.weights, whole.weights, strict=True))


def test_recorded_masks_are_cut_with_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = dense(regularizers=("dropout",))
    keep = [np.random.default_rng(k).random((6, 8, ROWS)) > 0.4 for k in range(3)]
    order = np.stack([np.random.default_rng(k).permutation(ROWS) for k in range(3)])
    draws = Recorded(order=order, keep=keep)
    both = [ends(plan, {"dropout": 0.4}, monkeypatch, least, draws=draws) for least in (0.0, np.inf)]
    assert_alike(*both)


def test_batch_norm_sees_its_batch_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = dense(normalization="batch")
    both = [ends(plan, {}, monkeypatch, least) for least in (0.0, np.inf)]
    for one, other in zip(*(outcome.weights for outcome in both), strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def test_the_bits_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, settings = CASES["noise"]
    found = []
    for threads in (None, 1, 3):
        if threads is None:
            monkeypatch.setattr(sharing, "_helpers", lambda process: None)
            found.append(ends(plan, settings, monkeypatch, 0.0))
        else:
            with ThreadPoolExecutor(threads) as pool:
                monkeypatch.setattr(sharing, "_helpers", lambda process, pool=pool: pool)
                found.append(ends(plan, settings, monkeypatch, 0.0))
    for other in found[1:]:
        for pair, again in zip(found[0].weights, other.weights, strict=True):
            np.testing.assert_array_equal(pair[0], again[0])


def test_a_wide_network_is_cut_and_a_narrow_one_is_not() -> None:
    def plan(units: int, dtype: str) -> Plan:
        return Plan(inputs=64, layers=(Dense(units), Dense(units), Dense(1, "linear")), dtype=dtype)

    with sharing.sharing():
        for units, dtype, cut in (
            (256, "float64", True),
            (256, "float32", True),
            (50, "float64", False),
            (150, "float64", True),
            (150, "float32", False),
        ):
            assert parts.is_halved(plan(units, dtype), np.zeros((64, 200), dtype)) is cut, (units, dtype)
