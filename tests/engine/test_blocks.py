"""Batches of large pictures in blocks: the gradient of the whole, whatever is trained with."""

from typing import Any

import jax
import numpy as np
import pytest

from bridle import Conv, Dense, GlobalPool, Members, Plan, Pool, Recorded, ResidualConv, train
from bridle.engine import compiling, parts
from bridle.engine.parts import count_blocks

ROWS = 48
SMALL = 8 * 9 * 8 * 8 * 8.0
"""Bytes of the first convolution's patches of 8 rows: batches of 32 and 16 are cut in 4 and 2 blocks."""
BRIEF: dict[str, Any] = {"epochs": 2, "dtype": "float64", "loss": "cross_entropy", "batch_size": 32}
LAYERS = (Conv(3, 3), Pool(2), Dense(3, "linear"))
RESIDUAL = (Conv(3, 3), Pool(2), ResidualConv(4, stride=2), GlobalPool(), Dense(3, "linear"))
CASES: dict[str, dict[str, float]] = {
    "plain": {},
    "penalties": {"l2": 0.1, "l1": 0.01, "batch_l2": 0.3},
    "activations": {"activity_l1": 0.1, "activity_l2": 0.2},
    "noise": {"dropout": 0.3, "spatial_dropout": 0.2, "drop_connect": 0.2},
    "rows": {"mixup": 0.4, "fgsm": 0.1, "label_smoothing": 0.1, "gradient_clipping": 0.05},
}


def pictured(**options: Any) -> Plan:
    return Plan(**{"inputs": 64, "image": (1, 8, 8), "layers": LAYERS} | BRIEF | options)


def ends(plan: Plan, settings: dict[str, float], patch: pytest.MonkeyPatch, limit: float, **more: Any) -> Any:
    """Return what is trained where a block's patches have so many bytes at most."""
    patch.setattr(parts, "BLOCK_BYTES", limit)
    patch.setattr(compiling, "_programs", {})  # compiled with another limit
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(ROWS, 64)), rng.integers(0, 3, ROWS)
    weight = rng.random(ROWS) * (rng.random(ROWS) > 0.2)
    members = Members(learning_rate=0.05, row_weights=weight, **settings)
    return train(plan, members, X, y, **more)


def assert_alike_but_not_in_every_bit(one: Any, other: Any) -> None:
    pairs = [two for both in zip(one.weights, other.weights, strict=True) for two in zip(*both, strict=True)]
    for mine, theirs in pairs:
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)
    assert any(not np.array_equal(mine, theirs) for mine, theirs in pairs)  # so one of them was cut
    for name, curve in one.curves.items():
        np.testing.assert_allclose(curve, other.curves[name], rtol=1e-10, err_msg=name)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=() if case in ("plain", "noise") else pytest.mark.slow) for case in CASES],
)
def test_blocks_train_what_the_whole_trains(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = CASES[case]
    tracked = ("update_loss", "update_penalty") if "l2" in settings else ()
    layers = LAYERS if settings else RESIDUAL
    plan = pictured(regularizers=tuple(settings), track=tracked, layers=layers)
    both = [ends(plan, settings, monkeypatch, limit) for limit in (SMALL, np.inf)]
    assert_alike_but_not_in_every_bit(*both)


def test_recorded_masks_are_cut_with_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = (Conv(3, 3), Pool(2), Dense(5), Dense(3, "linear"))
    plan = pictured(regularizers=("dropout",), layers=layers)
    keep = [np.random.default_rng(k).random((4, units, ROWS)) > 0.4 for k, units in enumerate((48, 5))]
    order = np.stack([np.random.default_rng(k).permutation(ROWS) for k in range(2)])
    draws = Recorded(order=order, keep=keep)
    both = [ends(plan, {"dropout": 0.4}, monkeypatch, limit, draws=draws) for limit in (SMALL, np.inf)]
    assert_alike_but_not_in_every_bit(*both)


def test_batch_norm_sees_its_batch_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = (Conv(3, 3, normalization="batch"), GlobalPool(), Dense(3, "linear"))
    both = [ends(pictured(layers=layers), {}, monkeypatch, limit) for limit in (SMALL, np.inf)]
    for one, other in zip(*(outcome.weights for outcome in both), strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def test_blocks_are_the_fewest_that_fit_and_divide_the_batch() -> None:
    plan = pictured(
        inputs=784,
        image=(1, 28, 28),
        layers=(Conv(16, 3), Pool(2), Conv(32, 3), GlobalPool(), Dense(10, "linear")),
    )
    a_row = 16 * 9 * 14 * 14 * 4  # bytes of the second convolution's patches

    def inputs(rows: int) -> Any:
        return jax.ShapeDtypeStruct((784, rows), np.dtype("float32"))

    for rows in range(1, 300):
        count = count_blocks(plan, inputs(rows))
        assert rows % count == 0
        fitting = [k for k in range(1, rows + 1) if rows % k == 0 and rows // k * a_row <= parts.BLOCK_BYTES]
        assert count == fitting[0] if rows // fitting[0] >= parts.FEWEST else count == 1
    assert count_blocks(plan, inputs(128)) == 4
    assert count_blocks(plan, inputs(127)) == 1  # no number divides it
    assert count_blocks(plan, np.zeros((784, 128))) == 1
    assert count_blocks(Plan(inputs=784, layers=(Dense(10, "linear"),), **BRIEF), inputs(10**5)) == 1
