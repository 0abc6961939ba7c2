"""What will be trained: every regularizer at every strength and learning rate, as members of few plans.

A strength of 0 is the identity to the bit, so regularizers share one plan and one compilation. What costs an
update much keeps to itself: penalties on groups of weights form a company, and so does what reaches rows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bridle.engine import Dense, Members, Plan, Residual
from bridle.engine.layers import AnyLayer
from bridle.engine.networks import NETWORKS
from bridle.registry import REGISTRY, Setting
from bridle.study.options import PLAIN, Settled

_SEED_STRIDE = 2**16


@dataclass(frozen=True)
class Candidate:
    """One way to train: an entry's name, its settings, and a learning rate."""

    name: str
    settings: tuple[tuple[str, float], ...]
    learning_rate: float

    @property
    def strength(self) -> float:
        """The leading setting's value, for the axis of a picture; 0 for plain."""
        return self.settings[0][1] if self.settings else 0.0

    @property
    def stops(self) -> bool:
        """Whether training stops early, so that validation rows choose its end."""
        return "patience" in dict(self.settings)

    def force(self) -> tuple[float, ...]:
        """Return how strongly each setting pulls, more for more; comparable within an entry."""
        known = {one.name: one for record in REGISTRY.values() for one in record.settings}
        return tuple(-value if known[name].off == math.inf else value for name, value in self.settings)


@dataclass(frozen=True)
class Company:
    """Candidates that share a plan."""

    plan: Plan
    candidates: tuple[Candidate, ...]

    def admits(self, part: str, strength: float) -> bool:
        """Return whether a regularizer can have a strength here: patience lies within the epochs."""
        setting = REGISTRY[part].strength
        if setting.name == "patience":
            return self.plan.evaluate_every <= strength < self.plan.epochs
        return setting.admits(strength)

    def members(
        self,
        rows: Sequence[np.ndarray],
        validation_rows: Sequence[np.ndarray],
        row_weights: Sequence[np.ndarray] | None = None,
        seeds: int = 1,
        repeats: int = 1,
        places: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> Members:
        """Return candidates with splits and seeds; split r trains on ``rows[r]``.

        With ``repeats`` every so many row lists in turn belong to one split. ``places`` (M, 3) are the
        members' candidates, row lists and seeds; None: all, as in arrays (C, R, S), seeds fastest.
        ``weights`` (N,) are those of all rows in validation.
        """
        if places is None:
            places = np.argwhere(np.ones((len(self.candidates), len(rows), seeds), dtype=bool))
        own = [self.candidates[c] for c, _, _ in places]
        settings = {}
        for name in dict.fromkeys(pair[0] for one in self.candidates for pair in one.settings):
            setting = self.plan.settings[name]
            off = setting.default if setting.off is None else setting.off
            settings[name] = np.array([dict(one.settings).get(name, off) for one in own])

        def each(given: Sequence[np.ndarray]) -> list[np.ndarray]:
            return [given[k] for _, k, _ in places]

        return Members(
            seed=np.array([member_seed(int(k) // repeats, int(s)) for _, k, s in places]),
            learning_rate=np.array([one.learning_rate for one in own]),
            rows=each(rows),
            validation_rows=each(validation_rows),
            row_weights=None if row_weights is None else each(row_weights),
            validation_weights=weights,
            **settings,
        )


def member_seed(split: int, seed: int) -> int:
    """Return the engine's seed of a split's network: other splits and seeds leave it as it is."""
    return split + _SEED_STRIDE * seed


def make_companies(
    options: Settled, inputs: int, outputs: int, loss: str, image: tuple[int, int, int] | None = None
) -> list[Company]:
    """Return the companies of a comparison, the one with plain first; ``image`` is the form of the inputs."""
    companies = []
    candidates = [one for name in options.regularizers for one in candidates_of(name, options)]
    for kind in dict.fromkeys(kind_of(one.name) for one in candidates):
        chosen = tuple(one for one in candidates if kind_of(one.name) == kind)
        parts = {part for one in chosen for part in one.name.split("+")} - {PLAIN}
        plan = Plan(
            inputs=inputs,
            image=image,
            layers=_layers(options, outputs, image),
            loss=loss,
            optimizer=options.optimizer,
            epochs=options.epochs,
            batch_size=options.batch_size,
            regularizers=tuple(name for name in REGISTRY if name in parts),
            evaluate_every=options.evaluate_every,
        )
        companies.append(Company(plan, chosen))
    return companies


def _layers(options: Settled, outputs: int, image: tuple[int, int, int] | None) -> tuple[AnyLayer, ...]:
    """Return the layers; blocks come after a dense layer, through which all inputs pass."""
    if options.network is not None and image is not None:
        return NETWORKS[options.network](image, outputs)
    others = Residual if options.residual else Dense
    hidden = [
        (Dense if k == 0 else others)(units, options.activation, options.normalization)
        for k, units in enumerate(options.hidden)
    ]
    return (*hidden, Dense(outputs, "linear"))


def candidates_of(name: str, options: Settled) -> list[Candidate]:
    """Return an entry's candidates: its grid times the learning rates; parts of ``a+b`` share the grid."""
    parts = [] if name == PLAIN else name.split("+")
    count = (
        options.strengths if len(parts) < 2 else max(2, round(2 * options.strengths ** (1 / len(parts)) / 2))
    )
    grids = [
        [(REGISTRY[part].strength.name, value) for value in _strengths(part, count, options)]
        for part in parts
    ]
    return [
        Candidate(name, settings, learning_rate)
        for settings in itertools.product(*grids)
        for learning_rate in options.learning_rates
    ]


def _strengths(name: str, count: int, options: Settled) -> list[float]:
    fixed = dict(options.fixed)
    return [fixed[name]] if name in fixed else grid_of(REGISTRY[name].strength, count, options)


def grid_of(setting: Setting, count: int, options: Settled) -> list[float]:
    """Return a setting's default grid at ``count`` points, evenly along the logarithm of the grid.

    Patience is registered in shares of all epochs and becomes epochs, at least those between validations.
    """
    positions = np.linspace(0, len(setting.grid) - 1, count) if count > 1 else [(len(setting.grid) - 1) // 2]
    exact = np.exp(np.interp(positions, np.arange(len(setting.grid)), np.log(setting.grid)))
    if setting.name == "patience":
        return sorted({float(max(options.evaluate_every, round(share * options.epochs))) for share in exact})
    return sorted({float(f"{value:.3g}") for value in exact})


def kind_of(name: str) -> str:
    """Return which kind of company an entry belongs to; plain's comes first because plain does."""
    records = [REGISTRY[part] for part in name.split("+") if part in REGISTRY]
    if any(record.reaches_rows for record in records):
        return "rows"
    grouped = any(term.grouped_by != "coordinates" for record in records for term in record.terms)
    return "groups" if grouped else "coordinates"
