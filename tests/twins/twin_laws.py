"""Laws of the two engines as plain functions: equal over one update, and over many as far as rounding allows.

NumPy's and the compiler's exp and tanh differ by 1 to 5 ulp and training amplifies that, so over a trajectory
the measure is training's own: how far the reference moves when its first weights move by one ulp.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np

from bridle.engine import Members, Outcome, Plan, Recorded, train
from bridle.engine.epoch import Rows, rows_of, take_batch
from bridle.engine.examples import encode_inputs, encode_targets
from bridle.engine.initial import initial_weights
from bridle.engine.reference import first_state, train_member
from bridle.engine.step import State, update
from bridle.types import Weights
from tests.builders import flat
from tests.tolerances import TOLERANCES

AMPLIFICATION = 100


def first_weights(plan: Plan, members: Members) -> Weights:
    """Return what the engines would draw, stacked, (M, out, in) and (M, out, 1)."""
    seeds = np.broadcast_to(members.seed, len(members))
    drawn = [initial_weights(plan, int(seed)) for seed in seeds]
    return [
        (np.stack([one[k][0] for one in drawn]), np.stack([one[k][1] for one in drawn]))
        for k in range(len(plan.pairs))
    ]


def nudged(weights: Weights, seed: int = 0) -> Weights:
    """Return weights that differ by one unit in the last place, up or down at random."""
    rng = np.random.default_rng(seed)

    def nudge(part: np.ndarray) -> np.ndarray:
        return np.nextafter(part, rng.choice([-np.inf, np.inf], part.shape).astype(part.dtype))

    return [(nudge(w), nudge(b)) for w, b in weights]


def assert_twins(plan: Plan, members: Members, X: Any, y: Any, **rest: Any) -> tuple[Outcome, Outcome]:
    """Raise unless both engines end alike: statuses and epochs equal, numbers within the law's bound."""
    rest["initial"] = rest.get("initial") or first_weights(plan, members)
    reference = train(plan, members, X, y, engine="reference", **rest)
    population = train(plan, members, X, y, engine="population", **rest)
    other = train(plan, members, X, y, engine="reference", **(rest | {"initial": nudged(rest["initial"])}))
    assert list(reference.status) == list(population.status)
    np.testing.assert_array_equal(reference.epochs, population.epochs)
    np.testing.assert_array_equal(reference.best_epoch, population.best_epoch)
    for name in ("weights", "best_weights"):
        for m in range(len(members)):
            mine, theirs, moved = (flat(getattr(one, name), m) for one in (reference, population, other))
            assert np.all(np.isfinite(mine)), f"{name} of member {m} must be finite to be compared"
            bound = AMPLIFICATION * max(np.abs(moved - mine).max(), np.finfo(float).eps * np.abs(mine).max())
            apart = np.abs(theirs - mine).max()
            assert apart <= bound, f"{name} of member {m}: {apart:.1e} apart, {bound:.1e} allowed"
    assert set(reference.curves) == set(population.curves)
    for name, mine in reference.curves.items():
        theirs, moved = population.curves[name], other.curves[name]
        np.testing.assert_array_equal(np.isnan(mine), np.isnan(theirs), err_msg=name)
        bound = AMPLIFICATION * max(
            np.nanmax(np.abs(moved - mine)), 4 * np.finfo(float).eps * np.nanmax(np.abs(mine))
        )
        apart = np.nanmax(np.abs(theirs - mine))
        assert apart <= bound, f"{name}: {apart:.1e} apart, {bound:.1e} allowed"
    return reference, population


def state_after(plan: Plan, members: Members, X: Any, y: Any, epochs: int) -> State:
    """Return the first member's state after some epochs of the reference."""
    (member, *_) = members.settle(plan, len(X))
    data = encode_targets(plan, y, len(X))._replace(x=encode_inputs(plan, X))
    weights = initial_weights(plan, int(member.seed))
    if epochs == 0:
        return first_state(plan, weights)
    asked = iter(range(epochs + 1))
    return train_member(plan, member, data, weights, go_on=lambda: next(asked) < epochs)[0]


def assert_one_update(
    plan: Plan, members: Members, X: Any, y: Any, after: int = 5, draws: Recorded | None = None
) -> None:
    """Raise unless one compiled update from the reference's state is the reference's update within 1e-13."""
    state = state_after(plan, members, X, y, after)
    (member, *_) = members.settle(plan, len(X))
    member = member._replace(settings={name: np.asarray(value) for name, value in member.settings.items()})
    x, t = encode_inputs(plan, X), encode_targets(plan, y, len(X)).t
    some = Rows(*(part[: plan.batch_size] for part in rows_of(plan, member)))
    batch = take_batch(x, t, some)
    masks = None if draws is None else draws.masks_at(int(state.updates), batch.row_ids[0])
    total = np.float64(100)
    with np.errstate(all="ignore"):  # as the engine: what a select drops may overflow
        mine = update(plan, member, state, batch, total, masks)
    with jax.enable_x64(True):
        theirs = jax.jit(partial(update, plan))(member, state, batch, total, masks)
        leaves = zip(jax.tree.leaves(mine), jax.tree.leaves(theirs), strict=True)
        for one, other in leaves:
            assert np.asarray(other).dtype == np.asarray(one).dtype
            np.testing.assert_allclose(np.asarray(other), one, **TOLERANCES["float64"].step)
    moved = max(
        np.abs(new - old).max() for new, old in zip(flat_parts(mine[0]), flat_parts(state), strict=True)
    )
    assert moved > 1e-6, "the update must do something"


def flat_parts(state: State) -> list[np.ndarray]:
    return [part for layer in state.weights for part in layer]
