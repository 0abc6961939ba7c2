"""The pictures that only experiments have: cost curves, positions on a pitch, and where to kick.

The map answers the tutorial's question with all members at once: the color is the mean probability that the
own team wins the ball, and hatching covers the places where the members do not agree. One network's decision
region looks as sure as that network happens to be; this one looks as sure as thirty of them are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Arc, Circle, Rectangle

from bridle.experiments.results import Result
from bridle.faces.palette import INK, MARKERS, PAPER, RULE, SOFT, class_tone, tones
from bridle.faces.pictures import Picture, middle_and_band, set_scale
from bridle.faces.reproduce_findings import GRID, plane
from bridle.faces.wording import number

_MOST_POINTS = 240
_AGREE = 0.95
_WIDE = (7.4, 2.9)
_PITCH = (3.45, 3.9)


def costs(result: Result, *, narrow: bool = False) -> Picture:
    """Return the cost (data loss and penalty) over the epochs, a line a variant: medians over seeds."""
    colors = tones(result.variants)
    lines = {}
    for name in result.variants:
        home = result.home(name)
        total = result.curve(name, "train_loss").astype(float)
        if "penalty" in home.outcome.curves:
            total = total + result.curve(name, "penalty")
        lines[name] = _thinned(middle_and_band(total)[0])

    def draw(axes: Axes) -> None:
        values = np.concatenate([y[np.isfinite(y)] for _, y in lines.values()])
        set_scale(axes, "y", values, 8.0)
        axes.grid(axis="y")
        for name, (x, y) in lines.items():
            axes.plot(x, y, color=colors[name].light, linewidth=1.5, label=name.replace("_", " "))
        set_scale(axes, "x", (), np.inf, 5)
        axes.set_xlabel("epoch")
        axes.set_ylabel("cost")
        axes.legend(frameon=False, fontsize=8, ncols=1 if narrow else 2)

    last = ", ".join(f"{name} {number(float(y[-1]))}" for name, (_, y) in lines.items())
    words = f"Cost over the epochs, the data loss with the penalty. At the last epoch: {last}."
    return Picture("", words, draw, (3.6, 2.9) if narrow else _WIDE)


def learning(result: Result) -> list[Picture]:
    """Return loss and accuracy over the epochs, in training and on the test rows: medians over seeds.

    Empty where the test rows were not watched in training.
    """
    homes = [result.home(name) for name in result.variants]
    if any("validation_accuracy" not in one.outcome.curves for one in homes):
        return []
    return [_learning(result, "loss"), _learning(result, "accuracy")]


def _learning(result: Result, score: str) -> Picture:
    colors, lines, ends = tones(result.variants), [], []
    for name in result.variants:
        for part, style in (("train", ":"), ("validation", "-")):
            values = middle_and_band(result.curve(name, f"{part}_{score}").astype(float))[0]
            lines.append((name, style, *_thinned(values)))
        ends.append(f"{name} {number(float(values[-1]))}")

    def draw(axes: Axes) -> None:
        axes.grid(axis="y")
        for name, style, x, y in lines:
            label = name.replace("_", " ") if style == "-" else None
            axes.plot(x, y, style, color=colors[name].light, linewidth=1.5, label=label)
        if score == "loss":
            set_scale(axes, "y", np.concatenate([y[np.isfinite(y)] for *_, y in lines]), 8.0)
        axes.set_xlabel("epoch (dotted: training)")
        axes.set_ylabel(score)
        axes.legend(frameon=False, fontsize=8)

    words = f"{score.capitalize()} over the epochs. On test rows at the last epoch: {', '.join(ends)}."
    return Picture(f"{score}, test and training", words, draw, (3.6, 2.9))


def _thinned(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kept = np.unique(np.linspace(0, len(values) - 1, _MOST_POINTS).round().astype(int))
    return kept, values[kept]


def pitch(result: Result) -> Picture:
    """Return the training positions on a pitch."""
    population = result.trained[0].population
    rows = population.rows_of(0)
    X, y = population.X[rows], population.y[rows]
    across, up, _ = plane(result)

    def draw(axes: Axes) -> None:
        draw_pitch(axes, (across[0], across[-1]), (up[0], up[-1]))
        _dots(axes, X, y)

    words = f"{np.sum(y == 1)} positions where the own team won the ball and {np.sum(y == 0)} where not."
    return Picture("positions", words, draw, _PITCH)


def kick_map(result: Result, variant: str) -> tuple[Picture, list[str]]:
    """Return where to kick, with uncertainty over a variant's members, and what it says in words."""
    across, up, points = plane(result)
    chances = result.predictions(variant, points)[:, :, 0].astype(float)
    mean = chances.mean(axis=0).reshape(GRID, GRID)
    own = np.mean(chances > 0.5, axis=0).reshape(GRID, GRID)
    sure = np.maximum(own, 1 - own) >= _AGREE

    def draw(axes: Axes) -> None:
        image = np.zeros((GRID, GRID, 4))
        image[..., :3] = np.where(
            (mean > 0.5)[..., None], to_rgb(class_tone(1).light), to_rgb(class_tone(0).light)
        )
        image[..., 3] = 0.55 * np.round(12 * np.abs(2 * mean - 1)) / 12
        extent = (across[0], across[-1], up[0], up[-1])
        axes.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="none")
        if not sure.all():
            axes.contourf(
                across, up, (~sure).astype(float), levels=[0.5, 1.5], colors="none", hatches=["////"]
            )
        if mean.min() < 0.5 < mean.max():
            axes.contour(across, up, mean, levels=[0.5], colors=[INK.light], linewidths=1.2)
        draw_pitch(axes, (across[0], across[-1]), (up[0], up[-1]))

    kick, avoid = (float(np.mean(sure & side)) for side in (mean > 0.5, mean <= 0.5))
    words = [
        f"At least {100 * _AGREE:.0f} % of the {len(chances)} networks ({variant}) agree that the own team "
        f"wins the ball on {100 * kick:.0f} % of the pitch, and the other team on {100 * avoid:.0f} %.",
        f"On the hatched {100 * np.mean(~sure):.0f} % they do not agree: there the answer depends on the "
        "first weights, the noise of training, and which positions were seen.",
    ]
    return Picture("where to kick", " ".join(words), draw, _PITCH), words


def draw_pitch(axes: Axes, across: Sequence[float], up: Sequence[float]) -> None:
    """Draw the lines of a pitch that fills a rectangle, goals at the bottom and the top; for orientation."""
    (left, right), (bottom, top) = across, up
    width, height = right - left, top - bottom
    middle = (left + right) / 2, (bottom + top) / 2
    style: dict[str, Any] = {"edgecolor": SOFT.light, "facecolor": "none", "linewidth": 0.9}
    axes.add_patch(Rectangle((left, bottom), width, height, **style))
    axes.plot([left, right], [middle[1]] * 2, color=SOFT.light, linewidth=0.9)
    axes.add_patch(Arc(middle, 0.27 * width, 0.17 * height, edgecolor=SOFT.light, linewidth=0.9))
    axes.add_patch(Circle(middle, 0.006 * width, color=SOFT.light))
    for share_across, share_up in ((0.59, 0.157), (0.27, 0.052)):
        for edge in (bottom, top - share_up * height):
            corner = (middle[0] - share_across * width / 2, edge)
            axes.add_patch(Rectangle(corner, share_across * width, share_up * height, **style))
    axes.set_xlim(left - 0.02 * width, right + 0.02 * width)
    axes.set_ylim(bottom - 0.02 * height, top + 0.02 * height)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _dots(axes: Axes, X: np.ndarray, y: np.ndarray) -> None:
    for index in (0, 1):
        axes.plot(
            *X[y == index].T,
            MARKERS[index],
            color=class_tone(index).light,
            markersize=4.2,
            markeredgecolor=PAPER.light,
            markeredgewidth=0.6,
            linestyle="none",
            gid=f"points-{index}",
        )


def zeros_beside(mine: np.ndarray, theirs: np.ndarray, labels: Sequence[str]) -> Picture:
    """Return two solutions' weights, one a column of dots, exact zeros marked on the line.

    Parameters
    ----------
    mine, theirs
        Weights, (D,) each.
    labels
        What the two are called.
    """
    order = np.argsort(-np.abs(theirs), kind="stable")

    def draw(axes: Axes) -> None:
        axes.axhline(0, color=RULE.light, linewidth=1)
        for values, label, mark, tone, size in (
            (theirs, labels[1], "s", SOFT, 7.5),
            (mine, labels[0], "o", class_tone(1), 4.0),
        ):
            y = values[order]
            axes.plot(np.arange(len(y)), y, mark, color=tone.light, markersize=size, label=label, alpha=0.75)
        axes.set_xlabel("weights, the largest first")
        axes.set_xticks([])
        axes.legend(frameon=False, fontsize=8)

    words = (
        f"{np.sum(mine == 0)} of {len(mine)} weights are exactly zero by {labels[0]}, {np.sum(theirs == 0)} "
        f"by {labels[1]}; the largest difference is {number(float(np.abs(mine - theirs).max()))}."
    )
    return Picture("weights beside", words, draw, _WIDE)
