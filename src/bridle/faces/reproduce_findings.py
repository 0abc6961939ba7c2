"""A part of an experiment as findings, so that the pictures of a comparison show it as they show any other.

A variant takes the place of a regularizer. What a part does not have (a choice of strengths, references)
stays empty. One seed has no interval: its entries carry means alone and no difference.
"""

from __future__ import annotations

import math

import numpy as np

from bridle.engine.outcome import predict_member
from bridle.experiments.experiment import Experiment
from bridle.experiments.results import Result
from bridle.study.findings import Boundary, Diagnosis, Entry, Findings, Points, Verdict
from bridle.study.options import PLAIN
from bridle.study.statistics import paired_interval
from bridle.types import Weights

GRID = 120
_MARGIN = 0.08
_NOTHING = paired_interval([])


def findings_of(experiment: Experiment, result: Result) -> Findings:
    """Return a result as findings; what it does not have is empty."""
    compared = result.compared() if result.seeds > 1 else {}
    entries = []
    for name in result.variants:
        home = result.home(name)
        member = home.members_of(name)[0]
        rates = home.population.members.learning_rate
        difference = compared.get(name)
        entries.append(
            Entry(
                name=name,
                sentence="",
                train=result.interval(name, "train_accuracy"),
                validation=_NOTHING,
                test=result.interval(name, "test_accuracy"),
                difference=difference[1] if difference else None,
                adjusted_p=difference[2] if difference else None,
                settings={},
                learning_rate=float(rates[member if len(rates) > 1 else 0]),
                validation_loss=math.nan,
                zero_share=result.interval(name, "zero_share").mean,
                runs=(),
                trained=len(home.members_of(name)),
                diverged=int(np.sum(~np.isfinite(result.scores(name, "train_accuracy")))),
            )
        )
    return Findings(
        data=experiment.name,
        target="class",
        task="classification",
        metric="accuracy",
        classes=experiment.classes,
        features=tuple(experiment.features),
        varied=result.part.varied,
        entries=tuple(entries),
        diagnosis=Diagnosis(_NOTHING, "test", _NOTHING, _NOTHING, {}, "", _NOTHING, False, False),
        verdict=Verdict("", ()),
        strength_curves=(),
        loss_curves=(),
        weights={name: _flat(result.weights(name)) for name in result.variants},
        boundaries=_boundaries(result) if len(experiment.features) == 2 else (),
        points=_points(result) if len(experiment.features) == 2 else None,
        best=PLAIN,
        best_model=None,
        facts=(),
        notes=(),
        options={},
        seconds=result.seconds,
    )


def _flat(weights: Weights) -> np.ndarray:
    return np.concatenate([w.ravel() for w, _ in weights])


def _points(result: Result) -> Points:
    """Return the first variant's training points of the first seed."""
    population = result.trained[0].population
    rows = population.rows_of(0)
    return Points(population.X[rows], population.y[rows])


def plane(result: Result) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the axes of the plane that regions are drawn on, (g,) each, and its points, (g * g, 2)."""
    window = result.part.window
    if window is None:
        X = _points(result).positions
        low, high = X.min(axis=0), X.max(axis=0)
        margin = _MARGIN * (high - low)
        window = tuple(zip(low - margin, high + margin, strict=True))  # type: ignore[assignment]
    assert window is not None
    across, up = (np.linspace(low, high, GRID) for low, high in window)
    first, second = np.meshgrid(across, up)
    return across, up, np.column_stack([first.ravel(), second.ravel()])


def surface_of(result: Result, variant: str) -> np.ndarray:
    """Return what a variant's first network predicts over the plane, (g, g), as findings hold it."""
    plan = result.home(variant).population.plan
    return surface(predict_member(plan, result.weights(variant), plane(result)[2]))


def surface(predictions: np.ndarray) -> np.ndarray:
    """Return predictions (g * g, K) as a surface: a probability, or the likeliest class of several."""
    values = predictions[:, 0] if predictions.shape[1] == 1 else np.argmax(predictions, axis=1)
    return np.round(values.astype(float), 3).reshape(GRID, GRID)


def _boundaries(result: Result) -> tuple[Boundary, ...]:
    across, up, _ = plane(result)
    return tuple(Boundary(name, across, up, surface_of(result, name)) for name in result.variants)
