"""Which engine a fit runs on: plain NumPy for little work, the compiled population for much.

Compiling a program takes a second and a half, more than most fits take in all, and earns it back by what an
update costs less: nearly all of Python's part, every pass over the weights but one, and with wide layers half
of the products' time. Several networks share the cores besides, one device each. The choice
depends on the amount of work alone, never on the machine nor on what happens to be compiled already: the
engines agree to rounding, not to the bit, and a fit must give the same bits whenever it is repeated.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from bridle.engine import Plan
from bridle.engine.parts import SHARED_WORK
from bridle.engine.team import can_be_abreast
from bridle.ops.products import PART_WORK


class Pace(NamedTuple):
    """Seconds of an update whatever its size, of an operation, of a weight, and of a number of noise."""

    update: float
    operation: float
    weight: float
    drawn: float


NUMPY = Pace(2e-4, 1 / 4.7e10, 9e-9, 2.5e-8)
SHARED = Pace(4e-4, 1 / 6.5e10, 9e-9, 2.5e-8)
ABREAST = Pace(5e-4, 1 / 2.5e10, 0.0, 2.5e-8)
COMPILED = Pace(6e-5, 1 / 6e10, 1e-9, 1e-9)
"""Measured in float64 on two idle cores, a compiled update's 6e-5 as three quarters of the 8e-5 that it took
while all that a call sends was sent anew; products and weights of float32 take half. The second is of batches
that are cut in two; abreast, members share a call's seconds."""

COMPILING = 1.6
"""Seconds of compilation."""

DENSE_BYTES = 2**29
"""The most that sparse inputs may take in memory once they are dense; larger ones stay sparse, on NumPy."""


class Work(NamedTuple):
    """Of an update: operations of all products, and of the largest one; weights; numbers of noise."""

    operations: float
    largest: float
    weights: float
    drawn: float

    def seconds(self, pace: Pace, together: int = 1) -> float:
        """Return about how long an update of one member takes where so many share its calls."""
        passes = self.operations * pace.operation + self.weights * pace.weight
        return pace.update / together + passes + self.drawn * pace.drawn


def work_of(plan: Plan, batch: int) -> Work:
    """Return the work of one update of one network, products and weights counted as if of float64."""
    maps = [fan_in * fan_out for fan_in, fan_out in pairwise(plan.sizes)]
    scale = 1.0 if plan.dtype == "float64" else 0.5
    draws = {
        "inputs": batch * plan.inputs,
        "layer inputs": batch * sum(plan.sizes[1:-1]),
        "weights": sum(maps),
    }
    injections = [record.injection for record in plan.records if record.injection is not None]
    drawn = sum(draws[one.where] for one in injections)
    return Work(6 * batch * scale * sum(maps), 2 * batch * scale * max(maps), scale * sum(maps), drawn)


def trained_abreast(plan: Plan, rows: int, members: int) -> int:
    """Return how many of some members share every call of NumPy: all of small networks, else one by one."""
    is_small = work_of(plan, min(plan.batch_size or rows, rows)).largest < PART_WORK
    return members if is_small and can_be_abreast(plan) else 1


def chosen_engine(
    asked: str, plan: Plan, epochs: int, rows: int, members: int, is_sparse: bool, together: int = 1
) -> str:
    """Return "population" or "reference", as asked for, or by the amount of work for "auto".

    ``together`` is how many of the members share every call of NumPy.
    """
    if asked != "auto":
        return asked
    bytes_dense = rows * plan.inputs * (8 if plan.dtype == "float64" else 4)
    if is_sparse and bytes_dense > DENSE_BYTES:
        return "reference"
    batch = min(plan.batch_size or rows, rows)
    work, updates = work_of(plan, batch), epochs * members * -(-rows // batch)
    alone = SHARED if work.operations / 3 >= SHARED_WORK else NUMPY
    on_numpy = updates * (work.seconds(ABREAST, together) if together > 1 else work.seconds(alone))
    at_once = min(members, 2)  # of the devices, of which there are always two
    compiled = COMPILING + updates * work.seconds(COMPILED) / at_once
    return "reference" if on_numpy <= compiled else "population"
