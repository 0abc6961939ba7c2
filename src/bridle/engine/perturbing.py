"""What training does to rows and targets before the forward pass, all of a plan's perturbations in turn.

Motions of pictures come first and are composed, so that a picture is read between its pixels once, however
many of them a plan has. The others follow in the registry's order. Each draws from a stream of its own, by
seed, count and the row's id: on line the count is of updates, so that every epoch draws anew; off line it is
the number of the copy.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TypeAlias

from bridle import streams
from bridle.perturb.about import About
from bridle.perturb.motions import composed
from bridle.perturb.warps import warped
from bridle.registry import Regularizer
from bridle.registry.records import Perturbation
from bridle.streams import Key
from bridle.types import Array, namespace, where_on

Drawn: TypeAlias = tuple[Perturbation, Key, Array]
"""A perturbation with its stream and its strength."""


def perturbed_rows(
    records: Iterable[Regularizer],
    settings: Mapping[str, Array],
    seed: Array,
    count: Array,
    x: Array,
    t: Array,
    rows: Array,
    about: About,
) -> tuple[Array, Array]:
    """Return inputs (D, B) and targets (K, B) as training sees them.

    Parameters
    ----------
    records
        Regularizers in the registry's order; those that perturb no rows are passed over.
    settings
        Strengths by name, floating scalar arrays; rows stay to the bit where all are 0.
    seed
        Of the member, an unsigned 32-bit array.
    count
        What is drawn anew for: the updates so far, or the number of a copy.
    x, t
        Rows as they are, (D, B) of floating dtype, and their targets, (K, B).
    rows
        Words of the row ids, (1, B), from :func:`bridle.streams.row_words`.
    about
        What rows and targets are.
    """
    xp = namespace(x)
    drawn: list[Drawn] = []
    for record in records:
        if record.perturbation is not None:
            key = streams.fold(streams.key_of(seed, record.perturbation.purpose), streams.field(count, x))
            drawn.append((record.perturbation, key, xp.asarray(settings[record.strength.name])))

    x = _moved(x, drawn, rows, about)
    for one, key, strength in drawn:
        if one.apply is not None:
            x, t = one.apply(x, t, key, rows, strength, about)
    return x, t


def _moved(x: Array, drawn: list[Drawn], rows: Array, about: About) -> Array:
    """Return pictures (D, B) after all motions at once, to the bit as they are where no strength is on."""
    xp, image = namespace(x), about.image
    moving = [(one.motion, key, strength) for one, key, strength in drawn if one.motion is not None]
    if not moving or image is None:
        return x
    motion = composed([move(key, rows, strength, image) for move, key, strength in moving])
    is_on = reduce(operator.or_, (strength > 0 for _, _, strength in moving))

    def move_pixels(x: Array) -> Array:
        images = xp.reshape(x, (*image, x.shape[1]))
        return xp.reshape(warped(images, motion, about.resampling, about.fill), x.shape)

    return where_on(is_on, move_pixels, x)
