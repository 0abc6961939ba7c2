"""One update of one member, as a sentence: forward, backward, clip, penalize, step, decay, prox, project.

Both engines run these lines, the reference on NumPy arrays and the population inside the compiled program.
Each family of regularizers has one room (``ops``, ``penalties``, ``rules``) and one hook here.
"""

from __future__ import annotations

from typing import NamedTuple

from bridle import streams
from bridle.engine.members import Member
from bridle.engine.network import Noise, backward, forward
from bridle.engine.plan import Plan
from bridle.ops.losses import LOSSES
from bridle.rules.averaging import moved_average
from bridle.rules.clipping import clipped
from bridle.rules.decay import decayed
from bridle.rules.schedules import SCHEDULES
from bridle.rules.steps import OPTIMIZERS, Slots
from bridle.rules.stopping import Watch
from bridle.types import Array, Weights, namespace


class Batch(NamedTuple):
    """Some rows of the data: inputs (D, B), targets (K, B), weights, ids and words of the ids (1, B).

    ``row_words`` come from :func:`bridle.streams.row_words`, outside the loop over updates.
    """

    x: Array
    t: Array
    weight: Array
    row_ids: Array
    row_words: Array


class State(NamedTuple):
    """What training changes about a member.

    ``updates`` and ``epoch`` count what is done; ``status`` is a code of :class:`~bridle.errors.Status`.
    ``average`` (of ema) and ``mean`` (of swa, over the average if there is one) are empty unless the plan has
    them.
    """

    weights: Weights
    slots: list[tuple[Slots, Slots]]
    updates: Array
    epoch: Array
    status: Array
    watch: Watch
    best_weights: Weights
    average: Weights
    mean: Weights

    @property
    def in_use(self) -> Weights:
        """The weights that predict: the mean or the average where there is one."""
        return self.mean or self.average or self.weights


class Tally(NamedTuple):
    """Weighted sums over rows: of the data loss, of right answers (0 for regression) and of weights."""

    loss: Array
    hits: Array
    weight: Array


def tally_of(plan: Plan, z: Array, losses: Array, batch: Batch) -> Tally:
    """Return a batch's sums; means over an epoch are quotients of added sums."""
    xp = namespace(z)
    hits = LOSSES[plan.loss].hits
    right = xp.astype(hits(z, batch.t), z.dtype) if hits else xp.zeros_like(losses)
    return Tally(xp.sum(losses * batch.weight), xp.sum(right * batch.weight), xp.sum(batch.weight))


def update(
    plan: Plan,
    member: Member,
    state: State,
    batch: Batch,
    total: Array,
    recorded: tuple[Array, ...] | None = None,
) -> tuple[State, Tally]:
    """Return a member's state after one update on one batch, and the batch's tally before it.

    Parameters
    ----------
    plan, member
        What is trained, and this member's numbers.
    state
        Before the update.
    batch
        The rows of this update, after :func:`perturbed`.
    total
        Updates of the whole training, for schedules; a floating scalar.
    recorded
        Masks to use instead of drawn ones, (H, B) for each hidden layer.
    """
    xp = namespace(batch.x)
    loss = LOSSES[plan.loss]
    z, caches = forward(plan, state.weights, batch.x, draw_noise(plan, member, state, batch, recorded))
    losses, loss_cache = loss.forward(z, batch.t)
    tally = tally_of(plan, z, losses, batch)
    mass = xp.where(tally.weight > 0, tally.weight, xp.ones_like(tally.weight))  # no weight, no data
    gradients = backward(plan, loss.backward(batch.weight / mass, loss_cache), caches)
    if plan.has("gradient_clipping"):
        gradients = clipped(gradients, xp.asarray(member.settings["gradient_clipping"]))

    count = xp.asarray(state.updates, dtype=z.dtype)
    learning_rate = member.learning_rate * SCHEDULES[plan.schedule](count, total, plan.timing)
    scale = mass if plan.penalty_scale == "batch" else None
    weights, slots = [], []
    for k, ((w, b), (dw, db), (w_slots, b_slots)) in enumerate(
        zip(state.weights, gradients, state.slots, strict=True)
    ):
        settings = {name: at_layer(value, k) for name, value in member.settings.items()}
        w, w_slots = _advance(plan, "weights", k, w, dw, w_slots, settings, learning_rate, count, scale)
        b, b_slots = _advance(plan, "biases", k, b, db, b_slots, settings, learning_rate, count, scale)
        weights.append((w, b))
        slots.append((w_slots, b_slots))
    average = state.average
    if plan.has("ema"):
        average = moved_average(average, weights, xp.asarray(member.settings["ema"]))
    return state._replace(weights=weights, slots=slots, updates=state.updates + 1, average=average), tally


def _advance(
    plan: Plan,
    on: str,
    k: int,
    w: Array,
    dw: Array,
    slots: Slots,
    settings: dict[str, Array],
    learning_rate: Array,
    count: Array,
    scale: Array | None,
) -> tuple[Array, Slots]:
    """Return one parameter array after the update, and its slots: the hooks in their order.

    Every regularizer that is off is skipped by a select on its strength, never by adding 0 or multiplying
    by 1: a compiler may contract those and change the last bit.
    """
    xp = namespace(w)
    proximal = []
    for term in plan.terms(on, k):
        strength = term.strength(settings)
        if scale is not None:
            strength = strength / scale
        if term.gradient is not None:
            dw = xp.where(strength > 0, dw + term.gradient(w, strength), dw)
        elif plan.l1_form == "subgradient" and term.subgradient is not None:
            dw = xp.where(strength > 0, dw + term.subgradient(w, strength, plan.l1_at_zero), dw)
        elif term.prox is not None:
            proximal.append((term.prox, strength))

    step, slots, effective = OPTIMIZERS[plan.optimizer].step(dw, slots, learning_rate, count, plan.constants)

    if plan.has("weight_decay") and (on == "weights" or plan.decay_biases):
        w = decayed(w, settings["weight_decay"], learning_rate, plan.weight_decay_unit)
    w = w - step
    for prox, strength in proximal:
        w = xp.where(strength > 0, prox(w, effective * strength), w)
    for record in plan.records if on == "weights" else ():
        if record.project is not None:
            w = record.project(w, settings[record.strength.name])
    return w, slots


def perturbed(plan: Plan, member: Member, state: State, batch: Batch) -> Batch:
    """Return the batch as the plan's regularizers of rows and targets change it."""
    xp = namespace(batch.x)
    for record in plan.records:
        if record.perturbation is not None:
            key = streams.key_of(xp.asarray(member.seed), record.perturbation.purpose)
            key = streams.fold(key, streams.field(state.updates, batch.x))
            strength = xp.asarray(member.settings[record.strength.name])
            x, t = record.perturbation.apply(batch.x, batch.t, key, batch.row_words, strength)
            batch = batch._replace(x=x, t=t)
    return batch


def at_layer(value: Array, k: int) -> Array:
    """Return a setting's value for layer k: its own, or the one for all."""
    return value if value.ndim == 0 else value[k]


def draw_noise(
    plan: Plan, member: Member, state: State, batch: Batch, recorded: tuple[Array, ...] | None
) -> Noise | None:
    """Return the source of this update's masks, or None where the plan has no noise."""
    if not any(record.injection for record in plan.records):
        return None
    seed, settings = namespace(batch.x).asarray(member.seed), member.settings
    return Noise(seed, state.updates, batch.row_words, settings, recorded)


def penalty_value(plan: Plan, weights: Weights, settings: dict[str, Array]) -> Array:
    """Return ``sum_k strength_k Omega_k(theta)``, the part of J that does not depend on the data."""
    xp = namespace(weights[0][0])
    total = xp.zeros((), dtype=weights[0][0].dtype)
    for k, (w, b) in enumerate(weights):
        at = {name: at_layer(value, k) for name, value in settings.items()}
        for on, parameters in (("weights", w), ("biases", b)):
            for term in plan.terms(on, k):
                total = total + term.value(parameters, term.strength(at))
    return total
