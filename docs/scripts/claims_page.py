"""The page docs/claims.md: what is said about regularizers, put to one population."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from keeping import keep, write
from matplotlib.axes import Axes

from bridle.experiments import Request, claims
from bridle.experiments import stopping as stopping_on_football
from bridle.experiments.runs import run_part
from bridle.faces.palette import SOFT, tones
from bridle.faces.pictures import Picture, on_sheet


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
    write("claims.md", text)


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
