"""Write the pages of docs/experiments, docs/claims.md and the figures, from runs of the experiments.

    python docs/scripts/pages.py experiments --data data.mat     # all six, 30 seeds: five minutes or so
    python docs/scripts/pages.py claims                          # two or three minutes
    python docs/scripts/pages.py faults

A page's numbers come from the run that wrote it, so they cannot drift from the code. ``--seeds`` and
``--epochs`` make a quick look of it; such a page says so.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bridle.experiments import CATALOG, PARTS, Request, Result, claims, faults, find, reproduce
from bridle.experiments import stopping as stopping_on_football
from bridle.experiments.logistic import solution
from bridle.experiments.published import log_lines, obtained
from bridle.experiments.runs import run_part
from bridle.faces import boundaries, forest, plots, reproduce_pictures
from bridle.faces.palette import SOFT, tones
from bridle.faces.pictures import Picture, alone, on_sheet
from bridle.faces.reproduce_findings import findings_of
from bridle.faces.reproduce_report import TITLES, notes_of, pair
from bridle.faces.wording import NOTHING, p_value
from bridle.study.statistics import Interval

DOCS = Path(__file__).resolve().parents[1]
PICTURES = DOCS / "pictures"
_DPI = 110


def keep(figure, name: str) -> str:
    """Save a figure and return the Markdown that shows it from docs/experiments."""
    PICTURES.mkdir(exist_ok=True)
    figure.savefig(PICTURES / f"{name}.png", dpi=_DPI, metadata={"Software": None})
    return f"pictures/{name}.png"


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
        findings = findings_of(experiment, result)
        text += ["", f"## {TITLES[part]}", "", f"{result.part.about} Tested on {result.part.test_words}.", ""]
        if result.part.published:
            text += ["| variant | quantity | published | obtained |", "| --- | --- | --- | --- |"]
            for figure in result.part.published:
                value = obtained(result, figure)
                shown = f"{value:.{figure.decimals}f}" if math.isfinite(value) else NOTHING
                text.append(
                    f"| {figure.variant} | {figure.quantity} | {figure.value:.{figure.decimals}f} | {shown} |"
                )
            why = next((figure.why for figure in result.part.published if figure.why), "")
            text += [
                "",
                f"The digits cannot be met: {why}." if why else "Every figure is met to its last digit.",
                "",
            ]
        text += table(result)
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
        for kind, figure in shown:
            text += ["", f"![{TITLES[part]}: {kind}](../{keep(figure, f'{name}-{part}-{kind}')})"]
        if result.seeds == 1:
            text += ["", "```text", *log_lines(result, result.variants[-1]), "```"]
    if experiment.pitch:
        picture, words = reproduce_pictures.kick_map(results["measured"], "l2, new split")
        sheet = on_sheet([reproduce_pictures.pitch(results["published"]), picture], "On the pitch")
        text += [
            "",
            "## Where to kick",
            "",
            " ".join(words),
            "",
            f"![Where to kick](../{keep(sheet, f'{name}-map')})",
        ]
    if name == "logistic":
        for part, label in (("published", "the subgradient"), ("corrected", "the proximal operator")):
            one = results[part].trained[0].population
            mine = results[part].weights("l1")[0][0][0]
            beside = reproduce_pictures.zeros_beside(mine, solution(one.X, one.y), (label, "scikit-learn"))
            text += ["", f"![{beside.alt}](../{keep(alone(beside), f'{name}-{part}-beside')})"]
    (DOCS / "experiments").mkdir(exist_ok=True)
    (DOCS / "experiments" / f"{name}.md").write_text("\n".join(text) + "\n", encoding="utf-8")


def against_strength(
    readings: claims.Readings, measures: Sequence[tuple[str, str]], kind: str
) -> list[Picture]:
    """Return a measure against the strength of one regularizer, with intervals, a picture a measure."""
    grid = {"l2": claims.L2_GRID, "l1": claims.L1_GRID, "dropout": claims.RATES}[kind]
    tone = tones([kind])[kind]
    pictures = []
    for measure, label in measures:
        found = [readings.interval(f"{kind} {strength:g}", measure) for strength in grid]
        plain = readings.interval("plain", measure)

        def draw(axes: Axes, found=found, plain=plain, label=label) -> None:
            means = np.array([one.mean for one in found])
            below, above = means - [one.low for one in found], np.array([one.high for one in found]) - means
            axes.axhspan(plain.low, plain.high, color=SOFT.light, alpha=0.2, linewidth=0)
            axes.axhline(plain.mean, color=SOFT.light, linewidth=1)
            axes.errorbar(
                grid, means, yerr=[below, above], fmt="o-", color=tone.light, markersize=4, capsize=2
            )
            if kind != "dropout":
                axes.set_xscale("log")
            axes.set_xlabel(kind)
            axes.set_ylabel(label)
            axes.grid(axis="y")

        pictures.append(Picture(label, label, draw, (3.2, 2.4)))
    return pictures


def claims_page(request: Request) -> None:
    """Run the claims' population and write docs/claims.md."""
    readings = claims.Readings(run_part(claims.make(request)))
    found = [
        *claims.judge(readings),
        stopping_on_football.claim(run_part(stopping_on_football.make(request))),
    ]
    shown = {
        "claims-l2": on_sheet(
            against_strength(
                readings,
                [
                    ("units", "units that matter, of 20"),
                    ("weight_norm", "weight norm"),
                    ("reach", "reach of pre-activations"),
                    ("linear", "share that a plane explains"),
                    ("test_accuracy", "test accuracy"),
                ],
                "l2",
            ),
            "L2: smaller, straighter, and at some strength better (gray: plain)",
        ),
        "claims-l1": on_sheet(
            against_strength(
                readings,
                [
                    ("magnitude", "sum of magnitudes"),
                    ("sum", "sum of weights"),
                    ("zero_share", "share of exact zeros"),
                    ("gradient", "largest gradient of a row"),
                    ("test_accuracy", "test accuracy"),
                ],
                "l1",
            ),
            "L1 (gray: plain)",
        ),
        "claims-dropout": on_sheet(
            against_strength(
                readings, [("weight_norm", "weight norm"), ("test_accuracy", "test accuracy")], "dropout"
            ),
            "Dropout (gray: plain)",
        ),
        "claims-stopping": on_sheet(stopping(readings), "Early stopping on moons-mlp3, medians over seeds"),
    }
    word = {True: "holds", False: "does not hold", None: "is open"}
    text = [
        "# Claims and questions, tested",
        "",
        f"One population on the network of `moons-mlp3`, {readings.result.seeds} seeds, written by "
        "`docs/scripts/pages.py`. Numbers are means with 95 % intervals over seeds; differences are paired.",
        "",
    ]
    for one in found:
        text += [f"## {one.claim}", "", f"**In this setting it {word[one.holds]}.** {one.found}", ""]
    text += [f"![{name}]({keep(figure, name)})\n" for name, figure in shown.items()]
    text += [
        "## What was not put to a population",
        "",
        "* *L1 pulls small weights harder than L2.* In the form $\\lambda|w|$ against $\\lambda w^2$ the "
        "forces are $\\lambda$ and $2\\lambda|w|$: harder below $|w| = 1/2$, weaker above.",
        "* *A layer with few units should keep everything.* See `moons-mlp3`: dropout on the 20 units "
        "alone, paired with dropout on both layers.",
        "* *L2 and dropout must not be combined.* See `moons-mlp3`: both together, paired with L2 alone.",
        "* *70/30.* A split without validation rows leaves nothing to choose by: "
        "`bridle compare DATA --split 70/30 --fix l2=0.01,dropout=0.3` trains and compares fixed strengths "
        "and recommends no network.",
    ]
    (DOCS / "claims.md").write_text("\n".join(text) + "\n", encoding="utf-8")


def stopping(readings: claims.Readings) -> list[Picture]:
    """Return training and validation loss and the weight norm over epochs, the stop marked."""
    result = readings.result
    home = result.home("plain")
    stops = home.outcome.best_epoch[home.members_of(claims.STOPPED)]
    at = float(np.median(stops))

    def line(axes: Axes, name: str, color: str) -> None:
        values = np.median(result.curve("plain", name), axis=0)
        known = np.flatnonzero(np.isfinite(values))
        known = known[:: max(1, len(known) // 300)]
        axes.plot(known + 1, values[known], color=color, label=name.replace("_", " "))

    def losses(axes: Axes) -> None:
        line(axes, "train_loss", SOFT.light)
        line(axes, "validation_loss", tones(["l2"])["l2"].light)
        finish(axes)

    def norms(axes: Axes) -> None:
        line(axes, "weight_norm", tones(["l1"])["l1"].light)
        finish(axes)

    def finish(axes: Axes) -> None:
        axes.axvline(at, color=SOFT.light, linestyle=":", linewidth=1.2)
        axes.set_xscale("log")
        axes.set_xlabel(f"epoch (dotted: kept weights, median {at:,.0f})")
        axes.legend(frameon=False, fontsize=8)

    return [Picture("loss", "loss", losses, (3.6, 2.6)), Picture("weight norm", "norm", norms, (3.6, 2.6))]


def faults_text(request: Request) -> None:
    """Print the measured sentences of docs/what-the-tutorials-get-wrong.md."""
    results = {
        "batch": run_part(faults.batch_penalty(request)),
        "stopping": run_part(faults.stopping_on_the_test_set(request)),
    }
    for name, sentence in faults.sentences(results).items():
        print(f"{name}: {sentence}")


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["experiments", "claims", "faults", *CATALOG])
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--data")
    given = parser.parse_args()
    request = Request(seeds=given.seeds, epochs=given.epochs, data=given.data)
    if given.what == "claims":
        claims_page(request)
    elif given.what == "faults":
        faults_text(request)
    else:
        for name in CATALOG if given.what == "experiments" else [given.what]:
            experiment_page(name, request)


if __name__ == "__main__":
    main()
