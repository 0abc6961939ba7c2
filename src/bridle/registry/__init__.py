"""The list of all regularizers: one record each, and everything else iterates over it.

A record says what the regularizer does, in a sentence and in a formula; which settings it has, with range,
off value and default grid; where it comes from; and the functions that compute it. The engine, the laws that
test it, the documentation and the command line read the same records, so adding a regularizer is one
function and one record (CONTRIBUTING.md shows how).
"""

from __future__ import annotations

from bridle.checks import did_you_mean, one_of, problem
from bridle.errors import PlanError
from bridle.registry.constraints import CONSTRAINTS
from bridle.registry.images import IMAGES
from bridle.registry.noise import NOISE
from bridle.registry.penalties import PENALTIES
from bridle.registry.records import Injection, Regularizer, Setting, Term
from bridle.registry.rows import ROWS
from bridle.registry.training import DECAY, GRADIENT, TIME

__all__ = ["PLACES", "REGISTRY", "Injection", "Regularizer", "Setting", "Term", "find"]

REGISTRY: dict[str, Regularizer] = {
    record.name: record
    for record in (*PENALTIES, *CONSTRAINTS, *DECAY, *NOISE, *IMAGES, *ROWS, *GRADIENT, *TIME)
}
"""Every regularizer by name, in the order in which lists and reports show them."""

PLACES = {name: place for place, name in enumerate(REGISTRY)}
"""Where each stands in that order."""


def find(name: str, where: str = "registry") -> Regularizer:
    """Return a regularizer's record.

    Raises
    ------
    PlanError
        If there is none of this name.
    """
    if name not in REGISTRY:
        raise PlanError(problem(where, "regularizer", one_of(REGISTRY), name, did_you_mean(name, REGISTRY)))
    return REGISTRY[name]
