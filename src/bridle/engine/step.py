"""One update of a member, as a sentence: perturb, differentiate, clip, penalize, step, decay, prox, project.

Both engines run these lines, the reference on NumPy arrays and the population inside the compiled program.
Each family of regularizers has one room (``ops``, ``penalties``, ``rules``) and one hook here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridle.engine.batch import Batch, Tally, mass_of
from bridle.engine.gradient import data_gradient
from bridle.engine.hooks import Own, Slope
from bridle.engine.injection import Noise
from bridle.engine.members import Member
from bridle.engine.optimizer import EndToEnd, stepped
from bridle.engine.perturbing import perturbed_rows
from bridle.engine.plan import Plan
from bridle.engine.stages import at_layer
from bridle.ops.normalization import running_statistics
from bridle.registry import REGISTRY, Term
from bridle.rules.averaging import moved_average
from bridle.rules.clipping import clipped
from bridle.rules.decay import decayed
from bridle.rules.schedules import SCHEDULES, STRENGTH_SCHEDULES
from bridle.rules.steps import Slots
from bridle.rules.stopping import Watch
from bridle.types import Array, Weights, changed_where, namespace


class State(NamedTuple):
    """What training changes about a member.

    ``updates`` and ``epoch`` count what is done; ``status`` is a code of :class:`~bridle.errors.Status`.
    ``weights`` are pairs of arrays in the order of ``plan.pairs``; ``slots`` are the optimizer's, for each
    array that is learned. ``average`` (of ema) and ``mean`` (of swa, over the average if there is one) are
    empty unless the plan has them, and so are ``snapshots``, pairs with a leading axis of cycles.
    """

    weights: Weights
    slots: list[Slots] | EndToEnd
    updates: Array
    epoch: Array
    status: Array
    watch: Watch
    best_weights: Weights
    average: Weights
    mean: Weights
    snapshots: Weights

    @property
    def in_use(self) -> Weights:
        """The weights that predict: the mean or the average where there is one."""
        return self.mean or self.average or self.weights


def update(
    plan: Plan,
    member: Member,
    state: State,
    batch: Batch,
    total: Array,
    recorded: tuple[Array, ...] | None = None,
    share: Array | None = None,
) -> tuple[State, Tally]:
    """Return a member's state after one update on one batch, and the batch's tally before it.

    Parameters
    ----------
    plan, member
        What is trained, and this member's numbers.
    state
        Before the update.
    batch
        The rows of this update, as they are in the data; they are :func:`perturbed` here.
    total
        Updates of the whole training, for schedules; a floating scalar.
    recorded
        Masks to use instead of drawn ones, (H, B) for each hidden layer.
    share
        What part of the member's rows the batch is; None: its number of columns says it.
    """
    xp = namespace(batch.x)
    member = scheduled(plan, member, state.updates, total)
    batch = perturbed(plan, member, state, batch)
    noise = draw_noise(plan, member, state, batch, recorded)
    gradients, tally, statistics = data_gradient(plan, member, state.weights, batch, noise)
    if plan.has("gradient_clipping"):
        gradients = clipped(gradients, xp.asarray(member.settings["gradient_clipping"]))

    count = xp.asarray(state.updates, dtype=batch.x.dtype)
    learning_rate = member.learning_rate
    if plan.schedule != "constant":
        learning_rate = learning_rate * SCHEDULES[plan.schedule](count, total, plan.timing)
    mass = mass_of(tally.weight)
    if plan.update_track:
        part = batch.x.shape[1] / member.rows.shape[0] if share is None else share
        tally = tally._replace(by_update=_of_update(plan, member, state.weights, tally, mass, part))
    owns, settings = plan.hooks.arrays, member.settings
    before = [one for pair in state.weights for one in pair]
    slopes = [one for pair in gradients for one in pair]
    slopes = [
        with_penalties(plan, own, w, dw, settings, mass)
        for own, w, dw in zip(owns, before, slopes, strict=False)  # statistics are not learned
    ]
    steps, slots, reach = stepped(plan, slopes, state.slots, learning_rate, count)
    after = [
        _advanced(plan, *one, settings, learning_rate, mass)
        for one in zip(owns, before, steps, reach, strict=False)
    ]
    weights = list(zip(after[::2], after[1::2], strict=True))
    running = state.weights[len(weights) :]
    weights += [running_statistics(*both, count) for both in zip(running, statistics, strict=True)]
    average = state.average
    if plan.has("ema"):
        average = moved_average(average, weights, xp.asarray(member.settings["ema"]))
    return state._replace(weights=weights, slots=slots, updates=state.updates + 1, average=average), tally


def with_penalties(
    plan: Plan, own: Own, w: Array, dw: Array, settings: dict[str, Array], mass: Array
) -> Array:
    """Return an array's gradient with those of its penalties.

    Every regularizer that is off is skipped by a select on its strength, here and later, never by adding 0
    or multiplying by 1: a compiler may contract those and change the last bit.
    """
    for term, slope in own.slopes:
        strength = strength_of(plan, term, settings, own.layer, mass)
        dw = changed_where(strength > 0, dw, _with_slope, slope, w, strength)
    return dw


def _advanced(
    plan: Plan,
    own: Own,
    w: Array,
    step: Array,
    reach: Array,
    settings: dict[str, Array],
    learning_rate: Array,
    mass: Array,
) -> Array:
    """Return an array after its step, whose effective size is ``reach``: the hooks in their order."""
    if own.decays:
        decay = at_layer(settings["weight_decay"], own.layer)
        w = decayed(w, decay, learning_rate, plan.weight_decay_unit)
    w = w - step
    for term in own.proximal:
        strength = strength_of(plan, term, settings, own.layer, mass)
        w = changed_where(strength > 0, w, _after, term.prox, reach, strength)
    for name, project in own.projections:
        w = project(w, at_layer(settings[name], own.layer))
    return w


def _with_slope(dw: Array, slope: Slope, w: Array, strength: Array) -> Array:
    dw += slope(w, strength)  # in place on NumPy: a gradient is nobody else's
    return dw


def _after(w: Array, prox: Callable[[Array, Array], Array], reach: Array, strength: Array) -> Array:
    return prox(w, reach * strength)


def scheduled(plan: Plan, member: Member, updates: Array, total: Array) -> Member:
    """Return a member with the strengths that the plan's schedules give it after some of all updates."""
    if not plan.strength_schedules:
        return member
    settings = dict(member.settings)
    for name, schedule in plan.strength_schedules:
        if schedule != "constant":  # even a multiplication by 1 may change what a compiler makes of the rest
            setting = REGISTRY[name].strength.name
            value = namespace(updates).asarray(settings[setting])
            count = namespace(updates).asarray(updates, dtype=value.dtype)
            settings[setting] = value * STRENGTH_SCHEDULES[schedule](count, total)
    return member._replace(settings=settings)


def perturbed(plan: Plan, member: Member, state: State, batch: Batch) -> Batch:
    """Return the batch as the plan's regularizers of pictures, rows and targets change it."""
    if not plan.hooks.perturbs:
        return batch
    seed = namespace(batch.x).asarray(member.seed)
    x, t = perturbed_rows(
        plan.records, member.settings, seed, state.updates, batch.x, batch.t, batch.row_words, plan.about
    )
    return batch._replace(x=x, t=t)


def draw_noise(
    plan: Plan, member: Member, state: State, batch: Batch, recorded: tuple[Array, ...] | None
) -> Noise | None:
    """Return the source of this update's masks, or None where the plan has no noise."""
    if not plan.hooks.injections:
        return None
    seed, settings = namespace(batch.x).asarray(member.seed), member.settings
    return Noise(seed, state.updates, batch.row_words, settings, recorded)


def strength_of(plan: Plan, term: Term, settings: dict[str, Array], layer: int, mass: Array | None) -> Array:
    """Return a term's strength in J at a layer; one that counts per batch is divided by its ``mass``."""
    strength = at_layer(term.strength(settings), layer)
    per_batch = term.per == "batch" or plan.penalty_scale == "batch"
    return strength / mass if per_batch and mass is not None else strength


def penalty_value(
    plan: Plan, weights: Weights, settings: dict[str, Array], mass: Array | None = None
) -> Array:
    """Return ``sum_k strength_k Omega_k(theta)``, the part of J that does not depend on the data.

    Strengths that count per batch are divided by ``mass``, the weights of the batch's rows; without a batch
    (None) they stay undivided.
    """
    xp = namespace(weights[0][0])
    total = xp.zeros((), dtype=weights[0][0].dtype)
    every = (one for pair in weights for one in pair)
    for own, parameters in zip(plan.hooks.arrays, every, strict=False):  # statistics are not learned
        for term in own.terms:
            total = total + term.value(parameters, strength_of(plan, term, settings, own.layer, mass))
    return total


def penalties_on(plan: Plan, member: Member, weights: Weights, tally: Tally, mass: Array) -> Array:
    """Return all penalties of a batch's J, those on activations and those on parameters, a scalar."""
    activity = tally.activity / mass
    if plan.penalty_scale == "batch":
        activity = activity / mass
    return activity + penalty_value(plan, weights, member.settings, mass)


def _of_update(
    plan: Plan, member: Member, weights: Weights, tally: Tally, mass: Array, share: Array | float
) -> tuple[Array, ...]:
    """Return one update's parts of J, by the batch's share of the member's rows."""
    values = {"update_loss": tally.loss / mass}
    if "update_penalty" in plan.track:
        values["update_penalty"] = penalties_on(plan, member, weights, tally, mass)
    return tuple(values[name] * share for name in plan.update_track)
