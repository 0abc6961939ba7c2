"""Results in words, with the interval in every sentence, and no claim that the interval does not carry."""

from __future__ import annotations

from bridle.experiments.results import Result

_MINUS = "\N{MINUS SIGN}"
SURE = 0.05


def percent(value: float) -> str:
    """Return a share as ``93.4 %``."""
    return f"{100 * value:.1f} %"


def points(value: float, signed: bool = True) -> str:
    """Return a difference of shares in percentage points, with a true minus."""
    text = f"{100 * value:{'+' if signed else ''}.1f}"
    return ("0.0" if float(text) == 0 else text).replace("-", _MINUS)


def average(result: Result, variant: str, score: str = "test_accuracy") -> str:
    """Return a variant's mean accuracy with its interval: ``93.4 % (93.0 to 93.8)``."""
    interval = result.interval(variant, score)
    return f"{percent(interval.mean)} ({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def against(result: Result, variant: str, other: str, questions: int = 1) -> str:
    """Return a sentence's body about a paired difference in test accuracy, claimed or not.

    A difference to a variant's own baseline is claimed by its p-value after Holm's correction over the part;
    any other one by its p-value times the ``questions`` that are asked together (Bonferroni).

    ``l2 raises test accuracy by 1.2 points (95 % interval +0.4 to +2.0)`` or
    ``no difference between l2 and plain larger than 0.8 points can be claimed``.
    """
    interval = result.difference(variant, other)
    what = "test accuracy"
    mine, theirs = variant.replace("_", " "), other.replace("_", " ")
    if is_clear(result, variant, other, questions):
        verb = "raises" if interval.mean > 0 else "lowers"
        size = points(abs(interval.mean), signed=False)
        return (
            f"{mine} {verb} {what} over {theirs} by {size} points "
            f"(95 % interval {points(interval.low)} to {points(interval.high)})"
        )
    reach = max(abs(interval.low), abs(interval.high))
    return (
        f"no difference in {what} between {mine} and {theirs} larger than {points(reach, signed=False)} "
        f"points can be claimed ({points(interval.mean)}, {points(interval.low)} to {points(interval.high)})"
    )


def is_clear(result: Result, variant: str, other: str, questions: int = 1) -> bool:
    """Return whether a paired difference in test accuracy may be claimed; see :func:`against`."""
    if result.part.baseline_of(variant) == other:
        return result.compared()[variant][2] < SURE
    interval = result.difference(variant, other)
    return interval.count > 1 and questions * interval.p_value < SURE


def capital(sentence: str) -> str:
    """Return a sentence with its first letter large and a full stop."""
    return f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."
