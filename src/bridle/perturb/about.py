"""What a perturbation may know of the training besides rows, targets and its own strength."""

from __future__ import annotations

from typing import NamedTuple

from bridle.perturb.warps import Fill, Sampling


class About(NamedTuple):
    """What rows and targets are.

    ``even_target`` is the target that favors no class: 1/2 for yes-or-no outputs, 1/K for one choice among K.
    ``image`` is a row's shape as a picture, (C, H, W), whose C H W values lie in C order along the inputs'
    first axis; None where rows are no pictures. ``resampling`` and ``fill`` say how pictures are read between
    their pixels and outside of them (:func:`bridle.perturb.warps.warped`).
    """

    even_target: float
    image: tuple[int, int, int] | None = None
    resampling: Sampling = "bilinear"
    fill: Fill = "edge"
