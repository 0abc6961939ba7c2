"""Which engine a fit runs on: plain NumPy for little work, the compiled population for much.

Compiling a program takes a second or two with the import of JAX, more than most fits take in all, and earns
them back by what an update costs less: nearly all of Python's part, every pass over the weights but one, and
with wide layers half of the products' time. Several networks share the cores besides, one device each. What
the compiled engine does badly is to be looked at: who wants to see every epoch pays for a call of the program
each time. The choice depends on the amount of work alone, never on the machine nor on what happens to be
compiled already: the engines agree to rounding, not to the bit, and a fit must give the same bits whenever it
is repeated.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from bridle.engine import Plan
from bridle.engine.epoch import is_filled_up
from bridle.engine.recorded import RING
from bridle.engine.team import can_be_abreast
from bridle.ops.products import PART_WORK


class Pace(NamedTuple):
    """Seconds of an update whatever its size, of an operation, of a weight, and of a number of noise."""

    update: float
    operation: float
    weight: float
    drawn: float


NUMPY = Pace(1e-4, 1 / 5e10, 4e-9, 8e-9)
THREADED = Pace(2e-4, 1 / 1.4e11, 4e-9, 8e-9)
ABREAST = Pace(3e-4, 1 / 4e10, 0.0, 8e-9)
COMPILED = Pace(1.5e-5, 1 / 1.25e11, 3e-10, 1e-9)
"""Measured in float64 on two idle cores with 512-bit vectors; products and weights of float32 take half. The
second is of batches whose products BLAS shares among its threads; abreast, members share a call's seconds."""

BLAS_WORK = 6e6
"""Multiplications and additions of a forward pass in float64 from which on threads of BLAS earn a fifth."""

COMPILING, SECOND_UPDATE, VALIDATING = 1.0, 0.25, 0.2
"""Seconds of importing JAX and compiling, there; of another update, where the last batch has its own size;
and of the pass over held-out rows. Layers and regularizers make 0.8 to 1.3 of the first."""

LOOK = 3e-4
"""Seconds that a call of the compiled program takes beyond its epochs, or the weights to be looked at."""

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


def uses_blas_threads(plan: Plan, rows: int) -> bool:
    """Return whether a fit on NumPy leaves its products to BLAS's own threads, as scikit-learn's all do.

    Threads of ours, which give the same bits on any number of cores, sleep between updates, and took as long
    to wake on a virtual machine as the other half of a batch of (256, 256) took to compute.
    """
    return work_of(plan, min(plan.batch_size or rows, rows)).operations / 3 >= BLAS_WORK


def trained_abreast(plan: Plan, rows: int, members: int) -> int:
    """Return how many of some members share every call of NumPy: all of small networks, else one by one."""
    is_small = work_of(plan, min(plan.batch_size or rows, rows)).largest < PART_WORK
    return members if is_small and can_be_abreast(plan) else 1


def looks(epochs: int, patience: float, watched: bool, scored: bool) -> int:
    """Return how often some epochs' owner looks at what they did, about.

    Parameters
    ----------
    epochs
        All that may be trained.
    patience
        Stalled epochs that end the training; it runs unseen for as many.
    watched
        Whether something asks for every epoch.
    scored
        Whether something asks for every epoch's weights besides.
    """
    if watched or scored:
        return epochs * (2 if scored else 1)
    return -(-epochs // int(min(patience + 1, RING)))


def chosen_engine(
    asked: str,
    plan: Plan,
    epochs: int,
    rows: int,
    members: int,
    is_sparse: bool,
    stays_sparse: bool = False,
    together: int = 1,
    looks: int = 1,
    validates: bool = False,
) -> str:
    """Return "population" or "reference", as asked for, or by the amount of work for "auto".

    ``stays_sparse`` says that batches of sparse rows do on NumPy, ``together`` how many of the members share
    every call of NumPy, ``looks`` how often their owner :func:`looks` at them, and ``validates`` whether the
    program scores held-out rows.
    """
    if asked != "auto":
        return asked
    bytes_dense = rows * plan.inputs * (8 if plan.dtype == "float64" else 4)
    first, *others = (fan_in * fan_out for fan_in, fan_out in pairwise(plan.sizes))
    if (is_sparse and bytes_dense > DENSE_BYTES) or (stays_sparse and first > sum(others)):
        return "reference"
    batch = min(plan.batch_size or rows, rows)
    work, updates = work_of(plan, batch), epochs * members * -(-rows // batch)
    alone = THREADED if uses_blas_threads(plan, rows) else NUMPY
    on_numpy = updates * (work.seconds(ABREAST, together) if together > 1 else work.seconds(alone))
    at_once = min(members, 2)  # of the devices, of which there are always two
    compiling = COMPILING + VALIDATING * validates
    compiling += SECOND_UPDATE * (rows % batch > 0 and not is_filled_up(plan, rows))
    compiled = compiling + updates * work.seconds(COMPILED) / at_once + looks * LOOK
    return "reference" if on_numpy <= compiled else "population"
