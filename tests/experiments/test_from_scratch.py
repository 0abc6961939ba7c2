"""The page "from scratch in 60 lines" runs as printed and gives the numbers of both engines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridle import Dense, Members, Plan, Recorded, train
from bridle.engine.initial import initial_weights

ROWS, EPOCHS, BATCH = 30, 12, 8
PLAN = Plan(
    inputs=2,
    layers=(Dense(20), Dense(3), Dense(1, "linear")),
    momentum=0.5,
    epochs=EPOCHS,
    batch_size=BATCH,
    regularizers=("l2", "dropout"),
    dtype="float64",
)


@pytest.fixture(scope="module")
def page(root: Path) -> dict[str, Any]:
    text = (root / "docs" / "from-scratch-in-60-lines.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len([line for line in block.splitlines() if line.strip()]) <= 60
    scope: dict[str, Any] = {}
    exec(compile(block, "from-scratch-in-60-lines.md", "exec"), scope)
    return scope


@pytest.mark.parametrize("engine", ["reference", "population"])
def test_the_loop_by_hand_gives_the_engines_numbers(page: dict[str, Any], engine: str) -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(ROWS, 2))
    y = (X[:, 0] > X[:, 1] ** 2).astype(int)
    orders = np.array([random.permutation(ROWS) for _ in range(EPOCHS)])
    updates = EPOCHS * -(-ROWS // BATCH)
    masks = [random.random((updates, units, ROWS)) < 0.8 for units in (20, 3)]
    weights = initial_weights(PLAN, 3)

    found, costs = page["train_by_hand"](
        X.T, y[None, :].astype(float), weights, orders, masks,
        batch=BATCH, learning_rate=0.3, l2=0.01, rate=0.2, momentum=0.5,
    )  # fmt: skip
    outcome = train(
        PLAN,
        Members(learning_rate=0.3, l2=0.01, dropout=0.2),
        X,
        y,
        initial=weights,
        draws=Recorded(order=orders, keep=masks),
        engine=engine,
    )
    for mine, theirs in zip(found, outcome.member_weights(0), strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose([loss for loss, _ in costs], outcome.curves["train_loss"][0], rtol=1e-12)
