"""What an estimator keeps between calls: weights in scikit-learn's form, and the optimizer's state.

Outside, a layer's weights are (in, out) and its biases (out,), with a leading axis M where several members
are averaged; the engine has (M, out, in) and (M, out, 1). Whoever changes ``coefs_`` by hand changes what
training goes on from.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bridle.engine.step import State
from bridle.estimators.parameters import regularizers_of
from bridle.estimators.stopping import Rate
from bridle.types import Weights


class Optimizer(NamedTuple):
    """What partial_fit goes on from: the engine's state, and each member's learning rate."""

    kind: tuple
    state: State
    rates: list[Rate]

    @property
    def learning_rate(self) -> float:
        """The first member's rate for the next epoch."""
        return self.rates[0].value


def kind_of(model: Any) -> tuple:
    """Return what an optimizer's memory depends on; another kind begins anew."""
    names, _ = regularizers_of(model)
    averages = tuple(name for name in names if name in ("ema", "swa"))
    return model.solver, model.solver == "sgd" and model.momentum > 0, model.n_members, averages


def memory_of(model: Any, kind: tuple) -> Optimizer | None:
    """Return what partial_fit goes on from, with the weights that the estimator has now."""
    memory = getattr(model, "_optimizer", None)
    if memory is None or memory.kind != kind:
        return None
    weights = to_engine(model.coefs_, model.intercepts_)
    known = memory.state.in_use
    pairs = [
        (a, b) for one, other in zip(weights, known, strict=True) for a, b in zip(one, other, strict=True)
    ]
    if any(a.shape != b.shape for a, b in pairs):
        return None
    if all(np.array_equal(a, b) for a, b in pairs):
        return memory
    state = memory.state
    state = state._replace(
        weights=weights,
        best_weights=weights,
        average=weights if state.average else [],
        mean=weights if state.mean else [],
    )
    return memory._replace(state=state)


def new_rate(model: Any) -> Rate:
    """Return a member's learning rate before its first epoch; schedules are for gradient descent alone."""
    schedule = model.learning_rate if model.solver == "sgd" else "constant"
    return Rate(model.learning_rate_init, schedule, model.power_t)


def best_before(model: Any) -> Weights:
    """Return the weights to keep until a validation score is better than those before."""
    return [(w.copy(), b.copy()) for w, b in to_engine(model.coefs_, model.intercepts_)]


def to_engine(coefs: list[np.ndarray], intercepts: list[np.ndarray]) -> Weights:
    """Return (in, out) weights and (out,) biases, perhaps of M members, as (M, out, in) and (M, out, 1)."""

    def of_members(values: np.ndarray, axes: int) -> np.ndarray:
        return np.asarray(values).reshape(-1, *np.shape(values)[-axes:])

    return [
        (np.ascontiguousarray(np.swapaxes(of_members(w, 2), 1, 2)), of_members(b, 1)[..., None])
        for w, b in zip(coefs, intercepts, strict=True)
    ]


def from_engine(weights: Weights) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the inverse of :func:`to_engine`; one member loses its axis."""
    coefs = [np.ascontiguousarray(np.swapaxes(w, 1, 2)) for w, _ in weights]
    intercepts = [np.ascontiguousarray(b[..., 0]) for _, b in weights]
    if len(coefs[0]) == 1:
        return [w[0] for w in coefs], [b[0] for b in intercepts]
    return coefs, intercepts


def one_or_all(values: np.ndarray) -> Any:
    """Return the only member's number, or all members' as an array."""
    return values[0].item() if len(values) == 1 else np.array(values)
