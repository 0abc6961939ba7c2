"""Which engine a fit runs on: plain NumPy for little work, the compiled population for much.

Compiling a program takes about a second, more than most small fits take in all. The choice depends on the
amount of work alone, never on what happens to be compiled already: the engines agree to rounding, not to the
bit, and a fit must give the same bits whenever it is repeated.
"""

from __future__ import annotations

from itertools import pairwise

from bridle.engine import Plan

UPDATE_SECONDS = 1e-4
"""What an update costs on NumPy however small the network is."""

FLOATS_A_SECOND = 2e10
"""Multiplications and additions of NumPy's matrix products in a second, on a core or two."""

WORTH_COMPILING = 2.0
"""Seconds of work on NumPy from which compiling pays."""

DENSE_BYTES = 2**29
"""The most that sparse inputs may take in memory once they are dense; larger ones stay sparse, on NumPy."""


def seconds_on_numpy(plan: Plan, epochs: int, rows: int, members: int) -> float:
    """Return about how long it takes to train members for some epochs on plain NumPy."""
    batch = min(plan.batch_size or rows, rows)
    updates = epochs * members * -(-rows // batch)
    products = sum(fan_in * fan_out for fan_in, fan_out in pairwise(plan.sizes))
    return updates * (UPDATE_SECONDS + 6 * batch * products / FLOATS_A_SECOND)


def chosen_engine(asked: str, plan: Plan, epochs: int, rows: int, members: int, is_sparse: bool) -> str:
    """Return "population" or "reference", as asked for, or by the amount of work for "auto"."""
    if asked != "auto":
        return asked
    bytes_dense = rows * plan.inputs * (8 if plan.dtype == "float64" else 4)
    if is_sparse and bytes_dense > DENSE_BYTES:
        return "reference"
    is_much = seconds_on_numpy(plan, epochs, rows, members) > WORTH_COMPILING
    return "population" if is_much else "reference"
