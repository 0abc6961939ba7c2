"""High bias, high variance, both or neither: the judgment on a plain network, for every command alike.

High variance: the gap between held-out and training error is above 0 beyond doubt, and no trifle. High
bias: the *training* error is above what can be reached on *held-out* rows, beyond doubt and by more than a
trifle: such a network is not even able to fit rows that it sees. What can be reached is what the best of the
references reaches on the same rows, or what the user says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from bridle.study.claims import size_in_words
from bridle.study.findings import Diagnosis, Entry
from bridle.study.inference import Inference
from bridle.study.scores import Score
from bridle.study.statistics import Interval

TARGET = "the target"
"""What the reachable error is called where the user gave it."""

_TRIFLE = 0.05
"""The share of the held-out error below which nothing is called high, however sure it is."""


def diagnose(plain: Entry, references: Mapping[str, np.ndarray], inference: Inference) -> Diagnosis:
    """Return the diagnosis of a comparison's plain network.

    Parameters
    ----------
    plain
        Its line of the table, with all runs.
    references
        Held-out scores of other models on the same splits, (R, 1, G) each.
    inference
        How intervals are made, and the score; an error is 1 - score where greater is better.
    """
    metric = inference.metric
    return judge(
        error_of(plain.values("train"), metric),
        error_of(plain.values(inference.held_out), metric),
        {name: error_of(scores, metric) for name, scores in references.items()},
        inference,
    )


def judge(
    train: np.ndarray,
    held_out: np.ndarray,
    references: Mapping[str, np.ndarray],
    inference: Inference,
    target_error: float | None = None,
) -> Diagnosis:
    """Return the diagnosis of a network from errors, lower being better.

    Parameters
    ----------
    train, held_out
        Its errors on training rows and on rows it has not seen, (R, S, G) each: splits, seeds, pseudo-values.
    references
        Held-out errors of other models on the same rows, (R, 1, G) each, by name.
    inference
        How intervals are made.
    target_error
        The error that can be reached, where it is known; None: the lowest mean among the references.
    """
    part = inference.held_out
    if target_error is None:
        reachable = min(references, key=lambda name: _mean(references[name]))
        excess = inference.difference(train - references[reachable], part)
    else:
        reachable, excess = TARGET, inference.difference(train - target_error, "train")
    gap = inference.difference(held_out - train, part)
    trifle = _TRIFLE * _mean(held_out)
    shown = {name: inference.mean(errors, part) for name, errors in references.items()}
    if target_error is not None:
        shown[TARGET] = Interval(target_error, target_error, target_error, 1.0, train.size)
    return Diagnosis(
        train_error=inference.mean(train, "train"),
        held_out=part,
        held_out_error=inference.mean(held_out, part),
        gap=gap,
        references=shown,
        reachable=reachable,
        excess=excess,
        high_variance=gap.low > 0 and gap.mean > trifle,
        high_bias=excess.low > 0 and excess.mean > trifle,
    )


def name_of(diagnosis: Diagnosis) -> str:
    """Return the diagnosis in a few words.

    One of "high variance and high bias", "high variance", "high bias" and "neither high variance nor high
    bias".
    """
    if diagnosis.high_variance and diagnosis.high_bias:
        return "high variance and high bias"
    if diagnosis.high_variance:
        return "high variance"
    return "high bias" if diagnosis.high_bias else "neither high variance nor high bias"


def say_diagnosis(diagnosis: Diagnosis, metric: Score, levels: bool = True) -> str:
    """Return the diagnosis as a sentence with the numbers that it rests on.

    ``levels`` names the two errors; without them only their gap.
    """
    train = f"training {error_words(metric)} {show_error(diagnosis.train_error.mean, metric)}"
    held_out = (
        f"{diagnosis.held_out} {error_words(metric)} {show_error(diagnosis.held_out_error.mean, metric)}"
    )
    parts = [train, held_out] if levels else []
    if math.isfinite(diagnosis.gap.low):
        low, high = (
            size_in_words(diagnosis.gap.low, metric, bare=True),
            size_in_words(diagnosis.gap.high, metric),
        )
        parts.append(f"gap {low} to {high} at 95 %")
    level = show_error(diagnosis.references[diagnosis.reachable].mean, metric)
    against = (
        f"{TARGET} is {level}"
        if diagnosis.reachable == TARGET
        else f"{diagnosis.reachable} reaches {level} on {diagnosis.held_out} rows"
    )
    numbers = "; ".join(filter(None, (", ".join(parts), against)))
    name = name_of(diagnosis)
    if name == "high variance":
        return f"The plain network overfits: high variance ({numbers})."
    if name == "high bias":
        return (
            f"The plain network underfits: high bias ({numbers}): try a larger network or longer training "
            "before any regularizer."
        )
    verb = "shows" if name.startswith("neither") else "has"
    return f"The plain network {verb} {name} ({numbers})."


def error_of(scores: np.ndarray, metric: Score) -> np.ndarray:
    """Return scores turned so that lower is better: ``1 - score`` where greater is better."""
    return 1 - scores if metric.greater_is_better else scores


def error_words(metric: Score) -> str:
    """Return what the error of a metric is called: ``error``, ``1 - AUC``, ``RMSE``."""
    if metric.name == "accuracy":
        return "error"
    return f"1 - {metric.words}" if metric.greater_is_better else metric.words


def show_error(value: float, metric: Score) -> str:
    """Return an error as text: ``6.6 %`` or ``0.123``."""
    return f"{100 * value:.1f} %" if metric.percent else f"{value:.3g}"


def _mean(errors: np.ndarray) -> float:
    known = errors[np.isfinite(errors)]
    return float(known.mean()) if known.size else math.inf
