"""The figures that a tutorial prints, taken from a result, and its training log in the tutorial's form."""

from __future__ import annotations

import re

import numpy as np

from bridle.experiments.parts import Published
from bridle.experiments.results import Result
from bridle.rules.schedules import SCHEDULES

_COST = re.compile(r"cost at step ([\d,]+)")


def obtained(result: Result, figure: Published) -> float:
    """Return what a result has where a tutorial prints a figure; NaN where training ended before.

    A cost is the whole objective, data loss plus penalty, before the update of that number.
    """
    if figure.quantity in ("train accuracy", "test accuracy"):
        return float(result.scores(figure.variant, figure.quantity.replace(" ", "_"))[0])
    found = _COST.fullmatch(figure.quantity)
    loss, penalty = (_values(result, figure.variant, name) for name in ("train_loss", "penalty"))
    if found is None:
        return float((loss if "loss" in figure.quantity else penalty)[-1])
    step = int(found[1].replace(",", ""))
    return float(loss[step] + penalty[step]) if step < len(loss) else float("nan")


def log_lines(result: Result, variant: str) -> list[str]:
    """Return a variant's training log, ``epoch, acc, loss (data_loss, reg_loss), lr``, every so many epochs.

    Each line is taken before the epoch's updates, as the tutorials print it; the accuracy is that of the
    training pass.
    """
    home = result.home(variant)
    plan = home.population.plan
    member = home.members_of(variant)[0]
    rate = float(
        np.broadcast_to(home.population.members.learning_rate, len(home.population.variants))[member]
    )
    loss, penalty, accuracy = (
        _values(result, variant, name) for name in ("train_loss", "penalty", "train_accuracy")
    )
    updates = len(loss) * -(
        -len(home.population.rows_of(member)) // (plan.batch_size or len(home.population.y))
    )
    lines = []
    for epoch in sorted({*range(0, len(loss), result.part.log_every), len(loss) - 1}):
        count = np.asarray(epoch * (updates // len(loss)), dtype=float)
        factor = SCHEDULES[plan.schedule](count, np.asarray(float(updates)), plan.timing)
        lines.append(
            f"epoch: {epoch}, acc: {accuracy[epoch]:.3f}, loss: {loss[epoch] + penalty[epoch]:.5f} "
            f"(data_loss: {loss[epoch]:.5f}, reg_loss: {penalty[epoch]:.5f}), lr: {rate * float(factor):g}"
        )
    return lines


def _values(result: Result, variant: str, name: str) -> np.ndarray:
    """Return the first seed's curve; zeros for a penalty that was not tracked."""
    home = result.home(variant)
    member = home.members_of(variant)[0]
    curves = home.outcome.curves
    return np.asarray(curves[name][member] if name in curves else np.zeros(home.population.plan.epochs))
