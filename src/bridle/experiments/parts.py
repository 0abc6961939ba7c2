"""What an experiment is made of: populations to train, rows to test on, and figures to meet.

A :class:`Population` holds the arguments of one call of :func:`bridle.train` and says which variant and which
seed every member is. A :class:`Part` is the populations that answer one question, with the rows that none of
them trains on. That is all: the runner knows no experiment by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bridle.checks import Problems
from bridle.engine import Members, Plan, Recorded
from bridle.errors import DataError
from bridle.registry import Setting
from bridle.study.options import PLAIN
from bridle.types import Weights

PARTS = ("published", "corrected", "measured")
SEEDS = 30
FRESH = 10_000
"""Rows of a fresh test sample: the standard error of an accuracy is then below half a point."""
FRESH_SEED = 2**20
"""Far from the seeds of training data, so that test rows are never training rows of any seed."""


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Parameters
    ----------
    seeds
        Repetitions of the measured part, at least 2.
    epochs
        Train for so many epochs instead of the tutorial's; for a quick look, and every result says so.
    data
        A .mat file for ``football``; None: the synthetic pitch stands in.
    keys
        What that file calls its training inputs and labels and its test inputs and labels.
    """

    seeds: int = SEEDS
    epochs: int | None = None
    data: str | None = None
    keys: tuple[str, ...] = ("X", "y", "Xval", "yval")

    def __post_init__(self) -> None:
        found = Problems("reproduce", DataError)
        found.check_integer("seeds", self.seeds, 2, "One seed has no interval.")
        if self.epochs is not None:
            found.check_integer("epochs", self.epochs, 1)
        if len(self.keys) != 4:
            found.add("keys", "four names: training inputs, labels, test inputs, labels", self.keys)
        found.raise_if_any()

    def shorten(self, plan: Plan) -> Plan:
        """Return a plan with the epochs asked for, where they are fewer than its own."""
        epochs = plan.epochs if self.epochs is None else min(plan.epochs, self.epochs)
        return replace(plan, epochs=epochs, evaluate_every=min(plan.evaluate_every, epochs))


@dataclass(frozen=True, eq=False)
class Population:
    """The arguments of one call of :func:`bridle.train`; ``variants`` and ``seeds`` name each member."""

    plan: Plan
    members: Members
    X: np.ndarray
    y: np.ndarray
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    initial: Weights | None = None
    draws: Recorded | None = None
    rows: tuple[np.ndarray, ...] | None = None
    test_rows: tuple[np.ndarray, ...] | None = None
    validation: tuple[np.ndarray, np.ndarray] | None = None

    def rows_of(self, m: int) -> np.ndarray:
        """Return the rows of X that a member trains on."""
        return np.arange(len(self.y)) if self.rows is None else self.rows[m]


@dataclass(frozen=True)
class Published:
    """One figure that a tutorial prints: of which variant, what, and how much.

    ``decimals`` is how many it is printed with, and ``meets`` says whether it can be met to that digit;
    ``why`` says why not.
    """

    variant: str
    quantity: str
    value: float
    decimals: int
    meets: bool
    why: str = ""


@dataclass(frozen=True, eq=False)
class Part:
    """Populations that answer one question.

    Parameters
    ----------
    name
        One of ``PARTS``.
    about
        What is done, in a sentence or two.
    populations
        What is trained.
    test
        Inputs and labels that no member trains on; None where each member has ``test_rows`` of its own.
    test_words
        What they are.
    baseline
        Which variant each variant is compared with, by name; ``plain`` where none is named.
    overlap
        n_test / n_train of the variants whose seeds split the same rows anew (see
        :mod:`bridle.study.statistics`); 0 where none is named.
    varied
        What differs between seeds.
    published
        Figures to set beside those obtained.
    log_every
        Epochs between lines of the training log.
    window
        The plane that decision regions are drawn on, ((low, high), (low, high)); None: around the data.
    sparse
        Whether the share of exact zeros is worth a column.
    """

    name: str
    about: str
    populations: tuple[Population, ...]
    test: tuple[np.ndarray, np.ndarray] | None
    test_words: str
    baseline: Mapping[str, str] = field(default_factory=dict)
    overlap: Mapping[str, float] = field(default_factory=dict)
    varied: str = ""
    published: tuple[Published, ...] = ()
    log_every: int = 1000
    window: tuple[tuple[float, float], tuple[float, float]] | None = None
    sparse: bool = False

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants, in the order of the populations."""
        return tuple(dict.fromkeys(name for one in self.populations for name in one.variants))

    def baseline_of(self, variant: str) -> str | None:
        """Return what a variant is compared with; None for a baseline itself."""
        chosen = self.baseline.get(variant, PLAIN if PLAIN in self.variants else None)
        return None if chosen == variant else chosen


Variants = Mapping[str, Mapping[str, Any]]
"""The variants' settings by name: ``{"plain": {}, "l2": {"l2": 0.7 / 211}}``; also ``learning_rate``."""


def cross(
    plan: Plan,
    variants: Variants,
    seeds: Sequence[int],
    X: np.ndarray,
    y: np.ndarray,
    *,
    learning_rate: float,
    rows: Sequence[np.ndarray] | None = None,
    test_rows: Sequence[np.ndarray] | None = None,
    initial: Weights | None = None,
    draws: Recorded | None = None,
    watched: bool = False,
) -> Population:
    """Return one population of every variant with every seed; seeds are the inner order.

    Parameters
    ----------
    plan
        With all regularizers that the variants set; what a variant does not set is off, to the bit.
    variants
        Settings by name.
    seeds
        Of the initial weights and of noise.
    X, y
        All rows.
    learning_rate
        Of variants that do not name their own.
    rows, test_rows
        The rows of each seed; None: all rows of X train.
    initial, draws
        As in :func:`bridle.train`.
    watched
        Whether each member validates on its own ``test_rows``.
    """
    names = [name for name in variants for _ in seeds]
    settings = {}
    for name, setting in plan.settings.items():
        values = [variants[one].get(name, setting.default) for one in names]
        if any(np.ndim(value) for value in values):  # some variant has a strength for each layer
            values = [_per_layer(setting, value, plan.depth) for value in values]
        settings[name] = np.array(values, dtype=float)
    spread = None if rows is None else [rows[k] for _ in variants for k in range(len(seeds))]
    tested = None if test_rows is None else tuple(test_rows[k] for _ in variants for k in range(len(seeds)))
    members = Members(
        seed=list(seeds) * len(variants),
        learning_rate=[variants[one].get("learning_rate", learning_rate) for one in names],
        rows=spread,
        validation_rows=tested if watched else None,
        **settings,
    )
    return Population(
        plan=plan,
        members=members,
        X=X,
        y=y,
        variants=tuple(names),
        seeds=tuple(seeds) * len(variants),
        initial=initial,
        draws=draws,
        rows=None if spread is None else tuple(spread),
        test_rows=tested,
    )


def _per_layer(setting: Setting, value: Any, layers: int) -> np.ndarray:
    spread = np.broadcast_to(value, layers).astype(float)
    if np.ndim(value) == 0 and setting.slots == "layer inputs":
        spread[0] = 0.0  # one rate for all layers leaves the network's inputs alone
    return spread


def stacked(
    draw: Callable[[int], tuple[np.ndarray, np.ndarray]], seeds: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return the data of all seeds one below the other, and each seed's rows."""
    drawn = [draw(seed) for seed in seeds]
    ends = np.cumsum([len(y) for _, y in drawn])
    rows = [np.arange(end - len(y), end) for end, (_, y) in zip(ends, drawn, strict=True)]
    return np.concatenate([X for X, _ in drawn]), np.concatenate([y for _, y in drawn]), rows
