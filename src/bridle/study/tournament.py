"""Training within a time budget: rounds of successive halving, then rounds of refinement, until time is out.

The first rounds halve a coarse grid: all candidates are trained for a share of the epochs, the better half of
every entry goes on. Plain and the best of every regularizer always go on to the last epoch, so that what is
compared in the end had all of them. Further rounds train strengths between the best and its neighbors, for as
long as there is time and something to be gained.

Four things depend on the clock: how much of the request is carried out, how many go on after a round, whether
another is begun, and what is cut when the machine becomes slower. All are written down before they are acted
on (:mod:`bridle.study.ledger`), so a comparison that goes on after it was killed ends with the same table.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from bridle.engine.training import interruptible
from bridle.study import pace
from bridle.study.budget import Clock, Costs, Scope, cuts_in_words, plan
from bridle.study.candidates import kind_of, make_companies
from bridle.study.heats import Tournament
from bridle.study.inference import inference_of
from bridle.study.ledger import Ledger
from bridle.study.options import Settled
from bridle.study.references import Scores, reference_models, score_references
from bridle.study.rounds import Round, Stack, loss_of
from bridle.study.scores import SCORES
from bridle.study.store import StoredRun
from bridle.study.straight import Report, Training
from bridle.study.stretch import Guard
from bridle.study.tables import Table


def train_within(
    clock: Clock,
    table: Table,
    asked: Settled,
    rounds: list[Round],
    data: Stack,
    tell: Report,
    run: StoredRun | None,
) -> Training:
    """Train as much of a comparison as a time budget allows.

    Parameters
    ----------
    clock
        The budget.
    table, asked, rounds, data
        What to train.
    tell
        Progress.
    run
        Where states and decisions are kept; None: nowhere.
    """
    ledger = Ledger(clock, run)
    tell("measuring the speed", 0.0, clock.seconds)
    written = ledger.decide("plan", lambda: _plan(clock, table, asked, rounds, data))
    scope, costs = Scope.read(written["scope"]), Costs(**written["costs"])
    settled, own = scope.settle(asked), rounds[: scope.splits]
    guard = Guard(clock, ledger, tell, costs.epoch)
    guard.say("training the references")
    metric = SCORES[asked.metric]
    by_rows = inference_of(table, own, metric).by_rows
    scores = score_references(table, own, metric, asked.class_weight, by_rows, names=written["references"])
    companies = make_companies(settled, data.x.shape[1], *loss_of(table), table.image)
    tournament = Tournament(
        settled,
        scope.rungs,
        own,
        _first(data, scope.splits),
        companies,
        costs,
        guard,
        written["rooms"],
        asked.splits > 1,
        run,
    )
    with interruptible() as guard.stop:
        interrupted = tournament.play()
    reach = tournament.reach
    done = Scope(reach.splits, reach.seeds, scope.strengths, scope.epochs, scope.rungs, reach.regularizers)
    left_out = set(reference_models(table, 0)) - set(scores)
    return Training(
        tournament.trained(interrupted),
        interrupted,
        done.settle(settled),
        own[: reach.splits],
        {name: Scores(*(part[: reach.splits] for part in one)) for name, one in scores.items()},
        tuple(tournament.heats),
        tuple(filter(None, (*_notes(asked, done, written, left_out), tournament.ending))),
    )


def _plan(clock: Clock, table: Table, asked: Settled, rounds: list[Round], data: Stack) -> dict[str, Any]:
    """Measure, and return what of a request fits, in a form that can be written down."""
    references, seconds = pace.choose_references(
        table, rounds[0], asked.class_weight, asked.splits, clock.seconds
    )
    companies = make_companies(asked, data.x.shape[1], *loss_of(table), table.image)
    by_kind = {kind_of(one.candidates[0].name): one for one in companies}
    networks = asked.splits * asked.seeds
    rooms = {kind: networks * len(one.candidates) for kind, one in by_kind.items()}
    rooms |= {
        f"{kind} judges": networks * sum(candidate.stops for candidate in one.candidates)
        for kind, one in by_kind.items()
    }
    costs = dataclasses.replace(
        pace.measure(by_kind, rooms, rounds, data, asked.seeds, clock.now), references=seconds
    )
    scope, fits = plan(asked, costs, clock.left)
    return {
        "scope": dataclasses.asdict(scope),
        "fits": fits,
        "references": references,
        "rooms": rooms,
        "costs": dataclasses.asdict(costs),
    }


def _first(data: Stack, splits: int) -> Stack:
    """Return the rows of the first splits; all rows stay where they lie, because their numbers draw noise."""
    weights = None if data.row_weights is None else data.row_weights[:splits]
    return dataclasses.replace(
        data, rows=data.rows[:splits], validation_rows=data.validation_rows[:splits], row_weights=weights
    )


def _notes(asked: Settled, done: Scope, written: dict[str, Any], left_out: set[str]) -> list[str]:
    """Return what a budget did not allow, as sentences."""
    notes = []
    budget = f"the time budget of {asked.time_budget:g} s"
    cuts = cuts_in_words(asked, done)
    if not written["fits"]:
        notes.append(
            f"Even the smallest sensible comparison was too large for {budget}, and was done all the same: "
            "give more time, fewer regularizers, or a smaller network."
        )
    if cuts:
        notes.append(f"To keep {budget} the comparison was cut to {', '.join(cuts)}.")
    if left_out:
        notes.append(f"To keep {budget} the references went without {', '.join(sorted(left_out))}.")
    return notes
