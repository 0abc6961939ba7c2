"""The pictures of strengths: validation loss against each regularizer's strength, all with the same limits.

Lines are means over the splits, and not medians as elsewhere, because the strength is chosen by means. Hollow
dots are strengths that a time budget discarded, at the loss that they had then.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bridle.faces.palette import INK, PAPER, SOFT, Tone, tones
from bridle.faces.pictures import Picture, middle_and_band, plain_number, set_scale
from bridle.faces.plots import LOG_FROM, PANEL, Draw, limits_of
from bridle.faces.wording import number
from bridle.study.curves import StrengthCurve
from bridle.study.findings import Findings


def strengths(findings: Findings) -> list[Picture]:
    """Return validation loss against strength, with the plain network's, a picture a regularizer."""
    colors = tones(entry.name for entry in findings.entries)
    middles = [_mean(curve.losses.T) for curve in findings.strength_curves]
    bands = [middle_and_band(curve.losses.T)[1:] for curve in findings.strength_curves]
    plains = [np.atleast_1d(_mean(curve.plain[:, None])) for curve in findings.strength_curves]
    # Bands may reach far and leave the picture; the means, by which strengths are chosen, may not.
    early = [[one.losses.mean() for one in curve.discarded] for curve in findings.strength_curves]
    limits = limits_of([*middles, *plains, *map(np.asarray, early)], room=0.25)
    return [
        Picture(curve.name, _strength_words(curve, middle, float(plain[0])), draw, PANEL)
        for curve, middle, band, plain in zip(findings.strength_curves, middles, bands, plains, strict=True)
        for draw in [_strength(curve, middle, band, float(plain[0]), colors[curve.name], limits)]
    ]


def _strength(
    curve: StrengthCurve,
    middle: np.ndarray,
    band: tuple[np.ndarray, ...],
    plain: float,
    tone: Tone,
    limits: tuple[float, float],
) -> Draw:
    def draw(axes: Axes) -> None:
        x, chosen = curve.strengths, curve.chosen
        set_scale(axes, "x", np.array([*x, *(one.strength for one in curve.discarded)]), 9.0, 5)
        set_scale(axes, "y", limits, LOG_FROM)
        axes.set_ylim(*limits)
        axes.margins(x=0.08)
        axes.grid(axis="y")
        axes.axhline(plain, color=INK.light, linewidth=1, linestyle=(0, (1.5, 2.5)))
        values = {float(at): float(value) for at, value in zip(x, middle, strict=True)}
        values |= {one.strength: float(one.losses.mean()) for one in curve.discarded}
        # At the end that is further from the dots.
        is_left = abs(values[min(values)] - plain) > abs(values[max(values)] - plain)
        axes.annotate(
            "plain",
            (0 if is_left else 1, plain),
            (0, 3),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            ha="left" if is_left else "right",
            va="bottom",
            color=SOFT.light,
            fontsize=8,
        )
        axes.fill_between(x, band[0], band[1], color=tone.light, alpha=0.18, linewidth=0)
        axes.plot(x, middle, "o-", color=tone.light, markersize=3.6, markeredgewidth=0)
        for one in curve.discarded:
            axes.plot(
                one.strength, one.losses.mean(), "o",
                markersize=4.2, markerfacecolor=PAPER.light, markeredgecolor=tone.light,
            )  # fmt: skip
        mark: dict[str, Any] = {"color": tone.light, "markeredgecolor": PAPER.light, "markeredgewidth": 1.2}
        axes.plot(x[chosen], middle[chosen], "o", markersize=9, **mark)
        side = "left" if chosen == 0 else "right" if chosen == len(x) - 1 else "center"
        axes.annotate(
            plain_number(x[chosen]),
            (x[chosen], middle[chosen]),
            (0, -8),
            textcoords="offset points",
            ha=side,
            va="top",
            fontsize=8.5,
            fontweight="bold",
        )
        axes.set_xlabel(curve.label, parse_math=False)

    return draw


def _strength_words(curve: StrengthCurve, middle: np.ndarray, plain: float) -> str:
    at = curve.chosen
    span = (
        f" from {number(middle[0])} at {number(curve.strengths[0])} to {number(middle[-1])} at "
        f"{number(curve.strengths[-1])}"
    )
    early = ", ".join(
        f"{number(one.strength)} at epoch {one.epoch:,} with {number(float(one.losses.mean()))}"
        for one in curve.discarded
    )
    return (
        f"{curve.name}: mean validation loss{span if len(middle) > 1 else ''}; chosen "
        f"{number(curve.strengths[at])} with {number(middle[at])}; plain has {number(plain)}."
        f"{' Discarded: ' + early + '.' if early else ''}"
    )


def _mean(values: np.ndarray) -> np.ndarray:
    """Return the mean over the first axis of what is finite, NaN where less than half is."""
    known = np.isfinite(values)
    enough = (known.sum(axis=0) * 2 >= len(values)) & known.any(axis=0)
    sums = np.where(known, values, 0.0).sum(axis=0)
    return np.where(enough, sums / np.maximum(known.sum(axis=0), 1), np.nan)
