"""The report of a diagnosis: the same machinery as a comparison's, one page that needs nothing but itself."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

import bridle
from bridle.faces import diagnose_pictures, forest, plots
from bridle.faces.downloads import downloads_of_diagnosis
from bridle.faces.palette import ALL
from bridle.faces.pictures import Picture
from bridle.faces.progress import duration
from bridle.faces.report import environment, option_words
from bridle.faces.vector import Vectors
from bridle.faces.wording import error_ruler, gain_ruler
from bridle.study.diagnosis.findings import Examination
from bridle.study.scores import SCORES
from bridle.study.statistics import Interval

IGNORED = ("regularizers", "strengths", "choose", "fixed", "time_budget", "inspect")
"""Options of a comparison that mean nothing to a diagnosis."""


def render(found: Examination) -> str:
    """Return the report as HTML."""
    vectors = Vectors()

    def both(draw: Callable[..., Picture | None], title: str) -> list[Markup]:
        forms = ((draw(found), "wide"), (draw(found, narrow=True), "narrow"))
        return [Markup(vectors.svg(one, title, style)) for one, style in forms if one is not None]

    return environment().get_template("diagnose.html").render(
        **_words(found),
        css=Markup(environment().get_template("report.css").render(colors=ALL)),
        errors=both(forest.errors, "Errors, with those of references"),
        gains=both(_gains, "What each step would gain"),
        curve=both(diagnose_pictures.learning_curve, "Learning curve"),
        sizes=_sizes(found),
        downloads=downloads_of_diagnosis(found),
        training=Markup(vectors.svg(plots.loss_pictures((found.training,))[0], "Loss over epochs")),
        shares=both(diagnose_pictures.shares, "Bias, variance and noise"),
        ladder=both(diagnose_pictures.ladder, "Loss over the first updates"),
        options=[
            (name, option_words(value))
            for name, value in found.options.items()
            if name not in IGNORED
        ],
        seconds=duration(found.seconds),
        version=found.version or bridle.__version__,
        today=datetime.date.today().isoformat(),
    )  # fmt: skip


def render_summary(found: Examination) -> str:
    """Return the verdict and the advice as a fragment of HTML, as notebooks show it."""
    return environment().get_template("checkup.html").render(_words(found))


def _gains(found: Examination, *, narrow: bool = False) -> Picture | None:
    return forest.gains(found.advice, found.metric, narrow=narrow)


def _sizes(found: Examination) -> list[tuple[int, str, str]]:
    """Return the learning curve's mean errors, ready to show."""
    if found.curve is None:
        return []
    ruler, curve = error_ruler(found), found.curve
    means = zip(curve.sizes, curve.train.mean(axis=0), curve.validation.mean(axis=0), strict=True)
    return [(int(size), ruler.full(train), ruler.full(validation)) for size, train, validation in means]


def _words(found: Examination) -> dict[str, Any]:
    level = error_ruler(found)
    diagnosis = found.diagnosis
    change = gain_ruler(found.metric, [diagnosis.gap.mean, *(one.gain.mean for one in found.advice)])

    def pair(interval: Interval, ruler: Any, *, signed: bool = False) -> tuple[str, str]:
        return ruler.bare(interval.mean, signed=signed), ruler.bounds(interval, signed=signed)

    rows = [
        ("Plain network, training rows", pair(diagnosis.train_error, level)),
        (f"Plain network, {diagnosis.held_out} rows", pair(diagnosis.held_out_error, level)),
        *(
            (f"{name[0].upper()}{name[1:]}, {diagnosis.held_out} rows", pair(one, level))
            for name, one in sorted(diagnosis.references.items(), key=lambda item: item[1].mean)
        ),
        (f"Gap: {diagnosis.held_out} above training", pair(diagnosis.gap, change, signed=True)),
        (f"Excess: training above {diagnosis.reachable}", pair(diagnosis.excess, change, signed=True)),
    ]
    return {
        "findings": found,
        "rows": rows,
        "advice": [(one, pair(one.gain, change, signed=True)) for one in found.advice],
        "metric": SCORES[found.metric].words,
        "score": SCORES[found.metric],
        "unit": level.unit,
        "span": change.span,
    }
