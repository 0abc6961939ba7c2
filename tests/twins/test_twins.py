"""Laws of the twins: NumPy reference = compiled population in float64, for every record and every option.

The list of cases names what plans and members can say; a new record of the registry, a new loss, optimizer or
schedule joins by itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, Recorded, Residual
from bridle.engine.epoch import is_filled_up
from bridle.ops import ACTIVATIONS, LOSSES
from bridle.registry import REGISTRY
from bridle.rules.schedules import SCHEDULES
from bridle.rules.steps import OPTIMIZERS
from tests.builders import answers, net, table
from tests.twins.twin_laws import assert_one_update, assert_twins

N = 50
RNG = np.random.default_rng(0)


class Case(NamedTuple):
    """A plan of 200 updates, members, and what goes to ``train`` besides."""

    plan: Plan
    members: Members
    y: Any = None
    rest: dict[str, Any] = {}  # noqa: RUF012


def full(**options: Any) -> Plan:
    return net(epochs=200, **options)


def batches(**options: Any) -> Plan:
    return net(epochs=50, batch_size=16, **options)  # 16, 16, 16 and a last batch of 2


def filled(**options: Any) -> Plan:
    return net(epochs=66, batch_size=17, **options)  # 17, 17 and a last batch of 16, filled up when compiled


def pair(**settings: Any) -> Members:
    return Members(seed=[0, 7], learning_rate=[0.1, 0.03], **settings)


def masks(updates: int) -> tuple[np.ndarray, ...]:
    return tuple(np.random.default_rng(3).random((updates, units, N)) < 0.7 for units in (8, 4))


BATCH_NORM = (Dense(8, "relu", "batch"), Dense(4, "tanh", "batch"), Dense(1, "linear"))
LAYER_NORM = (Dense(8, "relu", "layer"), Dense(4, "tanh"), Dense(1, "linear"))
BLOCKS = (Residual(6, "relu"), Residual(6, "tanh", "batch"), Dense(1, "linear"))
CASES = {
    "full batch": Case(full(), pair()),
    "batches, the last one smaller": Case(batches(), pair()),
    "row weights": Case(batches(), pair(row_weights=RNG.random(N) * (RNG.random(N) > 0.1))),
    "filled up, batches without weight": Case(
        net(epochs=10, batch_size=4, regularizers=("l2",)), pair(row_weights=RNG.random(N) > 0.8, l2=0.01)
    ),
    "filled up": Case(
        filled(optimizer="adam", regularizers=("batch_l2", "l2"), track=("update_loss", "update_penalty", "penalty")),
        pair(row_weights=RNG.random(N) * (RNG.random(N) > 0.1), batch_l2=0.1, l2=[0.0, 0.1]),
    ),
    "filled up, no weights": Case(filled(regularizers=("l1",), penalty_scale="batch"), pair(l1=0.01)),
    "filled up, noise": Case(
        filled(regularizers=("dropout", "input_noise", "fgsm", "activity_l2", "cutout"), penalty_scale="batch"),
        pair(dropout=0.2, input_noise=0.1, fgsm=0.05, activity_l2=0.1, cutout=0.3),
    ),
    "filled up, recorded": Case(
        filled(regularizers=("dropout",)),
        pair(dropout=0.3),
        rest={"draws": Recorded(order=[np.random.default_rng(4).permutation(N)], keep=masks(198))},
    ),
    "partners, never filled up": Case(filled(regularizers=("mixup", "cutmix")), pair(mixup=0.4, cutmix=0.5)),
    "momentum": Case(full(momentum=0.9), pair()),
    "nesterov": Case(batches(momentum=0.6, nesterov=True, schedule="inverse_time", decay=0.01), pair()),
    "adam, scikit-learn's epsilon": Case(
        full(optimizer="adam", epsilon=1e-4, epsilon_place="before_correction"), pair()
    ),
    "cosine with warm-up": Case(batches(optimizer="adam", schedule="cosine", warmup=0.1), pair()),
    "l2 a layer": Case(full(regularizers=("l2",)), pair(l2=[[0.0, 0.1, 0.01], [0.3, 0.0, 0.0]])),
    "l1 a layer under adam": Case(
        full(optimizer="adam", regularizers=("l1",)), pair(l1=[[0.01, 0.0, 0.001], [0.003, 0.01, 0.1]])
    ),
    "l1 as a subgradient": Case(
        full(regularizers=("l1", "l1_bias"), l1_form="subgradient", l1_at_zero=1.0), pair(l1=0.01, l1_bias=[0.0, 0.1])
    ),
    "penalties by the batch": Case(
        batches(regularizers=("l2", "elastic_net"), penalty_scale="batch"), pair(l2=0.5, elastic_net=0.1)
    ),
    "decay of biases too, in the tutorials' unit": Case(
        batches(regularizers=("weight_decay",), weight_decay_unit="update", decay_biases=True),
        pair(weight_decay=[0.001, 0.01]),
    ),
    "dropout of inputs": Case(
        batches(regularizers=("dropout",)), pair(dropout=[[0.2, 0.3, 0.0], [0.0, 0.0, 0.5]])
    ),
    "recorded masks": Case(
        full(regularizers=("dropout",)), pair(dropout=0.3), rest={"draws": Recorded(keep=masks(200))}
    ),
    "one fixed mask and one order": Case(
        batches(regularizers=("dropout",)),
        pair(dropout=0.3),
        rest={"draws": Recorded(order=[np.random.default_rng(4).permutation(N)], keep=masks(1))},
    ),
    "recorded orders": Case(
        batches(), pair(), rest={"draws": Recorded(order=[np.random.default_rng(i).permutation(N) for i in range(50)])}
    ),
    "folds": Case(
        batches(regularizers=("dropout",)),
        pair(
            dropout=0.2,
            rows=[np.arange(30), np.arange(20, 50)],
            validation_rows=[np.arange(30, 50), np.arange(20)],
        ),
    ),
    "bootstrap": Case(batches(), pair(rows=[RNG.integers(N, size=40) for _ in range(2)])),
    "validated every 7 epochs": Case(
        batches(evaluate_every=7), pair(rows=[np.arange(30)], validation_rows=[np.arange(30, 50)])
    ),
    "stopped on accuracy": Case(
        batches(regularizers=("early_stopping",), monitor="validation_accuracy"),
        pair(rows=[np.arange(30)], validation_rows=[np.arange(30, 50)], patience=[3, 9], min_delta=[0.0, 0.05]),
    ),
    "stopped on the training loss": Case(
        full(regularizers=("early_stopping", "dropout"), monitor="train_loss"), pair(patience=[2, 40], dropout=0.4)
    ),
    "strengths over time": Case(
        batches(
            regularizers=("l1", "weight_decay", "dropout", "mixup", "activity_l2"),
            strength_schedules={"l1": "linear", "weight_decay": "cosine", "dropout": "warm_up",
                                "mixup": "flat_then_cosine", "activity_l2": "cosine"},
        ),
        pair(l1=0.003, weight_decay=0.1, dropout=[0.2, 0.3], mixup=0.4, activity_l2=[[0.1, 0.0, 0.2]]),
    ),
    "batch norm": Case(
        batches(layers=BATCH_NORM, regularizers=("dropout", "weight_decay")),
        pair(dropout=0.2, weight_decay=0.1, rows=[np.arange(33)], validation_rows=[np.arange(33, 50)]),
    ),  # 16, 16 and a last batch of 1
    "batch norm, filled up": Case(filled(layers=BATCH_NORM, regularizers=("dropout",)), pair(dropout=0.2)),
    "batch norm, averaged and stopped": Case(
        batches(layers=BATCH_NORM, regularizers=("ema", "swa", "early_stopping")),
        pair(ema=[0.9, 0.0], swa=[0.5, 0.3], patience=30, rows=[np.arange(33)], validation_rows=[np.arange(33, 50)]),
    ),
    "residual blocks": Case(
        batches(layers=BLOCKS, regularizers=("dropout", "drop_connect", "l2", "fgsm", "activity_l2")),
        pair(dropout=0.1, drop_connect=0.1, l2=[[0.1, 0.0, 0.01], [0.0, 0.1, 0.0]], fgsm=0.05,
             activity_l2=[[0.1, 0.0, 0.01]]),
    ),
    "layer norm": Case(full(layers=LAYER_NORM, optimizer="adam"), pair()),
    "everything at once": Case(
        batches(optimizer="adam", schedule="cosine", regularizers=tuple(REGISTRY)),
        pair(l1=1e-3, l2=1e-2, elastic_net=1e-3, l1_bias=1e-3, l2_bias=1e-3, weight_decay=0.1, dropout=0.1,
             patience=40, rows=[np.arange(40)], validation_rows=[np.arange(40, 50)]),
    ),
}  # fmt: skip


def of_record(name: str) -> Case:
    """A record at the ends of its grid, over mini-batches with a validation set."""
    record = REGISTRY[name]
    grid = record.strength.grid
    ends = [grid[0], grid[-1]] if record.name != "early_stopping" else [1, 2]
    held_out = {"rows": [np.arange(40)], "validation_rows": [np.arange(40, 50)]}
    return Case(batches(regularizers=(name,)), pair(**{record.strength.name: ends}, **held_out))


def of_loss(loss: str) -> Case:
    outputs = 3 if loss == "cross_entropy" else 2
    hidden = tuple(Dense(5, name) for name in ACTIVATIONS)
    plan = Plan(
        inputs=3,
        layers=(*hidden, Dense(outputs, "linear")),
        loss=loss,
        dtype="float64",
        epochs=50,
        batch_size=16,
    )
    return Case(plan, Members(seed=[0, 7], learning_rate=[0.05, 0.02]), answers(loss, N, outputs))


CASES |= {f"record {name}": of_record(name) for name in REGISTRY}
CASES |= {f"loss {loss}": of_loss(loss) for loss in LOSSES}
SLOW = Members(seed=[0, 7], learning_rate=[0.01, 0.003])  # adaptive steps of 0.1 make chaos of one ulp
CASES |= {f"optimizer {name}": Case(batches(optimizer=name), SLOW) for name in OPTIMIZERS}
CASES |= {f"schedule {name}": Case(batches(schedule=name, decay=0.1), pair()) for name in SCHEDULES}


QUICK = ("l1", "l2", "dropout", "drop_connect", "mixup", "max_norm", "ema", "early_stopping", "fgsm")
"""One record of each kind; tests/laws hold every record's gradient and limits on both libraries."""


def pace(name: str, *quick: str) -> Any:
    """Return the mark of what waits for the slow run: schedules and records beyond one of each kind."""
    kind, _, record = name.partition(" ")
    waits = kind == "schedule" or (kind == "record" and record not in (*QUICK, *quick))
    return pytest.mark.slow if waits else ()


def data_of(case: Case) -> tuple[np.ndarray, np.ndarray]:
    X, y = table(N, case.plan.inputs)
    return X, y if case.y is None else case.y


@pytest.mark.parametrize("name", [pytest.param(name, marks=pace(name)) for name in CASES])
def test_two_hundred_updates_are_the_same_training(name: str) -> None:
    case = CASES[name]
    assert_twins(case.plan, case.members, *data_of(case), **case.rest)


@pytest.mark.parametrize("after", [0, 5])
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pace(name, "rotation", "inception", "random_erasing")) for name in CASES],
)
def test_one_update_from_the_same_state_is_the_same_update(name: str, after: int) -> None:
    case = CASES[name]
    assert_one_update(case.plan, case.members, *data_of(case), after, case.rest.get("draws"))


def test_cases_are_filled_up_that_say_so() -> None:
    for name, case in CASES.items():
        assert is_filled_up(case.plan, N) == (", filled up" in name or name.startswith("filled up")), name
    assert not is_filled_up(net(batch_size=16), N), "a last batch of 2 is worth a program of its own"
    assert not is_filled_up(net(batch_size=25), N)
    assert not is_filled_up(net(batch_size=None), N)
    assert not is_filled_up(net(batch_size=64), N)


def test_early_stopping_ends_both_twins_early() -> None:
    """The cases above do stop: a law over trainings that never stop would prove nothing."""
    for name in ("stopped on accuracy", "stopped on the training loss", "record early_stopping"):
        case = CASES[name]
        reference, _ = assert_twins(case.plan, case.members, *data_of(case), **case.rest)
        assert reference.epochs.min() < case.plan.epochs, name


def test_a_diverging_member_is_one_in_both_engines() -> None:
    X, y = table(N)
    plan = net(loss="squared_error", epochs=60)
    reference, population = assert_twins_of_divergence(plan, X, y.astype(float))
    assert [status.name for status in reference.status] == ["COMPLETED", "DIVERGED"]
    assert reference.epochs[1] == population.epochs[1] < 60
    np.testing.assert_array_equal(
        np.isnan(reference.curves["train_loss"]), np.isnan(population.curves["train_loss"])
    )


def assert_twins_of_divergence(plan: Plan, X: np.ndarray, y: np.ndarray) -> list:
    from bridle.engine import train

    members = Members(seed=[0, 1], learning_rate=[0.01, 1e6])
    ends = [train(plan, members, X, y, engine=engine) for engine in ("reference", "population")]
    assert list(ends[0].status) == list(ends[1].status)
    return ends
