"""Which network is used: for every entry and split, the setting of lowest validation loss.

Test rows play no part. A split's own choice, by the mean over its seeds, is what is scored, because a
strength that was chosen over all splits together would have seen rows that other splits test on. The setting
of the lowest mean validation loss over the splits is what is recommended and pictured. "Lowest" becomes
"strongest within one standard error of the lowest" where that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridle.engine import Outcome
from bridle.errors import Status
from bridle.registry import REGISTRY
from bridle.study.candidates import Candidate, Company
from bridle.study.curves import Discarded, LossCurves, StrengthCurve
from bridle.study.names import in_words
from bridle.study.options import PLAIN
from bridle.types import Weights


@dataclass(frozen=True, eq=False)
class Left:
    """Who may be taken, of candidates some of which were discarded.

    ``by_split`` (C, R) says whom a split left in by its own validation rows, and may choose; ``by_all`` (C,)
    whom all splits' validation rows together left in, and may be recommended.
    """

    by_split: np.ndarray
    by_all: np.ndarray


@dataclass(frozen=True, eq=False)
class Trained:
    """A company after training: losses (C, R, S), candidates by splits by seeds; inf if none.

    They are the validation losses of the weights in use; where validation rows chose when to stop, those on
    rows that did not (:mod:`bridle.study.crossfit`). Where candidates were discarded on the way, ``left``
    says who is left, and ``numbers`` (C, R, S) where networks lie in the outcome, -1 where there is none.
    """

    company: Company
    outcome: Outcome
    losses: np.ndarray
    left: Left | None = None
    numbers: np.ndarray | None = None

    def member(self, candidate: int, split: int, seed: int = 0) -> int:
        """Return a network's number in the outcome."""
        if self.numbers is not None:
            return int(self.numbers[candidate, split, seed])
        return int(np.ravel_multi_index((candidate, split, seed), self.losses.shape))

    def count_networks(self) -> int:
        """Return how many networks were begun."""
        return self.losses.size if self.numbers is None else int(np.sum(self.numbers >= 0))


@dataclass(frozen=True, eq=False)
class Pool:
    """All candidates of one entry, from whichever company; ``choose`` is the rule by which one is taken."""

    name: str
    trained: Trained
    candidates: np.ndarray
    choose: str = "best"

    @property
    def losses(self) -> np.ndarray:
        """Validation losses of the entry's candidates, means over seeds, (C, R)."""
        return self.trained.losses[self.candidates].mean(axis=2)

    @property
    def is_validated(self) -> bool:
        """Whether the losses are of validation rows."""
        return "validation_loss" in self.trained.outcome.curves

    @property
    def is_complete(self) -> bool:
        """Whether every split has at least one setting that can be used with every seed."""
        return bool(np.isfinite(self._choosable.min(axis=0)).all())

    def choice(self, split: int) -> int:
        """Return the candidate (in the company) that a split chooses."""
        return self._take(self._choosable[:, split])

    @property
    def recommended(self) -> int:
        """The candidate (in the company) chosen by mean validation loss over the splits."""
        return self._take(np.where(self.by_all, self.losses.mean(axis=1), np.inf))

    @property
    def by_all(self) -> np.ndarray:
        """Which of the entry's candidates may be recommended."""
        left = self.trained.left
        return np.ones(len(self.candidates), dtype=bool) if left is None else left.by_all[self.candidates]

    @property
    def _choosable(self) -> np.ndarray:
        left = self.trained.left
        return self.losses if left is None else np.where(left.by_split[self.candidates], self.losses, np.inf)

    @property
    def recommended_losses(self) -> np.ndarray:
        """The recommended candidate's validation losses, (R,)."""
        return self.trained.losses[self.recommended].mean(axis=1)

    def _take(self, losses: np.ndarray) -> int:
        lowest = int(np.argmin(losses))
        if self.choose == "one-se":
            within = np.flatnonzero(losses <= losses[lowest] + self._standard_error(lowest))
            strongest = max(self.candidate(self.candidates[k]).force() for k in within)
            tied = [k for k in within if self.candidate(self.candidates[k]).force() == strongest]
            lowest = int(min(tied, key=lambda k: losses[k]))
        return int(self.candidates[lowest])

    def _standard_error(self, lowest: int) -> float:
        """Return the standard error of the lowest loss over splits (over seeds, if there is one split)."""
        own = self.losses[lowest]
        if len(own) == 1:
            own = self.trained.losses[self.candidates[lowest], 0]
        own = own[np.isfinite(own)]  # a candidate that some split discarded
        return float(np.std(own, ddof=1) / np.sqrt(len(own))) if len(own) > 1 else 0.0

    def candidate(self, index: int) -> Candidate:
        """Return a candidate's record."""
        return self.trained.company.candidates[index]

    def weights(self, candidate: int, split: int, seed: int = 0) -> Weights:
        """Return one network's weights in use."""
        return self.trained.outcome.member_weights(self.trained.member(candidate, split, seed))

    def epoch(self, candidate: int, split: int, seed: int = 0) -> int:
        """Return the epoch whose weights are in use."""
        member = self.trained.member(candidate, split, seed)
        outcome = self.trained.outcome
        return int(outcome.best_epoch[member] if self.candidate(candidate).stops else outcome.epochs[member])

    def count_networks(self) -> int:
        """Return how many networks of the entry were begun."""
        return len(self._members)

    def count_diverged(self) -> int:
        """Return how many of the entry's networks diverged."""
        return int(np.sum(self.trained.outcome.status[self._members] == Status.DIVERGED))

    @property
    def _members(self) -> np.ndarray:
        shape = self.trained.losses.shape
        numbers = self.trained.numbers
        own = (np.arange(np.prod(shape)).reshape(shape) if numbers is None else numbers)[self.candidates]
        return own[own >= 0]


def gather(company: Company, outcome: Outcome, splits: int, seeds: int) -> Trained:
    """Return a trained company with the validation loss of each network's weights in use.

    That is the lowest loss seen for a network with patience, whose best weights are restored, and the last
    one otherwise. Without validation rows it is the training loss, by which nothing is chosen.
    """
    curve = outcome.curves.get("validation_loss", outcome.curves["train_loss"])
    seen = np.isfinite(curve)
    last = curve.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    losses = np.where(seen.any(axis=1), curve[np.arange(len(curve)), last], np.inf)
    stops = np.repeat([one.stops for one in company.candidates], splits * seeds)
    lowest = np.min(np.where(seen, curve, np.inf), axis=1)
    losses = np.where(stops, lowest, losses)
    losses[outcome.status == Status.DIVERGED] = np.inf
    return Trained(company, outcome, losses.reshape(-1, splits, seeds))


def pools_of(trained: list[Trained], names: tuple[str, ...], choose: str = "best") -> list[Pool]:
    """Return the entries in the order of their names, those that can be used for every split."""
    pools = {}
    for one in trained:
        found = np.array([candidate.name for candidate in one.company.candidates])
        for name in dict.fromkeys(found):
            pools[str(name)] = Pool(str(name), one, np.flatnonzero(found == name), choose)
    return [pools[name] for name in names if name in pools and pools[name].is_complete]


def strength_curve(pool: Pool, plain: Pool) -> StrengthCurve | None:
    """Return validation loss against strength, each at its best learning rate; None where there is none."""
    if pool.name == PLAIN or pool.name not in REGISTRY or not pool.is_validated:
        return None
    shown = pool.by_all
    strengths = np.array([pool.candidate(index).strength for index in pool.candidates[shown]])
    distinct = np.unique(strengths)
    best = []
    for strength in distinct:
        losses = pool.losses[shown][strengths == strength]
        best.append(losses[np.argmin(losses.mean(axis=1))])
    setting = REGISTRY[pool.name].strength
    chosen = int(np.searchsorted(distinct, pool.candidate(pool.recommended).strength))
    return StrengthCurve(
        pool.name,
        f"{in_words(setting.name)} ({setting.unit})",
        distinct,
        np.array(best),
        plain.recommended_losses,
        chosen,
        _discarded(pool, set(distinct.tolist())),
    )


def _discarded(pool: Pool, complete: set[float]) -> tuple[Discarded, ...]:
    """Return the strengths that are not complete, each by the candidate that came farthest or was best there.

    Losses are means over seeds at the last epoch that all of a candidate's networks have in common; where
    they stop early, the lowest until then.
    """
    curve, numbers = pool.trained.outcome.curves["validation_loss"], pool.trained.numbers
    found: dict[float, Discarded] = {}
    for index in pool.candidates if numbers is not None else ():
        one, members = pool.candidate(index), np.asarray(numbers)[index]
        own = curve[members]  # (R, S, E)
        common = np.flatnonzero(np.isfinite(own).all(axis=(0, 1)))
        if one.strength in complete or (members < 0).any() or not common.size:
            continue
        last = int(common[-1])
        losses = np.nanmin(own[..., : last + 1], axis=2) if one.stops else own[..., last]
        fresh, other = Discarded(one.strength, last + 1, losses.mean(axis=1)), found.get(one.strength)
        if other is None or (-fresh.epoch, fresh.losses.mean()) < (-other.epoch, other.losses.mean()):
            found[one.strength] = fresh
    return tuple(found[strength] for strength in sorted(found))


def loss_curves(pool: Pool) -> LossCurves:
    """Return the curves of the recommended candidate over all runs, at the epochs that were validated."""
    outcome, index = pool.trained.outcome, pool.recommended
    runs = list(np.ndindex(pool.trained.losses.shape[1:]))
    members = [pool.trained.member(index, *run) for run in runs]
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
        stops=np.array([pool.epoch(index, *run) for run in runs]),
    )
