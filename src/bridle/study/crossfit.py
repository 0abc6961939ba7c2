"""A fair validation loss for networks that stopped by it.

Early stopping takes the lowest point of a whole validation curve, so on the rows of that curve it looks
better than it is, and a choice among regularizers by validation loss would favor it for that alone. Here
every candidate that stops early is trained twice more: it watches one half of the validation rows and is
judged by the other, and the two halves' losses are averaged. Those networks only judge; the one that is used
has watched all validation rows.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from bridle.engine import Members, Outcome
from bridle.engine.epoch import CHUNK
from bridle.engine.examples import encode_targets
from bridle.engine.network import forward
from bridle.engine.pixels import Inputs, numbers_of
from bridle.engine.plan import Plan
from bridle.errors import Status
from bridle.ops.losses import LOSSES
from bridle.study.candidates import Company
from bridle.study.rounds import Round, Stack
from bridle.study.selection import Trained
from bridle.study.statistics import mean_of

_PURPOSE = 0x6861_6C66


@dataclasses.dataclass(frozen=True, eq=False)
class Judges:
    """The networks that judge a company's early stopping, two for each network that is judged.

    ``places`` (n, 3) are the candidates in the company, splits and seeds of those; halves vary fastest.
    """

    company: Company
    places: np.ndarray
    members: Members
    judged_on: list[np.ndarray]


def make_judges(
    company: Company, rounds: list[Round], data: Stack, seeds: int, places: np.ndarray | None = None
) -> Judges | None:
    """Return what judges a company, None if nothing in it stops early or validation rows are too few.

    ``places`` (n, 3) are the candidates, splits and seeds in question; None: all.
    """
    if places is None:
        places = np.argwhere(np.ones((len(company.candidates), len(data.rows), seeds), dtype=bool))
    stops = np.array([one.stops for one in company.candidates])
    places = places[stops[places[:, 0]]]
    if not len(places) or min(len(rows) for rows in data.validation_rows) < 2:
        return None
    parts = {part for one in company.candidates if one.stops for part in one.name.split("+")}
    names = tuple(name for name in company.plan.regularizers if name in parts)
    own = Company(
        dataclasses.replace(company.plan, regularizers=names),
        tuple(one for one in company.candidates if one.stops),
    )
    halves = [halve(one, rows) for one, rows in zip(rounds, data.validation_rows, strict=True)]
    watched = [half for pair in halves for half in pair]
    judged_on = [half for first, second in halves for half in (second, first)]
    weights = None if data.row_weights is None else [one for one in data.row_weights for _ in range(2)]
    rows = [one for one in data.rows for _ in range(2)]
    number = np.cumsum(stops) - 1
    each = [(number[c], 2 * r + half, s) for c, r, s in places for half in range(2)]
    members = own.members(rows, watched, weights, repeats=2, places=np.array(each), weights=data.weights)
    return Judges(own, places, members, [judged_on[k] for _, k, _ in each])


def halve(data: Round, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two equally large halves of a split's validation rows, at random, groups whole.

    Classes are in proportion. A row left over is in neither, so that all halves are of one width; for the
    same reason one group, through which the middle runs, may be in both.
    """
    random = np.random.default_rng([_PURPOSE, data.number])
    part = data.validation
    order = random.permutation(len(rows))
    if part.groups is not None:
        shuffled = random.permutation(int(part.groups.max()) + 1)[part.groups]
        order = np.argsort(shuffled, kind="stable")
        middle = len(rows) // 2
        return rows[order[:middle]], rows[order[middle : 2 * middle]]
    order = order[np.argsort(part.y[order], kind="stable")]
    width = len(rows) // 2
    return rows[order[: 2 * width : 2]], rows[order[1 : 2 * width : 2]]


def judge(trained: Trained, judges: Judges, outcome: Outcome, data: Stack) -> Trained:
    """Return a trained company in which early stopping's losses are those of its judges.

    Parameters
    ----------
    trained
        The company.
    judges, outcome
        Who judges, and what training made of them.
    data
        The rows.
    """
    losses = trained.losses.copy()
    for (c, r, s), found in zip(judges.places, judged_losses(judges, outcome, data), strict=True):
        losses[c, r, s] = found if np.isfinite(losses[c, r, s]) else np.inf
    return dataclasses.replace(trained, losses=losses)


def judged_losses(judges: Judges, outcome: Outcome, data: Stack) -> np.ndarray:
    """Return the mean of the two halves' losses for every network that is judged, (n,); inf if none."""
    plan = judges.company.plan
    targets = encode_targets(plan, data.y, len(data.y)).t
    found = np.full(len(judges.judged_on), np.inf)
    for member, rows in enumerate(judges.judged_on):
        if outcome.status[member] != Status.DIVERGED:
            losses = _losses(plan, outcome, member, data.x[rows], targets[:, rows])
            found[member] = mean_of(losses, None if data.weights is None else data.weights[rows])
    return found.reshape(-1, 2).mean(axis=1)


def _losses(plan: Plan, outcome: Outcome, member: int, x: Inputs, t: np.ndarray) -> np.ndarray:
    weights, found = outcome.member_weights(member), []
    for at in range(0, len(x), CHUNK):
        z, _ = forward(plan, weights, numbers_of(x[at : at + CHUNK]).T)
        found.append(LOSSES[plan.loss].forward(z, t[:, at : at + CHUNK])[0].ravel())
    return np.concatenate(found).astype(np.float64)
