"""The report of an experiment: the answer in words, and each part with its figures and pictures.

It is made by the same machinery as the report of a comparison (the same pictures, style sheet and policy: one
page that needs nothing but itself). The strengths' slider has no script either: every decision region is
drawn beforehand, and a row of buttons shows one of them.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

import bridle
from bridle.experiments.experiment import Experiment
from bridle.experiments.logistic import solution
from bridle.experiments.parts import Part, Request
from bridle.experiments.published import log_lines, obtained
from bridle.experiments.results import SCORES, Result
from bridle.faces import boundaries, files, forest, plots, reproduce_pictures
from bridle.faces.album import photo_of
from bridle.faces.palette import ALL, tones
from bridle.faces.pictures import Picture
from bridle.faces.progress import duration
from bridle.faces.report import environment
from bridle.faces.reproduce_findings import findings_of
from bridle.faces.vector import Vectors
from bridle.faces.wording import is_sure, p_value, share
from bridle.study.statistics import Interval

TITLES = {
    "published": "As published",
    "corrected": "Corrected",
    "measured": "Measured",
}
_MINUS = "\N{MINUS SIGN}"
_MAPPED = "l2, new split"
"""Of the variants of football: its networks differ in the positions they saw, too."""
_MOST_PANELS = 6


def save(
    experiment: Experiment,
    results: Mapping[str, Result],
    request: Request,
    folder: Path,
    sweep: Result | None = None,
) -> Path:
    """Write report.html and results.json, and return the report's path.

    Raises
    ------
    OutputError
        If the folder cannot be written; then nothing has changed.
    """
    data = json.dumps(as_json(experiment, results, request), allow_nan=False, indent=1) + "\n"
    page = render(experiment, results, request, sweep)
    files.write(folder, {files.RESULTS: data.encode("ascii"), files.REPORT: page.encode()})
    return folder / files.REPORT


def render(
    experiment: Experiment,
    results: Mapping[str, Result],
    request: Request,
    sweep: Result | None = None,
) -> str:
    """Return the report as HTML."""
    vectors = Vectors()
    headline, *sentences = experiment.answer(results)
    return (
        environment()
        .get_template("reproduce.html")
        .render(
            css=Markup(environment().get_template("report.css").render(colors=ALL)),
            experiment=experiment,
            headline=headline,
            sentences=sentences,
            notes=notes_of(experiment, results, request),
            sections=[_section(experiment, result, vectors) for result in results.values()],
            slides=_slides(experiment, sweep, vectors),
            pitch=_pitch(results, vectors) if experiment.pitch else None,
            strips=[photo_of(images, words) for words, images in experiment.strips()],
            beside=_beside(results, vectors),
            tones=tones(_names(results)),
            seconds=duration(sum(result.seconds for result in results.values())),
            version=bridle.__version__,
            today=datetime.date.today().isoformat(),
        )
    )


def notes_of(experiment: Experiment, results: Mapping[str, Result], request: Request) -> list[str]:
    """Return what every output repeats: stand-ins for data, and trainings cut short."""
    notes = experiment.notes(request)
    if request.epochs is not None:
        notes = [
            *notes,
            f"Trained for at most {request.epochs:,} epochs, fewer than the tutorial: a quick look.",
        ]
    lost = sum(int((result.scores(name, "train_accuracy") != result.scores(name, "train_accuracy")).sum())
               for result in results.values() for name in result.variants)  # fmt: skip
    if lost:
        notes = [*notes, f"{lost} networks diverged; they are left out of every mean."]
    return notes


def as_json(experiment: Experiment, results: Mapping[str, Result], request: Request) -> dict[str, Any]:
    """Return every number of the report, ready for JSON; numbers that are not finite become None."""
    return {
        "experiment": experiment.name,
        "answer": experiment.answer(results),
        "notes": notes_of(experiment, results, request),
        "version": bridle.__version__,
        "parts": {name: _part_json(result) for name, result in results.items()},
    }


def _part_json(result: Result) -> dict[str, Any]:
    return {
        "about": result.part.about,
        "tested_on": result.part.test_words,
        "varied": result.part.varied,
        "seconds": round(result.seconds, 1),
        "variants": {
            name: {score: [_finite(value) for value in result.scores(name, score)] for score in SCORES}
            for name in result.variants
        },
        "differences": {
            name: {"to": base, "p": p, **{k: _finite(getattr(one, k)) for k in ("mean", "low", "high")}}
            for name, (base, one, p) in (result.compared() if result.seeds > 1 else {}).items()
        },
        "published": [
            {
                "variant": figure.variant,
                "quantity": figure.quantity,
                "published": figure.value,
                "obtained": _finite(obtained(result, figure)),
            }
            for figure in result.part.published
        ],
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _names(results: Mapping[str, Result]) -> list[str]:
    return list(dict.fromkeys(name for result in results.values() for name in result.variants))


def _section(experiment: Experiment, result: Result, vectors: Vectors) -> dict[str, Any]:
    findings, part = findings_of(experiment, result), result.part
    title = TITLES[part.name]

    def panels(pictures: Sequence[Picture], subject: str) -> list[tuple[str, Markup]]:
        return [
            (one.name, Markup(vectors.svg(one, f"{title}: {subject}, {one.name}")))
            for one in pictures[:_MOST_PANELS]
        ]

    def both(drawn: Any, about: Any, subject: str) -> list[Markup]:
        forms = ((drawn(about), "wide"), (drawn(about, narrow=True), "narrow"))
        return [Markup(vectors.svg(picture, f"{title}: {subject}", style)) for picture, style in forms]

    differs = any(entry.difference for entry in findings.entries)
    return {
        "id": part.name,
        "title": title,
        "part": part,
        "rows": _rows(findings, result),
        "differs": differs,
        "seeds": result.seeds,
        "figures": [_figure(result, figure) for figure in part.published],
        "logs": [] if result.seeds > 1 else [(name, log_lines(result, name)) for name in result.variants],
        "forest": both(forest.forest, findings, "test differences") if differs else [],
        "costs": both(reproduce_pictures.costs, result, "cost over epochs"),
        "learning": panels(reproduce_pictures.learning(result), "learning"),
        "regions": panels(boundaries.boundaries(findings, labeled=False), "decision region"),
        "weights": panels(plots.weights(findings, labeled=False), "histogram of the weights"),
        "seconds": duration(result.seconds),
    }


def _rows(findings: Any, result: Result) -> list[dict[str, Any]]:
    return [
        {
            "name": entry.name,
            "train": pair(entry.train),
            "test": pair(entry.test),
            "difference": pair(entry.difference, signed=True) if entry.difference else None,
            "to": result.part.baseline_of(entry.name),
            "p": p_value(entry.adjusted_p),
            "sure": is_sure(entry),
            "loss": f"{result.interval(entry.name, 'test_loss').mean:.3f}",
            "zeros": share(entry.zero_share),
            "norm": f"{result.interval(entry.name, 'weight_norm').mean:.2f}",
        }
        for entry in findings.entries
    ]


def pair(interval: Interval, *, signed: bool = False) -> tuple[str, str]:
    """Return a share or a difference of shares in percent, and its bounds, empty where there are none."""
    sign = "+" if signed else ""

    def text(value: float) -> str:
        shown = f"{100 * value:{sign}.1f}"
        return ("0.0" if float(shown) == 0 else shown).replace("-", _MINUS)

    if not math.isfinite(interval.mean):
        return "\N{EN DASH}", ""
    bounds = f"{text(interval.low)} to {text(interval.high)}" if math.isfinite(interval.low) else ""
    return text(interval.mean), bounds


def _figure(result: Result, figure: Any) -> dict[str, Any]:
    value = obtained(result, figure)
    met = math.isfinite(value) and round(value, figure.decimals) == round(figure.value, figure.decimals)
    return {
        "variant": figure.variant,
        "quantity": figure.quantity,
        "published": f"{figure.value:.{figure.decimals}f}",
        "obtained": f"{value:.{figure.decimals}f}" if math.isfinite(value) else "\N{EN DASH}",
        "verdict": "met" if met and figure.meets else figure.why or "not met",
    }


def _slides(experiment: Experiment, sweep: Result | None, vectors: Vectors) -> list[tuple[str, str, Markup]]:
    """Return one decision region a strength, with its test accuracy beside it."""
    if sweep is None:
        return []
    pictures = boundaries.boundaries(findings_of(experiment, sweep), labeled=False)
    return [
        (
            one.name,
            f"{100 * sweep.scores(one.name, 'test_accuracy')[0]:.1f} %",
            Markup(vectors.svg(one, f"Decision region, {one.name}")),
        )
        for one in pictures
    ]


def _pitch(results: Mapping[str, Result], vectors: Vectors) -> dict[str, Any]:
    """Return the positions on the pitch, and where to kick if the seeds were run."""
    first = results.get("measured") or next(iter(results.values()))
    pictures = [reproduce_pictures.pitch(next(iter(results.values())))]
    words: list[str] = []
    if first.seeds > 1:
        picture, words = reproduce_pictures.kick_map(first, _MAPPED)
        pictures.append(picture)
    return {"panels": [(one.name, Markup(vectors.svg(one, one.name))) for one in pictures], "words": words}


def _beside(results: Mapping[str, Result], vectors: Vectors) -> list[Markup]:
    """Return the weights beside scikit-learn's, by subgradient and by prox, where there is one layer."""
    found = []
    for name, label in (("published", "the subgradient"), ("corrected", "the proximal operator")):
        result = results.get(name)
        if result is None or not _is_linear(result.part):
            continue
        population = result.trained[0].population
        theirs = solution(population.X, population.y)
        picture = reproduce_pictures.zeros_beside(
            result.weights("l1")[0][0][0], theirs, (label, "scikit-learn")
        )
        found.append(Markup(vectors.svg(picture, f"Weights by {label} beside scikit-learn's")))
    return found


def _is_linear(part: Part) -> bool:
    return len(part.populations[0].plan.layers) == 1
