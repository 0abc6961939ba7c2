"""Laws of adversarial rows: the inputs' gradient, the objective of both rows, and its closed form for a line."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, train
from bridle.engine.network import backward_to_inputs, forward
from bridle.engine.step import draw_noise
from bridle.ops import LOSSES
from tests.builders import table
from tests.laws.gradients import Case, flattened, jaxed, paired
from tests.laws.oracles import automatic, central_differences

EPSILON = 0.05


def mean_loss(case: Case, flat, x) -> float:
    noise = draw_noise(case.plan, case.member, case.state, case.batch, None)
    z, _ = forward(case.plan, paired(flat), x, noise)
    losses, _ = LOSSES[case.plan.loss].forward(z, jaxed(case.t, z))
    return (losses * case.weight).sum() / case.weight.sum()


def small(loss: str, names: tuple[str, ...] = ()) -> Plan:
    layers = (Dense(4, "tanh"), Dense(3, "softplus"), Dense(2, "linear"))
    return Plan(inputs=3, layers=layers, loss=loss, dtype="float64", regularizers=names)


NOISE = {"dropout": 0.3, "input_noise": 0.2, "drop_connect": 0.3}


@pytest.mark.parametrize("settings", [{}, NOISE], ids=["bare", "noise"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_the_inputs(loss: str, settings: dict[str, float]) -> None:
    case = Case(small(loss, tuple(settings)), settings)
    flat = flattened(case.weights)
    noise = draw_noise(case.plan, case.member, case.state, case.batch, None)
    z, caches = forward(case.plan, case.weights, case.x, noise)
    _, cache = LOSSES[loss].forward(z, case.t)
    dz = LOSSES[loss].backward(case.weight / case.weight.sum(), cache)
    _, dx = backward_to_inputs(case.plan, dz, caches)
    (derived,) = automatic(lambda x: mean_loss(case, [jaxed(one, x) for one in flat], x), case.x)
    np.testing.assert_allclose(dx, derived, rtol=1e-11, atol=1e-12)
    numeric = central_differences(lambda x: mean_loss(case, flat, x), case.x)
    np.testing.assert_allclose(dx, numeric, rtol=1e-6, atol=1e-8)


QUICK = ("cross_entropy", "squared_error")


@pytest.mark.parametrize("names", [("fgsm",), ("fgsm", "l2", "dropout", "activity_l2")])
@pytest.mark.parametrize(
    "loss", [pytest.param(loss, marks=() if loss in QUICK else pytest.mark.slow) for loss in LOSSES]
)
def test_the_update_follows_the_objective_of_both_rows(loss: str, names: tuple[str, ...]) -> None:
    """J = 1/2 J(x) + 1/2 J(x'), the moved rows x' held fixed; penalties count once."""
    settings = {"fgsm": EPSILON, "l2": 0.1, "dropout": 0.3, "activity_l2": 0.2}
    given = {name: settings[name] for name in names}
    case = Case(small(loss, names), given)
    flat, clean = flattened(case.weights), case.x

    def at(x):
        case.x = x
        return lambda *flat: case.traced(*flat)

    def seen(x):
        case.x = x
        return case.traced(*[jaxed(one, x) for one in flat])

    (slope,) = automatic(seen, clean)
    moved = clean + EPSILON * np.sign(slope)
    halves = [automatic(at(x), *flat) for x in (clean, moved)]
    case.x = clean
    for mine, one, other in zip(case.step(), *halves, strict=True):
        np.testing.assert_allclose(mine, 0.5 * (one + other), rtol=1e-10, atol=1e-11)
    assert max(np.abs(one - other).max() for one, other in zip(*halves, strict=True)) > 1e-4


def test_for_a_logistic_regression_the_worst_row_has_a_closed_form() -> None:
    """The adversary moves each logit by epsilon |w|_1 against its label (Goodfellow et al. 2015, section 5)."""
    inputs, labels = table(60)
    plan = Plan(
        inputs=3, layers=(Dense(1, "linear"),), epochs=1, dtype="float64", regularizers=("fgsm",)
    )  # fmt: skip
    first = [(np.array([[0.8, -1.2, 0.3]]), np.array([[0.1]]))]
    epsilon, rate = 0.2, 1e-3
    outcome = train(plan, Members(learning_rate=rate, fgsm=epsilon), inputs, labels, initial=first)
    sign = 2.0 * labels - 1

    def objective(parameters: np.ndarray) -> float:
        w, b = parameters[:3], parameters[3]
        margin = sign * (inputs @ w + b)
        worst = margin - epsilon * np.abs(w).sum()
        return float(np.logaddexp(0, -margin).mean() + np.logaddexp(0, -worst).mean()) / 2

    start = np.append(first[0][0][0], 0.1)
    expected = start - rate * central_differences(objective, start)
    np.testing.assert_allclose(outcome.weights[0][0][0, 0], expected[:3], rtol=1e-9)
    np.testing.assert_allclose(outcome.weights[0][1][0, 0, 0], expected[3], rtol=1e-9)


def test_it_makes_a_network_harder_to_fool() -> None:
    """The loss of unseen rows that are moved against the network itself is lower with fgsm than without."""
    inputs, labels = table(600, seed=5)
    plan = Plan(
        inputs=3, layers=(Dense(16), Dense(1, "linear")), epochs=300, optimizer="adam", regularizers=("fgsm",)
    )
    held_out = {"rows": [np.arange(300)], "validation_rows": [np.arange(300, 600)]}
    members = Members(seed=np.arange(6), learning_rate=0.01, fgsm=np.repeat([0.0, 0.3], 3), **held_out)
    outcome = train(plan, members, inputs, labels)
    x, t = inputs[300:].T, labels[None, 300:].astype(float)
    losses = []
    for m in range(6):
        weights = outcome.member_weights(m)
        z, caches = forward(plan, weights, x)
        _, cache = LOSSES[plan.loss].forward(z, t)
        _, dx = backward_to_inputs(plan, LOSSES[plan.loss].backward(np.ones_like(t), cache), caches)
        fooled, _ = forward(plan, weights, x + 0.3 * np.sign(dx))
        losses.append(LOSSES[plan.loss].forward(fooled, t)[0].mean())
    assert max(losses[3:]) < 0.8 * min(losses[:3])
