"""Laws of strengths over time and over depth: the factors' formulas, and that a schedule is its factor and no more."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.engine import Members, Plan, train
from bridle.engine.admission import SCHEDULED
from bridle.engine.step import update
from bridle.errors import PlanError
from bridle.registry import REGISTRY
from bridle.rules.depth import DEPTH_SHAPES, rates_over_depth
from bridle.rules.schedules import STRENGTH_SCHEDULES
from tests.builders import assert_same_bits, net, off_values, table
from tests.laws.gradients import Case
from tests.theory.linear_models import linear

X, Y = table(40)
FORMULAS = {
    "constant": lambda share: 1.0,
    "linear": lambda share: 1 - share,
    "cosine": lambda share: np.cos(np.pi * share / 2) ** 2,
    "flat_then_cosine": lambda share: 1.0 if share < 0.5 else np.cos(np.pi * (share - 0.5)) ** 2,
    "warm_up": lambda share: min(1.0, 5 * share + 5 / TOTAL),
}
TOTAL = 200
FOLLOWING = [
    name for name, record in REGISTRY.items() if record.family in SCHEDULED and record.strength.off == 0
]


@pytest.mark.parametrize("name", STRENGTH_SCHEDULES)
def test_a_factor_is_its_formula(name: str) -> None:
    counts = np.arange(TOTAL)
    factors = STRENGTH_SCHEDULES[name](counts.astype(float), np.float64(TOTAL))
    np.testing.assert_allclose(factors, [FORMULAS[name](t / TOTAL) for t in counts], atol=1e-14)
    assert np.all((factors >= 0) & (factors <= 1))


@pytest.mark.parametrize("engine", ["population", "reference"])
@pytest.mark.parametrize("name", STRENGTH_SCHEDULES)
def test_shrinking_without_data_is_a_product_of_factors(name: str, engine: str) -> None:
    """w <- (1 - rate l2 factor_t) w in every update, and the tracked penalty is of the strength then."""
    rate, l2 = 0.1, [0.3, 2.0]
    plan = linear(50, regularizers=("l2",), strength_schedules={"l2": name}, track=("penalty",))
    first = [(np.ones((1, 6)), np.zeros((1, 1)))]
    members = Members(learning_rate=rate, l2=l2)
    outcome = train(plan, members, np.zeros((4, 6)), np.zeros(4), initial=first, engine=engine)
    shares = np.arange(50) / 50
    factors = np.array(
        [FORMULAS[name](share) if name != "warm_up" else min(1, 5 * share + 0.1) for share in shares]
    )
    for m, strength in enumerate(l2):
        path = np.cumprod(np.append(1.0, 1 - rate * strength * factors))
        np.testing.assert_allclose(outcome.weights[0][0][m, 0, 0], path[-1], rtol=1e-12)
        penalty = strength * factors * 3 * path[:-1] ** 2
        np.testing.assert_allclose(outcome.curves["penalty"][m], penalty, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", FOLLOWING)
def test_an_update_is_that_of_the_strength_at_its_time(name: str) -> None:
    record = REGISTRY[name]
    value, total = record.strength.grid[-1], np.float64(8)
    for done in (0, 4):
        states = []
        for schedule, strength in (("linear", value), ("constant", value * (1 - done / total))):
            plan = net(regularizers=(name,), strength_schedules={name: schedule})
            case = Case(plan, {record.strength.name: strength})
            state = case.state._replace(updates=np.asarray(done, dtype=np.int32))
            states.append(update(plan, case.member, state, case.batch, total)[0])
        for (w, b), (other_w, other_b) in zip(states[0].weights, states[1].weights, strict=True):
            np.testing.assert_array_equal(w, other_w)
            np.testing.assert_array_equal(b, other_b)


@pytest.mark.bits
@pytest.mark.parametrize("engine", ["population", "reference"])
def test_off_under_a_schedule_is_absent(engine: str) -> None:
    options = {"dtype": "float32", "epochs": 8, "batch_size": 16}
    names = ("l1", "l2", "weight_decay", "dropout", "mixup", "activity_l1")
    schedules = dict.fromkeys(names, "cosine")
    off = {key: value for name in names for key, value in off_values(name).items()}
    bare = train(net(**options), Members(seed=[3]), X, Y, engine=engine)
    plan = net(regularizers=names, strength_schedules=schedules, **options)
    assert_same_bits(train(plan, Members(seed=[3], **off), X, Y, engine=engine), 0, bare, 0)


def test_a_constant_schedule_is_none() -> None:
    on = {"l1": 0.01, "l2": 0.01, "dropout": 0.2}
    kept = net(regularizers=tuple(on), epochs=8)
    constant = net(regularizers=tuple(on), epochs=8, strength_schedules=dict.fromkeys(on, "constant"))
    one, other = (train(plan, Members(seed=[3], **on), X, Y, engine="reference") for plan in (kept, constant))
    assert_same_bits(one, 0, other, 0)


def test_schedules_are_named_once_in_any_form_and_come_back_from_json() -> None:
    pairs = (("dropout", "linear"), ("l2", "cosine"))
    plans = [
        net(regularizers=("l2", "dropout"), strength_schedules=form)
        for form in (pairs, pairs[::-1], dict(pairs), [list(pair) for pair in pairs])
    ]
    assert len(set(plans)) == 1
    assert Plan.from_json(plans[0].to_json()) == plans[0]
    assert plans[0].without(["l2"]) == net(regularizers=("dropout",), strength_schedules=pairs[:1])


@pytest.mark.parametrize(
    ("schedules", "message"),
    [
        ({"l2": "cosin"}, "Did you mean 'cosine'"),
        ({"dropot": "cosine"}, "Did you mean 'dropout'"),
        ({"l1": "cosine"}, "Add 'l1' to regularizers"),
        ({"max_norm": "cosine"}, "must be of regularizers that are one of penalty"),
        ((("l2", "cosine"), ("l2", "linear")), "names without repetition"),
        ("l2", "a mapping of names to schedules"),
        (("l2", "cosine"), "a mapping of names to schedules"),
        (3, "a mapping of names to schedules"),
    ],
)
def test_a_wrong_schedule_is_refused(schedules, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        net(regularizers=("l2", "max_norm"), strength_schedules=schedules)


@pytest.mark.parametrize("shape", DEPTH_SHAPES)
def test_rates_over_depth(shape: str) -> None:
    for layers in range(1, 9):
        rates = rates_over_depth(shape, 0.4, layers)
        hidden = rates[1:]
        assert rates.shape == (layers,)
        assert rates[0] == 0, "the inputs are left alone"
        if layers > 1:
            assert hidden.max() == pytest.approx(0.4)
            assert hidden.min() >= 0.4 / (layers - 1) - 1e-12
        steps = np.diff(hidden)
        expected = {"brick": steps == 0, "funnel": steps < 0, "triangle": steps > 0}
        if shape == "diamond":
            np.testing.assert_allclose(hidden, hidden[::-1])
            assert np.all(np.diff(steps) <= 1e-12), "up, then down"
        else:
            assert np.all(expected[shape])


@pytest.mark.parametrize(
    ("shape", "rate", "layers"), [("brik", 0.1, 3), ("brick", 1.0, 3), ("brick", 0.1, 0)]
)
def test_a_wrong_shape_is_refused(shape: str, rate: float, layers: int) -> None:
    with pytest.raises(PlanError, match="rates_over_depth"):
        rates_over_depth(shape, rate, layers)


def test_a_brick_is_one_rate_for_all_to_the_bit() -> None:
    members = {"seed": [0], "learning_rate": 0.1}
    plan = net(regularizers=("dropout",), epochs=5, batch_size=16)
    one = train(plan, Members(**members, dropout=0.3), X, Y, engine="reference")
    shaped = rates_over_depth("brick", 0.3, 3)[None, :]
    other = train(plan, Members(**members, dropout=shaped), X, Y, engine="reference")
    assert_same_bits(one, 0, other, 0)
