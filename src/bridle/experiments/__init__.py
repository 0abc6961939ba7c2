"""The tutorials' experiments: as published, corrected, and measured.

Four tutorials implement regularization from scratch and draw conclusions from one seed and a hundred or so
test points. Each experiment here is a module of its own with a short plan and its data; it says what to train
in three parts. *Published* keeps the tutorial's conventions, faults and numbers of the random generator.
*Corrected* mends the faults. *Measured* repeats it over many seeds, so that what is claimed has an interval.
Nothing here trains by a way of its own: every population is a call of :func:`bridle.train`, and its arguments
can be copied into a notebook.

Names are imported when they are first used, so that listing the experiments stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "CATALOG": "catalog",
    "find": "catalog",
    "Experiment": "experiment",
    "PARTS": "parts",
    "Part": "parts",
    "Population": "parts",
    "Published": "parts",
    "Request": "parts",
    "Result": "results",
    "reproduce": "runs",
}

__all__ = list(_HOMES)

if TYPE_CHECKING:
    from bridle.experiments.catalog import CATALOG as CATALOG
    from bridle.experiments.catalog import find as find
    from bridle.experiments.experiment import Experiment as Experiment
    from bridle.experiments.parts import PARTS as PARTS
    from bridle.experiments.parts import Part as Part
    from bridle.experiments.parts import Population as Population
    from bridle.experiments.parts import Published as Published
    from bridle.experiments.parts import Request as Request
    from bridle.experiments.results import Result as Result
    from bridle.experiments.runs import reproduce as reproduce


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bridle.experiments' has no attribute {name!r}")
    return getattr(importlib.import_module(f"bridle.experiments.{_HOMES[name]}"), name)
