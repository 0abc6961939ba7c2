"""Does training work at all: with the noise off and all rows in an update, the loss has to fall.

It is the first thing to look at when a network learns nothing, and the cheapest: a hundred updates on at most
two thousand rows. If the loss does not fall, either the learning rate is too high, which a ladder of learning
rates tells at once (they are one population), or something is wrong that no learning rate mends.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from bridle.engine import Members, Plan
from bridle.study.candidates import member_seed
from bridle.study.diagnosis.bench import Bench
from bridle.study.diagnosis.findings import Debugging
from bridle.study.diagnosis.trainer import Trainer

UPDATES = 100
_MOST_ROWS = 2_000
_LADDER = {
    "adam": (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3),
    "sgd": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0),
}
_RIPPLE, _ROUNDING = 1e-3, 1e-6


def debugging_job(bench: Bench) -> tuple[Plan, Members]:
    """Return the plain plan, which has no noise, with all rows in an update, and the ladder of rates."""
    plan = dataclasses.replace(bench.plan, batch_size=None, epochs=UPDATES, evaluate_every=UPDATES)
    positions = np.arange(min(_MOST_ROWS, len(bench.data.rows[0])))
    weights = bench.data.row_weights
    rates = (bench.rates[0], *_LADDER[plan.optimizer])
    return plan, Members(
        seed=member_seed(0, 0),
        learning_rate=np.array(rates),
        rows=[bench.data.rows[0][positions]],
        row_weights=None if weights is None else [weights[0][positions]],
    )


def check_training(bench: Bench, trainer: Trainer) -> Debugging:
    """Train for a hundred updates with the rate in use and with a ladder of others, and judge the losses.

    Parameters
    ----------
    bench
        The data of which the first split is used, with the learning rate it chose.
    trainer
        What trains.
    """
    plan, members = debugging_job(bench)
    curves = trainer.run("checking that the loss falls", plan, members).curves["train_loss"]
    return judge_descent(plan.optimizer, members.learning_rate, curves)


def judge_descent(optimizer: str, rates: np.ndarray, curves: np.ndarray) -> Debugging:
    """Judge losses before each update: the first learning rate is the one in use, the others are the ladder.

    A loss falls if no update raises it, and passes if it also ends lower than it began. Adam's steps are as
    long at the end as at the beginning, so with it a rise of a thousandth of the first loss is no fault.

    Parameters
    ----------
    optimizer
        Its name.
    rates
        Learning rates, (1 + R,), the one in use first.
    curves
        Losses, (1 + R, T), NaN or infinite after a member diverged.

    Examples
    --------
    >>> losses = np.array([[1.0, 1.5, 2.0], [1.0, 0.9, 0.8], [1.0, 0.8, 0.9]])
    >>> found = judge_descent("sgd", np.array([3.0, 0.1, 0.3]), losses)
    >>> found.passed, found.advised
    (False, 0.1)
    """
    finite = np.isfinite(curves).all(axis=1)
    known = np.where(finite[:, None], curves, 0.0)
    steps = np.diff(known, axis=1)
    bearable = (_RIPPLE if optimizer == "adam" else _ROUNDING) * np.abs(known[:, :1])
    falls = finite & np.all(steps <= bearable, axis=1) & (known[:, -1] < known[:, 0])
    passed = bool(falls[0])
    good = np.flatnonzero(falls[1:])
    # Of the rates whose loss falls at every step, the one that gets lowest.
    advised = None
    if not passed and good.size:
        advised = float(rates[1:][good[np.argmin(curves[1:][good, -1])]])
    return Debugging(
        optimizer=optimizer,
        rate=float(rates[0]),
        losses=curves[0],
        passed=passed,
        rates=rates[1:],
        ladder=curves[1:],
        falls=falls[1:],
        advised=advised,
        sentence=_say(float(rates[0]), curves[0], passed, steps[0], bearable[0], advised),
    )


def _say(
    rate: float,
    losses: np.ndarray,
    passed: bool,
    steps: np.ndarray,
    bearable: np.ndarray,
    advised: float | None,
) -> str:
    where = f"With noise off and all rows in an update, at learning rate {rate:g},"
    if passed:
        return (
            f"{where} the loss falls at every one of {len(steps)} updates, from {losses[0]:.3g} to "
            f"{losses[-1]:.3g}: training works."
        )
    mend = (
        f"At learning rate {advised:g} it falls at every update."
        if advised is not None
        else "No learning rate tried makes it fall: look at the data, the labels and the scale of the inputs."
    )
    if not np.isfinite(losses).all():
        return f"{where} the loss diverges. {mend}"
    if not losses[-1] < losses[0]:
        return (
            f"{where} the loss does not fall: {losses[0]:.3g} at first, {losses[-1]:.3g} at the end. {mend}"
        )
    rises = int(np.sum(steps > bearable))
    way = f"{losses[0]:.3g} to {losses[-1]:.3g}"
    return f"{where} the loss rises at {rises} of {len(steps)} updates on its way from {way}. {mend}"
