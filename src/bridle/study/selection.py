"""Which network is used: for every entry and seed, the one of lowest validation loss.

Test rows play no part. A seed's own choice is what is scored, because a strength that was chosen over all
seeds together would have seen rows that other seeds test on. The setting of the lowest mean validation loss
over the seeds is what is recommended and pictured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridle.engine import Outcome
from bridle.errors import Status
from bridle.registry import REGISTRY
from bridle.study.candidates import Candidate, Company
from bridle.study.findings import LossCurves, StrengthCurve
from bridle.study.options import PLAIN
from bridle.types import Weights


@dataclass(frozen=True, eq=False)
class Trained:
    """A company after training: candidates by seeds, losses (C, S) of the weights in use, inf if none."""

    company: Company
    outcome: Outcome
    losses: np.ndarray

    def member(self, candidate: int, seed: int) -> int:
        """Return a network's number in the outcome."""
        return candidate * self.losses.shape[1] + seed


@dataclass(frozen=True, eq=False)
class Pool:
    """All candidates of one entry, from whichever company."""

    name: str
    trained: Trained
    candidates: np.ndarray

    @property
    def losses(self) -> np.ndarray:
        """Validation losses of the entry's candidates, (C, S)."""
        return self.trained.losses[self.candidates]

    @property
    def is_validated(self) -> bool:
        """Whether the losses are of validation rows."""
        return "validation_loss" in self.trained.outcome.curves

    @property
    def is_complete(self) -> bool:
        """Whether every seed has at least one network that can be used."""
        return bool(np.isfinite(self.losses.min(axis=0)).all())

    def choice(self, seed: int) -> int:
        """Return the candidate (in the company) that a seed chooses."""
        return int(self.candidates[np.argmin(self.losses[:, seed])])

    @property
    def recommended(self) -> int:
        """The candidate (in the company) of lowest mean validation loss over the seeds."""
        return int(self.candidates[np.argmin(self.losses.mean(axis=1))])

    @property
    def recommended_losses(self) -> np.ndarray:
        """The recommended candidate's validation losses, (S,)."""
        return self.trained.losses[self.recommended]

    def candidate(self, index: int) -> Candidate:
        """Return a candidate's record."""
        return self.trained.company.candidates[index]

    def weights(self, candidate: int, seed: int) -> Weights:
        """Return one network's weights in use."""
        return self.trained.outcome.member_weights(self.trained.member(candidate, seed))

    def epoch(self, candidate: int, seed: int) -> int:
        """Return the epoch whose weights are in use."""
        member = self.trained.member(candidate, seed)
        outcome = self.trained.outcome
        stops = "patience" in dict(self.candidate(candidate).settings)
        return int(outcome.best_epoch[member] if stops else outcome.epochs[member])

    def count_diverged(self) -> int:
        """Return how many of the entry's networks diverged."""
        seeds = self.losses.shape[1]
        status = self.trained.outcome.status.reshape(-1, seeds)[self.candidates]
        return int(np.sum(status == Status.DIVERGED))


def gather(company: Company, outcome: Outcome, seeds: int) -> Trained:
    """Return a trained company with the validation loss of each network's weights in use.

    That is the lowest loss seen for a network with patience, whose best weights are restored, and the last
    one otherwise. Without validation rows it is the training loss, by which nothing is chosen.
    """
    curve = outcome.curves.get("validation_loss", outcome.curves["train_loss"])
    seen = np.isfinite(curve)
    last = curve.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    losses = np.where(seen.any(axis=1), curve[np.arange(len(curve)), last], np.inf)
    stops = np.array(["patience" in dict(one.settings) for one in company.candidates]).repeat(seeds)
    lowest = np.min(np.where(seen, curve, np.inf), axis=1)
    losses = np.where(stops, lowest, losses)
    losses[outcome.status == Status.DIVERGED] = np.inf
    return Trained(company, outcome, losses.reshape(-1, seeds))


def pools_of(trained: list[Trained], names: tuple[str, ...]) -> list[Pool]:
    """Return the entries in the order of their names, those that can be used for every seed."""
    pools = {}
    for one in trained:
        found = np.array([candidate.name for candidate in one.company.candidates])
        for name in dict.fromkeys(found):
            pools[str(name)] = Pool(str(name), one, np.flatnonzero(found == name))
    return [pools[name] for name in names if name in pools and pools[name].is_complete]


def strength_curve(pool: Pool, plain: Pool) -> StrengthCurve | None:
    """Return validation loss against strength, each at its best learning rate; None where there is none."""
    if pool.name == PLAIN or pool.name not in REGISTRY or not pool.is_validated:
        return None
    strengths = np.array([pool.candidate(index).strength for index in pool.candidates])
    distinct = np.unique(strengths)
    best = []
    for strength in distinct:
        losses = pool.losses[strengths == strength]
        best.append(losses[np.argmin(losses.mean(axis=1))])
    setting = REGISTRY[pool.name].strength
    chosen = int(np.searchsorted(distinct, pool.candidate(pool.recommended).strength))
    return StrengthCurve(
        pool.name,
        f"{setting.name} ({setting.unit})",
        distinct,
        np.array(best),
        plain.recommended_losses,
        chosen,
    )


def loss_curves(pool: Pool) -> LossCurves:
    """Return the curves of the recommended candidate over all seeds, at the epochs that were validated."""
    outcome, index = pool.trained.outcome, pool.recommended
    seeds = range(pool.losses.shape[1])
    members = [pool.trained.member(index, seed) for seed in seeds]
    train = outcome.curves["train_loss"][members]
    validation = (
        outcome.curves["validation_loss"][members] if pool.is_validated else np.full_like(train, np.nan)
    )
    epochs = np.flatnonzero(np.isfinite(validation if pool.is_validated else train).any(axis=0))
    return LossCurves(
        name=pool.name,
        epochs=epochs + 1,
        train=train[:, epochs],
        validation=validation[:, epochs],
        stops=np.array([pool.epoch(index, seed) for seed in seeds]),
    )
