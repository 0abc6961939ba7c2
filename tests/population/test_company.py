"""Law of company: a member's bits depend on nothing but the plan and its own numbers.

Alone, among 5, among 64, in another order, twice, beside a neighbor that diverges: the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, train
from bridle.errors import Status
from bridle.registry import REGISTRY
from tests.builders import assert_same_bits, flat, net, table

X, Y = table(50)
RNG = np.random.default_rng(0)
MANY = 64
SETTINGS = {
    "seed": np.arange(MANY) % 9,
    "learning_rate": RNG.uniform(0.01, 0.2, MANY),
    "l1": RNG.uniform(0, 0.01, MANY),
    "l2": RNG.uniform(0, 0.1, (MANY, 3)),
    "weight_decay": RNG.uniform(0, 0.1, MANY),
    "dropout": RNG.uniform(0, 0.5, MANY),
    "patience": RNG.choice([2.0, 5.0, np.inf], MANY),
}
NAMES = ("l1", "l2", "weight_decay", "dropout", "early_stopping")
STEEP = (Dense(8, "relu"), Dense(1, "linear"))
PLANS = {
    "full batch": net(regularizers=NAMES, epochs=25, dtype="float32"),
    "batches": net(regularizers=NAMES, epochs=25, batch_size=16, optimizer="adam", dtype="float32"),
    "batches, float64": net(regularizers=NAMES, epochs=25, batch_size=16, momentum=0.5, schedule="cosine"),
}


PACED = [
    pytest.param(plan, id=name, marks=() if name == "batches" else pytest.mark.slow)
    for name, plan in PLANS.items()
]


def company(chosen: Any) -> Members:
    chosen = np.asarray(chosen)
    settings: dict[str, Any] = {name: values[chosen] for name, values in SETTINGS.items()}
    return Members(**settings, rows=[np.arange(40)], validation_rows=[np.arange(40, 50)])


@pytest.mark.parametrize("plan", PACED)
def test_alone_among_five_and_among_sixty_four_a_member_is_the_same(plan: Plan) -> None:
    everyone = train(plan, company(np.arange(MANY)), X, Y)
    assert len({flat(everyone.weights, m).tobytes() for m in range(MANY)}) == MANY, (
        "members must differ at all"
    )
    assert {Status.COMPLETED, Status.STOPPED} == set(everyone.status)

    chosen = [17, 63, 17, 2, 40]  # another order, and one of them twice
    five = train(plan, company(chosen), X, Y)
    for k, m in enumerate(chosen):
        assert_same_bits(five, k, everyone, m)

    backwards = train(plan, company(np.arange(MANY)[::-1]), X, Y)
    for k in range(MANY):
        assert_same_bits(backwards, k, everyone, MANY - 1 - k)

    for m in (0, 37, 63):
        alone = train(plan, company([m]), X, Y)
        assert_same_bits(alone, 0, everyone, m)
        np.testing.assert_array_equal(alone.predict(X)[0], everyone.predict(X)[m])
        np.testing.assert_array_equal(alone.predict(X, best=True)[0], everyone.predict(X, best=True)[m])


@pytest.mark.parametrize("plan", PACED)
def test_a_diverging_neighbor_harms_nobody(plan: Plan) -> None:
    calm = company(np.arange(5))
    rates = np.append(SETTINGS["learning_rate"][:5], 1e30)
    wild_settings: dict[str, Any] = {name: values[[0, 1, 2, 3, 4, 5]] for name, values in SETTINGS.items()}
    wild_settings |= {"learning_rate": rates, "patience": SETTINGS["patience"][[0, 1, 2, 3, 4, 4]]}
    shared_rows = {"rows": [np.arange(40)], "validation_rows": [np.arange(40, 50)]}
    squared = Plan(
        **{field: getattr(plan, field) for field in plan.__dataclass_fields__} | {"loss": "squared_error"}
    )
    y = Y.astype(float)
    alone = train(squared, calm, X, y)
    beside = train(squared, Members(**wild_settings, **shared_rows), X, y)
    for m in range(5):
        assert_same_bits(alone, m, beside, m)
    assert beside.status[5] is Status.DIVERGED
    assert beside.epochs[5] < plan.epochs
    assert np.all(np.isnan(beside.curves["train_loss"][5, beside.epochs[5] :]))


def test_inputs_beyond_the_dtype_diverge_for_the_members_that_train_on_them_alone() -> None:
    huge = X.copy()
    huge[45:] = 1e20
    plan = net(loss="squared_error", epochs=10, dtype="float32", layers=STEEP)
    members = Members(seed=[0, 0], learning_rate=0.05, rows=[np.arange(40), np.arange(10, 50)])
    outcome = train(plan, members, huge, Y.astype(float))
    assert list(outcome.status) == [Status.COMPLETED, Status.DIVERGED]
    alone = train(plan, Members(seed=0, learning_rate=0.05, rows=[np.arange(40)]), X, Y.astype(float))
    assert_same_bits(outcome, 0, alone, 0)


def test_a_member_that_diverged_keeps_its_best_weights_finite() -> None:
    plan = net(loss="squared_error", regularizers=("early_stopping",), epochs=40, layers=STEEP)
    members = Members(
        learning_rate=[3.0], patience=30, rows=[np.arange(40)], validation_rows=[np.arange(40, 50)]
    )
    outcome = train(plan, members, X, Y.astype(float))
    assert outcome.status[0] is Status.DIVERGED
    assert outcome.best_epoch[0] >= 1
    assert all(np.all(np.isfinite(part)) for layer in outcome.best_weights for part in layer)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([name for name in REGISTRY if not REGISTRY[name].reaches_rows], id="all but noise"),
        pytest.param(list(REGISTRY), id="all", marks=pytest.mark.slow),
    ],
)
def test_every_record_of_the_registry_keeps_the_law(names: list[str]) -> None:
    """One plan with all of them, each member with one of them on: alone and together."""
    plan = net(regularizers=names, epochs=10, batch_size=16, dtype="float32")
    data = table(50, plan.inputs)

    def members(chosen: list[int]) -> Members:
        settings: dict[str, Any] = {}
        for k, record in enumerate(REGISTRY[name] for name in names):
            value = record.strength.grid[-1] if record.name != "early_stopping" else 3.0
            settings[record.strength.name] = [value if m == k else record.strength.off for m in chosen]
        return Members(seed=[5], **settings, rows=[np.arange(40)], validation_rows=[np.arange(40, 50)])

    together = train(plan, members(list(range(len(names)))), *data)
    for m in range(0, len(names), 5):
        assert_same_bits(train(plan, members([m]), *data), 0, together, m)
