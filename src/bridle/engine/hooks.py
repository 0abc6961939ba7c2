"""Where a plan's regularizers take hold of an update, sorted by place once for all updates.

A regularizer's record says what it does; an update asks, at every place where something could be done, what
is to be done there. On small networks the answers took as long to find as the numbers to compute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridle.registry import Injection, Regularizer, Term
from bridle.types import Array


class Hooks(NamedTuple):
    """What acts at each place of an update, with the name of its strength, in the registry's order.

    ``perturbs`` tells whether rows or targets are changed. ``terms`` are the penalties by what they are on
    and whether that reads the network's inputs.
    """

    perturbs: bool
    injections: tuple[tuple[str, Injection], ...]
    attacks: tuple[tuple[str, Callable[[Array, Array, Array], Array]], ...]
    projections: tuple[tuple[str, Callable[[Array, Array], Array]], ...]
    on_activations: tuple[tuple[str, Term], ...]
    terms: dict[tuple[str, bool], tuple[Term, ...]]


def hooks_of(records: tuple[Regularizer, ...]) -> Hooks:
    """Return where some regularizers take hold of an update."""
    named = [(record.strength.name, record) for record in records]
    penalties = [(name, term) for name, record in named for term in record.terms]
    terms: dict[tuple[str, bool], tuple[Term, ...]] = {}
    for _, term in penalties:
        for reads_inputs in (True,) if term.first_layer_only else (True, False):
            place = (term.on, reads_inputs)
            terms[place] = (*terms.get(place, ()), term)
    return Hooks(
        any(record.perturbation is not None for record in records),
        tuple((name, one.injection) for name, one in named if one.injection is not None),
        tuple((name, one.attack) for name, one in named if one.attack is not None),
        tuple((name, one.project) for name, one in named if one.project is not None),
        tuple((name, term) for name, term in penalties if term.on == "activations"),
        terms,
    )
