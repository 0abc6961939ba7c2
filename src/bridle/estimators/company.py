"""Many networks in training at once, each under scikit-learn's rules: one rests, its neighbors go on.

What :mod:`bridle.estimators.stochastic` does for the networks of one fit is done here for those of a path:
they have weights of their own for the rows, and perhaps rows of their own that tell when to stop.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from bridle.engine import Members, Plan
from bridle.engine.outcome import predict_member
from bridle.engine.session import Session
from bridle.estimators.accounting import epoch_losses
from bridle.estimators.effort import trained_abreast
from bridle.estimators.memory import new_rate
from bridle.estimators.rows import Rows
from bridle.estimators.stochastic import UNWATCHED_SECONDS
from bridle.estimators.stopping import Stall
from bridle.types import Weights


class Ended(NamedTuple):
    """Networks after training, M of them.

    ``weights`` predict; ``epochs`` were trained, (M,); ``curves`` are (M, E), NaN after a network's last one:
    "objective" as scikit-learn counts losses, "score" on the rows that stop it, and the engine's own.
    ``unfinished`` tells whose epochs ran out before the rule ended them, (M,).
    """

    weights: Weights
    epochs: np.ndarray
    curves: dict[str, np.ndarray]
    unfinished: np.ndarray


class Company:
    """Networks with as many rows and the same noise, in training.

    Parameters
    ----------
    model
        The estimator whose rules hold, with checked parameters.
    plan, rows
        What they are, and all rows.
    members
        Their seeds and strengths.
    row_weights
        (M, N), 0 for rows that a network does not train on.
    stops_by
        For each network the rows whose score stops it; None: its training loss does.
    initial
        First weights, with a leading axis M; None: drawn by the members' seeds.
    engine
        "population" or "reference", which trains small networks abreast unless the model asked for it.
    """

    def __init__(
        self,
        model: Any,
        plan: Plan,
        rows: Rows,
        members: dict[str, Any],
        row_weights: np.ndarray,
        stops_by: list[np.ndarray] | None,
        initial: Weights | None,
        engine: str,
    ) -> None:
        self.model, self.plan, self.rows = model, plan, rows
        self.row_weights, self.watched = row_weights, None
        count = len(row_weights)
        if stops_by is not None:
            watched = {id(some): _rows_at(rows, some) for some in stops_by}
            self.watched = [watched[id(some)] for some in stops_by]
        self.seen = (row_weights > 0).sum(axis=1)
        self.rates = [new_rate(model) for _ in range(count)]
        self.stalls = [Stall(model.tol, model.n_iter_no_change) for _ in range(count)]
        self.best_values = np.full(count, np.inf if stops_by is None else -np.inf)
        self.training = np.ones(count, dtype=bool)
        self.epochs = np.zeros(count, dtype=np.int64)
        self.curves: dict[str, list[np.ndarray]] = {}
        self.session = Session(
            plan,
            Members(
                learning_rate=[rate.value for rate in self.rates], row_weights=list(row_weights), **members
            ),
            rows.X,
            rows.t,
            initial=initial,
            engine=engine,
            ordered=not model.shuffle,
            abreast=model.engine == "auto" and trained_abreast(plan, len(rows.t), count) > 1,
        )
        self.best_weights: Weights | None = None
        if stops_by is not None:  # a score that is never finite leaves the first weights
            self.best_weights = [(w.copy(), b.copy()) for w, b in self.session.weights]

    def train(self) -> Ended:
        """Advance until every network's rule has ended it, or the plan's epochs are over."""
        done, seconds = 0, 0.0
        while done < self.plan.epochs and self.training.any():
            epochs = self._unwatched(self.plan.epochs - done, seconds)
            order = None if self.model.shuffle else np.tile(np.arange(len(self.rows.t)), (epochs, 1))
            began = time.perf_counter()
            curves = self.session.advance(epochs, self._rates(epochs), order)
            seconds = max((time.perf_counter() - began) / epochs, 1e-6)
            for epoch in range(epochs):
                self._end_epoch({name: curve[:, epoch] for name, curve in curves.items()})
            done += epochs
            if self.model.verbose:
                losses = self.curves["objective"][-1]
                print(
                    f"Epoch {done}: {self.training.sum()} of {len(losses)} networks go on, "
                    f"mean loss = {np.nanmean(losses):.8f}"
                )
        curves = {name: np.stack(values, axis=1) for name, values in self.curves.items()}
        return Ended(self.best_weights or self.session.weights, self.epochs, curves, self.training)

    def _unwatched(self, left: int, seconds: float) -> int:
        """Return for how many epochs no rule can ask for anything."""
        if self.watched is not None:
            return 1
        sure = min(self.stalls[m].sure_epochs(self.session.longest) for m in np.flatnonzero(self.training))
        return min(sure, left, max(1, int(UNWATCHED_SECONDS / seconds)) if seconds else 1)

    def _rates(self, epochs: int) -> np.ndarray:
        """Return each network's learning rate in the next epochs, (M, epochs)."""
        seen = zip(self.rates, self.epochs * self.seen, self.seen, strict=True)
        return np.array([rate.ahead(epochs, int(so_far), int(each)) for rate, so_far, each in seen])

    def _end_epoch(self, values: dict[str, np.ndarray]) -> None:
        """Note what an epoch brought, and let each network's rule decide."""
        trained = self.training.copy()
        self.epochs += trained
        values["objective"] = epoch_losses(self.plan, values, self.rows.t, self.row_weights, None)
        if self.watched is None:
            for m in np.flatnonzero(trained):
                self.best_values[m] = self.stalls[m].see_loss(values["objective"][m], self.best_values[m])
        else:
            values["score"] = self._watch_scores(trained)
        for name, value in values.items():
            self.curves.setdefault(name, []).append(np.where(trained, value, np.nan))
        for m in np.flatnonzero(trained):
            self.rates[m].end_epoch(int(self.epochs[m] * self.seen[m]))
            if not np.isfinite(values["train_loss"][m]):
                self._rest(m)  # it diverged, and the engine has let go of it
            elif self.stalls[m].is_over:
                if self.rates[m].falls_instead_of_stopping():
                    self.stalls[m].count = 0
                else:
                    self._rest(m)

    def _rest(self, m: Any) -> None:
        self.training[m] = False
        self.session.rest(m)

    def _watch_scores(self, trained: np.ndarray) -> np.ndarray:
        """Score the networks in training on rows of their own, (M,), and keep each one's best weights."""
        weights = self.session.weights
        assert self.watched is not None
        assert self.best_weights is not None
        scores = np.full(len(trained), np.nan)
        for m in np.flatnonzero(trained):
            with np.errstate(over="ignore", invalid="ignore"):
                outputs = predict_member(self.plan, [(w[m], b[m]) for w, b in weights], self.watched[m].X)
            if np.isfinite(outputs).all():
                scores[m] = self.model._score_of(outputs, self.watched[m])
            before = self.best_values[m]
            self.best_values[m] = self.stalls[m].see_score(scores[m], before)
            if self.best_values[m] > before:
                for kept, new in zip(self.best_weights, weights, strict=True):
                    kept[0][m], kept[1][m] = new[0][m], new[1][m]
        return scores


def _rows_at(rows: Rows, some: np.ndarray) -> Rows:
    weight = None if rows.weight is None else rows.weight[some]
    return Rows(rows.X[some], rows.y[some], rows.t[some], weight)


def gathered(parts: list[Ended], places: list[np.ndarray]) -> Ended:
    """Return the networks of several companies as one, each part's at its places among all, (m,)."""
    count = sum(map(len, places))
    longest = max(curve.shape[1] for part in parts for curve in part.curves.values())

    def woven(values: list[np.ndarray]) -> np.ndarray:
        whole = np.empty((count, *values[0].shape[1:]), dtype=values[0].dtype)
        for place, value in zip(places, values, strict=True):
            whole[place] = value
        return whole

    def padded(curve: np.ndarray) -> np.ndarray:
        return np.pad(curve, ((0, 0), (0, longest - curve.shape[1])), constant_values=np.nan)

    layers = zip(*(part.weights for part in parts), strict=True)
    return Ended(
        [(woven([w for w, _ in layer]), woven([b for _, b in layer])) for layer in layers],
        woven([part.epochs for part in parts]),
        {name: woven([padded(part.curves[name]) for part in parts]) for name in parts[0].curves},
        woven([part.unfinished for part in parts]),
    )
