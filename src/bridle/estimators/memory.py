"""What an estimator keeps between calls: weights in scikit-learn's form, and the optimizer's state.

Outside, a layer's weights are (in, out) and its biases (out,), with a leading axis M where several members
are averaged; the engine has (M, out, in) and (M, out, 1). What normalization adds is (H,) for each hidden
layer. Whoever changes ``coefs_`` by hand changes what training goes on from.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bridle.engine import Dense, Plan
from bridle.engine.step import State
from bridle.estimators.parameters import OWN_NAMES, hidden_sizes, kept_plan
from bridle.estimators.stopping import Rate
from bridle.types import Weights

STARTS = {"gains_": 1.0, "offsets_": 0.0, "means_": 0.0, "variances_": 1.0}
"""What normalization adds to a hidden layer, and begins with: what it learns, and statistics of batches."""

_ADDED = {"batch": tuple(STARTS), "layer": ("gains_", "offsets_"), None: ()}

_LOSSES = {
    "identity": "squared_error",
    "exp": "poisson",
    "logistic": "binary_cross_entropy",
    "softmax": "cross_entropy",
}
"""The engine's loss for each of scikit-learn's names of what turns the last layer into predictions."""


class Optimizer(NamedTuple):
    """What partial_fit goes on from: the engine's state, and each member's learning rate."""

    kind: tuple
    state: State
    rates: list[Rate]

    @property
    def learning_rate(self) -> float:
        """The first member's rate for the next epoch."""
        return self.rates[0].value


def kind_of(model: Any, regularizers: tuple[str, ...]) -> tuple:
    """Return what an optimizer's memory depends on; another kind begins anew."""
    averages = tuple(name for name in regularizers if name in ("ema", "swa"))
    rolls = model.solver == "sgd" and model.momentum > 0
    return model.solver, rolls, model.n_members, model.normalization, averages


def memory_of(model: Any, kind: tuple) -> Optimizer | None:
    """Return what partial_fit goes on from, with the weights that the estimator has now."""
    memory = getattr(model, "_optimizer", None)
    if memory is None or memory.kind != kind:
        return None
    weights = weights_of(model, model.normalization)
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
    return [(first.copy(), second.copy()) for first, second in weights_of(model, model.normalization)]


def identities(model: Any, normalization: str | None) -> dict[str, list[np.ndarray]]:
    """Return what normalization begins with, by attribute: it only standardizes."""
    hidden = model.coefs_[:-1]
    return {
        name: [np.full((*w.shape[:-2], w.shape[-1]), STARTS[name], w.dtype) for w in hidden]
        for name in _ADDED[normalization]
    }


def weights_of(model: Any, normalization: str | None) -> Weights:
    """Return all that an estimator has learned in the engine's form, pairs in the order of ``plan.pairs``.

    A network that is normalized from now on only begins with the identity.
    """
    weights = to_engine(model.coefs_, model.intercepts_)
    added = [getattr(model, name, first) for name, first in identities(model, normalization).items()]
    for pair in zip(added[::2], added[1::2], strict=True):
        columns = ([np.atleast_2d(part)[..., None] for part in layers] for layers in pair)
        weights += list(zip(*columns, strict=True))
    return weights


def fitted_network(model: Any, regularizers: tuple[str, ...] = ()) -> tuple[Plan, Weights]:
    """Return the network that an estimator has become, whatever its parameters are by now, and its weights.

    The activation is the parameter, as in scikit-learn; layers, normalization and outputs are the fit's.
    """
    normalization = next((name for name, added in _ADDED.items() if _has(model, added)), None)
    activation = OWN_NAMES.get(model.activation, model.activation)
    hidden = tuple(Dense(w.shape[-1], activation, normalization) for w in model.coefs_[:-1])
    plan = kept_plan(
        inputs=model.coefs_[0].shape[-2],
        layers=(*hidden, Dense(model.coefs_[-1].shape[-1], "linear")),
        loss=_LOSSES[model.out_activation_],
        regularizers=regularizers,
        dtype=model.coefs_[0].dtype.name,
    )
    return plan, weights_of(model, normalization)


def _has(model: Any, added: tuple[str, ...]) -> bool:
    return bool(added) and all(hasattr(model, name) for name in added)


def attributes_of(model: Any, weights: Weights) -> dict[str, list[np.ndarray]]:
    """Return the inverse of :func:`weights_of`, by attribute; one member loses its axis."""
    layers = len(hidden_sizes(model))
    coefs, intercepts = from_engine(weights[: layers + 1])
    found = {"coefs_": coefs, "intercepts_": intercepts}
    for k, name in enumerate(_ADDED[model.normalization]):
        start = 1 + layers * (1 + k // 2)
        columns = [pair[k % 2][..., 0] for pair in weights[start : start + layers]]
        found[name] = [part[0] if len(part) == 1 else part for part in columns]
    return found


def forget_other_normalization(model: Any) -> None:
    """Remove the attributes of a normalization that an estimator had before, and has no longer."""
    for name in set(STARTS) - set(_ADDED[model.normalization]):
        vars(model).pop(name, None)


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
