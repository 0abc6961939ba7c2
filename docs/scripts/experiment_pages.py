"""The pages of docs/experiments: what a run of an experiment found, beside what was published."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from keeping import keep, write
from matplotlib.figure import Figure

from bridle.experiments import CATALOG, PARTS, Request, Result, find, reproduce
from bridle.experiments.experiment import Experiment
from bridle.experiments.logistic import solution
from bridle.experiments.published import log_lines, obtained
from bridle.faces import boundaries, forest, plots, reproduce_pictures
from bridle.faces.pictures import alone, on_sheet
from bridle.faces.reproduce_findings import findings_of
from bridle.faces.reproduce_report import TITLES, notes_of, pair
from bridle.faces.wording import NOTHING, p_value
from bridle.study.findings import Findings
from bridle.study.statistics import Interval


def spanned(interval: Interval) -> str:
    """Return a share in percent with its bounds, if it has any."""
    mean, bounds = pair(interval)
    return f"{mean} ({bounds})" if bounds else mean


def table(result: Result) -> list[str]:
    """Return a part's scores as a Markdown table."""
    compared = result.compared() if result.seeds > 1 else {}
    lines = [
        "| variant | test accuracy, % | difference, points | p | training accuracy, % | test loss | norm |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in result.variants:
        test, train = (spanned(result.interval(name, score)) for score in ("test_accuracy", "train_accuracy"))
        difference, p = "", ""
        if name in compared:
            base, one, adjusted = compared[name]
            mean, bounds = pair(one, signed=True)
            difference, p = f"{mean} ({bounds}) to {base}", p_value(adjusted)
        loss, norm = (result.interval(name, score).mean for score in ("test_loss", "weight_norm"))
        lines.append(f"| {name} | {test} | {difference} | {p} | {train} | {loss:.3f} | {norm:.2f} |")
    return lines


def contact_sheet(strips: Sequence[tuple[str, np.ndarray]]) -> Figure:
    """Return rows of images, each with its words above it."""
    figure = Figure(figsize=(7.4, 0.95 * len(strips)), layout="constrained")
    for position, (words, images) in enumerate(strips, start=1):
        axes = figure.add_subplot(len(strips), 1, position)
        axes.imshow(np.concatenate(list(images[..., 0]), axis=1), cmap="gray", interpolation="nearest")
        axes.set_title(words, fontsize=8, loc="left")
        axes.set_axis_off()
    return figure


def published(result: Result) -> list[str]:
    """Return a part's published figures beside those obtained, as a Markdown table, and why they differ."""
    lines = ["| variant | quantity | published | obtained |", "| --- | --- | --- | --- |"]
    for figure in result.part.published:
        value = obtained(result, figure)
        shown = f"{value:.{figure.decimals}f}" if math.isfinite(value) else NOTHING
        lines.append(
            f"| {figure.variant} | {figure.quantity} | {figure.value:.{figure.decimals}f} | {shown} |"
        )
    why = next((figure.why for figure in result.part.published if figure.why), "")
    met = f"The digits cannot be met: {why}." if why else "Every figure is met to its last digit."
    return [*lines, "", met, ""]


def pictures(result: Result, findings: Findings) -> list[tuple[str, Figure]]:
    """Return what a part shows, each picture with its kind."""
    shown = [("cost", alone(reproduce_pictures.costs(result)))]
    if findings.boundaries:
        regions = boundaries.boundaries(findings, labeled=False)
        shown.append(("regions", on_sheet(regions, "Decision regions", columns=4)))
    shown.append(("weights", on_sheet(plots.weights(findings, labeled=False), "Weights", columns=4)))
    curves = reproduce_pictures.learning(result)
    if curves:
        shown.insert(1, ("learning", on_sheet(curves, "Loss and accuracy over the epochs")))
    if result.seeds > 1:
        shown.insert(0, ("differences", alone(forest.forest(findings))))
    return shown


def section(experiment: Experiment, part: str, result: Result) -> list[str]:
    """Return one part of an experiment's page."""
    about = f"{result.part.about} Tested on {result.part.test_words}."
    text = ["", f"## {TITLES[part]}", "", about, ""]
    if result.part.published:
        text += published(result)
    text += table(result)
    for kind, figure in pictures(result, findings_of(experiment, result)):
        text += ["", f"![{TITLES[part]}: {kind}](../{keep(figure, f'{experiment.name}-{part}-{kind}')})"]
    if result.seeds == 1:
        text += ["", "```text", *log_lines(result, result.variants[-1]), "```"]
    return text


def where_to_kick(results: Mapping[str, Result], name: str) -> list[str]:
    """Return the section of the pitch and of where to kick."""
    picture, words = reproduce_pictures.kick_map(results["measured"], "l2, new split")
    sheet = on_sheet([reproduce_pictures.pitch(results["published"]), picture], "On the pitch")
    shown = f"![Where to kick](../{keep(sheet, f'{name}-map')})"
    return ["", "## Where to kick", "", " ".join(words), "", shown]


def zeros(results: Mapping[str, Result], name: str) -> list[str]:
    """Return L1's weights beside scikit-learn's, by the subgradient and by the proximal operator."""
    text = []
    for part, label in (("published", "the subgradient"), ("corrected", "the proximal operator")):
        one = results[part].trained[0].population
        mine = results[part].weights("l1")[0][0][0]
        beside = reproduce_pictures.zeros_beside(mine, solution(one.X, one.y), (label, "scikit-learn"))
        text += ["", f"![{beside.alt}](../{keep(alone(beside), f'{name}-{part}-beside')})"]
    return text


def experiment_page(name: str, request: Request) -> None:
    """Run one experiment and write its page."""
    experiment, line = find(name), CATALOG[name]
    results = reproduce(name, PARTS, request)
    headline, *sentences = experiment.answer(results)
    seconds = sum(result.seconds for result in results.values())
    text = [
        f"# {name}: {experiment.title}",
        "",
        f"**{line.question}**",
        "",
        headline,
        "",
        *(f"* {sentence}" for sentence in sentences),
        "",
        f"This page was written by `docs/scripts/pages.py` from a run of `bridle reproduce {name}` "
        f"({request.seeds} seeds, {seconds:.0f} s of training).",
        *(f"\n> {note}" for note in notes_of(experiment, results, request)),
    ]
    strips = experiment.strips()
    if strips:
        text += ["", f"![The images](../{keep(contact_sheet(strips), f'{name}-images')})"]
    for part, result in results.items():
        text += section(experiment, part, result)
    if experiment.pitch:
        text += where_to_kick(results, name)
    if name == "logistic":
        text += zeros(results, name)
    write(f"experiments/{name}.md", text)
