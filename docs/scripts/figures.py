"""Draw the figures of docs/why-it-works.md: balls over contours, forces, priors, shrinkage.

    python docs/scripts/figures.py

Everything is computed by bridle's own penalties and steps; it takes seconds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from bridle.faces.palette import INK, SOFT, tones
from bridle.faces.pictures import styled
from bridle.penalties.smooth import squared_norm_gradient
from bridle.penalties.sparse import magnitude_subgradient, soft_threshold

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
L1, L2 = (tones([name])[name].light for name in ("l1", "l2"))
CURVATURE = np.array([[1.0, 0.35], [0.35, 0.5]])
OPTIMUM = np.array([1.1, 0.35])
START = np.array([-0.7, 1.1])
RATE = 0.1


def loss(w: np.ndarray) -> np.ndarray:
    """Return the quadratic loss 1/2 (w - w*)^T H (w - w*) of weights (..., 2)."""
    away = w - OPTIMUM
    return 0.5 * np.einsum("...i,ij,...j->...", away, CURVATURE, away)


def path(kind: str, strength: float, steps: int = 400) -> np.ndarray:
    """Return the weights of gradient descent, (steps + 1, 2): plain, l2, l1 by prox or by subgradient."""
    w = START.copy()
    walked = [w]
    for _ in range(steps):
        gradient = CURVATURE @ (w - OPTIMUM)
        if kind == "l2":
            gradient = gradient + squared_norm_gradient(w, strength)
        if kind == "subgradient":
            gradient = gradient + magnitude_subgradient(w, strength, 0.0)
        w = w - RATE * gradient
        if kind == "l1":
            w = soft_threshold(w, RATE * strength)
        walked.append(w)
    return np.array(walked)


def balls() -> Figure:
    """Draw the L1 and the L2 ball that the penalized optimum lies on, over the loss, with the paths there."""
    grid = np.linspace(-1.4, 2.0, 200)
    plane = np.stack(np.meshgrid(grid, grid), axis=-1)
    with styled():
        figure = Figure(figsize=(7.4, 3.6), layout="constrained")
        for position, (kind, strength, color) in enumerate((("l2", 0.5, L2), ("l1", 0.45, L1)), start=1):
            axes = figure.add_subplot(1, 2, position)
            axes.contour(
                plane[..., 0], plane[..., 1], loss(plane), levels=10, colors=[SOFT.light], linewidths=0.6
            )
            free, held = path("plain", 0.0), path(kind, strength)
            axes.plot(*free.T, color=SOFT.light, linewidth=1.1, label="without penalty")
            axes.plot(*held.T, color=color, label=f"with {kind}")
            end = held[-1]
            size = np.abs(end).sum() if kind == "l1" else np.linalg.norm(end)
            angle = np.linspace(0, 2 * np.pi, 200)
            round_ = np.stack([np.cos(angle), np.sin(angle)])
            ball = round_ * size if kind == "l2" else round_ / np.abs(round_).sum(axis=0) * size
            axes.fill(*ball, color=color, alpha=0.15)
            axes.plot(*end, "o", color=color)
            axes.axhline(0, color=INK.light, linewidth=0.5)
            axes.axvline(0, color=INK.light, linewidth=0.5)
            axes.set_aspect("equal")
            axes.set_title(f"{kind}: ends at ({end[0]:.2f}, {end[1]:.2f})")
            axes.legend(frameon=False, fontsize=7, loc="lower left")
        return figure


def forces() -> Figure:
    """Draw penalties, the forces they pull with, and the priors that they are the negative logarithms of."""
    w = np.linspace(-2.5, 2.5, 400)
    lines = (
        ("penalty", 0.5 * w**2, np.abs(w)),
        ("pull towards zero", squared_norm_gradient(w, 1.0), magnitude_subgradient(w, 1.0, 0.0)),
        ("prior density", np.exp(-0.5 * w**2) / np.sqrt(2 * np.pi), 0.5 * np.exp(-np.abs(w))),
    )
    with styled():
        figure = Figure(figsize=(7.8, 2.5), layout="constrained")
        for position, (title, by_l2, by_l1) in enumerate(lines, start=1):
            axes = figure.add_subplot(1, 3, position)
            axes.plot(w, by_l2, color=L2, label="l2, Gaussian")
            axes.plot(w, by_l1, color=L1, label="l1, Laplace")
            axes.set_title(title)
            axes.set_xlabel("weight")
            axes.grid(axis="y")
            if position == 3:
                axes.legend(frameon=False, fontsize=7)
        return figure


def shrinkage() -> Figure:
    """Draw what becomes of a direction's optimum: kept share against curvature for l2, thresholded for l1."""
    with styled():
        figure = Figure(figsize=(7.4, 2.6), layout="constrained")
        axes = figure.add_subplot(1, 2, 1)
        curvature = np.logspace(-3, 2, 200)
        for strength in (0.01, 0.1, 1.0):
            axes.plot(
                curvature,
                curvature / (curvature + strength),
                color=L2,
                alpha=0.4 + 0.3 * np.log10(strength * 100) / 2,
            )
            axes.annotate(f"{strength:g}", (strength, 0.5), fontsize=8)
        axes.set_xscale("log")
        axes.set_xlabel("curvature of the loss in a direction")
        axes.set_title("l2 keeps curvature / (curvature + strength)")
        axes = figure.add_subplot(1, 2, 2)
        w = np.linspace(-2, 2, 400)
        axes.plot(w, w, color=SOFT.light, linewidth=1)
        axes.plot(w, soft_threshold(w, 0.6), color=L1)
        axes.plot(w, w / 1.6, color=L2)
        axes.set_xlabel("optimum without penalty (curvature 1)")
        axes.set_title("optimum with strength 0.6")
        axes.grid()
        return figure


def main() -> None:
    """Draw all figures."""
    PICTURES.mkdir(exist_ok=True)
    for name, draw in (("why-balls", balls), ("why-forces", forces), ("why-shrinkage", shrinkage)):
        draw().savefig(PICTURES / f"{name}.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
