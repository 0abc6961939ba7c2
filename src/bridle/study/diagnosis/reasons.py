"""Why the error is what it is: too few rows (a learning curve), or bias and variance (bootstrap members)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial

import numpy as np

from bridle.study.chances import chances
from bridle.study.diagnosis.advice import Trial
from bridle.study.diagnosis.bench import Bench
from bridle.study.diagnosis.decomposition import decompose_log_loss, decompose_squared_error
from bridle.study.diagnosis.extrapolation import FEWEST, look_ahead
from bridle.study.diagnosis.findings import Curve, Shares
from bridle.study.diagnosis.sizes import bootstrap_rows, curve_sizes, nested_order
from bridle.study.diagnosis.trainer import Job, Trainer, resized
from bridle.study.scores import SCORES
from bridle.study.statistics import mean_of

MEMBERS = 12
"""Bootstrap members of a split."""

_MOST_SPLITS = 5
_BAGGING = {
    "classification": f"BaggingClassifier(bridle.MLPClassifier(), {MEMBERS})",
    "regression": f"BaggingRegressor(bridle.MLPRegressor(), {MEMBERS})",
}
_PARTS = ("loss", "bias", "variance", "noise")


class Curving:
    """A learning curve: what it trains, and what came of it.

    Parameters
    ----------
    bench
        The data. With all rows the plain network is trained already.
    """

    def __init__(self, bench: Bench) -> None:
        stratify = bench.table.task == "classification"
        self._bench = bench
        self._orders = [nested_order(one.train.y, k, stratify) for k, one in enumerate(bench.rounds)]
        self.jobs: dict[int, Job] = {
            size: (resized(bench.plan, size, bench.rows), bench.all_runs(partial(self._beginning, size)))
            for size in curve_sizes(bench.rows)[:-1]
        }

    def _beginning(self, size: int, split: int) -> np.ndarray:
        return self._orders[split][:size]

    def run(self, trainer: Trainer, train: np.ndarray, validation: np.ndarray) -> Curve:
        """Train on fewer rows, and say what the curve foretells for more.

        Parameters
        ----------
        trainer
            What trains.
        train, validation
            The plain network's errors with all rows, (R, S, G).
        """
        trains, validations = [], []
        for size, (plan, members) in self.jobs.items():
            outcome = trainer.run(f"training on {size:,} rows", plan, members)
            trains.append(self._bench.errors(outcome, "train", rows=partial(self._beginning, size)))
            validations.append(self._bench.errors(outcome, "validation"))
        sizes = np.array([*self.jobs, self._bench.rows])
        trains, validations = [*trains, train], [*validations, validation]
        known = np.array([np.isfinite(one).all() for one in validations])
        outlook = None
        if known.sum() >= FEWEST and known[-1]:
            kept = np.stack([one for one, use in zip(validations, known, strict=True) if use], axis=-1)
            outlook = look_ahead(sizes[known], kept, self._bench.inference)
        return Curve(sizes, _by_run(trains), _by_run(validations), outlook)


def _by_run(errors: list[np.ndarray]) -> np.ndarray:
    """Return one line a run, (r, n)."""
    return np.stack([one.mean(axis=2).ravel() for one in errors], axis=-1)


class Bootstrapping:
    """Bias and variance over bootstrap members, and what averaging them gains.

    Parameters
    ----------
    bench
        The data; of its splits five at most are used.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.splits = min(_MOST_SPLITS, len(bench.rounds))
        runs = [(split, member) for split in range(self.splits) for member in range(MEMBERS)]
        samples = [bootstrap_rows(bench.rows, MEMBERS, split) for split in range(self.splits)]
        self.job: Job = (bench.plan, bench.members(runs, [samples[split][k] for split, k in runs]))

    def run(self, trainer: Trainer, validation: np.ndarray) -> tuple[Shares | None, Trial | None]:
        """Train the members, decompose their mean loss on validation rows, and average them.

        Members that diverged take no part; where fewer than two of a split are left, there is nothing to say.

        Parameters
        ----------
        trainer
            What trains.
        validation
            The plain network's validation errors with all rows, (R, S, G).
        """
        plan, members = self.job
        outcome = trainer.run("training on bootstrap samples", plan, members)
        parts, errors = [], []
        for split in range(self.splits):
            each = [
                self._bench.predict(plan, outcome.member_weights(MEMBERS * split + k), split, "validation")
                for k in range(MEMBERS)
            ]
            sound = np.array([one for one in each if np.isfinite(one).all()])
            if len(sound) < 2:
                return None, None
            parts.append(self._decompose(sound, split))
            errors.append(self._bench.error(sound.mean(axis=0), split, "validation"))
        task = self._bench.table.task
        trial = Trial(
            f"average {MEMBERS} networks",
            f"bagging, each on a bootstrap sample: sklearn.ensemble.{_BAGGING[task]}",
            np.array(errors)[:, None, :],
            validation[: self.splits],
        )
        return self._shares(parts), trial

    def _decompose(self, predictions: np.ndarray, split: int) -> Mapping[str, float]:
        data = self._bench.rounds[split]
        if data.scale is None:
            found = decompose_log_loss(predictions, self._truth(split))
        else:
            truth = data.scale.transform(data.validation.y)
            found = decompose_squared_error(data.scale.transform(predictions), truth)
        weights = data.validation.weights
        return {name: mean_of(getattr(found, name), weights) for name in _PARTS}

    def _truth(self, split: int) -> np.ndarray:
        """Return the classes' probabilities on validation rows: those of a generator, else the labels."""
        rows, table = self._bench.rounds[split].validation, self._bench.table
        if table.generator is None:
            return np.eye(len(table.classes or ()))[rows.y]
        drawn, _ = table.generator.draw(self._bench.rounds[split].number)
        return chances(table.generator, drawn[rows.rows], rows.y)

    def _shares(self, parts: list[Mapping[str, float]]) -> Shares:
        regression = self._bench.table.task == "regression"
        # Losses are no shares, whatever the metric is: their intervals have no upper end.
        metric = SCORES["rmse" if regression else "log_loss"]
        inference = dataclasses.replace(self._bench.inference, metric=metric)
        mean = {name: inference.mean([one[name] for one in parts], "validation") for name in _PARTS}
        return Shares(
            loss="squared error" if regression else "log loss",
            total=mean["loss"],
            bias=mean["bias"],
            variance=mean["variance"],
            noise=None if self._bench.table.generator is None else mean["noise"],
            members=MEMBERS,
            splits=self.splits,
        )
