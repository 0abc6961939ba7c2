"""The numbers behind the pictures: predictions over the plane of two inputs, points, and facts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bridle.engine.outcome import predict_member
from bridle.study.columns import column_kind
from bridle.study.findings import Boundary, Points
from bridle.study.halving import beyond
from bridle.study.names import counted, in_words, setting_in_words
from bridle.study.options import Settled
from bridle.study.rounds import Round
from bridle.study.selection import Pool, Trained
from bridle.study.tables import Table

GRID = 120
_MARGIN = 0.08
MOST_POINTS = 500


def is_plane(table: Table) -> bool:
    """Return whether a table has exactly two inputs, and both are numbers without gaps."""
    if table.image is not None:
        return False
    kinds = [column_kind(table.frame[name]) for name in table.frame.columns]
    complete = not table.frame.isna().to_numpy().any()
    return kinds == ["number", "number"] and complete and bool((table.frame.nunique() > 1).all())


def boundaries_of(table: Table, pools: list[Pool], data: Round) -> tuple[Boundary, ...]:
    """Return what the recommended networks of one split predict over the plane of two inputs."""
    if not is_plane(table):
        return ()
    ranges, raw = [], data.frame
    for name in table.frame.columns:
        low, high = float(raw[name].min()), float(raw[name].max())
        margin = _MARGIN * (high - low)
        ranges.append(np.linspace(low - margin, high + margin, GRID))
    first, second = np.meshgrid(*ranges)
    frame = pd.DataFrame(
        {name: one.ravel() for name, one in zip(table.frame.columns, (first, second), strict=True)}
    )
    x = data.preparation.transform(frame)
    found = []
    for pool in pools:
        predictions = predict_member(
            pool.trained.company.plan, pool.weights(pool.recommended, data.number), x
        )
        if predictions.shape[1] > 1:
            values = np.argmax(predictions, axis=1).astype(float)
        else:
            values = predictions[:, 0] if data.scale is None else data.scale.inverse(predictions[:, 0])
        found.append(Boundary(pool.name, ranges[0], ranges[1], np.round(values, 3).reshape(GRID, GRID)))
    return tuple(found)


def points_of(table: Table, data: Round) -> Points | None:
    """Return one split's training points for the plane, at most 500 of them; None but for two inputs."""
    if not is_plane(table):
        return None
    return Points(data.frame.to_numpy(dtype=float)[:MOST_POINTS], data.train.y[:MOST_POINTS])


def _structure(options: Settled) -> list[str]:
    blocks = ["residual blocks"] if options.residual and len(options.hidden) > 1 else []
    return blocks + ([f"{options.normalization} norm"] if options.normalization is not None else [])


def facts_of(
    table: Table, options: Settled, rounds: list[Round], trained: list[Trained], seconds: float
) -> tuple[tuple[str, str], ...]:
    """Return label and value pairs about data and runs, ready to show."""
    first = rounds[0]
    networks = sum(one.count_networks() for one in trained)
    sizes = " - ".join(map(str, trained[0].company.plan.sizes))
    batch = "all rows" if options.batch_size is None else f"{options.batch_size} rows"
    validation = f"{len(first.validation.y):,} validation, " if options.chooses else ""
    test = f"{len(first.test.y):,} test" + (" (fresh)" if table.generator is not None else "")
    rates = ", ".join(f"{rate:g}" for rate in options.learning_rates)
    runs = (
        f"{counted(options.splits, 'draw' if table.generator is not None else 'split')} x "
        f"{counted(options.seeds, 'seed')}"
    )
    return (
        ("Data", f"{table.size}, {first.train.x.shape[1]} inputs"),
        ("Rows of a split", f"{len(first.train.y):,} training, {validation}{test}"),
        ("Network", ", ".join((sizes, options.network or options.activation, *_structure(options)))),
        ("Training", f"{options.optimizer}, {options.epochs:,} epochs, {batch} an update"),
        ("Tried", f"{runs}, {counted(options.strengths, 'strength')}, learning rates {rates}"),
        ("Networks trained", f"{networks:,} in {seconds:.0f} s"),
    )


def notes_of(
    table: Table, options: Settled, trained: list[Trained], pools: list[Pool], interrupted: bool
) -> tuple[str, ...]:
    """Return sentences for the user on data, machine, and what is missing or lies at an edge."""
    notes = [*table.notes, *(one.outcome.note for one in trained[:1] if one.outcome.note)]
    if options.left_out:
        notes.append(f"Not compared: {in_words(', '.join(options.left_out))}.")
    reached = {pool.name for pool in pools}
    missing = [in_words(name) for name in options.regularizers if name not in reached]
    if interrupted:
        notes.append("The run was interrupted: networks in training were taken as they were.")
    if missing:
        reason = "the run was interrupted" if interrupted else "in some split all of its networks diverged"
        notes.append(f"Left out, because {reason}: {', '.join(missing)}.")
    ends = {end: [_chosen(pool) for pool in pools if _end_of(pool) == end] for end in ("strong", "weak")}
    if ends["strong"]:
        notes.append(
            "Chosen at the strong end of what was tried, so more may be better still: "
            f"{', '.join(ends['strong'])}. --fix NAME=STRENGTH tries what you name."
        )
    if ends["weak"]:
        notes.append(
            "Chosen at the weak end of what was tried, next to plain, so less may be better still: "
            f"{', '.join(ends['weak'])}."
        )
    return tuple(notes)


def _chosen(pool: Pool) -> str:
    name, value = pool.candidate(pool.recommended).settings[0]
    return f"{in_words(pool.name)} ({setting_in_words(name, value, pool.name)})"


def _end_of(pool: Pool) -> str:
    """Return whether the chosen strength is the strongest or weakest of several, and there is more beyond.

    "strong", "weak" or nothing.
    """
    forces = {one.strength: one.force() for one in map(pool.candidate, pool.candidates) if one.settings}
    chosen, part = pool.candidate(pool.recommended), pool.name.partition("+")[0]
    if len(forces) < 3:
        return ""
    further = beyond(forces, chosen.strength, whole=part == "early_stopping")
    if further is None or not pool.trained.company.admits(part, further):
        return ""
    return "strong" if chosen.force()[0] == max(forces.values())[0] else "weak"
