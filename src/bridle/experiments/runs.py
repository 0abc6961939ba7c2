"""Train the parts of an experiment, one population after another."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from bridle.checks import Problems
from bridle.engine import Progress, train
from bridle.errors import BridleError, DataError, Status
from bridle.experiments.catalog import find
from bridle.experiments.parts import PARTS, Part, Population, Request
from bridle.experiments.results import Result, Trained, scored

_KNOWN = 0.02
"""The share of the work from which on the time left can be told."""

Report = Callable[[str, float, float], None]
"""Called with a phase in words, the fraction done, and the seconds left (inf if unknown)."""


def reproduce(
    name: str,
    parts: Sequence[str] = PARTS,
    request: Request | None = None,
    progress: Report | None = None,
) -> dict[str, Result]:
    """Run an experiment and return the results of its parts by name.

    Parameters
    ----------
    name
        A key of ``CATALOG``.
    parts
        Some of "published", "corrected" and "measured".
    request
        Seeds, epochs and data.
    progress
        Called with a phase in words, the fraction done, and the seconds left (inf if unknown).

    Raises
    ------
    DataError
        If there is no such experiment or part, or the data cannot be used.
    BridleError
        If it was interrupted.
    """
    experiment, request = find(name), request or Request()
    found = Problems("reproduce", DataError)
    for one in parts:
        found.check_choice("part", one, PARTS)
    if request.data is not None and not experiment.pitch:
        found.add("data", f"left out for {name}", request.data, "They are football's.")
    found.raise_if_any()
    made = [experiment.make(part, request) for part in PARTS if part in parts]
    works = [[_work(one) for one in part.populations] for part in made]
    total, done, results = sum(map(sum, works)), 0.0, {}
    began = time.perf_counter()
    for part, work in zip(made, works, strict=True):

        def tell(share: float, phase: str = part.name, done: float = done, own: float = sum(work)) -> None:
            if progress is not None:
                fraction = (done + own * share) / total
                spent = time.perf_counter() - began
                left = spent * (1 - fraction) / fraction if fraction > _KNOWN else math.inf
                progress(f"{name}, {phase}", fraction, left)

        results[part.name] = run_part(part, tell, request)
        done += sum(work)
    return results


def _work(population: Population) -> float:
    """Return about how many multiplications a population's training takes, to foresee its time."""
    rows = len(population.rows_of(0))
    sizes = population.plan.sizes
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    return float(population.plan.epochs * len(population.variants) * rows * weights)


def run_part(
    part: Part, progress: Callable[[float], None] | None = None, request: Request | None = None
) -> Result:
    """Train a part's populations and score their members.

    Raises
    ------
    BridleError
        If it was interrupted: half of an experiment answers nothing.
    """
    began = time.perf_counter()
    works = [_work(one) for one in part.populations]
    trained: list[Trained] = []
    for k, population in enumerate(part.populations):

        def tell(now: Progress, k: int = k) -> None:
            if progress is not None:
                progress((sum(works[:k]) + works[k] * now.done / now.total) / sum(works))

        outcome = train(
            population.plan,
            population.members,
            population.X,
            population.y,
            validation=population.validation,
            initial=population.initial,
            draws=population.draws,
            progress=tell,
        )
        if np.any(outcome.status == Status.INTERRUPTED):
            raise BridleError("reproduce: interrupted before the last epoch; nothing was written.")
        trained.append(scored(population, outcome, part.test))
    shortened = request.epochs if request is not None else None
    return Result(part, tuple(trained), time.perf_counter() - began, shortened)
