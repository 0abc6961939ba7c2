"""Training by sgd or adam under scikit-learn's rules: a loop over a session of the engine.

The engine makes the updates. This loop holds what is scikit-learn's: its row orders, its learning rates, and
its rule for when training has stalled, which also says for how many epochs the engine can run unwatched.
"""

from __future__ import annotations

import threading
import time
import warnings
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from bridle.engine import Members
from bridle.engine.session import Session
from bridle.engine.sparse_rows import stays_sparse
from bridle.engine.training import interruptible
from bridle.errors import Status
from bridle.estimators.accounting import epoch_losses
from bridle.estimators.callbacks import Listeners
from bridle.estimators.draws import RowOrders, seeds_beside
from bridle.estimators.effort import chosen_engine, looks, uses_blas_threads
from bridle.estimators.memory import (
    Optimizer,
    attributes_of,
    best_before,
    kind_of,
    memory_of,
    new_rate,
    one_or_all,
    weights_of,
)
from bridle.estimators.parameters import Chosen, plan_of
from bridle.estimators.rows import Rows, split
from bridle.estimators.stopping import Stall
from bridle.types import Weights

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
    "preprocessed."
)
INTERRUPTED = "Training was interrupted; the estimator keeps what it has learned so far."
UNWATCHED_SECONDS = 0.25
"""About how long the engine may run between two looks, so that Ctrl-C is answered."""


def fit_stochastically(
    model: Any,
    chosen: Chosen,
    rows: Rows,
    held_out: Rows | None,
    random_state: np.random.RandomState,
    incremental: bool,
) -> None:
    """Train an estimator in place, for up to ``max_iter`` epochs or, incrementally, for one."""
    if model.early_stopping and held_out is None:
        rows, held_out = split(model, rows, random_state)
    if model.batch_size != "auto" and model.batch_size > rows.t.shape[0]:
        warnings.warn(
            f"batch_size={model.batch_size} is more than the {rows.t.shape[0]} rows, which make one batch.",
            stacklevel=4,
        )
    training = Training(model, chosen, rows, held_out, random_state, incremental)
    # A Ctrl-C waits for the end of a slice: within a call of the compiled program the weights are nowhere.
    with interruptible() as interrupted:
        try:
            training.run(interrupted)
        except KeyboardInterrupt:
            interrupted.set()
    try:
        training.keep()
    except RuntimeError as error:  # a second Ctrl-C did not wait, and found the weights on their way
        if not interrupted.is_set():
            raise
        raise KeyboardInterrupt from error
    if interrupted.is_set():
        warnings.warn(INTERRUPTED, stacklevel=4)
    if training.diverged and not model.early_stopping:  # which brings the best weights back
        raise ValueError(NOT_FINITE)


class Training:
    """One call of fit or partial_fit: the engine's session and the rules around it."""

    def __init__(
        self,
        model: Any,
        chosen: Chosen,
        rows: Rows,
        held_out: Rows | None,
        random_state: np.random.RandomState,
        incremental: bool,
    ) -> None:
        self.model, self.rows, self.held_out, self.incremental = model, rows, held_out, incremental
        self.count, outputs = rows.t.shape
        self.members = int(model.n_members)
        self.epochs = 1 if incremental else int(model.max_iter)
        self.kind = kind_of(model, chosen.names)
        if not hasattr(model, "curves_"):
            model.curves_ = {}
        memory = memory_of(model, self.kind) if incremental else None
        since = 0 if memory is None else int(memory.state.epoch.max())
        dtype = model.coefs_[0].dtype.name
        self.by_curves = None
        if model.early_stopping and held_out is not None:
            self.by_curves = model._score_by_curves(held_out)
            self.before = best_before(model), np.full(self.members, model.best_validation_score_, dtype=float)
        last = since + self.epochs
        if incremental and "swa" not in chosen.names:  # which counts from the last epoch
            last = 1 << last.bit_length()  # one plan for many calls
        monitor = self.by_curves.monitor if self.by_curves else "validation_loss"
        self.plan = plan_of(model, chosen.names, rows.X.shape[1], outputs, self.count, dtype, last, monitor)
        self.rates = [new_rate(model) for _ in range(self.members)]
        if memory is not None:
            pairs = zip(memory.rates, self.rates, strict=True)
            self.rates = [rate.under(rule, model.t_) for rate, rule in pairs]
        counts = np.broadcast_to(getattr(model, "_no_improvement_count", 0), self.members)
        self.stalls = [Stall(model.tol, model.n_iter_no_change, int(count)) for count in counts]
        # more members have an order each, from the engine, unless all see the rows as they lie
        self.ordered = self.members == 1 or not model.shuffle
        self.orders = RowOrders(random_state, self.count, bool(model.shuffle))
        self.training = np.ones(self.members, dtype=bool)
        self.best: Weights | None = None  # where the engine does not keep them
        self.losses = np.full(self.members, np.nan)
        self.diverged = False
        if memory is None:  # noise goes on where the last call ended it
            model._seeds = seeds_beside(random_state, self.members)
        self.listeners = (
            None if incremental else Listeners(model, rows.X, rows.y, rows.weight, self.epochs, "epoch")
        )
        self.watched = self.listeners is not None and self.listeners.any
        self.predicts = model.early_stopping and self.by_curves is None  # for a score, every epoch
        self.session = Session(
            self.plan,
            Members(
                seed=model._seeds,
                learning_rate=[rate.value for rate in self.rates],
                row_weights=rows.weight,
                validation_weights=None if held_out is None else held_out.weight,
                **chosen.settings,
            ),
            rows.X,
            rows.t,
            None if held_out is None else (held_out.X, held_out.t),
            initial=weights_of(model, model.normalization),
            engine=chosen_engine(
                model.engine,
                self.plan,
                self.epochs,
                self.count,
                self.members,
                sparse.issparse(rows.X),
                sparse.issparse(rows.X) and stays_sparse(self.plan, rows.X),
                looks=looks(self.epochs, model.n_iter_no_change, self.watched, self.predicts),
                validates=held_out is not None,
            ),
            ordered=self.ordered,
            blas_threads=uses_blas_threads(self.plan, self.count),
            state=None if memory is None else memory.state,
        )

    def run(self, interrupted: threading.Event) -> None:
        """Advance the session until training has stalled, its epochs are over, or somebody interrupts."""
        model, done, seconds = self.model, 0, 0.0
        model.n_iter_ = 0
        while done < self.epochs and self.training.any() and not interrupted.is_set():
            stalls = [stall for stall, trains in zip(self.stalls, self.training, strict=True) if trains]
            epochs = min(stall.sure_epochs(self.session.longest) for stall in stalls)
            quick = max(1, int(UNWATCHED_SECONDS / seconds)) if seconds else 1
            epochs = 1 if self.watched or self.predicts else min(epochs, self.epochs - done, quick)
            order = self.orders.draw(epochs) if self.ordered else None
            if self.listeners is not None:
                self.listeners.begin(self._fitted)
            began = time.perf_counter()
            rates = np.array([rate.ahead(epochs, model.t_, self.count) for rate in self.rates])
            curves = self.session.advance(epochs, rates, order)
            seconds = max((time.perf_counter() - began) / epochs, 1e-6)
            for epoch in range(epochs):
                at = {name: curve[:, epoch] for name, curve in curves.items()}
                self._end_epoch(at, None if order is None else order[epoch])
            done += epochs
            if self.listeners is not None and self.listeners.end(self._fitted):
                self.training[:] = False
        if done == self.epochs and self.training.any() and not self.incremental:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.epochs}) reached and the optimization "
                "hasn't converged yet. Raise max_iter, or tol.",
                ConvergenceWarning,
                stacklevel=6,
            )

    def keep(self) -> None:
        """Give the estimator its weights, and what partial_fit goes on from."""
        model, state = self.model, self.session.state
        vars(model).update(self._fitted())
        state = state._replace(
            best_weights=state.weights, status=np.full_like(state.status, Status.RUNNING.code)
        )
        model._optimizer = Optimizer(self.kind, state, self.rates)
        if self.listeners is not None:
            self.listeners.finish(self._fitted)

    def _fitted(self) -> dict[str, list[np.ndarray]]:
        """Return coefs_, intercepts_ and what normalization adds, as they predict now."""
        return attributes_of(self.model, self._kept())

    def _kept(self) -> Weights:
        """Return the weights that the estimator has: the last, or the best where it stops by a score."""
        if self.by_curves is None:
            return self.best or self.session.weights
        weights, scores = self.before
        stays = np.full(self.members, self.model.best_validation_score_, dtype=float) <= scores
        pairs = zip(weights, self.session.best_weights, strict=True)
        return [
            tuple(np.where(stays[:, None, None], old, new) for old, new in zip(*pair, strict=True))
            for pair in pairs
        ]

    def _end_epoch(self, curves: dict[str, np.ndarray], order: np.ndarray | None) -> None:
        """Note what an epoch brought, and let the rules decide for each member."""
        model = self.model
        losses = epoch_losses(self.plan, curves, self.rows.t, self.rows.weight, order)
        model.n_iter_ += 1
        model.t_ += self.count
        self.losses = np.where(self.training, losses, self.losses)  # who rests keeps the last one
        model.loss_ = one_or_all(self.losses)
        model.loss_curve_.append(one_or_all(losses))
        for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
            if name in curves:
                model.curves_.setdefault(name, []).append(one_or_all(curves[name]))
        if model.verbose:
            print(f"Iteration {model.n_iter_}, loss = {float(np.nanmean(losses)):.8f}")
        if model.early_stopping:
            self._watch_scores(curves)
        else:
            self._watch_losses(losses)
        for m in np.flatnonzero(self.training):
            self.rates[m].end_epoch(model.t_)
            if self.stalls[m].is_over:
                if self.rates[m].falls_instead_of_stopping():
                    self.stalls[m].count = 0
                else:
                    self._stop(m, self.stalls[m].count)
            elif not np.isfinite(curves["train_loss"][m]):
                self._stop(m, self.stalls[m].count)  # the engine has let go of it
                self.diverged = True
        model._no_improvement_count = one_or_all(np.array([stall.count for stall in self.stalls]))

    def _scores(self) -> np.ndarray:
        """Score every member by its predictions, (M,)."""
        assert self.held_out is not None
        self.best = self.before[0] if self.best is None else self.best
        return self.model._scores(self.plan, self.session.weights, self.held_out)

    def _stop(self, m: Any, count: int) -> None:
        self.training[m] = False
        self.session.rest(m)
        if self.model.verbose:
            print(f"No improvement of more than tol={self.model.tol:g} for {count} epochs. Stopping.")

    def _watch_losses(self, losses: np.ndarray) -> None:
        model = self.model
        bests = np.full(self.members, model.best_loss_, dtype=float)
        for m in np.flatnonzero(self.training):
            bests[m] = self.stalls[m].see_loss(losses[m], bests[m])
        model.best_loss_ = one_or_all(bests)

    def _watch_scores(self, curves: dict[str, np.ndarray]) -> None:
        """Note every member's score on the validation rows, and keep the weights of its best one."""
        model = self.model
        scores = self.by_curves.score(curves) if self.by_curves else self._scores()
        model.validation_scores_.append(one_or_all(scores))
        bests = np.full(self.members, model.best_validation_score_, dtype=float)
        for m in np.flatnonzero(self.training):
            before = bests[m]
            bests[m] = self.stalls[m].see_score(scores[m], before)
            if self.best is not None and bests[m] > before:
                for kept, new in zip(self.best, self.session.weights, strict=True):
                    kept[0][m], kept[1][m] = new[0][m], new[1][m]
        model.best_validation_score_ = one_or_all(bests)
        if model.verbose:
            print(f"Validation score: {float(np.nanmean(scores)):f}")
