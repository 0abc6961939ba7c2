"""The optimizer over all arrays of a network: the step of each, and what it remembers of each.

An optimizer's rule looks at one number and its slots at a time, so arrays may lie in any form. In a compiled
program each is by itself. On NumPy those of a small network lie end to end and take their steps together: a
rule is a dozen calls, each of which takes longer to begin than to compute a small array. The bits are the
same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bridle.engine.plan import Plan
from bridle.rules.steps import OPTIMIZERS, Slots
from bridle.types import Array, Weights

Step = Callable[..., tuple[Array, Slots, Array]]
"""An optimizer's rule, see :mod:`bridle.rules.steps`."""

MOST_NUMBERS = 2**14
"""Of parameters that are worth laying end to end: with more, a rule's calls have enough to compute."""


MOST_AT_ONCE = 2**20
"""Numbers of one array beyond which NumPy's passes leave the cache: it takes its step block by block."""

BLOCK = 2**15
"""Numbers of a block, with all that a rule makes of them in a processor's second cache."""


class EndToEnd(NamedTuple):
    """The slots of all arrays, (P,) each, and the arrays' shapes in their order."""

    slots: Slots
    shapes: tuple[tuple[int, ...], ...]


def laid_out(plan: Plan, slots: list[Slots] | EndToEnd, weights: Weights) -> list[Slots] | EndToEnd:
    """Return the slots of a plan's arrays as a training holds them: end to end on NumPy where that pays."""
    arrays = [one for pair in weights for one in pair][: len(plan.hooks.arrays)]
    if isinstance(slots, EndToEnd) or not slots[0] or any(type(one) is not np.ndarray for one in arrays):
        return slots
    if sum(one.size for one in arrays) > MOST_NUMBERS:
        return slots
    return EndToEnd(tuple(map(_joined, zip(*slots, strict=True))), tuple(one.shape for one in arrays))


def by_array(slots: list[Slots] | EndToEnd) -> list[Slots]:
    """Return each array's slots, as a state is kept and handed on."""
    if isinstance(slots, list):
        return slots
    return list(zip(*(_parted(one, slots.shapes) for one in slots.slots), strict=True))


def stepped(
    plan: Plan,
    gradients: list[Array],
    slots: list[Slots] | EndToEnd,
    learning_rate: Array,
    count: Array,
) -> tuple[list[Array], list[Slots] | EndToEnd, list[Array]]:
    """Return each array's step, the slots after it, and the effective steps; see :mod:`bridle.rules.steps`.

    Parameters
    ----------
    plan
        Its optimizer and constants.
    gradients
        One an array.
    slots
        One an array, or :class:`EndToEnd`.
    learning_rate, count
        The optimizer's.
    """
    rule = OPTIMIZERS[plan.optimizer].step
    if isinstance(slots, list):
        each = [
            _by_blocks(rule, one, own, learning_rate, count, plan.constants)
            if type(one) is np.ndarray and one.size > MOST_AT_ONCE
            else rule(one, own, learning_rate, count, plan.constants)
            for one, own in zip(gradients, slots, strict=True)
        ]
        return [step for step, _, _ in each], [own for _, own, _ in each], [far for _, _, far in each]
    step, after, effective = rule(_joined(gradients), slots.slots, learning_rate, count, plan.constants)
    far = _parted(effective, slots.shapes) if np.ndim(effective) else [effective] * len(gradients)
    return _parted(step, slots.shapes), EndToEnd(after, slots.shapes), far


def _by_blocks(rule: Step, gradient: np.ndarray, slots: Slots, *given: Any) -> tuple[Array, Slots, Array]:
    """Return what a rule gives for an array, a block of its numbers at a time."""
    flat, own = gradient.ravel(), [one.ravel() for one in slots]
    step, after, effective = np.empty_like(flat), [np.empty_like(one) for one in own], None
    for start in range(0, flat.size, BLOCK):
        some = slice(start, start + BLOCK)
        step[some], new, far = rule(flat[some], tuple(one[some] for one in own), *given)
        for kept, part in zip(after, new, strict=True):
            kept[some] = part
        if np.ndim(far):
            effective = np.empty_like(flat) if effective is None else effective
            effective[some] = far
    shape = gradient.shape
    reach = far if effective is None else effective.reshape(shape)
    return step.reshape(shape), tuple(one.reshape(shape) for one in after), reach


def _joined(arrays: tuple[Array, ...] | list[Array]) -> Array:
    return np.concatenate([one.ravel() for one in arrays])


def _parted(numbers: Array, shapes: tuple[tuple[int, ...], ...]) -> list[Array]:
    parts, start = [], 0
    for rows, columns in shapes:
        stop = start + rows * columns
        parts.append(numbers[start:stop].reshape(rows, columns))
        start = stop
    return parts
