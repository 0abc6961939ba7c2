"""What may be claimed of one difference: "helps", "harms", or how large an effect could still hide.

A claim needs a p-value below 0.05 after Holm's correction for asking about several regularizers. Without one
the sentence says what is excluded, and what would settle the question if the difference is as seen.

Accuracy counts rows on the right side and is blind to how far, so with few rows it leaves most questions open
that log loss answers (docs/coverage.md). Where classes are scored by anything else, log loss is a second
score, with claims of its own.
"""

from __future__ import annotations

import dataclasses
import math

from bridle.study.findings import Entry
from bridle.study.inference import Inference
from bridle.study.power import Needed
from bridle.study.scores import Score
from bridle.study.statistics import Interval

LEVEL = 0.05


def helps(entry: Entry) -> bool:
    """Return whether an entry is better than plain on test rows beyond doubt."""
    return is_clear(entry) and entry.difference is not None and entry.difference.mean > 0


def harms(entry: Entry) -> bool:
    """Return whether an entry is worse than plain on test rows beyond doubt."""
    return is_clear(entry) and entry.difference is not None and entry.difference.mean < 0


def is_clear(entry: Entry) -> bool:
    """Return whether an entry's difference to plain is more than luck."""
    return entry.adjusted_p is not None and entry.adjusted_p < LEVEL


def log_loss_claim(entry: Entry) -> str:
    """Return "helps" or "harms" where log loss says beyond doubt what the first score does not, else ""."""
    if entry.log_loss_gain is None or entry.log_loss_p is None or not entry.log_loss_p < LEVEL:
        return ""
    claim = "helps" if entry.log_loss_gain.mean > 0 else "harms"
    return "" if claim == _claim(entry) else claim


def _claim(entry: Entry) -> str:
    return "helps" if helps(entry) else "harms" if harms(entry) else ""


def reach_of(entry: Entry) -> float:
    """Return the largest difference to plain, in either direction, that the interval leaves possible."""
    if entry.difference is None:
        return 0.0
    return max(abs(entry.difference.low), abs(entry.difference.high))


def with_claim(entry: Entry, inference: Inference, wanted: Needed) -> Entry:
    """Return an entry with its claim in words, and with what would settle it where it is open.

    Parameters
    ----------
    entry
        With its difference and adjusted p-value.
    inference
        How intervals are made.
    wanted
        What would settle the difference if it is as seen.
    """
    second = log_loss_claim(entry)
    beside = [f"by log loss it {second}"] if second else []
    if is_clear(entry):
        return dataclasses.replace(entry, claim=", ".join([_claim(entry), *beside]))
    reach = reach_of(entry)
    if not math.isfinite(reach):
        words = "nothing can be claimed from one run"
        return dataclasses.replace(entry, claim="; ".join([*beside, words]))
    size = size_in_words(reach, inference.metric)
    apart = f" in {inference.metric.words}" if second else ""
    words = f"no difference{apart} larger than {size} can be claimed with these {inference.table_rows:,} rows"
    open_case = dataclasses.replace(entry, needed_rows=wanted.rows, needed_splits=wanted.splits)
    price = price_in_words(open_case, drawn=not inference.overlap)
    settled = [f"as seen, {price} would settle it"] if price else []
    return dataclasses.replace(open_case, claim="; ".join([*beside, words, *settled]))


def price_in_words(entry: Entry, drawn: bool) -> str:
    """Return what would settle an open case: ``about 4,100 rows or 45 splits``; empty if out of reach."""
    ways = []
    if entry.needed_rows is not None:
        ways.append(f"{_rounded(entry.needed_rows):,} rows")
    if entry.needed_splits is not None:
        ways.append(f"{entry.needed_splits} {'draws' if drawn else 'splits'}")
    return f"about {' or '.join(ways)}" if ways else ""


def size_in_words(value: float, metric: Score, bare: bool = False) -> str:
    """Return a size in the metric's unit: ``2.5 points``, ``0.03 points``, or three digits.

    Small is not nothing, but less than half a hundredth of a point is.
    """
    if not metric.percent:
        return f"{value:.3g}"
    scaled = 100 * value
    decimals = 2 if 0.005 <= abs(scaled) < 0.05 else 1
    points = f"{round(scaled, decimals) + 0.0:.{decimals}f}"  # -0.0 becomes 0.0
    return points if bare else f"{points} points"


def log_loss_in_words(gain: Interval) -> tuple[str, str]:
    """Return by how much a log loss is lower or higher, and the interval of that.

    As many decimals for all three as give the largest three digits.

    Examples
    --------
    >>> log_loss_in_words(Interval(-0.3, -0.4, -0.2, 0.001, 10))
    ('0.300 higher', '0.200 to 0.400')
    """
    word = "lower"
    if gain.mean < 0:
        gain, word = gain.turned, "higher"
    decimals = max(0, 2 - math.floor(math.log10(max(abs(gain.low), abs(gain.high)))))
    return f"{gain.mean:.{decimals}f} {word}", f"{gain.low:.{decimals}f} to {gain.high:.{decimals}f}"


def _rounded(rows: int) -> int:
    """Return two digits that count: more would claim to know more."""
    step = 10 ** max(0, len(str(rows)) - 2)
    return math.ceil(rows / step) * step
