"""Where a plan's regularizers take hold of an update, sorted by place once for all updates.

A regularizer's record says what it does; an update asks, at every place where something could be done, what
is to be done there. On small networks the answers took as long to find as the numbers to compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from bridle.engine.stages import Pair
from bridle.registry import Injection, Regularizer, Term
from bridle.types import Array

Slope = Callable[[Array, Array], Array]
"""Of parameters and a strength, returns what a penalty adds to their gradient."""


class Own(NamedTuple):
    """What acts on one array of parameters, each in the registry's order.

    ``layer`` is whose strengths hold. ``terms`` are all penalties on the array, ``slopes`` those that join
    its gradient, ``proximal`` those that act after the step; ``projections`` come last, with the names of
    their strengths. ``decays`` tells whether weight decay reaches it.
    """

    layer: int
    terms: tuple[Term, ...]
    slopes: tuple[tuple[Term, Slope], ...]
    proximal: tuple[Term, ...]
    projections: tuple[tuple[str, Callable[[Array, Array], Array]], ...]
    decays: bool


class Hooks(NamedTuple):
    """What acts at each place of an update, with the name of its strength, in the registry's order.

    ``perturbs`` tells whether rows or targets are changed. ``arrays`` are of all that is learned, the first
    array of every pair and the second in turn.
    """

    perturbs: bool
    injections: tuple[tuple[str, Injection], ...]
    attacks: tuple[tuple[str, Callable[[Array, Array, Array], Array]], ...]
    on_activations: tuple[tuple[str, Term], ...]
    arrays: tuple[Own, ...]


def hooks_of(
    records: tuple[Regularizer, ...], pairs: Iterable[Pair], subgradient_at: float | None, decay_biases: bool
) -> Hooks:
    """Return where some regularizers take hold of an update.

    Parameters
    ----------
    records, pairs
        Of a plan.
    subgradient_at
        What l1 adds at 0 where it is a subgradient; None: it is a proximal operator.
    decay_biases
        Whether weight decay reaches biases.
    """
    named = [(record.strength.name, record) for record in records]
    penalties = [(name, term) for name, record in named for term in record.terms]
    terms = [term for _, term in penalties]

    def own(pair: Pair, on: str) -> Own:
        here = tuple(one for one in terms if one.on == on and (pair.reads_inputs or not one.first_layer_only))
        slopes = tuple((term, slope) for term in here if (slope := _slope(term, subgradient_at)) is not None)
        sloped = [term for term, _ in slopes]
        return Own(
            pair.stage.layer,
            here,
            slopes,
            tuple(term for term in here if term.prox is not None and term not in sloped),
            tuple((name, one.project) for name, one in named if on == "weights" and one.project is not None),
            any(name == "weight_decay" for name, _ in named)
            and (on == "weights" or (on == "biases" and decay_biases)),
        )

    return Hooks(
        any(record.perturbation is not None for record in records),
        tuple((name, one.injection) for name, one in named if one.injection is not None),
        tuple((name, one.attack) for name, one in named if one.attack is not None),
        tuple((name, term) for name, term in penalties if term.on == "activations"),
        tuple(own(pair, on) for pair in pairs if pair.kind != "statistics" for on in pair.names),
    )


def _slope(term: Term, subgradient_at: float | None) -> Slope | None:
    """Return what a term adds to a gradient, None where it acts otherwise."""
    if term.gradient is None and subgradient_at is not None and term.subgradient is not None:
        return partial(_subgradient, term.subgradient, subgradient_at)
    return term.gradient


def _subgradient(slope: Callable[..., Array], at_zero: float, w: Array, strength: Array) -> Array:
    return slope(w, strength, at_zero)
