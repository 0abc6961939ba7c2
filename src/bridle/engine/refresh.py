"""Batch statistics of averaged weights, taken anew from the training rows.

The running statistics belong to the weights of the last updates. Averages of weights (ema, swa) are another
network, whose activations have other means and variances; an average of running statistics is near them, and
serves validation while training goes on. At the end of training every normalized layer's statistics are taken
again over all training rows, from the first layer to the last, each as evaluation with the fresh ones before
it sees them. Members without an average keep theirs, to the bit.

Source: Izmailov et al. (2018), Averaging weights leads to wider optima, section 3.2, on batch normalization.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridle.engine.members import Member
from bridle.engine.network import at_places, by_channel, forward
from bridle.engine.plan import Plan
from bridle.engine.step import State
from bridle.ops.special import settled
from bridle.types import Array, Layer, Weights, namespace


class Visit(NamedTuple):
    """One look at some rows: sums over them of weights, (), and of weighted values of a stage, (H, 1)."""

    weight: Array
    value: Array


Visitor = Callable[[Callable[[Array, Array], Visit]], Visit]
"""Given what to sum for inputs (D, B) and weights (1, B), returns the sums over all training rows."""


def needs_refresh(plan: Plan) -> bool:
    """Return whether a plan averages weights and has statistics to take anew."""
    return plan.normalizes_batches and (plan.has("ema") or plan.has("swa"))


def refreshed(plan: Plan, member: Member, state: State, over_rows: Visitor) -> State:
    """Return a member's state with fresh statistics of what predicts: the averages, and the best of them.

    Parameters
    ----------
    plan, member, state
        What was trained, and how it ended.
    over_rows
        The engine's loop over chunks of the member's training rows.
    """
    averages = [member.settings[name] > 0 for name in ("ema", "swa") if plan.has(name)]
    on = averages[0] if len(averages) == 1 else averages[0] | averages[1]

    def anew(weights: Weights) -> Weights:
        for i, stage in enumerate(plan.stages):
            if stage.statistics >= 0:
                fresh = _statistics(plan, weights, i, over_rows)
                xp, old = namespace(fresh[0]), weights[stage.statistics]
                kept = xp.where(on, fresh[0], old[0]), xp.where(on, fresh[1], old[1])
                weights = [*weights[: stage.statistics], kept, *weights[stage.statistics + 1 :]]
        return weights

    return state._replace(
        best_weights=anew(state.best_weights),
        average=anew(state.average) if state.average else [],
        mean=anew(state.mean) if state.mean else [],
    )


def _statistics(plan: Plan, weights: Weights, i: int, over_rows: Visitor) -> Layer:
    """Return mean and variance of what the normalization of stage i sees, (H, 1) each, in two passes."""
    places = plan.stages[i].map.places

    def mean_of(f: Callable[[Array], Array]) -> Array:
        def look(x: Array, weight: Array) -> Visit:
            xp = namespace(x)
            z = by_channel(forward(plan, weights, x)[1][i].z, places)
            weight = at_places(weight, places)
            # settled: on a single device the compiler would join the product of a map with the sum behind it,
            # and add in another order than on two
            return Visit(xp.sum(weight), xp.sum(settled(f(z) * weight), axis=1, keepdims=True))

        sums = over_rows(look)
        return sums.value * (1 / sums.weight)

    mean = mean_of(lambda z: z)
    return mean, mean_of(lambda z: (z - mean) * (z - mean))
