"""An examination made up by hand: what the faces show of a diagnosis, without training a network."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridle.study.diagnosis.extrapolation import look_ahead
from bridle.study.diagnosis.findings import Advice, Curve, Debugging, Examination, Shares
from bridle.study.findings import Verdict
from bridle.study.inference import Inference
from bridle.study.scores import SCORES
from bridle.study.statistics import Interval
from tests.faces.invented import invent

SIZES = np.array([20, 40, 80, 160, 320, 640])


def ail(runs: int = 6, **changes: Any) -> Examination:
    """Return the examination of a network that overfits."""
    random = np.random.default_rng(0)
    findings = invent(names=("plain",), seeds=runs)
    inference = Inference(SCORES["accuracy"], 0.2 / 0.6, {"train": 640, "validation": 200, "test": 200})
    errors = 0.1 + 0.08 * (SIZES / 640) ** -0.5 + random.normal(size=(runs, 6)) * 0.01
    ladder = np.stack([np.linspace(1, 0.9 - 0.2 * k, 100) for k in range(3)] + [np.full(100, np.nan)])
    gain = Interval(0.03, 0.01, 0.05, 0.01, runs)
    fields: dict[str, Any] = {
        "data": "wards",
        "target": "outcome",
        "task": "classification",
        "metric": "accuracy",
        "diagnosis": findings.diagnosis,
        "verdict": Verdict("High variance: error 8 % on training rows.", ("It overfits.", "Try trees.")),
        "training": findings.loss_curves[0],
        "learning_rate": 0.003,
        "curve": Curve(SIZES, errors - 0.09, errors, look_ahead(SIZES, errors[:, None, None, :], inference)),
        "shares": Shares("log loss", gain, Interval(0.02, 0, 1, 1, 3), Interval(0.01, 0, 1, 1, 3), None, 12, 3),
        "debugging": Debugging(
            "adam", 0.01, ladder[1], True, np.array([1e-4, 1e-3, 1e-2, 1.0]), ladder,
            np.array([True, True, True, False]), None, "The loss falls.",
        ),
        "advice": (
            Advice("use gradient boosting", gain, "measured", True, "untuned"),
            Advice("collect twice the data", Interval(0.01, -0.01, 0.03, 0.2, runs), "extrapolated", False, "rows"),
            Advice("regularize", Interval(0.09, 0.08, 0.1, 0.0, runs), "at most", False, "bridle compare"),
        ),
        "varied": "the split",
        "facts": (("Rows", "1,000"),),
        "notes": ("A note.",),
        "options": {"hidden": (20, 3), "regularizers": ("plain",)},
    }  # fmt: skip
    return Examination(**{**fields, **changes})
