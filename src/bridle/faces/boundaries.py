"""Decision boundaries: what each regularizer's network says everywhere in the plane of two inputs.

An overfitted network draws islands around single points, a good one a calm line. The surface is translucent,
the more so the less sure the network is, so the same picture works on light and on dark paper; classes differ
in color and in shape. Names of inputs and classes stand beside the pictures, in the page's own letters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from scipy.ndimage import gaussian_filter

from bridle.faces.palette import INK, MARKERS, PAPER, class_tone
from bridle.faces.pictures import Picture, drawable, plain_number
from bridle.faces.wording import number
from bridle.study.findings import Boundary, Findings, Points

_FINEST = 90
_MOST_POINTS = 400
_STRONGEST = 0.5
_LEVELS = 24


def boundaries(findings: Findings, *, labeled: bool = True) -> list[Picture]:
    """Return each regularizer's surface with the training points, or nothing without two numeric inputs.

    ``labeled`` puts the inputs' names on the axes, as far as the font can draw them.
    """
    pictures = []
    for boundary in findings.boundaries:
        draw = _boundary(boundary, findings, labeled)
        pictures.append(Picture(boundary.name, _words(boundary, findings), draw, (2.7, 2.45)))
    return pictures


def coarsened(boundary: Boundary, cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a surface's axes and values at no more than so many places along each axis."""
    across = np.unique(np.linspace(0, len(boundary.horizontal) - 1, cells).round().astype(int))
    up = np.unique(np.linspace(0, len(boundary.vertical) - 1, cells).round().astype(int))
    return boundary.horizontal[across], boundary.vertical[up], boundary.surface[np.ix_(up, across)]


def axes_of(findings: Findings) -> tuple[str, ...]:
    """Return the names of the two inputs that vary."""
    return findings.plane or findings.features[:2]


def value_range(findings: Findings) -> tuple[float, float]:
    """Return the values at the ends of the color scale, for regression."""
    surfaces = [b.surface[np.isfinite(b.surface)] for b in findings.boundaries]
    values = np.concatenate([*surfaces, *([findings.points.y] if findings.points else [])])
    return (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)


def _boundary(boundary: Boundary, findings: Findings, labeled: bool) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        x, y = boundary.horizontal, boundary.vertical
        _surface(axes, boundary, findings)
        if findings.points is not None:
            _points(axes, findings.points, findings)
        axes.set_xlim(x[0], x[-1])
        axes.set_ylim(y[0], y[-1])
        axes.set_xticks(_ends(x), [plain_number(v) for v in _ends(x)])
        axes.set_yticks(_ends(y), [plain_number(v) for v in _ends(y)])
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        if labeled:
            axes.set_xlabel(drawable(axes_of(findings)[0]), parse_math=False)
            axes.set_ylabel(drawable(axes_of(findings)[1]), parse_math=False)

    return draw


def _ends(values: np.ndarray) -> list[float]:
    """Return two round numbers near the ends of an axis."""
    span = float(values[-1] - values[0]) or 1.0
    step = 10 ** np.floor(np.log10(span / 2))
    low, high = np.ceil(values[0] / step) * step, np.floor(values[-1] / step) * step
    return [float(low), float(high)] if high > low else [float(values[0]), float(values[-1])]


def _surface(axes: Axes, boundary: Boundary, findings: Findings) -> None:
    x, y = boundary.horizontal, boundary.vertical
    surface = np.where(np.isfinite(boundary.surface), boundary.surface, np.nan)
    # A raster as fine as the eye needs, and the line between the classes as a curve from the full surface.
    coarse = surface[:: -(-len(y) // _FINEST), :: -(-len(x) // _FINEST)]
    axes.imshow(
        _paint(coarse, findings),
        extent=(x[0], x[-1], y[0], y[-1]),
        origin="lower",
        aspect="auto",
        interpolation="none",
    )
    if not np.isfinite(surface).all():
        return
    line: dict[str, Any] = {"colors": [INK.light], "linewidths": 1.2}
    if findings.task == "regression":
        if np.ptp(surface):
            found = axes.contour(x, y, surface, levels=5, **{**line, "linewidths": 0.7})
            axes.clabel(found, fontsize=7, fmt=plain_number)
    elif len(findings.classes) == 2:
        if surface.min() < 0.5 < surface.max():
            axes.contour(x, y, surface, levels=[0.5], **line)
    else:
        for index in np.unique(surface):
            # Blurred by less than a cell, or the line would be a staircase.
            mask = gaussian_filter((surface == index).astype(float), 0.8)
            if mask.min() < 0.5 < mask.max():
                axes.contour(x, y, mask, levels=[0.5], colors=[INK.light], linewidths=0.8)


def _paint(surface: np.ndarray, findings: Findings) -> np.ndarray:
    """Return the surface as RGBA: the likelier class's color, the more opaque the surer."""
    image = np.zeros((*surface.shape, 4))
    known = np.isfinite(surface)
    if findings.task == "regression":
        low, high = value_range(findings)
        shade = np.nan_to_num((surface - low) / ((high - low) or 1.0))
        image[:] = matplotlib.colormaps["cividis"](np.round(_LEVELS * shade) / _LEVELS)
        image[..., 3] = 0.75
    elif len(findings.classes) == 2:
        sure = np.nan_to_num(np.abs(2 * surface - 1))
        image[..., :3] = np.where(
            (surface > 0.5)[..., None], to_rgb(class_tone(1).light), to_rgb(class_tone(0).light)
        )
        image[..., 3] = _STRONGEST * np.round(_LEVELS * sure) / _LEVELS
    else:
        for index in np.unique(surface[known]):
            image[surface == index, :3] = to_rgb(class_tone(int(index)).light)
        image[..., 3] = 0.4
    image[~known, 3] = 0.0
    return image


def _points(axes: Axes, points: Points, findings: Findings) -> None:
    step = -(-len(points.y) // _MOST_POINTS)
    positions, y = points.positions[::step], points.y[::step]
    edge: dict[str, Any] = {"markeredgecolor": PAPER.light, "markeredgewidth": 0.6, "linestyle": "none"}
    if findings.task == "regression":
        low, high = value_range(findings)
        shades = np.clip(np.round(8 * (y - low) / ((high - low) or 1.0)), 0, 8).astype(int)
        for shade in np.unique(shades):
            color = matplotlib.colormaps["cividis"](shade / 8)
            axes.plot(
                *positions[shades == shade].T, "o", color=color, markersize=4, gid=f"points-{shade}", **edge
            )
        return
    for index in np.unique(y).astype(int):
        mark = MARKERS[index % len(MARKERS)]
        size = 3.9 if mark == "o" else 4.3
        where = positions[y == index].T
        axes.plot(*where, mark, color=class_tone(index).light, markersize=size, gid=f"points-{index}", **edge)


def _words(boundary: Boundary, findings: Findings) -> str:
    surface = boundary.surface[np.isfinite(boundary.surface)]
    if not surface.size:
        return f"{boundary.name}: the network predicts nothing, for it diverged."
    if findings.task == "regression":
        return f"{boundary.name}: predictions from {number(surface.min())} to {number(surface.max())}."
    if len(findings.classes) == 2:
        counts = [float(np.mean(surface <= 0.5)), float(np.mean(surface > 0.5))]
    else:
        counts = [float(np.mean(surface == index)) for index in range(len(findings.classes))]
    shares = ", ".join(
        f"{100 * count:.0f} % of the plane {findings.classes[index]}" for index, count in enumerate(counts)
    )
    return f"{boundary.name}: {shares}."
