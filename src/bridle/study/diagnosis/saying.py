"""The diagnosis in words: a headline, a paragraph, and the facts about how it was made."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bridle.study.claims import size_in_words
from bridle.study.diagnose import (
    error_words,
    name_of,
    say_diagnosis,
    show_error,
)
from bridle.study.diagnosis.advice import say_advice
from bridle.study.diagnosis.bench import Bench
from bridle.study.diagnosis.extrapolation import FEWEST
from bridle.study.diagnosis.findings import Advice, Curve, Debugging, Shares
from bridle.study.findings import Diagnosis, Verdict
from bridle.study.names import counted
from bridle.study.scores import Score


def say(
    diagnosis: Diagnosis,
    curve: Curve | None,
    shares: Shares | None,
    debugging: Debugging | None,
    advice: Sequence[Advice],
    metric: Score,
) -> Verdict:
    """Return the verdict of a diagnosis; what was not measured goes without saying."""
    train, validation = diagnosis.train_error.mean, diagnosis.held_out_error.mean
    name = name_of(diagnosis)
    shown = " can be shown" if name.startswith("neither") else ""
    headline = (
        f"{name[0].upper()}{name[1:]}{shown}: {error_words(metric)} {show_error(train, metric)} on training "
        f"rows, {show_error(validation, metric)} on validation rows."
    )
    sentences = [say_diagnosis(diagnosis, metric, levels=False)]
    sentences += [debugging.sentence] if debugging is not None and not debugging.passed else []
    sentences.append(say_advice(advice, metric))
    sentences += [_say_curve(curve, metric)] if curve is not None else []
    sentences += [_say_shares(shares)] if shares is not None else []
    return Verdict(headline, tuple(sentences))


def _say_curve(curve: Curve, metric: Score) -> str:
    if curve.outlook is None:
        return _say_unforetold(curve, metric)
    one = curve.outlook
    error = show_error(one.error.mean, metric)
    start = f"Would twice the data help? By the learning curve {error_words(metric)} would be {error}"
    if not math.isfinite(one.gain.low):
        return f"{start}; one run says nothing about how sure that is."
    low, high = size_in_words(one.gain.low, metric, bare=True), size_in_words(one.gain.high, metric)
    sure = "" if one.is_sure else ", so no gain can be claimed"
    return f"{start}, {size_in_words(one.gain.mean, metric)} lower (95 % interval {low} to {high}{sure})."


def _say_unforetold(curve: Curve, metric: Score) -> str:
    """Return why a curve foretells nothing, and what its last doubling did."""
    if len(curve.sizes) < FEWEST:
        return "There are too few rows for a learning curve."
    before, now = (float(np.nanmean(curve.validation[:, k])) for k in (-2, -1))
    step = f"from {curve.sizes[-2]:,} to {curve.sizes[-1]:,} training rows"
    return (
        "Would twice the data help? The learning curve follows no power law, so nothing is foretold. The "
        f"last step, {step}, took {error_words(metric)} from {show_error(before, metric)} to "
        f"{show_error(now, metric)}."
    )


def _say_shares(shares: Shares) -> str:
    total = shares.total.mean
    rest = "bias" if shares.noise is not None else "bias and noise, which only the truth could tell apart"
    parts = [
        f"{100 * shares.variance.mean / total:.0f} % of it is variance, which averaging them removes",
        f"{100 * shares.bias.mean / total:.0f} % is {rest}",
    ]
    if shares.noise is not None:
        parts.append(f"{100 * shares.noise.mean / total:.0f} % is noise, which nothing removes")
    return (
        f"Networks trained on bootstrap samples have a mean {shares.loss} of {total:.3g}: "
        f"{', '.join(parts[:-1])}, and {parts[-1]}."
    )


def facts_of(bench: Bench) -> tuple[tuple[str, str], ...]:
    """Return label and value pairs about data and runs, ready to show."""
    first, settled = bench.rounds[0], bench.options
    sizes = " - ".join(map(str, bench.plan.sizes))
    batch = "all rows" if settled.batch_size is None else f"{settled.batch_size} rows"
    rates = ", ".join(f"{rate:g}" for rate in settled.learning_rates)
    return (
        ("Data", f"{bench.table.size}, {bench.plan.inputs} inputs"),
        (
            "Rows of a split",
            f"{bench.rows:,} training, {len(first.validation.y):,} validation; test rows unseen",
        ),
        ("Network", f"{sizes}, {settled.activation}"),
        ("Training", f"{settled.optimizer}, {settled.epochs:,} epochs, {batch} an update"),
        (
            "Tried",
            f"{counted(settled.splits, 'draw' if bench.table.generator is not None else 'split')} x "
            f"{counted(settled.seeds, 'seed')}, learning rates {rates}",
        ),
    )
