"""The main job: train every regularizer, choose on validation rows, score on test rows once.

The order is the point. Data are split again and again; all networks are trained without sight of a test row;
each split chooses its networks; only then are the test rows scored, and paired differences to plain become
intervals that respect overlapping training rows (Nadeau and Bengio 2003) and many questions (Holm 1979).
"""

from __future__ import annotations

import dataclasses
import math
import time
from pathlib import Path

from threadpoolctl import threadpool_limits

import bridle
from bridle.errors import BridleError
from bridle.study.budget import Clock
from bridle.study.diagnose import diagnose
from bridle.study.entries import beside_best, entries_of, flat_weights, model_of, scored_models
from bridle.study.findings import Findings, Verdict
from bridle.study.gallery import gallery_of
from bridle.study.inference import inference_of
from bridle.study.modelfile import checksum_of, encode_model
from bridle.study.nested import choose_by_validation
from bridle.study.networks import encode_networks
from bridle.study.options import PLAIN, Options, Settled, settle
from bridle.study.pictures import (
    GRID,
    MOST_POINTS,
    boundaries_of,
    facts_of,
    is_plane,
    notes_of,
    points_of,
)
from bridle.study.portrait import points_on, portrait_of, slice_axes, slices_of
from bridle.study.references import score_references
from bridle.study.rounds import Round, make_rounds, stack, varied_in
from bridle.study.scores import SCORES
from bridle.study.selection import loss_curves, pools_of, strength_curve
from bridle.study.store import Kept, Store, StoredRun
from bridle.study.straight import TRAINING_SHARE, Report, train_straight
from bridle.study.tables import Table
from bridle.study.tournament import train_within
from bridle.study.verdict import Circumstances, best_entry, say
from bridle.study.worth import is_it_worth_it, reference_entries


def compare(
    table: Table,
    options: Options | None = None,
    progress: Report | None = None,
    store: Path | None = None,
    fresh: bool = False,
    began: float | None = None,
) -> Findings:
    """Compare regularizers on a table.

    Parameters
    ----------
    table
        The data, from :func:`bridle.study.tables.load` or ``from_arrays``.
    options
        What to try; defaults follow the data.
    progress
        Called with a phase in words, the fraction done in [0, 1], and the seconds left (inf if unknown).
    store
        A folder in which the comparison keeps its state (:mod:`bridle.study.store`): killed at any moment,
        the same call goes on where it stopped, and ends with the same table. None: nothing is kept.
    fresh
        Begin anew, whatever lies in the store.
    began
        When the time budget began, by ``time.monotonic``; None: now.

    Returns
    -------
    Findings
        Everything that tables and pictures need. After Ctrl-C, of the entries whose networks had all begun,
        with ``interrupted`` set.

    Raises
    ------
    PlanError, DataError
        If options or data cannot be used, or the data changed since the unfinished comparison began.
    OutputError
        If the store cannot be written, or another process holds it.
    BridleError
        If in some split all plain networks diverged.
    KeyboardInterrupt
        If the run was interrupted before the plain networks had begun.
    """
    started = time.monotonic() if began is None else began
    tell = progress or (lambda phase, fraction, left: None)
    tell("reading", 0.0, float("inf"))
    settled = settle(options or Options(), table)
    clock = Clock(settled.time_budget or math.inf, started)
    rounds = make_rounds(table, settled)
    # Threads of products that wait for each other make the pace of a busy machine a lottery.
    with threadpool_limits(None if settled.time_budget is None else 1, "blas"):
        if store is None:
            return _compare(table, settled, rounds, tell, clock, None)
        with Store(store) as runs:
            return _compare(table, settled, rounds, tell, clock, runs.begin(table, settled, rounds, fresh))


def _compare(
    table: Table, settled: Settled, rounds: list[Round], tell: Report, clock: Clock, run: StoredRun | None
) -> Findings:
    metric = SCORES[settled.metric]
    if settled.time_budget is None:
        training = train_straight(table, settled, rounds, stack(rounds), tell, run)
    else:
        training = train_within(clock, table, settled, rounds, stack(rounds), tell, run)
    trained, interrupted = training.trained, training.interrupted
    settled, rounds = training.settled, training.rounds
    pools = pools_of(trained, settled.regularizers, settled.choose)
    if not pools or pools[0].name != PLAIN:
        if interrupted:
            raise KeyboardInterrupt
        raise BridleError(
            "compare: every plain network diverged in some split, so there is nothing to compare with. "
            "Try lower learning rates."
        )
    tell("scoring", TRAINING_SHARE, float("inf"))
    looks = [] if run is None or interrupted else run.look()
    inference = inference_of(table, rounds, metric)
    entries = entries_of(pools, rounds, inference)
    scores = training.scores or score_references(
        table, rounds, metric, settled.class_weight, inference.by_rows
    )
    yardsticks = {name: one.on(inference.held_out) for name, one in scores.items()}
    diagnosis = diagnose(entries[0], yardsticks, inference)
    varied = varied_in(table)
    best = best_entry(entries) if settled.chooses else entries[0]
    choice = choose_by_validation(entries, inference) if settled.chooses else None
    if settled.chooses:
        entries = beside_best(entries, best, inference)
    references = reference_entries(best, scores, inference)
    circumstances = Circumstances(
        varied, len(rounds[0].test.y), table.generator is not None, settled.chooses, interrupted
    )
    verdict = say(entries, diagnosis, metric, circumstances, choice)
    best_pool = next(pool for pool in pools if pool.name == best.name)
    curves = [strength_curve(pool, pools[0]) for pool in pools]
    portrait = portrait_of(best_pool, rounds, metric, len(table.classes or ()), inference.held_out)
    plane = () if is_plane(table) else slice_axes(rounds[0].preparation, portrait.importances)
    facts = facts_of(table, settled, rounds, trained, clock.elapsed)
    found = Findings(
        data=table.name,
        target=table.target,
        task=table.task,
        metric=settled.metric,
        classes=tuple(str(one) for one in table.classes or ()),
        features=tuple(map(str, rounds[0].preparation.feature_names)),
        varied=varied,
        entries=tuple(entries),
        diagnosis=diagnosis,
        verdict=Verdict(
            verdict.headline, (*verdict.sentences, is_it_worth_it(best, references, metric, settled.chooses))
        ),
        strength_curves=tuple(curve for curve in curves if curve is not None),
        loss_curves=tuple(loss_curves(pool) for pool in pools),
        weights={pool.name: flat_weights(pool) for pool in pools},
        boundaries=boundaries_of(table, pools, rounds[0])
        or slices_of(pools, rounds[0], plane, GRID, best_pool),
        points=points_of(table, rounds[0]) or points_on(rounds[0], plane, MOST_POINTS),
        best=best.name,
        best_model=model_of(best_pool, rounds, table, metric) if settled.chooses else None,
        facts=facts,
        notes=(
            *notes_of(table, settled, trained, pools, interrupted),
            *training.notes,
            *_second_look(table, looks),
        ),
        options=dataclasses.asdict(settled),
        interrupted=interrupted,
        seconds=clock.elapsed,
        version=bridle.__version__,
        references=references,
        choice=choice,
        splits=settled.splits,
        seeds=settled.seeds,
        intervals=inference.words(settled.splits, settled.seeds),
        portrait=portrait,
        gallery=gallery_of(
            table,
            rounds,
            [one.company for one in trained],
            best_pool,
            inference.held_out,
            settled.inspect,
        ),
        plane=plane,
        heats=training.heats,
    )
    if run is not None and not interrupted:
        results = found.as_json()
        model = None if found.best_model is None else checksum_of(encode_model(found.best_model))
        scored = scored_models(pools, entries, rounds, table, metric)
        kept = Kept(encode_networks(scored), len(scored))
        run.finish({name: results[name] for name in ("entries", "choice", "best")}, model, kept)
    tell("done", 1.0, 0.0)
    return found


def _second_look(table: Table, looks: list[str]) -> list[str]:
    """Return a note where test rows were scored before; synthetic data are drawn and have no seal."""
    if not looks or table.generator is not None:
        return []
    times = "once" if len(looks) == 1 else f"{len(looks)} times"
    return [
        f"The test rows of these data were scored {times} before, first on {looks[0][:10]}: whoever chooses "
        "among comparisons by their test scores finds them too good."
    ]
