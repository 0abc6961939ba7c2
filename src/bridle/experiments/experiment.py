"""An experiment: a name, its parts, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridle.experiments.parts import Part, Request
from bridle.experiments.results import Result


@dataclass(frozen=True, eq=False)
class Experiment:
    """One experiment: how its parts are made, and what follows from their results.

    ``make`` returns a part by name; ``answer`` turns the results of some parts into sentences, the first of
    which answers the question. ``notes`` are sentences that every output repeats. ``sweep`` is a part whose
    variants are one regularizer's strengths, weakest first, for a row of decision regions. ``strips`` gives
    rows of 8-bit images (n, H, W, C), each with words, where rows are images.
    """

    name: str
    title: str
    features: tuple[str, str] | tuple[str, ...]
    classes: tuple[str, ...]
    make: Callable[[str, Request], Part]
    answer: Callable[[Mapping[str, Result]], list[str]]
    notes: Callable[[Request], list[str]] = lambda request: []
    sweep: Callable[[Request], Part] | None = None
    pitch: bool = False
    strips: Callable[[], Sequence[tuple[str, np.ndarray]]] = tuple
