"""From intervals to words: what may be claimed, what may not, and what varied.

A regularizer "helps" or "harms" only where its paired interval says so after Holm's correction for asking
about several; otherwise the sentence says how large an effect could still hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bridle.study.claims import (
    harms,
    helps,
    is_clear,
    log_loss_claim,
    log_loss_in_words,
    price_in_words,
    reach_of,
    size_in_words,
)
from bridle.study.diagnose import say_diagnosis
from bridle.study.findings import Choice, Diagnosis, Entry, Verdict
from bridle.study.names import PLAIN, in_words, setting_in_words
from bridle.study.scores import Score


def best_entry(entries: Sequence[Entry]) -> Entry:
    """Return the entry to recommend: the lowest validation loss among those that help.

    Where none helps, among those that help by log loss and do no harm; where none does, among all.
    """
    helpers = [entry for entry in entries if helps(entry)]
    by_log_loss = [entry for entry in entries if log_loss_claim(entry) == "helps" and not harms(entry)]
    return min(helpers or by_log_loss or entries, key=lambda entry: entry.validation_loss)


@dataclass(frozen=True)
class Circumstances:
    """How the numbers came about.

    ``varied`` is what differed between splits, in words; ``test_rows`` those on which one split is scored;
    ``drawn`` says that every split draws its own data; ``chosen`` that validation rows chose strengths and
    learning rates, which else were given; ``interrupted`` that networks were taken as they were when the run
    was cut short, so that nothing is claimed.
    """

    varied: str
    test_rows: int
    drawn: bool = False
    chosen: bool = True
    interrupted: bool = False

    @property
    def splits(self) -> str:
        """What repetitions are called."""
        return "draws" if self.drawn else "splits"


def say(
    entries: Sequence[Entry],
    diagnosis: Diagnosis,
    metric: Score,
    about: Circumstances,
    choice: Choice | None = None,
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
    about
        How the numbers came about.
    choice
        What choosing the regularizer by validation gives.
    """
    best = best_entry(entries)
    if about.interrupted and not about.chosen:
        return Verdict("The run was interrupted, so nothing is claimed.", ())
    if about.interrupted:
        lowest = min(entries, key=lambda entry: entry.validation_loss)
        return Verdict(
            "The run was interrupted, so nothing is claimed.",
            (
                f"When it ended, {_setting(lowest)} had the lowest validation loss.",
                "Intervals and p values are those of networks that were still in training.",
            ),
        )
    helpers = [entry for entry in entries if helps(entry)]
    others = [entry for entry in entries if entry.name != PLAIN]
    sentences = [say_diagnosis(diagnosis, metric)]
    rivals = [in_words(entry.name) for entry in helpers if entry is not best and about.chosen]
    if rivals:
        sentences.append(f"{_list(rivals)} {_verb(rivals, 'helps', 'help')} as well.")
    bad = [entry for entry in others if harms(entry)]
    if bad:
        names = [f"{in_words(entry.name)} ({_signed(entry, metric)})" for entry in bad]
        sentences.append(f"{_list(names)} {_verb(names, 'harms', 'harm')}{_turned(metric)}.")
    sentences += _by_log_loss(others)
    if about.chosen and not helpers and log_loss_claim(best) == "helps":
        verb = "raises" if metric.greater_is_better else "lowers"
        whether = f"Whether {in_words(best.name)} {verb} {metric.words} is open"
        sentences.append(f"{whether}: {_signed(best, metric)}{_turned(metric)}.")
    open_cases = [entry for entry in others if not is_clear(entry)]
    if open_cases:
        reach = max(reach_of(entry) for entry in open_cases)
        names = [in_words(entry.name) for entry in open_cases]
        size = f"larger than {size_in_words(reach, metric)} " if np.isfinite(reach) else ""
        sentences.append(
            f"For {_list(names)} no difference to plain in {metric.words} {size}can be claimed from "
            f"{_runs(entries, about)}."
        )
        sentences += _price(open_cases, metric, about.drawn)
    if choice is not None and len(entries) > 1:
        sentences.append(_choosing(choice, metric))
    by = (
        "Strengths and learning rates were chosen on validation rows"
        if about.chosen
        else "Without validation rows nothing was chosen, no network is recommended and none is saved"
    )
    sentences.append(
        f"What varied between {about.splits}: {about.varied}. {by}; "
        f"the {about.test_rows:,} test rows of each {about.splits[:-1]} were scored once."
    )
    diverged = sum(entry.diverged for entry in entries)
    if diverged:
        trained = sum(entry.trained for entry in entries)
        sentences.append(f"{diverged} of {trained} networks diverged and were never chosen.")
    headline = _headline(best, helpers, metric) if about.chosen else _fixed_headline(helpers, metric)
    return Verdict(headline, tuple(sentences))


def _fixed_headline(helpers: Sequence[Entry], metric: Score) -> str:
    if not helpers:
        return "At the strengths that were given, no regularizer can be shown to help."
    names = [f"{in_words(entry.name)} ({_signed(entry, metric)})" for entry in helpers]
    return (
        f"At the strengths that were given, {_list(names)} {_verb(names, 'helps', 'help')}{_turned(metric)}."
    )


def _headline(best: Entry, helpers: Sequence[Entry], metric: Score) -> str:
    if best in helpers:
        return f"Use {_setting(best)}: {_change(best, metric)}."
    if best.name == PLAIN:
        return f"Leave the network {_setting(best)}: no regularizer can be shown to help."
    if log_loss_claim(best) == "helps":
        size, interval = _log_loss(best)
        return (
            f"Use {_setting(best)} for better probabilities: test log loss is {size} than plain's "
            f"(95 % interval {interval})."
        )
    return (
        f"No regularizer can be shown to help. {_capital(_setting(best))} has the lowest validation loss; "
        f"its difference to plain in test {metric.words} is {_signed(best, metric)}{_turned(metric)}."
    )


def _by_log_loss(others: Sequence[Entry]) -> list[str]:
    """Return what log loss claims beyond the first score."""
    said = []
    for claim in ("helps", "harms"):
        some = [entry for entry in others if log_loss_claim(entry) == claim]
        names = [f"{in_words(entry.name)} ({', '.join(_log_loss(entry))})" for entry in some]
        if names:
            said.append(f"{_list(names)} {_verb(names, claim, claim[:-1])}")
    return [f"By log loss, which sees how sure predictions are, {'; '.join(said)}."] if said else []


def _log_loss(entry: Entry) -> tuple[str, str]:
    """Return by how much an entry's log loss differs from plain's, and the interval of that."""
    assert entry.log_loss_gain is not None
    return log_loss_in_words(entry.log_loss_gain)


def _setting(entry: Entry) -> str:
    """Return an entry with its recommended settings: ``l2 0.01 (learning rate 0.003)``."""
    name, own = in_words(entry.name), [setting_in_words(*pair) for pair in entry.settings.items()]
    if list(entry.settings) == [entry.name]:
        (name,), own = own, []
    return f"{name} ({', '.join([*own, setting_in_words('learning rate', entry.learning_rate)])})"


def _price(open_cases: Sequence[Entry], metric: Score, drawn: bool) -> list[str]:
    """Return what would settle the most promising open case, if that is within reach."""
    promising = max(open_cases, key=lambda entry: entry.difference.mean if entry.difference else -np.inf)
    price = price_in_words(promising, drawn)
    if promising.difference is None or not price:
        return []
    seen = _signed_size(promising.difference.mean, metric)
    return [f"If {in_words(promising.name)}'s difference is the {seen} seen, {price} would settle it."]


def _choosing(choice: Choice, metric: Score) -> str:
    low, high = choice.difference.low, choice.difference.high
    ends = [_signed_size(end, metric, bare=True) for end in (low, high)]
    bounds = f" (95 % interval {ends[0]} to {ends[1]})"
    interval = bounds if np.isfinite(low) else ""
    gain, optimism = _signed_size(choice.difference.mean, metric), choice.optimism.mean
    looked = f"{size_in_words(abs(optimism), metric)} {'worse' if optimism < 0 else 'better'}"
    return (
        f"Whoever lets validation rows choose the regularizer too gets {_level(choice.test.mean, metric)} on "
        f"test rows, {gain} against plain{interval}; on the rows that chose it, it looked {looked}."
    )


def _change(entry: Entry, metric: Score) -> str:
    assert entry.difference is not None
    low, high = entry.difference.low, entry.difference.high
    verb = "raises" if metric.greater_is_better else "lowers"
    interval = (
        f"95 % interval {size_in_words(low, metric, bare=True)} to {size_in_words(high, metric, bare=True)}"
    )
    size = size_in_words(entry.difference.mean, metric)
    return f"it {verb} test {metric.words} by {size} over plain ({interval})"


def _signed(entry: Entry, metric: Score) -> str:
    """Return a difference with its interval."""
    assert entry.difference is not None
    mean, low, high = entry.difference.mean, entry.difference.low, entry.difference.high
    if not np.isfinite(low):
        return _signed_size(mean, metric)
    values = [_signed_size(v, metric, bare=True) for v in (low, high)]
    luck = ", which after Holm's correction may be luck" if not is_clear(entry) and low * high > 0 else ""
    return f"{_signed_size(mean, metric)}, 95 % interval {values[0]} to {values[1]}{luck}"


def _turned(metric: Score) -> str:
    """Return what the sign of differences means where it is not the score's own."""
    return "" if metric.greater_is_better else " (positive is better)"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _level(value: float, metric: Score) -> str:
    return f"{100 * value:.1f} %" if metric.percent else f"{value:.3g}"


def _signed_size(value: float, metric: Score, bare: bool = False) -> str:
    if not metric.percent:
        return f"{value:+.3g}"
    scaled = round(100 * value, 1) + 0.0  # -0.0 becomes 0.0
    points = f"{scaled:{'+' if scaled else ''}.1f}"
    return points if bare else f"{points} points"


def _runs(entries: Sequence[Entry], about: Circumstances) -> str:
    splits, seeds = entries[0].values("test").shape[:2]
    if splits == seeds == 1 and about.drawn:
        return "one run, which says nothing about its spread"
    own = f"these {splits} {about.splits}" if splits > 1 else f"this one {about.splits[:-1]}"
    return f"{own} with {seeds} seeds each" if seeds > 1 else own


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _verb(names: Sequence[str], singular: str, plural: str) -> str:
    return singular if len(names) == 1 else plural
