"""How a study's scores become intervals: with what the splits share, and how finely a score can be read.

Scores come as (R, S, G): R splits, S seeds, G pseudo-values of the test rows (one, the score itself, where
splits tell enough). Seeds are averaged within their split first: they share all of its rows, so only splits
are repetitions. Where there is one split, or all splits are tested on the same sealed rows, the rows speak
instead (:mod:`bridle.study.blocks`).

A share of n rows moves in steps of 1/n. Two splits whose differences happen to fall on the same step have a
standard deviation of 0, which would make an interval without width out of luck. So the deviation of a share
is taken as at least one step, and its intervals end where shares end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from bridle.study.blocks import one_set_interval
from bridle.study.power import Needed, needed
from bridle.study.ranks import FEWEST, signed_rank_interval
from bridle.study.rounds import Round
from bridle.study.scores import Score
from bridle.study.statistics import Interval, paired_interval
from bridle.study.tables import Table

PartName = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Inference:
    """What intervals need to know of a study.

    ``overlap`` is n_test / n_train where splits share rows, 0 where each has data of its own; ``rows`` are
    the rows of each part on which one split is scored, ``table_rows`` those of the table. ``sealed``: all
    splits have the same test rows.
    """

    metric: Score
    overlap: float
    rows: dict[PartName, int]
    table_rows: int = 0
    sealed: bool = False

    @property
    def held_out(self) -> PartName:
        """The part that diagnoses: the validation rows, or the test rows where nothing validates."""
        return "validation" if self.rows["validation"] else "test"

    def mean(self, values: Iterable[float], part: PartName) -> Interval:
        """Return the mean score (or error) on a part, with its interval."""
        return self._interval(values, part, low=0.0)

    def difference(self, values: Iterable[float], part: PartName) -> Interval:
        """Return the mean of paired differences on a part, with its interval."""
        return self._interval(values, part, low=-1.0)

    def rank_difference(self, values: Iterable[float]) -> Interval | None:
        """Return the distribution-free interval of test differences; None where splits are not repeated."""
        splits = by_split(values)
        if len(splits) < 2 or self.sealed:
            return None
        return signed_rank_interval(splits, test_share_ratio=self.overlap)

    def needed(self, values: Iterable[float], level: float) -> Needed:
        """Return the rows or splits that would settle a test difference like the one seen."""
        splits = by_split(values)
        if self.sealed:
            return Needed(None, None)
        return needed(splits, self.table_rows, self.overlap, level, self._step("test"))

    def needs_blocks(self, splits: int) -> bool:
        """Return whether test rows have to tell what splits cannot."""
        return splits == 1 or self.sealed

    def words(self, splits: int, seeds: int) -> str:
        """Return how intervals are made, for people."""
        mean = f", each the mean of {seeds} seeds" if seeds > 1 else ""
        if self.needs_blocks(splits):
            trainings = f" and over {splits * seeds} trainings" if splits * seeds > 1 else ""
            return (
                f"95 % intervals come from the spread over the test rows{trainings} (jackknife), widened for "
                "the luck of the training rows."
            )
        if not self.overlap:
            first = f"95 % intervals are Student's t over {splits} independent draws{mean}"
        else:
            first = (
                f"95 % intervals are the corrected resampled t over {splits} splits{mean} (Nadeau and Bengio "
                f"2003, n_test/n_train = {self.overlap:.2g})"
            )
        second = (
            "beside them stands the signed-rank interval, which assumes symmetry only"
            if splits >= FEWEST
            else f"a distribution-free interval needs {FEWEST} splits or more"
        )
        return f"{first}; {second}. Intervals are pointwise; p-values are adjusted by Holm."

    def _interval(self, values: Iterable[float], part: PartName, low: float) -> Interval:
        scores = as_scores(values)
        step = self._step(part)
        if len(scores) == 1 or (self.sealed and part == "test"):
            ratio = self.rows["test"] / self.rows["train"]
            found = one_set_interval(scores.reshape(-1, scores.shape[2]), 0.95, ratio, step)
        else:
            found = paired_interval(by_split(scores), test_share_ratio=self.overlap, resolution=step)
        return found.within(low, 1.0) if self.metric.percent else found

    def _step(self, part: PartName) -> float:
        return 1 / max(self.rows[part], 1) if self.metric.percent else 0.0


def inference_of(table: Table, rounds: Sequence[Round], metric: Score) -> Inference:
    """Return how a study's intervals are made: splits that draw their own data share no rows."""
    first = rounds[0]
    rows: dict[PartName, int] = {part: len(getattr(first, part).y) for part in get_args(PartName)}
    overlap = 0.0 if table.generator is not None else rows["test"] / rows["train"]
    return Inference(metric, overlap, rows, table.rows, table.sealed is not None)


def as_scores(values: Iterable[float]) -> np.ndarray:
    """Return scores as (R, S, G); a list of numbers is one a split."""
    scores = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)
    return scores[:, None, None] if scores.ndim == 1 else scores


def by_split(values: Iterable[float]) -> np.ndarray:
    """Return the mean of each split, (R,)."""
    return as_scores(values).mean(axis=(1, 2))
