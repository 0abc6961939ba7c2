"""Bias and variance of the plain network, read off training and validation error.

High variance: the gap between validation and training error is above 0 beyond doubt. High bias: the
*training* error is above what a reference model reaches on *validation* rows, beyond doubt: such a network
is not even able to fit rows that it sees. Where a split has no validation rows, the test rows are read.
"""

from __future__ import annotations

import numpy as np

from bridle.study.findings import Diagnosis, Entry
from bridle.study.inference import Inference
from bridle.study.scores import Score


def diagnose(plain: Entry, references: dict[str, np.ndarray], inference: Inference) -> Diagnosis:
    """Return the diagnosis of the plain network.

    Parameters
    ----------
    plain
        Its line of the table, with all runs.
    references
        Held-out scores of other models in the same splits, (R, 1, G) each.
    inference
        How intervals are made, and the score; an error is 1 - score where greater is better.
    """
    metric, part = inference.metric, inference.held_out
    train = error_of(plain.values("train"), metric)
    held_out = error_of(plain.values(part), metric)
    errors = {name: error_of(scores, metric) for name, scores in references.items()}
    reachable = min(errors, key=lambda name: float(np.nanmean(errors[name])))
    gap = inference.difference(held_out - train, part)
    excess = inference.difference(train - errors[reachable], part)
    return Diagnosis(
        train_error=inference.mean(train, "train"),
        held_out=part,
        held_out_error=inference.mean(held_out, part),
        gap=gap,
        references={name: inference.mean(one, part) for name, one in errors.items()},
        reachable=reachable,
        excess=excess,
        high_variance=gap.low > 0,
        high_bias=excess.low > 0,
    )


def error_of(scores: np.ndarray, metric: Score) -> np.ndarray:
    """Return scores turned so that lower is better: ``1 - score`` where greater is better."""
    return 1 - scores if metric.greater_is_better else scores
