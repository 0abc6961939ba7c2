"""One training step, laid open: every array's shape and value, with the penalty's term marked.

The numbers are those of the engine: the trace calls the very functions of :mod:`bridle.engine` one after the
other, on NumPy, and writes down what they return. Its last lines are the parameters after the update.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bridle.checks import problem
from bridle.engine.epoch import rows_of, take_batch
from bridle.engine.gradient import data_gradient
from bridle.engine.job import Job
from bridle.engine.layers import Dense
from bridle.engine.members import Members
from bridle.engine.network import forward
from bridle.engine.plan import Plan
from bridle.engine.reference import cuts, first_state
from bridle.engine.stages import at_layer
from bridle.engine.step import draw_noise, perturbed, update
from bridle.errors import PlanError
from bridle.ops import ACTIVATIONS, LOSSES

_MARK = "penalty"
_MOST_VALUES = 6


@dataclass(frozen=True, eq=False)
class Line:
    """One array of a step: its name, the formula it comes from, its value, and whose it is.

    ``kind`` is "input", "forward", "loss", "backward", "penalty" or "update".
    """

    name: str
    formula: str
    value: np.ndarray
    kind: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape, rows last."""
        return tuple(self.value.shape)


@dataclass(frozen=True, eq=False)
class Trace:
    """The lines of a step in the order of computation; ``str`` shows them as a table."""

    lines: tuple[Line, ...]

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the value of a name."""
        return next(line.value for line in self.lines if line.name == name)

    def __str__(self) -> str:
        rows = []
        for line in self.lines:
            mark = "->" if line.kind == _MARK else "  "
            flat = np.asarray(line.value, dtype=float).ravel()
            shown = " ".join(f"{value:.4g}" for value in flat[:_MOST_VALUES])
            more = " ..." if flat.size > _MOST_VALUES else ""
            rows.append(f"{mark} {line.name:<10} {line.shape!s:<10} {line.formula:<44} {shown}{more}")
        return "\n".join(rows)


def trace(plan: Plan, member: Members, X: Any, y: Any, initial: Any = None) -> Trace:
    """Trace the first update of one member.

    Parameters
    ----------
    plan
        What is trained.
    member
        A single member.
    X, y
        Inputs (N, D) and labels or values, as in :func:`bridle.train`; the first batch in the order of rows.
    initial
        First weights instead of drawn ones, as in :func:`bridle.train`.

    Raises
    ------
    PlanError, DataError
        As :func:`bridle.train` raises them.

    Examples
    --------
    >>> from bridle import Dense, Members, Plan
    >>> plan = Plan(inputs=1, layers=(Dense(1, "linear"),), loss="squared_error", regularizers=("l2",))
    >>> steps = trace(plan, Members(learning_rate=0.1, l2=0.5), [[2.0]], [1.0], initial=[([[3.0]], [0.0])])
    >>> steps["dW1 l2"].item(), round(steps["W1 after"].item(), 4)
    (1.5, 1.85)
    """
    if not all(isinstance(layer, Dense) for layer in plan.layers):
        hint = "A trace is a line of rows; shortcuts would leave it, and pictures are none."
        raise PlanError(problem("trace", "layers", "Dense", plan.layers, hint))
    job = Job.of(plan, member, X, y, None, initial, "reference", None)
    own, weights = job.settled[0], job.initial[0]
    own = own._replace(settings={name: np.asarray(value) for name, value in own.settings.items()})
    cut = cuts(plan, own.rows.size)[0]
    rows = rows_of(plan, own)
    batch = take_batch(job.data.x, job.data.t, type(rows)(*(one[cut] for one in rows)))
    state = first_state(plan, weights)
    given, batch = batch, perturbed(plan, own, state, batch)
    lines = [Line("x", "the batch's inputs", batch.x, "input"), Line("t", "its targets", batch.t, "input")]

    noise = draw_noise(plan, own, state, batch, None)
    z, caches = forward(plan, weights, batch.x, noise, batch.weight)
    for k, (stage, cache) in enumerate(zip(plan.stages, caches, strict=True), start=1):
        for injection, drawn in cache.noise:
            if injection.draws == "keep":
                lines.append(Line(f"keep{k - 1}", "who stays in this update", drawn.keep, "forward"))
        if cache.noise:
            lines.append(
                Line(f"a{k - 1} noisy", f"a{k - 1} as the next layer sees it", cache.affine.x, "forward")
            )
        lines += [
            Line(f"W{k}", "weights", cache.affine.w, "input"),
            Line(f"b{k}", "biases", weights[stage.affine][1], "input"),
            Line(f"z{k}", f"W{k} a{k - 1} + b{k}", cache.z, "forward"),
        ]
        seen = cache.z
        if cache.normalization is not None:
            gain, offset = weights[stage.scale]
            seen = gain * cache.normalization.normal + offset
            lines.append(Line(f"n{k}", f"{stage.normalization} norm of z{k}", seen, "forward"))
        activated, _ = ACTIVATIONS[stage.activation].forward(seen)
        before = f"z{k}" if cache.normalization is None else f"n{k}"
        lines.append(Line(f"a{k}", f"{stage.activation}({before})", activated, "forward"))

    loss = LOSSES[plan.loss]
    losses, loss_cache = loss.forward(z, batch.t)
    share = batch.weight / batch.weight.sum()
    dz = loss.backward(share, loss_cache)
    lines.append(Line("loss", "each row's loss", losses, "loss"))
    lines.append(Line("J data", "their weighted mean", np.sum(share * losses), "loss"))
    lines.append(Line(f"dz{len(plan.layers)}", "(prediction - t) / rows", dz, "backward"))

    after, _ = update(plan, own, state, given, np.asarray(float(plan.epochs), dtype=plan.dtype))
    gradients, _, _ = data_gradient(plan, own, weights, batch, noise)
    for k, ((w, b), (dw, db)) in enumerate(zip(weights, gradients[: plan.maps], strict=False), start=1):
        lines.append(Line(f"dW{k}", f"dz{k} a{k - 1}^T", dw, "backward"))
        lines.append(Line(f"db{k}", f"dz{k} summed over rows", db, "backward"))
        lines += _penalties(plan, own.settings, k, w, b, float(batch.weight.sum()))
    for stage in plan.stages:
        if stage.scale >= 0:
            dgain, doffset = gradients[stage.scale]
            lines.append(Line(f"dgain{stage.affine + 1}", "of the normalization", dgain, "backward"))
            lines.append(Line(f"doffset{stage.affine + 1}", "of the normalization", doffset, "backward"))
    for k, (w, b) in enumerate(after.weights[: plan.maps], start=1):
        lines.append(Line(f"W{k} after", "the update", w, "update"))
        lines.append(Line(f"b{k} after", "the update", b, "update"))
    return Trace(tuple(lines))


def _penalties(
    plan: Plan, settings: dict[str, Any], k: int, w: np.ndarray, b: np.ndarray, rows: float
) -> list[Line]:
    """Return the penalties' terms of a layer: gradients, or for a prox the force that it stands for."""
    lines = []
    at = {name: at_layer(value, k - 1) for name, value in settings.items()}
    for record in plan.records:
        for term in record.terms:
            parameter, letter = (w, "W") if term.on == "weights" else (b, "b")
            strength = term.strength(at) / (rows if plan.penalty_scale == "batch" else 1.0)
            if term.gradient is not None:
                value = term.gradient(parameter, strength)
                formula = f"{record.name} of {letter}{k}: joins d{letter}{k}"
            elif term.subgradient is not None:
                value = term.subgradient(parameter, strength, plan.l1_at_zero)
                form = "joins the gradient" if plan.l1_form == "subgradient" else "by prox, after the step"
                formula = f"{record.name} of {letter}{k}: {form}"
            else:
                continue
            lines.append(Line(f"d{letter}{k} {record.name}", formula, np.asarray(value), _MARK))
    return lines
