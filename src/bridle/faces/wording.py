"""Numbers, settings and names as people read them, the same in the report, the terminal and the pictures.

Within a column every number has as many decimals as the others, so that they align and none claims more than
it knows. Differences carry their sign, with a true minus. Names come from users' files: they are shortened
and lose what would move a terminal's cursor, and everything else about them stays.
"""

from __future__ import annotations

import dataclasses
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bridle.registry import REGISTRY
from bridle.study.findings import Diagnosis, Entry, Findings
from bridle.study.names import setting_in_words
from bridle.study.scores import SCORES, Score
from bridle.study.statistics import Interval

SURE = 0.05
"""Below this Holm-adjusted p-value a difference counts as more than luck."""

NOTHING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_BELOW_ZERO = re.compile(r"(?<![\w.\-])-(?=\d)")
_LONGEST_NAME = 48
# These turn the direction of the text that follows. Other format characters stay: emoji need them.
_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


@dataclass(frozen=True)
class Ruler:
    """How the numbers of one column are written: ``factor`` times the value, with so many decimals.

    ``unit`` follows a number that stands alone, ``span`` names the unit of differences.
    """

    decimals: int
    factor: float = 1.0
    unit: str = ""
    span: str = ""

    def bare(self, value: float, *, signed: bool = False) -> str:
        """Return a value as text without its unit, a dash if it is not finite."""
        if not math.isfinite(value):
            return NOTHING
        rounded = round(self.factor * value, self.decimals) + 0.0  # -0.0 becomes 0.0
        return f"{rounded:{'+' if signed and rounded else ''}.{self.decimals}f}".replace("-", _MINUS)

    def full(self, value: float, *, signed: bool = False) -> str:
        """Return a value as text with its unit."""
        text = self.bare(value, signed=signed)
        return text if text == NOTHING or not self.unit else f"{text}\N{NO-BREAK SPACE}{self.unit}"

    def bounds(self, interval: Interval, *, signed: bool = False) -> str:
        """Return ``low to high``, or an empty string where the interval says nothing."""
        if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
            return ""
        inside = interval if signed else self.clip(interval)
        return f"{self.bare(inside.low, signed=signed)} to {self.bare(inside.high, signed=signed)}"

    def clip(self, interval: Interval) -> Interval:
        """Return a score's interval within what the score can be: Student's knows of no bounds at 100 %."""
        if self.unit != "%":
            return interval
        return dataclasses.replace(interval, low=max(0.0, interval.low), high=min(1.0, interval.high))


class Diagnosed(Protocol):
    """What has a diagnosis: the findings of a comparison, and those of a diagnosis by itself."""

    @property
    def diagnosis(self) -> Diagnosis:
        """Bias and variance of the plain network."""

    @property
    def metric(self) -> str:
        """The score's name."""


def score_ruler(findings: Findings) -> Ruler:
    """Return the ruler of the metric's scores."""
    values = [one.mean for e in findings.entries for one in (e.train, e.validation, e.test)]
    return _ruler(SCORES[findings.metric], values, difference=False)


def difference_ruler(findings: Findings) -> Ruler:
    """Return the ruler of the metric's differences."""
    differences = [entry.difference for entry in findings.entries if entry.difference]
    values = [v for one in differences for v in (one.mean, one.low, one.high)]
    return _ruler(SCORES[findings.metric], values, difference=True)


def error_ruler(findings: Diagnosed) -> Ruler:
    """Return the ruler of the diagnosis: the metric, turned so that lower is better."""
    diagnosis = findings.diagnosis
    intervals = [diagnosis.train_error, diagnosis.held_out_error, *diagnosis.references.values()]
    return _ruler(SCORES[findings.metric], [one.mean for one in intervals], difference=False)


def log_loss_ruler(findings: Findings) -> Ruler:
    """Return the ruler of what entries gain in log loss."""
    gains = [entry.log_loss_gain for entry in findings.entries if entry.log_loss_gain]
    return gain_ruler("log_loss", [v for one in gains for v in (one.mean, one.low, one.high)])


def gain_ruler(metric: str, gains: Iterable[float]) -> Ruler:
    """Return the ruler of gains in a metric's error."""
    return _ruler(SCORES[metric], gains, difference=True)


def _ruler(score: Score, values: Iterable[float], *, difference: bool) -> Ruler:
    if score.percent:
        return Ruler(1, 100.0, "points" if difference else "%", "percentage points")
    largest = max((abs(value) for value in values if math.isfinite(value)), default=1.0)
    decimals = 2 - math.floor(math.log10(largest)) if largest > 0 else 2
    return Ruler(min(max(decimals, 0), 6))


def number(value: float) -> str:
    """Return any number with three digits that count: ``0.003``, ``1e-05``, ``120``."""
    if math.isinf(value):
        return "\N{INFINITY}" if value > 0 else f"{_MINUS}\N{INFINITY}"
    return NOTHING if math.isnan(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def typeset(sentence: str) -> str:
    """Return a sentence as a page sets it: minus signs before numbers, and percentages kept together.

    Examples
    --------
    >>> typeset("gap -7.6 to -2.5, seen on 2026-01-05").count("-")
    2
    """
    return _BELOW_ZERO.sub(_MINUS, sentence).replace(" %", "\N{NO-BREAK SPACE}%")


def p_value(value: float | None) -> str:
    """Return a p-value with three decimals."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def share(value: float) -> str:
    """Return a share as a percentage without decimals; what is neither none nor all never looks so."""
    if not math.isfinite(value):
        return NOTHING
    if 0 < value < 0.01:
        return "<1 %"
    return f"{100 * min(value, 0.99) if value < 1 else 100:.0f} %"


def settings_words(settings: Mapping[str, float], under: str = "") -> str:
    """Return settings as ``l2 0.03, dropout 0.2``; those at their registry default go without saying.

    ``under`` is a heading: a setting that is called the same is not named again.
    """
    known = {one.name: one for record in REGISTRY.values() for one in record.settings}
    words = []
    for name, value in settings.items():
        setting = known.get(name)
        if setting is not None and setting.off is None and value == setting.default:
            continue
        words.append(setting_in_words(name, value, under))
    return ", ".join(words)


def is_sure(entry: Entry) -> bool:
    """Return whether an entry's difference to plain is more than luck."""
    return entry.adjusted_p is not None and entry.adjusted_p < SURE


def ranked(findings: Findings) -> list[Entry]:
    """Return the entries with plain first and then the largest gain first; those without one come last."""

    def place(entry: Entry) -> tuple[bool, float]:
        mean = entry.difference.mean if entry.difference else math.nan
        return (entry.name != "plain", math.inf if math.isnan(mean) else -mean)

    return sorted(findings.entries, key=place)


def repetitions(findings: Findings) -> str:
    """Return what means run over: ``10 splits``, ``5 splits of 3 seeds each``, ``1 split, 3 seeds``."""
    splits, seeds = findings.splits, findings.seeds
    if splits == 1:
        return f"one split, {seeds} seeds" if seeds > 1 else "one run"
    return f"{splits} splits of {seeds} seeds each" if seeds > 1 else f"{splits} splits"


def tidy(name: object, longest: int = _LONGEST_NAME) -> str:
    r"""Return a user's name on one line, without control characters, shortened in the middle.

    Examples
    --------
    >>> tidy("two\nlines and a bell\x07")
    'two lines and a bell'
    """
    text = " ".join(str(name).split())
    text = "".join(mark for mark in text if unicodedata.category(mark) not in ("Cc", "Cs"))
    text = text.translate(_TURNING)
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[: longest - 1 - half]}\N{HORIZONTAL ELLIPSIS}{text[-half:]}"
