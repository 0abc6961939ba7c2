"""What choosing costs: the regularizer chosen on validation rows too, and judged on test rows.

The best of many looks better than it is, because the luck of its rows helped it to be the best. So there is
one more line in the table: in every split the entry of lowest validation loss is taken, whichever it is, and
scored on that split's test rows, which had no part in it. That is what somebody may expect who does the whole
comparison once and uses its winner. How much better the winner looked on the rows that chose it is the
optimism of choosing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bridle.study.findings import Choice, Entry
from bridle.study.inference import Inference
from bridle.study.options import PLAIN


def choose_by_validation(entries: Sequence[Entry], inference: Inference) -> Choice:
    """Return what choosing the regularizer split by split gives.

    Parameters
    ----------
    entries
        The table's lines.
    inference
        How intervals are made, and the score.
    """
    sign = 1 if inference.metric.greater_is_better else -1
    seeds = entries[0].values("test").shape[1]
    losses = np.array([[run.validation_loss for run in entry.runs] for entry in entries])
    winners = np.argmin(losses.reshape(len(entries), -1, seeds).mean(axis=2), axis=0)

    def taken(part: str) -> np.ndarray:
        return np.stack([entries[k].values(part)[r] for r, k in enumerate(winners)])

    plain = next(entry for entry in entries if entry.name == PLAIN)
    test, validation = taken("test"), taken("validation")
    seen = validation.mean(axis=2, keepdims=True) - test.mean(axis=2, keepdims=True)
    counts = Counter(entries[k].name for k in winners)
    return Choice(
        test=inference.mean(test, "test"),
        difference=inference.difference(sign * (test - plain.values("test")), "test"),
        optimism=inference.difference(sign * seen, "validation"),
        chosen=dict(counts.most_common()),
    )
