"""Which experiments there are: one line each, so that listing them imports nothing heavy."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridle.checks import did_you_mean, one_of, problem
from bridle.errors import DataError

if TYPE_CHECKING:
    from bridle.experiments.experiment import Experiment


@dataclass(frozen=True)
class Line:
    """One experiment's line in the list: its name, what it is, what it asks, and the module it lives in."""

    name: str
    sentence: str
    question: str
    module: str


_LINES = (
    Line(
        "moons-l2",
        "two moons, 2-8-1, tanh, L2 by mini-batches",
        "Does L2 help once the learning rate that was declared is applied?",
        "moons_l2",
    ),
    Line(
        "spiral-l1l2",
        "a spiral of three arms, 2-128-3, L1 and L2 on weights and biases, momentum",
        "Does the penalty help on the spiral, or has the code a bug?",
        "spiral",
    ),
    Line(
        "moons-mlp3",
        "two moons, 2-20-3-1, L2, weight decay and dropout on an overfitting network",
        "Can L2, weight decay and dropout be ranked?",
        "moons_mlp3",
    ),
    Line(
        "football",
        "where the goalkeeper should kick, 2-20-3-1, L2 and dropout",
        "What is the true accuracy of dropout, with a fresh mask in every update?",
        "football",
    ),
    Line(
        "logistic",
        "breast_cancer without hidden layers, L1 and L2",
        "Which form of L1 makes weights exactly zero?",
        "logistic",
    ),
    Line(
        "facing",
        "two makes of cars, each facing one way in training and both in the test, horizontal flips",
        "Do flips make the network learn the make instead of the direction?",
        "facing",
    ),
)

CATALOG: dict[str, Line] = {line.name: line for line in _LINES}
"""Every experiment by name, in the order in which lists show them."""


def find(name: str) -> Experiment:
    """Return an experiment.

    Raises
    ------
    DataError
        If there is none of this name.
    """
    if name not in CATALOG:
        raise DataError(problem("reproduce", "name", one_of(CATALOG), name, did_you_mean(name, CATALOG)))
    module = importlib.import_module(f"bridle.experiments.{CATALOG[name].module}")
    experiment: Experiment = module.EXPERIMENT
    return experiment
