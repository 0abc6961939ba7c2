"""What to do next, in order of what it would gain.

Three kinds of evidence stand beside each other, and are told apart: what was measured on the same rows and
seeds (another model, a wider network, longer training, stopping early, averaging networks); what the learning
curve foretells (more data); and what can be gained at most (regularizing away the gap), which only a
comparison can measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridle.study.claims import LEVEL, size_in_words
from bridle.study.diagnosis.extrapolation import Outlook
from bridle.study.diagnosis.findings import Advice
from bridle.study.findings import Diagnosis
from bridle.study.inference import Inference
from bridle.study.scores import Score
from bridle.study.statistics import holm

MEASURED, EXTRAPOLATED, AT_MOST = "measured", "extrapolated", "at most"
_NOTHING = 0.0005
"""A gain in a share that reads 0.0 points."""


@dataclass(frozen=True, eq=False)
class Trial:
    """Something tried: its validation errors, (R, S, G), beside the plain network's on the same splits."""

    what: str
    how: str
    errors: np.ndarray
    plain: np.ndarray


def advise(
    trials: Sequence[Trial],
    diagnosis: Diagnosis,
    outlook: Outlook | None,
    inference: Inference,
    command: str = "bridle compare",
) -> tuple[Advice, ...]:
    """Return what would lower the validation error, the largest expected gain first.

    What was measured and found to gain nothing is left out; what can gain at most so much comes last.

    Parameters
    ----------
    trials
        What was tried.
    diagnosis
        Of the plain network.
    outlook
        Of its learning curve, None if there is none.
    inference
        How intervals are made.
    command
        How to compare regularizers on these data.
    """
    gains = [inference.difference(one.plain - one.errors, "validation") for one in trials]
    adjusted = holm([gain.p_value for gain in gains])
    found = [
        Advice(trial.what, gain, MEASURED, bool(p < LEVEL), trial.how)
        for trial, gain, p in zip(trials, gains, adjusted, strict=True)
        if gain.mean > (_NOTHING if inference.metric.percent else 0.0)
    ]
    if outlook is not None and outlook.gain.mean > 0:
        rows = f"{round(outlook.factor * outlook.rows):,} training rows instead of {outlook.rows:,}"
        found.append(Advice("collect twice the data", outlook.gain, EXTRAPOLATED, outlook.is_sure, rows))
    found.sort(key=lambda one: -one.gain.mean)
    if diagnosis.high_variance:
        how = f"{command} measures what each regularizer really gains"
        found.append(Advice("regularize", diagnosis.gap, AT_MOST, False, how))
    return tuple(found)


def trials_of_references(references: Mapping[str, np.ndarray], plain: np.ndarray) -> list[Trial]:
    """Return the other models as trials, from their validation errors, (R, 1, G) each."""
    return [
        Trial(f"use {name}", "scikit-learn's, untuned, on the same rows", errors, plain)
        for name, errors in references.items()
    ]


def say_advice(advice: Sequence[Advice], metric: Score) -> str:
    """Return the advice as one sentence, the best three pieces."""
    measured = [one for one in advice if one.basis != AT_MOST][:3]
    rest = [one for one in advice if one.basis == AT_MOST]
    if not measured and not rest:
        return "Nothing that was tried lowers the validation error; the test rows may be scored now."
    said = [f"What to do next, by expected gain: {'; '.join(_say(one, metric) for one in measured)}."]
    said = said if measured else []
    said += [
        f"Regularizing can gain {size_in_words(one.gain.mean, metric)} at most, the gap: {one.how}."
        for one in rest
    ]
    return " ".join(said)


def _say(one: Advice, metric: Score) -> str:
    holm = "after Holm's correction " if one.basis == MEASURED and one.gain.low > 0 else ""
    luck = "" if one.sure else f", which {holm}may be luck"
    bounds = ""
    if np.isfinite(one.gain.low):
        bounds = (
            f", {size_in_words(one.gain.low, metric, bare=True)} to {size_in_words(one.gain.high, metric)}"
        )
    return f"{one.what} ({one.basis}: {size_in_words(one.gain.mean, metric)}{bounds}{luck})"
