"""The report: one HTML page with the verdict, the table, the pictures and what is needed to judge them.

The page needs nothing but itself: no script, no font, no image from anywhere, and a policy that forbids all
of it. Whatever comes from a user's file reaches the page as text, escaped by the template engine; the only
markup that is trusted are the pictures, which are built as XML trees. This module decides what is said and
in which order; how it looks is in ``templates/report.html`` and ``report.css``.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

import bridle
from bridle.faces import boundaries, forest, plots, portrait_pictures, strength_pictures
from bridle.faces.album import album_of
from bridle.faces.downloads import downloads
from bridle.faces.excerpt import pictured
from bridle.faces.palette import ALL, MARKERS, Tone, class_tone, tones
from bridle.faces.pictures import Picture
from bridle.faces.progress import duration
from bridle.faces.rounds import round_rows
from bridle.faces.vector import Vectors
from bridle.faces.wording import (
    SURE,
    Ruler,
    difference_ruler,
    is_sure,
    log_loss_ruler,
    number,
    p_value,
    ranked,
    repetitions,
    score_ruler,
    settings_words,
    share,
    tidy,
    typeset,
)
from bridle.registry import REGISTRY
from bridle.study.export.code import scripts
from bridle.study.findings import Entry, Findings
from bridle.study.names import in_words
from bridle.study.scores import SCORES
from bridle.study.statistics import Interval

_MARKS = {"o": "●", "^": "▲", "s": "■", "D": "◆", "v": "▼", "P": "✚", "X": "✖", "p": "⬟"}
_MOST_CLASSES = 24
_LONGEST_SENTENCE = 3000


@dataclass(frozen=True)
class Panel:
    """One picture on the page under its regularizer's name, with a few words beside it."""

    name: str
    beside: str
    svg: Markup


def render(findings: Findings) -> str:
    """Return the report as HTML."""
    return environment().get_template("report.html").render(_context(findings))


def render_summary(findings: Findings) -> str:
    """Return the verdict and the table as a fragment of HTML, as notebooks show it."""
    return environment().get_template("summary.html").render(_words(findings))


@cache
def environment() -> jinja2.Environment:
    """Return the templates, with filters that keep what comes from a user's file inert and short."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("bridle.faces", "templates"),
        autoescape=True,  # for every template, whatever its file is called
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "tidy": tidy,
        "number": number,
        "words": lambda name: str(name).replace("_", " "),
        "prose": lambda text: typeset(tidy(text, _LONGEST_SENTENCE)),
    }
    return environment


def _context(findings: Findings) -> dict[str, Any]:
    vectors, drawn_here = Vectors(), pictured(findings)
    settings = {
        entry.name: settings_words(entry.settings, entry.name) or "no regularizer"
        for entry in findings.entries
    }
    zeros = {
        name: f"{share(float((one == 0).mean()))} exactly 0" if (one == 0).any() else "none exactly 0"
        for name, one in findings.weights.items()
    }

    def panels(pictures: Sequence[Picture], subject: str, beside: dict[str, str]) -> list[Panel]:
        return [
            Panel(
                one.name,
                beside.get(one.name, ""),
                Markup(vectors.svg(one, f"{subject}, {in_words(one.name)}")),
            )
            for one in pictures
        ]

    def both(drawn: Any, title: str) -> list[Markup]:
        forms = ((drawn(findings), "wide"), (drawn(findings, narrow=True), "narrow"))
        return [Markup(vectors.svg(picture, title, style)) for picture, style in forms if picture is not None]

    def alone(picture: Picture | None, title: str) -> tuple[Markup, str] | None:
        if picture is None:
            return None
        return Markup(vectors.svg(picture, title)), portrait_pictures.calibration_words(findings)

    return {
        **_words(findings),
        "css": Markup(environment().get_template("report.css").render(colors=ALL)),
        "forest": both(forest.forest, "Test differences to the plain network")
        if any(entry.difference for entry in findings.entries)
        else [],
        "errors": both(forest.errors, "Errors of the plain network and of references"),
        "losses": panels(plots.losses(drawn_here), "Loss over epochs", settings),
        "strengths": panels(strength_pictures.strengths(drawn_here), "Loss against strength", {}),
        "boundaries": panels(boundaries.boundaries(drawn_here, labeled=False), "Decision boundary", settings),
        "weights": panels(
            plots.weights(drawn_here, labeled=False),
            "Histogram of the weights",
            zeros,
        ),
        "importances": both(portrait_pictures.importances, "Importance of the columns"),
        "calibration": alone(portrait_pictures.calibration(findings), "Calibration"),
        "confusion": portrait_pictures.confusion(findings),
        "album": album_of(findings),
        "axes": boundaries.axes_of(findings),
        "classes": _classes(findings),
        "values": [number(value) for value in boundaries.value_range(findings)]
        if findings.boundaries
        else [],
        "pictured": len(drawn_here.loss_curves),
        "downloads": downloads(drawn_here),
        "elsewhere": {} if findings.best_model is None else scripts(findings.best_model),
        "heats": round_rows(findings),
        "records": _records(findings),
        "options": [(name, option_words(value)) for name, value in findings.options.items()],
        "seconds": duration(findings.seconds),
        "version": findings.version or bridle.__version__,
        "today": datetime.date.today().isoformat(),
    }


def _words(findings: Findings) -> dict[str, Any]:
    scores, differences = score_ruler(findings), difference_ruler(findings)
    log_losses = log_loss_ruler(findings)
    log_loss = float(np.mean(findings.entries[0].values("test_log_loss")))
    colors = tones(entry.name for entry in findings.entries)
    rows = [
        {
            "entry": entry,
            "tone": colors[entry.name],
            "sure": is_sure(entry),
            "best": entry.name == findings.best and findings.best_model is not None,
            "settings": settings_words(entry.settings),
            "test": (scores.bare(entry.test.mean), scores.bounds(entry.test)),
            "difference": (
                differences.bare(entry.difference.mean, signed=True),
                differences.bounds(entry.difference, signed=True),
            )
            if entry.difference
            else None,
            "p": p_value(entry.adjusted_p),
            "validation": (scores.bare(entry.validation.mean), scores.bounds(entry.validation)),
            "train": (scores.bare(entry.train.mean), scores.bounds(entry.train)),
            "zeros": share(entry.zero_share),
        }
        for entry in ranked(findings)
    ]
    return {
        "findings": findings,
        "rows": rows,
        "rivals": [
            {
                "name": one.name,
                "sentence": one.sentence,
                "test": (scores.bare(one.test.mean), scores.bounds(one.test)),
                "difference": (
                    differences.bare(one.difference.mean, signed=True),
                    differences.bounds(one.difference, signed=True),
                ),
                "sure": one.adjusted_p < SURE,
                "p": p_value(one.adjusted_p),
                "log_loss": one.log_loss_gain
                and (
                    log_losses.bare(one.log_loss_gain.mean, signed=True),
                    log_losses.bounds(one.log_loss_gain, signed=True),
                ),
                "log_loss_sure": one.log_loss_p is not None and one.log_loss_p < SURE,
                "validation": (scores.bare(one.validation.mean), scores.bounds(one.validation)),
                "train": (scores.bare(one.train.mean), scores.bounds(one.train)),
            }
            for one in findings.references
        ],
        "tones": colors,
        "chosen": findings.best_model is not None,
        "held_out": findings.diagnosis.held_out,
        "metric": SCORES[findings.metric].words,
        "score": SCORES[findings.metric],
        "unit": scores.unit,
        "span": differences.span,
        "level": f"{SURE:g}",
        "repetitions": repetitions(findings),
        "claims": [_claim(entry, differences, log_losses) for entry in ranked(findings) if entry.difference],
        "choice": _choice(findings, scores, differences),
        "log_loss_of_plain": log_losses.bare(log_loss) if math.isfinite(log_loss) else "",
        "any_log_loss": any(entry.log_loss_gain is not None for entry in findings.entries),
        "any_rank": any(entry.rank and math.isfinite(entry.rank.low) for entry in findings.entries),
        "any_behind": any(entry.to_best is not None for entry in findings.entries),
        "any_diverged": any(entry.diverged for entry in findings.entries),
        "any_zeros": any(entry.zero_share > 0 for entry in findings.entries),
    }


def _claim(entry: Entry, differences: Ruler, log_losses: Ruler) -> dict[str, Any]:
    """Return a line of what may be claimed: t and signed-rank interval, log loss, and the one to the best."""

    def signed(interval: Interval | None, ruler: Ruler = differences) -> tuple[str, str]:
        if interval is None:
            return "", ""
        return ruler.bare(interval.mean, signed=True), ruler.bounds(interval, signed=True)

    return {
        "entry": entry,
        "sure": is_sure(entry),
        "difference": signed(entry.difference),
        "p": p_value(entry.adjusted_p),
        "rank": signed(entry.rank),
        "log_loss": signed(entry.log_loss_gain, log_losses),
        "log_loss_sure": entry.log_loss_p is not None and entry.log_loss_p < SURE,
        "to_best": signed(entry.to_best),
        "to_best_sure": entry.to_best_p is not None and entry.to_best_p < SURE,
    }


def _choice(findings: Findings, scores: Ruler, differences: Ruler) -> dict[str, Any] | None:
    """Return the line of what choosing the regularizer by validation gives."""
    one = findings.choice
    if one is None or len(findings.entries) < 2:
        return None
    counts = [f"{in_words(name)} in {count}" for name, count in one.chosen.items()]
    seen = one.optimism if one.optimism.mean >= 0 else one.optimism.turned
    return {
        "test": (scores.bare(one.test.mean), scores.bounds(one.test)),
        "difference": (
            differences.bare(one.difference.mean, signed=True),
            differences.bounds(one.difference, signed=True),
        ),
        "p": p_value(one.difference.p_value),
        "looked": "worse" if one.optimism.mean < 0 else "better",
        "optimism": (differences.full(seen.mean), differences.bounds(seen, signed=True)),
        "chosen": f"{', '.join(counts)} of {findings.splits}",
    }


def _classes(findings: Findings) -> list[tuple[str, Tone, str]]:
    """Return the classes' names with their colors and marks, as the boundaries show them."""
    shown = findings.classes[:_MOST_CLASSES]
    return [(name, class_tone(k), _MARKS[MARKERS[k % len(MARKERS)]]) for k, name in enumerate(shown)]


def _records(findings: Findings) -> list[Any]:
    parts = {part for entry in findings.entries for part in entry.name.split("+")}
    return [record for record in REGISTRY.values() if record.name in parts]


def option_words(value: Any) -> str:
    """Return an option's value for reading."""
    if isinstance(value, (tuple, list)):
        return ", ".join(option_words(one) for one in value) or "none"
    if isinstance(value, float):
        return number(value)
    if value is None or isinstance(value, bool):
        return "yes" if value else "no" if value is False else "none"
    return str(value).replace("_", " ")
