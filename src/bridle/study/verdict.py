"""From intervals to words: what may be claimed, what may not, and what varied.

A regularizer "helps" or "harms" only where its paired interval says so after Holm's correction for asking
about several; otherwise the sentence says how large an effect could still hide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridle.study.findings import Diagnosis, Entry, Verdict
from bridle.study.options import PLAIN
from bridle.study.scores import Score

LEVEL = 0.05


def helps(entry: Entry) -> bool:
    """Return whether an entry is better than plain on test rows beyond doubt."""
    return _is_clear(entry) and entry.difference is not None and entry.difference.mean > 0


def harms(entry: Entry) -> bool:
    """Return whether an entry is worse than plain on test rows beyond doubt."""
    return _is_clear(entry) and entry.difference is not None and entry.difference.mean < 0


def best_entry(entries: Sequence[Entry]) -> Entry:
    """Return the entry to recommend: the lowest validation loss among those that help, else among all."""
    helpers = [entry for entry in entries if helps(entry)]
    return min(helpers or entries, key=lambda entry: entry.validation_loss)


def say(
    entries: Sequence[Entry],
    diagnosis: Diagnosis,
    metric: Score,
    varied: str,
    test_rows: int,
    chosen: bool = True,
    interrupted: bool = False,
) -> Verdict:
    """Return the verdict of a comparison.

    Parameters
    ----------
    entries
        The table's lines, plain first.
    diagnosis
        Of the plain network.
    metric
        The score in which differences are given.
    varied
        What differed between seeds, in words.
    test_rows
        Rows on which one seed is scored.
    chosen
        Whether validation rows chose strengths and learning rates; else they were given.
    interrupted
        Whether networks were taken as they were when the run was cut short: then nothing is claimed.
    """
    best = best_entry(entries)
    if interrupted and not chosen:
        return Verdict("The run was interrupted, so nothing is claimed.", ())
    if interrupted:
        lowest = min(entries, key=lambda entry: entry.validation_loss)
        return Verdict(
            "The run was interrupted, so nothing is claimed.",
            (
                f"When it ended, {lowest.name} ({settings_in_words(lowest)}) had the lowest validation loss.",
                "Intervals and p values are those of networks that were still in training.",
            ),
        )
    helpers = [entry for entry in entries if helps(entry)]
    others = [entry for entry in entries if entry.name != PLAIN]
    sentences = [_diagnose(diagnosis, metric)]
    rivals = [entry.name for entry in helpers if entry is not best and chosen]
    if rivals:
        sentences.append(f"{_list(rivals)} {_verb(rivals, 'helps', 'help')} as well.")
    bad = [entry for entry in others if harms(entry)]
    if bad:
        names = [f"{entry.name} ({_signed(entry, metric)})" for entry in bad]
        sentences.append(f"{_list(names)} {_verb(names, 'harms', 'harm')}.")
    open_cases = [entry for entry in others if not _is_clear(entry)]
    if open_cases:
        reach = max(_reach(entry) for entry in open_cases)
        names = [entry.name for entry in open_cases]
        size = f"larger than {_size(reach, metric)} " if np.isfinite(reach) else ""
        sentences.append(
            f"For {_list(names)} no difference {size}to plain can be claimed from these {_seeds(entries)}."
        )
    choice = (
        "Strengths and learning rates were chosen on validation rows"
        if chosen
        else "Without validation rows nothing was chosen, no network is recommended and none is saved"
    )
    sentences.append(
        f"What varied between seeds: {varied}. {choice}; "
        f"the {test_rows:,} test rows of each seed were scored once."
    )
    diverged = sum(entry.diverged for entry in entries)
    if diverged:
        trained = sum(entry.trained for entry in entries)
        sentences.append(f"{diverged} of {trained} networks diverged and were never chosen.")
    headline = _headline(best, helpers, metric) if chosen else _fixed_headline(helpers, metric)
    return Verdict(headline, tuple(sentences))


def _fixed_headline(helpers: Sequence[Entry], metric: Score) -> str:
    if not helpers:
        return "At the strengths that were given, no regularizer can be shown to help."
    names = [f"{entry.name} ({_signed(entry, metric)})" for entry in helpers]
    return f"At the strengths that were given, {_list(names)} {_verb(names, 'helps', 'help')}."


def _headline(best: Entry, helpers: Sequence[Entry], metric: Score) -> str:
    chosen = settings_in_words(best)
    if best in helpers:
        return f"Use {best.name} ({chosen}): {_change(best, metric)}."
    if best.name == PLAIN:
        return f"Leave the network plain ({chosen}): no regularizer can be shown to help."
    return (
        f"No regularizer can be shown to help; {best.name} ({chosen}) has the lowest validation loss, "
        f"and its test difference to plain is {_signed(best, metric)}."
    )


def settings_in_words(entry: Entry) -> str:
    """Return an entry's recommended settings: ``l2 0.01, learning rate 0.003``."""
    pairs = [*entry.settings.items(), ("learning rate", entry.learning_rate)]
    return ", ".join(f"{name} {value:.3g}" for name, value in pairs)


def _diagnose(diagnosis: Diagnosis, metric: Score) -> str:
    error = "error" if metric.percent else ("1 - " + metric.name if metric.greater_is_better else metric.name)
    train = _level(diagnosis.train_error.mean, metric)
    held_out = f"{diagnosis.held_out} {error} {_level(diagnosis.held_out_error.mean, metric)}"
    gap = f"{_size(diagnosis.gap.low, metric, bare=True)} to {_size(diagnosis.gap.high, metric)}"
    numbers = f"training {error} {train}, {held_out}, gap {gap} at 95 %"
    against = (
        f"{diagnosis.reachable} reaches {_level(diagnosis.references[diagnosis.reachable].mean, metric)} "
        f"on {diagnosis.held_out} rows"
    )
    if diagnosis.high_variance and diagnosis.high_bias:
        return f"The plain network has high variance and high bias ({numbers}; {against})."
    if diagnosis.high_variance:
        return f"The plain network overfits: high variance ({numbers})."
    if diagnosis.high_bias:
        return (
            f"The plain network underfits: high bias ({numbers}; {against}): "
            "try a larger network or longer training before any regularizer."
        )
    return f"The plain network shows neither high variance nor high bias ({numbers})."


def _is_clear(entry: Entry) -> bool:
    return entry.adjusted_p is not None and entry.adjusted_p < LEVEL


def _reach(entry: Entry) -> float:
    if entry.difference is None:
        return 0.0
    return max(abs(entry.difference.low), abs(entry.difference.high))


def _change(entry: Entry, metric: Score) -> str:
    assert entry.difference is not None
    low, high = entry.difference.low, entry.difference.high
    verb = "raises" if metric.greater_is_better else "lowers"
    name = "test " + metric.name.replace("_", " ")
    interval = f"95 % interval {_size(low, metric, bare=True)} to {_size(high, metric, bare=True)}"
    return f"it {verb} {name} by {_size(entry.difference.mean, metric)} over plain ({interval})"


def _signed(entry: Entry, metric: Score) -> str:
    assert entry.difference is not None
    mean, low, high = entry.difference.mean, entry.difference.low, entry.difference.high
    unit = " points" if metric.percent else ""
    values = [f"{100 * v:+.1f}" if metric.percent else f"{v:+.3g}" for v in (mean, low, high)]
    luck = ", which after Holm's correction may be luck" if not _is_clear(entry) and low * high > 0 else ""
    return f"{values[0]}{unit}, {values[1]} to {values[2]} (positive is better){luck}"


def _level(value: float, metric: Score) -> str:
    return f"{100 * value:.1f} %" if metric.percent else f"{value:.3g}"


def _size(value: float, metric: Score, bare: bool = False) -> str:
    if not metric.percent:
        return f"{value:.3g}"
    points = f"{round(100 * value, 1) + 0.0:.1f}"  # -0.0 becomes 0.0
    return points if bare else f"{points} points"


def _seeds(entries: Sequence[Entry]) -> str:
    count = len(entries[0].runs)
    return f"{count} seeds" if count > 1 else "one seed, which says nothing about its spread"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _verb(names: Sequence[str], singular: str, plural: str) -> str:
    return singular if len(names) == 1 else plural
