"""Pictures of the recommended network: what its columns are worth, and whether its probabilities are true."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from bridle.faces.palette import INK, PAPER, RULE, class_tone, tones
from bridle.faces.pictures import Picture, drawable
from bridle.faces.wording import gain_ruler, share
from bridle.study.findings import Findings
from bridle.study.scores import SCORES

_MOST_COLUMNS = 12
_MOST_CLASSES = 12


def importances(findings: Findings, *, narrow: bool = False) -> Picture | None:
    """Return by how much the error rises when each column is shuffled; None for a single column."""
    if findings.portrait is None or len(findings.portrait.importances) < 2:
        return None
    shown = findings.portrait.importances[:_MOST_COLUMNS]
    ruler = gain_ruler(findings.metric, [one.mean for one in shown])

    def draw(axes: Axes) -> None:
        for y, one in enumerate(shown):
            axes.barh(y, ruler.factor * one.mean, height=0.62, color=INK.light, alpha=0.75)
            marks = ruler.factor * np.array(one.splits)
            style: dict[str, Any] = {"markersize": 3.6, "markeredgecolor": INK.light, "markeredgewidth": 0.8}
            axes.plot(marks, np.full(len(marks), y), "o", color=PAPER.light, linestyle="none", **style)
        axes.axvline(0, color=INK.light, linewidth=0.8)
        axes.set_yticks(range(len(shown)), [drawable(one.column, 22 if narrow else 34) for one in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x")
        span = f", {ruler.span}" if ruler.span else ""
        axes.set_xlabel(f"rise of the error{span}", parse_math=False)

    words = "; ".join(f"{one.column} {ruler.full(one.mean, signed=True)}" for one in shown)
    alt = f"Rise of the error ({SCORES[findings.metric].words}) when a column is shuffled: {words}."
    return Picture("", alt, draw, (3.6 if narrow else 6.2, 0.75 + 0.24 * len(shown)))


def calibration(findings: Findings) -> Picture | None:
    """Return predicted against observed shares; None in a regression."""
    if findings.portrait is None or findings.portrait.calibration is None:
        return None
    one = findings.portrait.calibration
    tone = class_tone(1)

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=RULE.light, linewidth=1.2)
        axes.plot(one.predicted, one.observed, "o-", color=tone.light, markersize=5)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        axes.grid(axis="both")
        axes.set_xlabel("predicted")
        axes.set_ylabel("observed")

    pairs = zip(one.predicted, one.observed, strict=True)
    words = "; ".join(f"predicted {share(p)}, observed {share(q)}" for p, q in pairs)
    return Picture("", f"Predicted and observed shares: {words}.", draw, (3.45, 3.2))


def calibration_words(findings: Findings) -> str:
    """Return what the calibration is of, and by how much it is off."""
    portrait = findings.portrait
    assert portrait is not None
    assert portrait.calibration is not None
    one = portrait.calibration
    off = float(np.average(np.abs(one.predicted - one.observed), weights=one.counts))
    # The mean distance of a share of n rows from its probability p is sqrt(2/pi) sqrt(p (1 - p)/n).
    spread = np.sqrt(2 / np.pi * one.predicted * (1 - one.predicted) / np.maximum(one.counts, 1))
    luck = float(np.average(spread, weights=one.counts))
    of = f"of class {findings.classes[1]}" if len(findings.classes) == 2 else "of the likeliest class"
    return (
        f"Probabilities {of} against how often it is the true one, in {len(one.counts)} groups of equally "
        f"many {portrait.held_out} rows, all splits together. On the line they are true; on average they are "
        f"off by {100 * off:.1f} points, where luck alone would make true ones look off by {100 * luck:.1f}."
    )


def confusion_picture(findings: Findings) -> Picture | None:
    """Return which classes are taken for which; None in a regression or for too many classes."""
    lines = confusion(findings)
    if not lines:
        return None
    names = [drawable(name, 16) for name, _ in lines]
    shares = np.array([[part for _, part in cells] for _, cells in lines])

    def draw(axes: Axes) -> None:
        hits = np.where(np.eye(len(names), dtype=bool), shares, 0.0)
        for values, tone in ((hits, "l1"), (shares - hits, "l2")):
            tint = np.zeros((*values.shape, 4))
            tint[..., :3], tint[..., 3] = to_rgb(tones([tone])[tone].light), 0.5 * values
            axes.imshow(tint, aspect="auto")
        for row, (_, cells) in enumerate(lines):
            for column, (count, part) in enumerate(cells):
                text = f"{count:,}\n{100 * part:.0f} %"
                axes.text(column, row, text, ha="center", va="center", fontsize=8)
        axes.set_xticks(range(len(names)), names)
        axes.set_yticks(range(len(names)), names)
        axes.spines["bottom"].set_visible(False)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")

    words = "; ".join(
        f"{name}: "
        + ", ".join(f"{other} {count}" for other, (count, _) in zip(findings.classes, cells, strict=True))
        for name, cells in lines
    )
    side = 1.2 + 0.62 * len(names)
    return Picture("", f"Rows by true and predicted class: {words}.", draw, (side + 0.6, side))


def confusion(findings: Findings) -> list[tuple[str, list[tuple[int, float]]]]:
    """Return each true class with its rows' counts and shares by predicted class; none for too many."""
    if findings.portrait is None or not 0 < len(findings.portrait.confusion) <= _MOST_CLASSES:
        return []
    found = []
    for name, counts in zip(findings.classes, findings.portrait.confusion, strict=True):
        total = float(counts.sum()) or 1.0
        found.append((name, [(round(count), float(count / total)) for count in counts]))
    return found
