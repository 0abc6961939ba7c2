"""Training by L-BFGS: SciPy's optimizer on the engine's objective and gradient, over all rows at once."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
from scipy import optimize
from sklearn.exceptions import ConvergenceWarning

from bridle.engine import Members
from bridle.engine.epoch import rows_of, take_batch
from bridle.engine.examples import encode_inputs
from bridle.engine.gradient import data_gradient
from bridle.engine.objective import objective_and_gradient
from bridle.engine.reference import on_numpy
from bridle.engine.training import interruptible
from bridle.estimators.accounting import perfect_loss
from bridle.estimators.callbacks import Listeners
from bridle.estimators.memory import attributes_of, weights_of
from bridle.estimators.parameters import Chosen, plan_of
from bridle.estimators.rows import Rows
from bridle.estimators.stochastic import INTERRUPTED
from bridle.types import Weights


def fit_quasi_newton(model: Any, chosen: Chosen, rows: Rows) -> None:
    """Train an estimator in place until the gradient is below ``tol``, ``max_iter`` or ``max_fun``."""
    count, outputs = rows.t.shape
    dtype = model.coefs_[0].dtype
    plan = plan_of(model, chosen.names, rows.X.shape[1], outputs, count, dtype.name, 1)
    member = Members(row_weights=rows.weight, **chosen.settings).settle(plan, count)[0]
    member = member._replace(settings={name: np.asarray(value) for name, value in member.settings.items()})
    x = encode_inputs(plan, rows.X)
    batch = take_batch(x, np.ascontiguousarray(rows.t.T, dtype=dtype), rows_of(plan, member))
    begin = [(w[0], b[0]) for w, b in weights_of(model, model.normalization)]
    learned = sum(pair.kind != "statistics" for pair in plan.pairs)
    first, running = begin[:learned], begin[learned:]

    listeners = Listeners(model, rows.X, rows.y, rows.weight, model.max_iter, "iteration")

    def fitted(flat: np.ndarray) -> dict[str, list[np.ndarray]]:
        """Return the estimator's attributes; batch norm evaluates by the statistics of all rows."""
        weights = unpacked(flat, first)
        if running:
            weights += data_gradient(plan, member, weights + running, batch, None)[2]
        return attributes_of(model, [(one[None], other[None]) for one, other in weights])

    def value_and_slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        listeners.begin(lambda: fitted(flat))
        weights = unpacked(flat, first) + running
        loss, penalty, gradient = objective_and_gradient(plan, member, weights, batch)
        return float(loss) + float(penalty), packed(gradient)

    def end_iteration(flat: np.ndarray) -> None:
        if listeners.end(lambda: fitted(flat)) or interrupted.is_set():
            raise StopIteration

    with on_numpy(), interruptible() as interrupted:
        found = optimize.minimize(
            value_and_slope,
            packed(first),
            method="L-BFGS-B",
            jac=True,
            callback=end_iteration,
            options={"maxfun": model.max_fun, "maxiter": model.max_iter, "gtol": model.tol},
        )
    model._seeds = np.zeros(1, dtype=np.uint32)  # nothing here draws noise
    model.n_iter_ = min(int(found.nit), int(model.max_iter))
    model.loss_ = float(found.fun)
    if plan.loss == "poisson":
        all_rows = dataclasses.replace(plan, batch_size=None)
        model.loss_ += float(perfect_loss(all_rows, rows.t, rows.weight))
    vars(model).update(fitted(found.x))
    listeners.finish(lambda: fitted(found.x))
    if model.verbose:
        print(f"Iteration {model.n_iter_}, loss = {model.loss_:.8f} ({found.message})")
    if interrupted.is_set():
        warnings.warn(INTERRUPTED, stacklevel=5)
    elif not found.success and not listeners.stopped:
        warnings.warn(
            f"lbfgs has not converged: {found.message}. Raise max_iter={model.max_iter} or max_fun="
            f"{model.max_fun}, or scale the data.",
            ConvergenceWarning,
            stacklevel=5,
        )


def packed(weights: Weights) -> np.ndarray:
    """Return all parameters as one vector in float64, layer by layer."""
    return np.concatenate([part.ravel() for layer in weights for part in layer]).astype(np.float64)


def unpacked(flat: np.ndarray, like: Weights) -> Weights:
    """Return a vector's numbers in the shapes and the dtype of some weights."""
    parts, start = [], 0
    for layer in like:
        for part in layer:
            parts.append(flat[start : start + part.size].reshape(part.shape).astype(part.dtype))
            start += part.size
    return list(zip(parts[::2], parts[1::2], strict=True))
