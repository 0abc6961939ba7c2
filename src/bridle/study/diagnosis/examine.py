"""The whole diagnosis of a table: bias or variance, how much of each, and what would help most.

First the plain network is trained as ``compare`` trains it, and judged against strong references on the same
rows. Then come the reasons: does its loss fall at all, does it lack data (a learning curve), do its errors
come from bias or from variance (bootstrap members), and would a slightly different network do better. Test
rows play no part, so that they still can judge what comes after.
"""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass, field

import numpy as np

import bridle
from bridle.checks import Problems
from bridle.errors import BridleError
from bridle.study.candidates import make_companies
from bridle.study.diagnose import error_of, judge
from bridle.study.diagnosis.advice import Trial, advise, trials_of_references
from bridle.study.diagnosis.bench import Bench
from bridle.study.diagnosis.debugging import check_training, debugging_job
from bridle.study.diagnosis.findings import Curve, Debugging, Examination, Shares
from bridle.study.diagnosis.probes import probes_of
from bridle.study.diagnosis.reasons import Bootstrapping, Curving
from bridle.study.diagnosis.saying import facts_of, say
from bridle.study.diagnosis.trainer import Report, Trainer
from bridle.study.inference import inference_of
from bridle.study.options import PLAIN, Options, Settled, settle
from bridle.study.references import score_references
from bridle.study.rounds import loss_of, make_rounds, stack, varied_in
from bridle.study.scores import SCORES
from bridle.study.selection import Pool, gather, loss_curves, pools_of
from bridle.study.tables import Table

_TRAINING_SHARE = 0.92


@dataclass
class _Found:
    """What the parts after the first have found, as far as they came."""

    debugging: Debugging | None = None
    curve: Curve | None = None
    shares: Shares | None = None
    trials: list[Trial] = field(default_factory=list)
    interrupted: bool = False


def examine(
    table: Table,
    options: Options | None = None,
    target_error: float | None = None,
    progress: Report | None = None,
) -> Examination:
    """Diagnose the plain network on a table.

    Parameters
    ----------
    table
        The data, from :func:`bridle.study.tables.load` or ``from_arrays``.
    options
        How it is trained, as for :func:`bridle.study.compare.compare`; regularizers are not used.
    target_error
        The error that can be reached, at least 0, in the metric's unit (a share for accuracy); None: that of
        the best reference.
    progress
        Called with a phase in words, the fraction done in [0, 1], and the seconds left (inf if unknown).

    Returns
    -------
    Examination
        After Ctrl-C with what was done until then, and ``interrupted`` set.

    Raises
    ------
    PlanError, DataError
        If options or data cannot be used.
    BridleError
        If all networks of some split diverged; the message names a learning rate that would do.
    KeyboardInterrupt
        If it was interrupted before the plain networks were trained.
    """
    began = time.perf_counter()
    tell = progress or (lambda phase, fraction, left: None)
    tell("reading", 0.0, float("inf"))
    settled = settle(dataclasses.replace(options or Options(), regularizers=(PLAIN,)), table)
    _check(settled, target_error)
    rounds = make_rounds(table, settled)
    data = stack(rounds)
    inference = inference_of(table, rounds, SCORES[settled.metric])
    outputs, loss = loss_of(table)
    (company,) = make_companies(settled, data.x.shape[1], outputs, loss, table.image)
    trainer = Trainer(data, tell, _TRAINING_SHARE)
    lowest = np.full(len(rounds), company.candidates[0].learning_rate)
    bench = Bench(table, settled, rounds, data, inference, company.plan, lowest)
    members = company.members(
        data.rows, data.validation_rows, data.row_weights, settled.seeds, weights=data.weights
    )
    curving, bootstrapping, probes = Curving(bench), Bootstrapping(bench), probes_of(company.plan)
    runs = bench.all_runs()
    jobs = [(company.plan, members), *curving.jobs.values(), bootstrapping.job, debugging_job(bench)]
    trainer.expect([*jobs, *((probe.plan, runs) for probe in probes)])

    outcome = trainer.run("training the plain network", company.plan, members)
    pools = pools_of([gather(company, outcome, len(rounds), settled.seeds)], (PLAIN,))
    if not pools:
        advice = check_training(bench, trainer).sentence
        raise BridleError(f"diagnose: every network diverged in some split. {advice}")
    pool = pools[0]
    rates = np.array([pool.candidate(pool.choice(split)).learning_rate for split in range(len(rounds))])
    bench = dataclasses.replace(bench, rates=rates)
    chosen = [pool.trained.member(pool.choice(split), split, seed) for split, seed in bench.runs]
    train = bench.errors(outcome, "train", members=chosen)
    validation = bench.errors(outcome, "validation", members=chosen)
    stopped = bench.errors(outcome, "validation", members=chosen, best=True)
    found = _Found(trials=[Trial("stop training early", _STOPPING, stopped, validation)])
    try:
        found.debugging = check_training(bench, trainer)
        found.curve = Curving(bench).run(trainer, train, validation)
        found.shares, bagged = Bootstrapping(bench).run(trainer, validation)
        found.trials += [bagged] if bagged is not None else []
        runs = bench.all_runs()
        for probe in probes:
            errors = bench.errors(trainer.run("trying other networks", probe.plan, runs), "validation")
            found.trials.append(Trial(probe.what, probe.how, errors, validation))
    except KeyboardInterrupt:
        found.interrupted = True
    tell("training the references", _TRAINING_SHARE, float("inf"))
    examination = _examination(bench, pool, found, train, validation, target_error)
    tell("done", 1.0, 0.0)
    return dataclasses.replace(
        examination,
        notes=(*table.notes, *((outcome.note,) if outcome.note else ())),
        seconds=time.perf_counter() - began,
    )


_STOPPING = "--regularizers early_stopping; measured on the rows that choose the epoch, so a little too good"


def _examination(
    bench: Bench,
    pool: Pool,
    found: _Found,
    train: np.ndarray,
    validation: np.ndarray,
    target_error: float | None,
) -> Examination:
    table, settled, inference = bench.table, bench.options, bench.inference
    scores = score_references(
        table, bench.rounds, inference.metric, settled.class_weight, inference.by_rows, ("validation",)
    )
    references = {name: error_of(one.validation, inference.metric) for name, one in scores.items()}
    diagnosis = judge(train, validation, references, inference, target_error)
    outlook = None if found.curve is None else found.curve.outlook
    trials = [*found.trials, *trials_of_references(references, validation)]
    advice = advise(trials, diagnosis, outlook, inference)
    return Examination(
        data=table.name,
        target=table.target,
        task=table.task,
        metric=settled.metric,
        diagnosis=diagnosis,
        verdict=say(diagnosis, found.curve, found.shares, found.debugging, advice, inference.metric),
        training=loss_curves(pool),
        learning_rate=pool.candidate(pool.recommended).learning_rate,
        curve=found.curve,
        shares=found.shares,
        debugging=found.debugging,
        advice=advice,
        varied=varied_in(table),
        facts=facts_of(bench),
        notes=(),
        options=dataclasses.asdict(settled),
        interrupted=found.interrupted,
        version=bridle.__version__,
    )


def _check(settled: Settled, target_error: float | None) -> None:
    found = Problems("diagnose")
    if not settled.chooses:
        found.add("the validation share", "above 0", settled.shares[1], "Give three shares, as in 60/20/20.")
    if target_error is not None:
        high = 1.0 if SCORES[settled.metric].percent else math.inf
        found.check_number("target_error", target_error, 0.0, high)
    found.raise_if_any()
