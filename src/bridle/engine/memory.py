"""Whether a population's networks fit into memory, asked before any of it is taken.

A system that has no more memory ends the process, and all work with it, without a word.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from bridle.checks import problem
from bridle.engine.plan import Plan
from bridle.errors import PlanError
from bridle.rules.steps import OPTIMIZERS

COPIES = 4
"""Of a state at once, as measured: on the way to the devices, there, in an update, and on the way back."""


ALWAYS_FREE = 2**24
"""Bytes that nobody has to look for before they are taken."""


def check_memory(plan: Plan, members: int = 1) -> None:
    """Check that so many networks of a plan can be trained at once.

    Raises
    ------
    PlanError
        If their states are larger than the memory that is free.
    """
    numbers = count_numbers(plan)
    needed = COPIES * members * numbers * _arrays(plan) * np.dtype(plan.dtype).itemsize
    if needed <= ALWAYS_FREE:
        return
    free = free_memory()
    if free is None or needed <= free:
        return
    given = f"{members:,} of {numbers:,} numbers each, about {needed / 1e9:,.1f} GB"
    hint = "Train fewer at once (fewer strengths, learning rates, splits or seeds), or a smaller network."
    raise PlanError(
        problem("train", "networks", f"within the {free / 1e9:.1f} GB of free memory", given, hint)
    )


def count_numbers(plan: Plan) -> int:
    """Return how many numbers a network's weights are."""
    return sum(math.prod(shape) for pair in plan.pairs for shape in pair.shapes)


def _arrays(plan: Plan) -> int:
    """Return how many arrays of a weight's size a state has: weights, best weights, moments, averages."""
    moments = OPTIMIZERS[plan.optimizer].count_slots(plan.constants)
    averages = plan.has("ema") + plan.has("swa") + plan.has("snapshots") * plan.cycles
    return 2 + moments + averages


def free_memory() -> int | None:
    """Return the bytes that a process can still take; None where the system does not say."""
    table = Path("/proc/meminfo")
    try:
        lines = dict(line.split(":", 1) for line in table.read_text().splitlines())
        return 1024 * int(lines["MemAvailable"].split()[0])
    except (OSError, ValueError, LookupError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
