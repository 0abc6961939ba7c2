"""The pictures of a diagnosis: learning curve, parts of the loss, and a ladder of learning rates."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bridle.faces.palette import CLASSES, INK, PAPER, PLAIN, SOFT, Tone
from bridle.faces.pictures import Picture, middle_and_band, plain_number, set_scale
from bridle.faces.plots import Band
from bridle.faces.wording import error_ruler, number
from bridle.study.diagnose import error_words
from bridle.study.diagnosis.findings import Curve, Debugging, Examination, Shares
from bridle.study.scores import SCORES

# Sizes in inches, for a page and for a phone.
_CURVE, _BAR, _LADDER = ((6.2, 3.1), (3.6, 2.7)), ((6.2, 1.25), (3.6, 1.3)), ((6.2, 2.9), (3.6, 2.6))
_APART = 0.07
_AHEAD, _RISING = CLASSES[0], CLASSES[1]
_PARTS = (CLASSES[0], CLASSES[1], PLAIN)


def learning_curve(found: Examination, *, narrow: bool = False) -> Picture | None:
    """Return error against training rows, with what the law through it foretells; None if there is none."""
    if found.curve is None:
        return None
    curve, factor = found.curve, error_ruler(found).factor
    score = SCORES[found.metric]
    label = error_words(score) + (", %" if score.percent else "")

    def draw(axes: Axes) -> None:
        train, validation = (middle_and_band(factor * one) for one in (curve.train, curve.validation))
        _line(axes, curve.sizes, train, SOFT, PAPER)
        _line(axes, curve.sizes, validation, PLAIN, PLAIN)
        _label(axes, curve.sizes, train[0], validation[0])
        if curve.outlook is not None:
            _look_ahead(axes, curve, factor)
        reach = float(curve.sizes[-1]) if curve.outlook is None else float(curve.outlook.ahead[-1])
        set_scale(axes, "x", [float(curve.sizes[0]), reach], 1.5, 7)
        axes.locator_params(axis="y", nbins=6)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        axes.set_xlabel("training rows")
        axes.set_ylabel(label)

    return Picture("", _curve_words(found, curve), draw, _CURVE[narrow])


def _line(axes: Axes, sizes: np.ndarray, band: Band, tone: Tone, face: Tone) -> None:
    middle, low, high = band
    axes.fill_between(sizes, low, high, color=tone.light, alpha=0.18, linewidth=0)
    axes.plot(sizes, middle, "o-", color=tone.light, markersize=4.5, markerfacecolor=face.light)


def _label(axes: Axes, sizes: np.ndarray, train: np.ndarray, validation: np.ndarray) -> None:
    """Name the two lines where they are furthest apart, the upper one above itself."""
    apart = np.abs(validation - train)
    if not np.isfinite(apart).any():
        return
    at = int(np.nanargmax(apart))
    for middle, other, text in ((train, validation, "training"), (validation, train, "validation")):
        # Below the lower line, unless that is the axis.
        above = middle[at] >= other[at] or middle[at] < 0.1 * other[at]
        place = (float(sizes[at]), float(middle[at]))
        style: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8}
        axes.annotate(text, place, (6, 5 if above else -5), va="bottom" if above else "top", **style)


def _look_ahead(axes: Axes, curve: Curve, factor: float) -> None:
    assert curve.outlook is not None
    one = curve.outlook
    beyond = one.ahead >= curve.sizes[-1]
    axes.plot(one.ahead, factor * one.line, color=_AHEAD.light, linewidth=1.2, linestyle=(0, (4, 2)))
    low, high = (factor * np.clip(edge[beyond], 0, None) for edge in (one.low, one.high))
    if np.isfinite(low).all() and np.isfinite(high).all():
        axes.fill_between(one.ahead[beyond], low, high, color=_AHEAD.light, alpha=0.22, linewidth=0)
    top = high[-1] if np.isfinite(high).all() else factor * one.line[-1]
    style: dict[str, Any] = {"textcoords": "offset points", "ha": "right", "fontsize": 8}
    axes.annotate("twice the data", (float(one.ahead[-1]), float(top)), (-2, 6), color=_AHEAD.light, **style)


def _curve_words(found: Examination, curve: Curve) -> str:
    ruler = error_ruler(found)
    means = zip(curve.sizes, curve.train.mean(axis=0), curve.validation.mean(axis=0), strict=True)
    points = [
        f"{size:,} rows: training {ruler.full(train)}, validation {ruler.full(validation)}"
        for size, train, validation in means
    ]
    words = f"Mean {error_words(SCORES[found.metric])} by training rows. {'; '.join(points)}."
    if curve.outlook is not None:
        one = curve.outlook
        bounds = ruler.bounds(one.error)
        rows = round(one.factor * one.rows)
        words += (
            f" Foretold for {rows:,} rows: {ruler.full(one.error.mean)}{f' ({bounds})' if bounds else ''}."
        )
    return words


def shares(found: Examination, *, narrow: bool = False) -> Picture | None:
    """Return the parts of the loss of bootstrap members as one stacked bar; None if there are none."""
    if found.shares is None:
        return None
    one, parts = found.shares, parts_of(found.shares)

    def draw(axes: Axes) -> None:
        left = 0.0
        for (name, value), tone in zip(parts, _PARTS, strict=False):
            axes.barh(0, value, left=left, height=0.6, color=tone.light, edgecolor=PAPER.light, linewidth=1.2)
            text = f"{name}\n{number(value)}, {100 * value / one.total.mean:.0f} %"
            place = (left + value / 2, 0.34)
            axes.annotate(text, place, (0, 3), textcoords="offset points", ha="center", fontsize=8)
            left += value
        axes.set_ylim(-0.4, 1.15)
        axes.set_yticks([])
        axes.set_xlim(0, left)
        axes.locator_params(axis="x", nbins=5)
        axes.set_xlabel(one.loss)

    words = ", ".join(f"{name} {number(value)}" for name, value in parts)
    alt = f"Mean {one.loss} of bootstrap members, {number(one.total.mean)}, is the sum of {words}."
    return Picture("", alt, draw, _BAR[narrow])


def parts_of(shares: Shares) -> list[tuple[str, float]]:
    """Return the parts of a loss by name, those that are known apart."""
    if shares.noise is None:
        return [("bias and noise", shares.bias.mean), ("variance", shares.variance.mean)]
    return [("bias", shares.bias.mean), ("variance", shares.variance.mean), ("noise", shares.noise.mean)]


def ladder(found: Examination, *, narrow: bool = False) -> Picture | None:
    """Return the loss over the first updates, a line a learning rate; None if it was not checked."""
    if found.debugging is None:
        return None
    one = found.debugging
    first = next((float(v) for v in (one.losses[0], *one.ladder[:, 0]) if np.isfinite(v)), 1.0)

    def draw(axes: Axes) -> None:
        named: list[float] = []
        for rate, losses, falls in zip(one.rates, one.ladder, one.falls, strict=True):
            shown = np.where(np.isfinite(losses) & (losses <= 1.6 * first), losses, np.nan)
            far = all(abs(shown[-1] - other) > _APART * first for other in named)
            _rung(axes, float(rate) if far else None, shown, bool(falls))
            named += [float(shown[-1])] if far else []
        used = np.where(np.isfinite(one.losses), one.losses, np.nan)
        axes.plot(np.arange(len(used)), used, color=INK.light, linewidth=2)
        axes.set_ylim(0, 1.6 * first)
        axes.set_xlim(0, 1.09 * (len(used) - 1))
        axes.grid(axis="y")
        axes.set_xlabel("update")
        axes.set_ylabel("training loss")

    return Picture("", _ladder_words(one), draw, _LADDER[narrow])


def _rung(axes: Axes, rate: float | None, losses: np.ndarray, falls: bool) -> None:
    """Draw the losses of one learning rate, with its name where there is room for it."""
    tone = SOFT if falls else _RISING
    updates = np.arange(len(losses))
    axes.plot(updates, losses, color=tone.light, linewidth=0.9, linestyle="-" if falls else (0, (2, 1.5)))
    if rate is not None and np.isfinite(losses[-1]):
        place = (float(updates[-1]), float(losses[-1]))
        style: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 7}
        axes.annotate(plain_number(float(f"{rate:.3g}")), place, (4, 0), color=tone.light, **style)


def _ladder_words(one: Debugging) -> str:
    falling = [number(rate) for rate, falls in zip(one.rates, one.falls, strict=True) if falls]
    return (
        f"{one.sentence} Of the ladder of learning rates the loss falls with {', '.join(falling) or 'none'}."
    )
