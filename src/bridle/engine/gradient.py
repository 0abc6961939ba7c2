"""The gradient of everything in J that depends on data: the loss, penalties on activations, adversarial rows.

Penalties on parameters are not here: they join array by array where the update is made, some of them as
operators after it.
"""

from __future__ import annotations

from functools import partial

from bridle.engine.batch import Batch, Tally, mass_of, tally_of
from bridle.engine.injection import Noise
from bridle.engine.members import Member
from bridle.engine.network import backward_to_inputs, forward
from bridle.engine.parts import Slopes, over_parts
from bridle.engine.plan import Plan
from bridle.engine.stages import Stage, at_layer
from bridle.ops.losses import LOSSES
from bridle.registry import Term
from bridle.types import Array, Layer, Weights, namespace, sum_of


def data_gradient(plan: Plan, member: Member, weights: Weights, batch: Batch, noise: Noise | None) -> Slopes:
    """Return the gradient of the batch's part of J, its tally, and the statistics it was normalized by.

    The gradient is (dw, db) of every map and (dgain, doffset) of every normalization; the statistics
    are (mean, variance) of every stage with batch normalization.

    With adversarial rows x' = x + epsilon sign(dJ/dx) the objective is ``1/2 J(x) + 1/2 J(x')``, x' held
    fixed and normalized by its own statistics; tally and statistics are those of x.

    Source: Goodfellow, Shlens and Szegedy (2015), section 6, with alpha = 1/2.
    """
    mass = mass_of(sum_of(batch.weight))
    return over_parts(partial(_of_rows, plan, member, weights, mass), plan, batch, noise)


def _of_rows(
    plan: Plan, member: Member, weights: Weights, mass: Array, batch: Batch, noise: Noise | None
) -> Slopes:
    """Return what some rows add to :func:`data_gradient`, ``mass`` being the weight of all."""
    attacks = plan.hooks.attacks
    gradients, dx, tally, statistics = _differentiate(
        plan, member, weights, mass, batch, noise, bool(attacks)
    )
    for name, attack in attacks:
        if dx is not None:
            strength = namespace(batch.x).asarray(member.settings[name])
            moved = batch._replace(x=attack(batch.x, dx, strength))
            others, *_ = _differentiate(plan, member, weights, mass, moved, noise, False)
            gradients = [
                (0.5 * (dw + other_dw), 0.5 * (db + other_db))
                for (dw, db), (other_dw, other_db) in zip(gradients, others, strict=True)
            ]
    return gradients, tally, statistics


def _differentiate(
    plan: Plan,
    member: Member,
    weights: Weights,
    mass: Array,
    batch: Batch,
    noise: Noise | None,
    to_inputs: bool,
) -> tuple[Weights, Array | None, Tally, list[Layer]]:
    """Return the gradients of the parameters, of the inputs where asked for, the tally and the statistics."""
    loss = LOSSES[plan.loss]
    z, caches = forward(plan, weights, batch.x, noise, batch.weight)
    statistics = [cache.statistics for cache in caches if cache.statistics is not None]
    losses, loss_cache = loss.forward(z, batch.t)
    tally = tally_of(plan, z, losses, batch)
    share = batch.weight / mass
    dz = loss.backward(share, loss_cache)
    if not plan.hooks.on_activations:
        return *backward_to_inputs(plan, dz, caches, to_inputs), tally, statistics

    terms = [_activity_terms(plan, member, stage) for stage in plan.stages]
    xp = namespace(z)
    value = xp.zeros_like(mass)
    for own, cache in zip(terms, caches, strict=True):
        for term, strength in own:
            value = value + term.value(cache.out, strength * share)
    per_row = share / mass if plan.penalty_scale == "batch" else share

    def add_slope(i: int, a: Array, da: Array) -> Array:
        for term, strength in terms[i]:
            if term.gradient is not None:
                da = xp.where(strength > 0, da + term.gradient(a, strength * per_row), da)
        return da

    gradients, dx = backward_to_inputs(plan, dz, caches, to_inputs, add_slope)
    return gradients, dx, tally._replace(activity=mass * value), statistics


def _activity_terms(plan: Plan, member: Member, stage: Stage) -> list[tuple[Term, Array]]:
    """Return the penalties on a stage's outputs with their strengths.

    One strength for all leaves the network's own outputs alone; a strength a layer includes them.
    """
    k, found = stage.layer, []
    for name, term in plan.hooks.on_activations:
        if member.settings[name].ndim == 1 or k < plan.depth - 1:
            found.append((term, at_layer(term.strength(member.settings), k)))
    return found
