"""Laws of residual blocks: their gradient, what a shortcut carries, and the limits where a block is something known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, Residual, train
from bridle.engine.initial import initial_weights
from bridle.engine.network import forward
from bridle.engine.outcome import predict_member
from bridle.errors import PlanError
from bridle.registry import REGISTRY
from tests.builders import net, table
from tests.laws.gradients import Case, assert_objective_gradient

X, Y = table(50)
BLOCKS = {
    "identity": (Dense(4, "gelu"), Residual(4, "tanh"), Dense(2, "linear")),
    "projected": (Residual(4, "gelu"), Residual(5, "tanh"), Dense(2, "linear")),
    "normalized": (Residual(3, "tanh", "batch"), Residual(4, "gelu", "layer"), Dense(2, "linear")),
}


def blocks(name: str, **options: Any) -> Plan:
    return Plan(
        **{"inputs": 3, "layers": BLOCKS[name], "loss": "cross_entropy", "dtype": "float64"} | options
    )


@pytest.mark.parametrize("name", BLOCKS)
def test_the_update_follows_the_gradient_of_the_objective(name: str) -> None:
    plan = blocks(name, regularizers=("l2", "l1", "dropout"), l1_form="subgradient")
    layers = len(plan.layers)
    settings = {
        "l2": np.linspace(0.1, 0.3, layers)[None],
        "l1": 0.1,
        "dropout": np.linspace(0.1, 0.3, layers)[None],
    }
    assert_objective_gradient(plan, settings)


def test_the_update_follows_the_gradient_through_noisy_weights() -> None:
    """The projection's mask is its own: the backward pass takes back what the forward pass did."""
    names = tuple(name for name, record in REGISTRY.items() if record.injection and not record.requires)
    plan = blocks("projected", regularizers=names)
    assert_objective_gradient(plan, {REGISTRY[name].strength.name: 0.2 for name in names})


def test_a_block_whose_second_map_is_zero_is_its_shortcut() -> None:
    plan = blocks("identity")
    weights = initial_weights(plan, 0)
    weights[2] = (0 * weights[2][0], weights[2][1])
    z, _ = forward(plan, weights, X.T)
    bare = Plan(
        inputs=3, layers=(Dense(4, "gelu"), Dense(4, "tanh"), Dense(2, "linear")), loss="cross_entropy"
    )
    same, _ = forward(bare, [weights[0], (np.eye(4), np.zeros((4, 1))), weights[3]], X.T)
    np.testing.assert_allclose(z, same, rtol=1e-13)


def test_a_projection_takes_the_place_of_the_identity() -> None:
    """With the identity as its map, a projected block is one with a bare shortcut."""
    plan = blocks("projected")
    assert [pair.shapes[0] for pair in plan.pairs] == [(4, 3), (4, 4), (4, 3), (5, 4), (5, 5), (5, 4), (2, 5)]
    wide = Plan(inputs=4, layers=(Residual(4, "gelu"), Dense(2, "linear")), loss="cross_entropy")
    narrow = Plan(inputs=3, layers=(Residual(4, "gelu"), Dense(2, "linear")), loss="cross_entropy")
    first, second, projection, last = initial_weights(narrow, 1)
    projection = (np.eye(4)[:, :3], projection[1])  # inputs with a zero below them
    padded = np.vstack([X.T, np.zeros((1, 50))])
    z, _ = forward(narrow, [first, second, projection, last], X.T)
    w = np.hstack([first[0], np.ones((4, 1))])
    np.testing.assert_allclose(forward(wide, [(w, first[1]), second, last], padded)[0], z, rtol=1e-13)


def test_inputs_are_read_by_the_first_map_and_by_the_first_shortcut() -> None:
    reads = [pair.reads_inputs for pair in blocks("projected").pairs]
    assert reads == [True, False, True, False, False, False, False]


def test_dropout_leaves_the_shortcut_alone() -> None:
    """Where nearly all that enters the maps is silenced, a block still carries its inputs."""
    plan = net(
        layers=(Residual(3, "linear"), Dense(1, "linear")), loss="squared_error", regularizers=("dropout",)
    )
    case = Case(plan, {"dropout": [[1 - 1e-9, 0.0]]})
    keep = case.keep()
    assert keep is not None
    assert not keep[0].any()
    assert not keep[1].any()
    w, b = case.weights[2]
    assert case.value(*[part for pair in case.weights for part in pair]) == pytest.approx(
        np.average(
            ((w @ (case.x + case.weights[1][1]) + b - case.t) ** 2).sum(axis=0) / 2, weights=case.weight[0]
        )
    )


def test_every_map_draws_its_own_mask() -> None:
    plan = net(layers=(Dense(8), Residual(8), Residual(8), Dense(1, "linear")), regularizers=("dropout",))
    keep = Case(plan, {"dropout": 0.5}).keep()
    assert keep is not None
    assert sorted(keep) == [1, 2, 3, 4, 5]
    masks = [mask.tobytes() for mask in keep.values()]
    assert len(set(masks)) == 5


def test_blocks_survive_the_round_trip_through_json() -> None:
    for name in BLOCKS:
        plan = blocks(name)
        assert Plan.from_json(plan.to_json()) == plan
        assert hash(Plan.from_json(plan.to_json())) == hash(plan)
    text = net().to_json()
    assert '"layers": [{"units": 8, "activation": "relu"}' in text, (
        "plans of dense layers are written as ever"
    )
    with pytest.raises(PlanError, match="a plan written by to_json"):
        Plan.from_json(text.replace('{"units": 8', '{"kind": "lstm", "units": 8'))


def test_layers_that_cannot_be_are_refused() -> None:
    with pytest.raises(PlanError, match="the last layer must be Dense; got Residual"):
        net(layers=(Dense(3), Residual(1, "linear")))
    with pytest.raises(
        PlanError, match=r"layers\[0\].normalization must be one of 'batch' or 'layer'; got 'bach'"
    ):
        net(layers=(Residual(3, "relu", "bach"), Dense(1, "linear")))
    with pytest.raises(
        PlanError, match=r"layers\[0\].units must be at least 2 with normalization 'layer'; got 1"
    ):
        net(layers=(Dense(1, "relu", "layer"), Dense(1, "linear")))
    with pytest.raises(PlanError, match="normalization of the last layer must be None; got 'batch'"):
        net(layers=(Dense(3), Dense(1, "linear", "batch")))
    with pytest.raises(PlanError, match="the first layer must be Dense with 'input_group_lasso'"):
        net(layers=(Residual(3), Dense(1, "linear")), regularizers=("input_group_lasso",))


def test_the_gradient_passes_blocks_that_do_nothing_as_if_they_were_not_there() -> None:
    """However deep: with second maps of 0 the shortcuts alone remain, forwards and backwards."""
    deep = Case(
        net(layers=(Dense(4, "tanh"), *[Residual(4, "linear") for _ in range(10)], Dense(1, "linear")))
    )
    flat = Case(net(layers=(Dense(4, "tanh"), Dense(1, "linear"))))
    flat.weights = flat.state.weights[:] = [deep.weights[0], deep.weights[-1]]
    for k in range(2, 22, 2):
        deep.weights[k] = deep.state.weights[k] = (np.zeros((4, 4)), np.zeros((4, 1)))
    mine, plain = deep.step(), flat.step()
    np.testing.assert_allclose(mine[0], plain[0], rtol=1e-12)
    np.testing.assert_allclose(mine[-2], plain[-2], rtol=1e-12)


def test_one_member_predicts_alone_as_in_company() -> None:
    plan = net(layers=(*BLOCKS["normalized"][:2], Dense(1, "linear")), epochs=3, batch_size=16)
    outcome = train(plan, Members(seed=[0, 1], learning_rate=0.05), X, Y, engine="reference")
    mine = predict_member(plan, outcome.member_weights(1), X)
    np.testing.assert_allclose(mine, outcome.predict(X)[1], rtol=1e-12)
