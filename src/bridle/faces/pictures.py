"""What a picture is: something to draw on axes, its size, and what it shows in words.

The same drawings serve two ends. A report shows each by itself, as a small figure that keeps its letters
readable on a phone; a notebook shows all of a kind on one sheet. Nothing here touches pyplot: figures are
objects of their own, so a program that embeds bridle keeps its own figures and settings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import matplotlib.style
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bridle.faces.palette import INK, PAPER, RULE, SOFT
from bridle.faces.shown import ShownAxes
from bridle.faces.wording import tidy

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MISSING = "\N{WHITE SQUARE}"


@dataclass(frozen=True)
class Picture:
    """One drawing: of which regularizer, what it shows in words, how to draw it, and its size in inches."""

    name: str
    alt: str
    draw: Callable[[Axes], None]
    size: tuple[float, float]


def styled() -> AbstractContextManager[Any]:
    """Return a context in which Matplotlib draws in bridle's style, whatever the user's settings are."""
    style = {
        "font.family": "DejaVu Sans",
        "font.size": 8.5,
        "text.parse_math": False,
        "text.color": INK.light,
        "axes.labelcolor": SOFT.light,
        "axes.labelsize": 8,
        "axes.edgecolor": RULE.light,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.facecolor": "none",
        "axes.titlesize": 9,
        "axes.titlelocation": "left",
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "figure.facecolor": PAPER.light,
        "figure.edgecolor": "none",
        "figure.constrained_layout.h_pad": 0.03,
        "figure.constrained_layout.w_pad": 0.03,
        "grid.color": RULE.light,
        "grid.linewidth": 0.6,
        "xtick.color": SOFT.light,
        "ytick.color": SOFT.light,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "xtick.major.size": 0,
        "xtick.minor.size": 0,
        "ytick.major.size": 0,
        "ytick.minor.size": 0,
        "lines.solid_capstyle": "round",
        "lines.linewidth": 1.8,
    }
    return matplotlib.style.context(["default", style])


def alone(picture: Picture) -> Figure:
    """Return a figure with one picture and no title."""
    with styled():
        figure = Figure(figsize=picture.size, layout="constrained")
        picture.draw(figure.add_subplot(axes_class=ShownAxes))
        return figure


def drawn(picture: Picture, ax: Axes | None = None, *, titled: bool = False) -> Axes:
    """Return axes with one picture on them: those given, or those of a figure of its own."""
    if ax is None:
        return alone(picture).axes[0]
    with styled():
        picture.draw(ax)
        if titled:
            _title(ax, picture)
    return ax


def _title(axes: Axes, picture: Picture) -> None:
    if picture.name:
        axes.set_title(picture.name.replace("_", " "), parse_math=False)


def on_sheet(pictures: Sequence[Picture], heading: str, columns: int = 3) -> Figure:
    """Return a figure with all pictures, each under its name."""
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    width, height = (max(picture.size[side] for picture in pictures) for side in (0, 1))
    with styled():
        figure = Figure(figsize=(columns * width, rows * (height + 0.25) + 0.35), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.07)  # type: ignore[union-attr, call-arg]
        for position, picture in enumerate(pictures):
            axes = figure.add_subplot(rows, columns, position + 1, axes_class=ShownAxes)
            picture.draw(axes)
            _title(axes, picture)
        figure.suptitle(heading, x=0.01, ha="left", fontsize=10, parse_math=False)
        return figure


def drawable(name: object, longest: int = 28) -> str:
    """Return a name as the pictures' font can draw it, with a box for each character that it lacks.

    Emoji and many scripts are not in the font; Matplotlib would warn of each. Only pictures need this.
    """
    return "".join(mark if mark == " " or _has(mark) else _MISSING for mark in tidy(name, longest))


@cache
def _has(mark: str) -> bool:
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    return font.get_char_index(ord(mark)) != 0


def middle_and_band(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return median, 10 and 90 % quantile over the first axis, NaN where fewer than half are known.

    With most runs gone, the few that go on are no longer the same sample.
    """
    values = np.where(np.isfinite(values), values, np.nan)
    known = np.isfinite(values).sum(axis=0) * 2 >= len(values)
    found = np.full((3, values.shape[1]), np.nan)
    if known.any():
        found[:, known] = np.nanquantile(values[:, known], (0.5, 0.1, 0.9), axis=0)
    return found[0], found[1], found[2]


def plain_number(value: float) -> str:
    """Return a tick's label: ``0.01``, ``2,000``, ``10⁻⁴``."""
    value += 0.0  # -0.0 becomes 0.0
    size = abs(value)
    if size and size < 1e-3:
        power = math.floor(math.log10(size) + 1e-9)
        digit = value / 10**power
        times = "" if math.isclose(digit, 1) else f"{digit:.3g}·"
        return f"{times}10{str(power).translate(_SUPERSCRIPTS)}"
    return (f"{value:,.0f}" if size >= 1000 else f"{value:.4g}").replace("-", "\N{MINUS SIGN}")


def set_scale(
    axes: Axes, which: Literal["x", "y"], values: Iterable[float], threshold: float, ticks: int = 5
) -> None:
    """Choose a logarithmic axis where positive values span more than a factor, and readable ticks."""
    known = np.array([value for value in values if math.isfinite(value)])
    axis = axes.xaxis if which == "x" else axes.yaxis
    if known.size and known.min() > 0 and known.max() / known.min() > threshold:
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")
        axis.set_major_locator(FixedLocator(_log_ticks(known.min(), known.max(), ticks)))
        axis.set_minor_locator(NullLocator())
    else:
        axes.locator_params(axis=which, nbins=ticks)
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    """Return the finest of 1-2-5, 1-3 and decade steps that shows at most so many ticks."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    tried: list[float] = []
    for digits in ((1, 2, 5), (1, 3), (1,)):
        tried = [d * 10.0**power for power in range(first, last + 1) for d in digits]
        tried = [tick for tick in tried if low * 0.97 <= tick <= high * 1.03]
        if len(tried) <= most:
            return tried
    return tried[:: math.ceil(len(tried) / most)]
