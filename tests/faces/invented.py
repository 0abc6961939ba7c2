"""Findings made up by hand: what the faces show, without training a single network."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from bridle.engine import Dense, Plan
from bridle.registry import REGISTRY
from bridle.study.curves import LossCurves, StrengthCurve
from bridle.study.findings import (
    Boundary,
    Diagnosis,
    Entry,
    Findings,
    Points,
    Run,
    Verdict,
)
from bridle.study.model import Model
from bridle.study.prepare import Preparation
from bridle.study.statistics import Interval, holm, mean_interval, paired_interval
from bridle.study.traits import Calibration, Importance, Portrait

HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror='alert(2)'>",
    "emoji \N{PILE OF POO} and\nnewline",
    "$math_{broken$ \\frac{",
)

NAMES = ("plain", "l1", "l2", "elastic_net", "weight_decay", "dropout", "early_stopping", "l2+dropout")
_GAIN = {"plain": 0, "l1": 0.02, "l2": 0.031, "elastic_net": 0.027, "weight_decay": 0.012, "dropout": -0.004}


def invent(
    names: tuple[str, ...] = NAMES,
    splits: int = 10,
    classes: tuple[str, ...] = ("0", "1"),
    features: tuple[str, ...] = ("x1", "x2"),
    task: str = "classification",
    **changes: Any,
) -> Findings:
    """Return findings with an overfitting plain network that most regularizers help."""
    random = np.random.default_rng(0)
    base = random.normal(0.83, 0.02, splits)
    scores = {n: base + _GAIN.get(n, 0.024) + random.normal(0, 0.012, splits) * (n != "plain") for n in names}
    differences = {n: paired_interval(scores[n] - scores["plain"]) for n in names if n != "plain"}
    adjusted = dict(zip(differences, holm([one.p_value for one in differences.values()]), strict=True))
    entries = tuple(_entry(n, scores[n], differences.get(n), adjusted.get(n)) for n in names)
    best = max(names, key=lambda n: float(np.mean(scores[n])))
    epochs = np.arange(1, 501, 5) * 10
    fields: dict[str, Any] = {
        "data": "moons",
        "target": "class",
        "task": task,
        "metric": "accuracy" if task == "classification" else "rmse",
        "classes": classes if task == "classification" else (),
        "features": features,
        "varied": "each seed draws its own rows",
        "entries": entries,
        "diagnosis": _diagnosis(1 - base),
        "verdict": Verdict(
            "l2 helps: it raises the test accuracy by 3.1 points.",
            ("The difference is more than luck (95 % interval 2.2 to 4.0).", "dropout does not help here."),
        ),
        "strength_curves": tuple(_strengths(n, random, splits) for n in names if n != "plain"),
        "loss_curves": tuple(_losses(n, epochs, random, splits) for n in names),
        "weights": {n: _weights(n, random) for n in names},
        "boundaries": tuple(_boundary(n, len(classes), task) for n in names) if len(features) == 2 else (),
        "points": _points(random, len(classes), task) if len(features) == 2 else None,
        "best": best,
        "best_model": _model(best, features, classes if task == "classification" else None),
        "facts": (("Rows", "300"), ("Split", "60/20/20"), ("Networks trained", "1,234")),
        "notes": ("3 networks diverged at the highest learning rate.",),
        "options": {"hidden": (20, 3), "epochs": 5000, "splits": splits, "metric": None},
        "seconds": 61.2,
        "portrait": _portrait(features, classes if task == "classification" else ()),
    }
    return Findings(**{**fields, **changes})


def _portrait(features: tuple[str, ...], classes: tuple[str, ...]) -> Portrait:
    importances = tuple(Importance(name, 0.1 / (k + 1), (0.08, 0.12)) for k, name in enumerate(features))
    if not classes:
        return Portrait("validation", importances, None, np.zeros((0, 0), dtype=int))
    shares = np.linspace(0.05, 0.95, 10)
    calibration = Calibration(shares, shares**1.2, np.full(10, 20))
    return Portrait("validation", importances, calibration, 5 + 40 * np.eye(len(classes), dtype=int))


def _entry(name: str, test: np.ndarray, difference: Interval | None, p: float | None) -> Entry:
    settings = {part: REGISTRY[part].strength.grid[:3][-1] for part in name.split("+") if part != "plain"}
    if name == "early_stopping":
        settings = {"patience": 100.0, "min_delta": 0.0}
    zeros = 0.62 if name in ("l1", "elastic_net") else 0.0
    train, validation = test + 0.08, test + 0.01
    runs = tuple(
        Run(i, 0, settings, 0.003, float(train[i]), float(validation[i]), float(test[i]), 0.4, 5000, zeros)
        for i in range(len(test))
    )
    intervals = [mean_interval(values) for values in (train, validation, test)]
    sentence = REGISTRY[name].sentence if name in REGISTRY else ""
    entry = Entry(name, sentence, *intervals, difference, p, settings, 0.003, 0.4, zeros, runs, 120, 3)
    gain = None if difference is None else Interval(0.112, 0.023, 0.201, 0.01, len(runs))
    return dataclasses.replace(entry, log_loss_gain=gain, log_loss_p=None if gain is None else 0.03)


def _diagnosis(error: np.ndarray) -> Diagnosis:
    train = error - 0.09
    references = {
        "logistic regression": mean_interval(error - 0.01),
        "random forest": mean_interval(error - 0.03),
    }
    return Diagnosis(
        mean_interval(train),
        "validation",
        mean_interval(error),
        mean_interval(error - train),
        references,
        "random forest",
        mean_interval(train - error + 0.03),
        True,
        False,
    )


def _strengths(name: str, random: np.random.Generator, splits: int) -> StrengthCurve:
    part = name.split("+")[0]
    grid = np.array(REGISTRY[part].strength.grid) * (5000 if part == "early_stopping" else 1)
    bowl = 0.42 + 0.05 * (np.arange(6) - 2.6) ** 2
    spread = random.normal(0, 0.03, (1, splits)) + random.normal(0, 0.01, (6, splits))
    plain = 0.95 + random.normal(0, 0.08, splits)
    label = "patience, epochs" if part == "early_stopping" else f"{part}, {REGISTRY[part].strength.unit}"
    return StrengthCurve(name, label, grid, bowl[:, None] + spread, plain, 3)


def _losses(name: str, epochs: np.ndarray, random: np.random.Generator, splits: int) -> LossCurves:
    rise = 1.1 if name == "plain" else 0.05
    scale = np.exp(random.normal(0, 0.08, (splits, 1)))
    floor = 0.03 if name == "plain" else 0.3
    train = scale * (floor + 0.66 * np.exp(-epochs / 700))
    validation = scale * (0.36 + 0.34 * np.exp(-epochs / 500) + rise * (epochs / 5000) ** 1.3)
    stops = np.full(splits, epochs[-1])
    if name == "early_stopping":
        stops = random.integers(600, 1500, splits)
        for values in (train, validation):
            values[epochs[None] > stops[:, None] + 100] = np.nan
    return LossCurves(name, epochs, train, validation, stops)


def _weights(name: str, random: np.random.Generator) -> np.ndarray:
    values = random.normal(0, 1.4 if name == "plain" else 0.5, 103)
    if name in ("l1", "elastic_net"):
        values[random.random(103) < 0.62] = 0.0
    return values


def _boundary(name: str, classes: int, task: str) -> Boundary:
    x, y = np.linspace(-2.4, 3.4, 140), np.linspace(-1.9, 2.3, 120)
    wiggle = 0.5 * np.sin(7 * x) if name == "plain" else 0.0
    z = (12 if name == "plain" else 3) * (0.9 * np.sin(1.6 * x - 0.4) + wiggle - y[:, None] + 0.2)
    if task == "regression":
        return Boundary(name, x, y, z)
    p = 1 / (1 + np.exp(-z))
    return Boundary(name, x, y, p if classes == 2 else np.floor(p * 0.999 * classes))


def _points(random: np.random.Generator, classes: int, task: str) -> Points:
    positions = random.uniform((-2.2, -1.7), (3.2, 2.1), (180, 2))
    if task == "regression":
        return Points(positions, positions.sum(axis=1))
    return Points(positions, random.integers(0, classes, 180))


def _model(best: str, features: tuple[str, ...], classes: tuple[str, ...] | None) -> Model:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(12, len(features))), columns=list(features))
    parts = tuple(part for part in best.split("+") if part != "plain")
    plan = Plan(inputs=len(features), layers=(Dense(3), Dense(1, "linear")), regularizers=parts)
    weights = [(np.ones((3, len(features)), np.float32), np.zeros((3, 1), np.float32))]
    weights.append((np.ones((1, 3), np.float32), np.zeros((1, 1), np.float32)))
    labels = None if classes is None else np.array(classes)
    return Model(plan, weights, Preparation(frame).fit(frame), labels, None, best, {}, 0.003, 0)
