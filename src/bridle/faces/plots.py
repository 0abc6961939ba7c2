"""The pictures of training: losses over epochs, and the weights' histograms.

Each function returns one picture a regularizer, all with the same limits, so that they can be compared
across. Lines are medians over the runs and bands hold the middle 80 % of them, because a mean follows the
one run that blew up.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes

from bridle.faces.palette import INK, PAPER, SOFT, Tone, tones
from bridle.faces.pictures import Picture, middle_and_band, set_scale
from bridle.faces.wording import number, share
from bridle.study.curves import LossCurves
from bridle.study.findings import Findings

Draw: TypeAlias = Callable[[Axes], None]
Band: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]

PANEL = (3.45, 2.25)
LOG_FROM = 8.0
_BINS = 45
_MOST_EPOCHS = 160


def losses(findings: Findings) -> list[Picture]:
    """Return training and validation loss over the epochs, a picture a regularizer."""
    return loss_pictures(findings.loss_curves)


def loss_pictures(loss_curves: Sequence[LossCurves]) -> list[Picture]:
    """Return training and validation loss over the epochs, a picture a curve, all with the same limits."""
    colors = tones(curve.name for curve in loss_curves)
    curves = [thinned(curve) for curve in loss_curves]
    trains = [middle_and_band(curve.train)[0] for curve in curves]
    validations = [middle_and_band(curve.validation) for curve in curves]
    limits = limits_of([*trains, *(line for band in validations for line in band)])
    last = max((float(curve.epochs[-1]) for curve in curves), default=1.0)
    pictures = []
    for position, (curve, train, validation) in enumerate(zip(curves, trains, validations, strict=True)):
        frame = _Frame(colors[curve.name], limits, last, labeled=position == 0)
        draw = (_stopped if _stops_early(curve) else _trained)(curve, train, validation, frame)
        pictures.append(Picture(curve.name, _losses_words(curve, train, validation[0]), draw, PANEL))
    return pictures


@dataclass(frozen=True)
class _Frame:
    """What the pictures of one kind have in common, and the color of one."""

    tone: Tone
    limits: tuple[float, float]
    last: float
    labeled: bool

    def prepare(self, axes: Axes) -> None:
        set_scale(axes, "y", self.limits, LOG_FROM)
        axes.set_ylim(*self.limits)
        axes.set_xlim(0, self.last * 1.02)
        axes.grid(axis="y")
        set_scale(axes, "x", (), np.inf, 5)
        axes.set_xlabel("epoch")


def _trained(curve: LossCurves, train: np.ndarray, validation: Band, frame: _Frame) -> Draw:
    """Draw medians and the validation's band."""

    def draw(axes: Axes) -> None:
        middle, low, high = validation
        color = frame.tone.light
        frame.prepare(axes)
        axes.fill_between(curve.epochs, low, high, color=color, alpha=0.18, linewidth=0)
        axes.plot(curve.epochs, train, color=SOFT.light, linewidth=1.1)
        axes.plot(curve.epochs, middle, color=color)
        if frame.labeled:
            _label_line(axes, curve.epochs, middle, "validation", color)
            _label_line(axes, curve.epochs, train, "training", SOFT.light)

    return draw


def _stopped(curve: LossCurves, train: np.ndarray, validation: Band, frame: _Frame) -> Draw:
    """Draw each run's validation loss until it ends, with a dot at the epoch whose weights are kept.

    Seeds end at different epochs, so that a median over those that are left would jump.
    """

    def draw(axes: Axes) -> None:
        color = frame.tone.light
        frame.prepare(axes)
        complete = np.isfinite(curve.train).all(axis=0)
        axes.plot(curve.epochs, np.where(complete, train, np.nan), color=SOFT.light, linewidth=1.1)
        for run in curve.validation:
            axes.plot(curve.epochs, run, color=color, linewidth=0.9, alpha=0.5)
        heights = [_at(curve.epochs, *pair) for pair in zip(curve.validation, curve.stops, strict=True)]
        axes.plot(
            curve.stops,
            heights,
            "o",
            color=color,
            markersize=5,
            markeredgecolor=PAPER.light,
            markeredgewidth=0.8,
        )
        axes.annotate(
            f"kept: median epoch {np.nanmedian(curve.stops):,.0f}",
            (1, 1),
            (-2, -4),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8,
        )

    return draw


def _at(epochs: np.ndarray, values: np.ndarray, epoch: float) -> float:
    known = np.isfinite(values)
    return float(np.interp(epoch, epochs[known], values[known])) if known.any() else float("nan")


def thinned(curve: LossCurves) -> LossCurves:
    """Return a curve with no more epochs than a picture can show, the first and the last among them."""
    if len(curve.epochs) <= _MOST_EPOCHS:
        return curve
    kept = np.unique(np.linspace(0, len(curve.epochs) - 1, _MOST_EPOCHS).round().astype(int))
    return dataclasses.replace(
        curve, epochs=curve.epochs[kept], train=curve.train[:, kept], validation=curve.validation[:, kept]
    )


def _label_line(axes: Axes, x: np.ndarray, y: np.ndarray, text: str, color: str) -> None:
    """Write above a line, where it does not run through the letters: before its end, or behind a fall."""
    known = np.flatnonzero(np.isfinite(y))
    if known.size:
        middle, end = (known[int(part * (known.size - 1))] for part in (0.55, 0.97))
        falls = y[middle] > y[end]
        at, away, side = (middle, 4, "left") if falls else (end, 0, "right")
        place: dict[str, Any] = {"textcoords": "offset points", "ha": side, "va": "bottom", "fontsize": 8}
        axes.annotate(text, (x[at], y[at]), (away, 3 if falls else 5), color=color, **place)


def _stops_early(curve: LossCurves) -> bool:
    stops = curve.stops[np.isfinite(curve.stops)]
    return bool(stops.size and np.median(stops) < curve.epochs[-1])


def _losses_words(curve: LossCurves, train: np.ndarray, validation: np.ndarray) -> str:
    if not np.isfinite(curve.validation).any():
        ends = f"{number(train[-1])} at epoch {curve.epochs[-1]:g}" if len(train) else "unknown"
        return f"{curve.name}: the median training loss is {ends}."
    if not np.isfinite(validation).any():
        return f"{curve.name}: no validation loss is known in half of the runs or more."
    best, last = int(np.nanargmin(validation)), int(np.flatnonzero(np.isfinite(validation))[-1])
    words = (
        f"{curve.name}: the median validation loss is lowest at epoch {curve.epochs[best]:g}, "
        f"{number(validation[best])}, and {number(validation[last])} at epoch {curve.epochs[last]:g}, "
        f"where the training loss is {number(train[last])}."
    )
    if _stops_early(curve):
        words += f" The weights kept are those of epoch {np.nanmedian(curve.stops):g} (median)."
    return words


def weights(findings: Findings, *, labeled: bool = True) -> list[Picture]:
    """Return histograms of the weights that are not 0, each as high as its picture, a picture a regularizer.

    ``labeled`` writes the share of those that are exactly 0 beside their line.
    """
    colors = tones(entry.name for entry in findings.entries)
    values = {name: np.ravel(one)[np.isfinite(np.ravel(one))] for name, one in findings.weights.items()}
    everything = np.concatenate([*values.values(), np.zeros(1)])
    reach = float(np.quantile(np.abs(everything), 0.99)) or 1.0
    edges = np.linspace(-reach, reach, _BINS + 1)
    pictures = []
    for name, one in values.items():
        others = one[one != 0]
        zeros = 1 - others.size / one.size if one.size else 0.0
        words = (
            f"{name}: {one.size:,} weights, {share(zeros)} of them exactly 0; the others have a standard "
            f"deviation of {number(float(np.std(others))) if others.size else '0'}."
        )
        heights = np.histogram(np.clip(others, -reach, reach), edges)[0]
        draw = _histogram(heights, edges, zeros, colors[name], labeled)
        pictures.append(Picture(name, words, draw, (PANEL[0], 1.75)))
    return pictures


def _histogram(heights: np.ndarray, edges: np.ndarray, zeros: float, tone: Tone, labeled: bool) -> Draw:
    def draw(axes: Axes) -> None:
        axes.stairs(heights / max(1, heights.max()), edges, fill=True, color=tone.light, linewidth=0)
        axes.set_xlim(edges[0] * 1.02, edges[-1] * 1.02)
        axes.set_ylim(0, 1.12)
        axes.set_yticks([])
        set_scale(axes, "x", (), np.inf, 5)
        axes.set_xlabel("weight")
        if zeros:
            axes.vlines(0, 0, 1.1, color=INK.light, linewidth=2)
        if zeros and labeled:
            axes.annotate(f"{share(zeros)} exactly 0", (0, 1.1), (5, 0), textcoords="offset points", va="top")

    return draw


def limits_of(lines: Iterable[np.ndarray], room: float = 0.07) -> tuple[float, float]:
    """Return limits that hold all lines, with a share of room at both ends on either kind of scale."""
    values = np.concatenate([np.ravel(line) for line in lines] or [np.zeros(0)])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if low > 0 and high / low > LOG_FROM:
        factor = (high / low) ** room
        return low / factor, high * factor
    span = (high - low) or 0.1 * abs(high) or 1.0
    return low - room * span, high + room * span
