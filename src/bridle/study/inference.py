"""How a study's scores become intervals: with what the splits share, and how finely a score can be read.

Scores come as (R, S, G): R splits, S seeds, G pseudo-values of blocks of rows (one, the score itself, where
every split draws its own data). Seeds are averaged within their split first: they share all of its rows, so
only splits are repetitions. Splits share rows with each other, and rows say how much that matters
(:mod:`bridle.study.blocks`), also where all are tested on the same sealed rows; where there is one split,
they speak alone.

A share of n rows moves in steps of 1/n. Two splits whose differences happen to fall on the same step have a
standard deviation of 0, which would make an interval without width out of luck. So the deviation of a share
is taken as at least one step, and its intervals end where shares end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from bridle.study.blocks import one_set_interval, resampled_interval, shared_share
from bridle.study.power import MOST_DRAWS, MOST_SPLITS, Needed, needed
from bridle.study.ranks import FEWEST, signed_rank_interval
from bridle.study.rounds import Part, Round
from bridle.study.scores import Score, second_score
from bridle.study.statistics import Interval, effective_rows, paired_interval
from bridle.study.tables import Table

PartName = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Inference:
    """What intervals need to know of a study.

    ``overlap`` is n_test / n_train where splits share rows, 0 where each has data of its own; ``rows`` are
    the rows of each part on which one split is scored, ``table_rows`` those of the table. Where rows have
    weights, the rows of a part are as many of equal weight as tell a mean as precisely.
    """

    metric: Score
    overlap: float
    rows: dict[PartName, float]
    table_rows: int = 0

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
        if len(splits) < 2:
            return None
        return signed_rank_interval(splits, shared=self._shared(values), resolution=self._step("test"))

    def needed(self, values: Iterable[float], level: float) -> Needed:
        """Return the rows or splits that would settle a test difference like the one seen."""
        splits = by_split(values)
        if len(splits) < 2:
            return Needed(None, None)
        most = MOST_SPLITS if self.overlap else MOST_DRAWS
        return needed(splits, self.table_rows, self._shared(values), level, self._step("test"), most)

    def _shared(self, values: Iterable[float]) -> float:
        """Return how much of the variance over splits all of them share."""
        if not self.overlap:
            return 0.0
        scores = as_scores(values).mean(axis=1)
        if scores.shape[1] == 1:
            return self.overlap
        return shared_share(scores[np.isfinite(scores.mean(axis=1))], self._step("test"))

    @property
    def by_rows(self) -> bool:
        """Whether rows have to tell what splits share; not where every split draws its own."""
        return self.overlap > 0

    def words(self, splits: int, seeds: int) -> str:
        """Return how intervals are made, for people."""
        mean = f", each the mean of {seeds} seeds" if seeds > 1 else ""
        if self.overlap and splits == 1:
            trainings = f" and over {seeds} trainings" if seeds > 1 else ""
            first = (
                f"95 % intervals come from the spread over the test rows{trainings} (jackknife), widened for "
                "the luck of the training rows"
            )
            return f"{first}. {self._pointwise}"
        if self.overlap:
            first = (
                f"95 % intervals are the resampled t over {splits} splits{mean}, corrected by what splits "
                "share as measured on rows that several of them test"
            )
        elif splits == 1:
            # The fresh rows are many and their luck is small; that of one training set cannot be seen.
            return "One draw of the data has no interval: its training rows would have to vary (--splits)."
        else:
            first = f"95 % intervals are Student's t over {splits} independent draws{mean}"
        second = (
            "beside them stands the signed-rank interval, which assumes symmetry only"
            if splits >= FEWEST
            else f"a distribution-free interval needs {FEWEST} splits or more"
        )
        return f"{first}; {second}. {self._pointwise}"

    @property
    def _pointwise(self) -> str:
        apart = "" if second_score(self.metric) is None else ", for each score by itself"
        return f"Intervals are pointwise; p values are adjusted by Holm{apart}."

    def _interval(self, values: Iterable[float], part: PartName, low: float) -> Interval:
        scores = as_scores(values)
        splits, _, blocks = scores.shape
        step = self._step(part)
        if self.overlap and splits == 1:
            ratio = self.rows["test"] / self.rows["train"]
            found = one_set_interval(scores.reshape(-1, blocks), 0.95, ratio, step)
        elif blocks > 1:
            found = resampled_interval(scores.mean(axis=1), 0.95, step)
        else:
            found = paired_interval(by_split(scores), test_share_ratio=self.overlap, resolution=step)
        return found.within(low, 1.0) if self.metric.percent else found

    def _step(self, part: PartName) -> float:
        return 1 / max(self.rows[part], 1) if self.metric.percent else 0.0


def inference_of(table: Table, rounds: Sequence[Round], metric: Score) -> Inference:
    """Return how a study's intervals are made: splits that draw their own data share no rows."""
    first = rounds[0]
    parts: dict[PartName, Part] = {name: getattr(first, name) for name in get_args(PartName)}
    rows = {name: effective_rows(len(part.y), part.weights) for name, part in parts.items()}
    overlap = 0.0 if table.generator is not None else rows["test"] / rows["train"]
    return Inference(metric, overlap, rows, table.rows)


def as_scores(values: Iterable[float]) -> np.ndarray:
    """Return scores as (R, S, G); a list of numbers is one a split."""
    scores = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)
    return scores[:, None, None] if scores.ndim == 1 else scores


def by_split(values: Iterable[float]) -> np.ndarray:
    """Return the mean of each split, (R,)."""
    return as_scores(values).mean(axis=(1, 2))
