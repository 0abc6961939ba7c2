"""Is a network worth it? The recommended network against a linear model and against boosted trees.

Whoever compares regularizers has already decided for a network; on a table that decision is often the wrong
one. So every comparison trains a linear model and gradient boosting, untuned, on the same training rows, and
scores them on the same test rows. They are yardsticks, not candidates: nothing is chosen by them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from bridle.study.claims import LEVEL, log_loss_in_words
from bridle.study.findings import Entry, ReferenceEntry
from bridle.study.inference import Inference
from bridle.study.references import Scores
from bridle.study.scores import Score, second_score
from bridle.study.statistics import Interval, holm

SENTENCES = {
    "logistic regression": "A linear model with scikit-learn's default L2 penalty.",
    "ridge regression": "A linear model with scikit-learn's default L2 penalty.",
    "gradient boosting": "A hundred boosted trees, scikit-learn's HistGradientBoosting, untuned.",
    "nearest neighbors": "The mean over the fifteen nearest training rows, of ten thousand at most.",
}
"""What each reference is, for tables and reports."""


def reference_entries(
    best: Entry, scores: Mapping[str, Scores], inference: Inference
) -> tuple[ReferenceEntry, ...]:
    """Return the references' lines of the table, with paired differences of the recommended network.

    Parameters
    ----------
    best
        The recommended network's line.
    scores
        The references', by name, in the same splits.
    inference
        How intervals are made, and the score.
    """
    sign = 1 if inference.metric.greater_is_better else -1
    network = best.values("test")
    differences = {
        name: inference.difference(sign * (network - one.test), "test") for name, one in scores.items()
    }
    adjusted = holm([one.p_value for one in differences.values()])
    gains, by_log_loss = _by_log_loss(best, scores, inference)
    return tuple(
        ReferenceEntry(
            name=name,
            sentence=SENTENCES[name],
            train=inference.mean(one.train, "train"),
            validation=inference.mean(one.validation, "validation"),
            test=inference.mean(one.test, "test"),
            difference=differences[name],
            adjusted_p=float(p),
            log_loss_gain=gains.get(name),
            log_loss_p=by_log_loss.get(name),
        )
        for (name, one), p in zip(scores.items(), adjusted, strict=True)
    )


def _by_log_loss(
    best: Entry, scores: Mapping[str, Scores], inference: Inference
) -> tuple[dict[str, Interval], dict[str, float]]:
    """Return by how much the network's log loss is lower, and Holm's p values; none of another task."""
    second = second_score(inference.metric)
    if second is None:
        return {}, {}
    own = dataclasses.replace(inference, metric=second)
    network = best.values("test_log_loss")
    gains = {name: own.difference(one.test_log_loss - network, "test") for name, one in scores.items()}
    adjusted = holm([one.p_value for one in gains.values()])
    return gains, {name: float(p) for name, p in zip(gains, adjusted, strict=True)}


def is_it_worth_it(
    best: Entry, references: Sequence[ReferenceEntry], metric: Score, chosen: bool = True
) -> str:
    """Return the answer in a sentence, against the reference with the best validation score.

    Where nothing was chosen, for want of validation rows, that is the plain network's against the reference
    with the best test score.
    """
    sign = 1 if metric.greater_is_better else -1
    rival = max(references, key=lambda one: sign * (one.validation if chosen else one.test).mean)
    reached = f"{rival.name} reaches {metric.show(rival.test.mean)}"
    own = f"the {'recommended' if chosen else 'plain'} network {metric.show(best.test.mean)}"
    numbers = f"on the same test rows {reached}, {own}"
    beside = ""
    if rival.log_loss_gain is not None and rival.log_loss_p is not None and rival.log_loss_p < LEVEL:
        size, interval = log_loss_in_words(rival.log_loss_gain)
        beside = f" The network's log loss is {size} (95 % interval {interval})."
    if rival.adjusted_p >= LEVEL:
        return f"Is a network worth it? Neither way can be claimed: {numbers}.{beside}"
    if rival.difference.mean > 0:
        return f"Is a network worth it? Yes: {numbers}.{beside}"
    return f"Is a network worth it? Not as it is: {numbers}.{beside} Try {rival.name} first."
