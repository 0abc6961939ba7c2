"""How a study's scores become intervals: with what the seeds share, and how finely a score can be read.

A share of n rows moves in steps of 1/n. Two seeds whose differences happen to fall on the same step have a
standard deviation of 0, which would make an interval without width out of luck. So the deviation of a share
is taken as at least one step, and its intervals end where shares end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bridle.study.scores import Score
from bridle.study.statistics import Interval, paired_interval

PartName = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Inference:
    """What intervals need to know of a study.

    ``overlap`` is n_test / n_train where seeds share rows, 0 where each has data of its own; ``rows`` are the
    rows of each part on which one seed is scored.
    """

    metric: Score
    overlap: float
    rows: dict[PartName, int]

    @property
    def held_out(self) -> PartName:
        """The part that diagnoses: the validation rows, or the test rows where nothing validates."""
        return "validation" if self.rows["validation"] else "test"

    def mean(self, values: Iterable[float], part: PartName) -> Interval:
        """Return the mean score (or error) on a part, with its interval over seeds."""
        return self._interval(values, part, low=0.0)

    def difference(self, values: Iterable[float], part: PartName) -> Interval:
        """Return the mean of paired differences on a part, with its interval over seeds."""
        return self._interval(values, part, low=-1.0)

    def _interval(self, values: Iterable[float], part: PartName, low: float) -> Interval:
        if not self.metric.percent:
            return paired_interval(values, test_share_ratio=self.overlap)
        step = 1 / max(self.rows[part], 1)
        return paired_interval(values, test_share_ratio=self.overlap, resolution=step).within(low, 1.0)
