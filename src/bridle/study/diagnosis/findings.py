"""What ``diagnose`` found, as plain data: everything that its tables, pictures and files are made of.

Nothing here computes. Errors are in the metric's unit, turned so that lower is better; gains are positive
where an error would fall.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bridle.study.curves import LossCurves
from bridle.study.diagnosis.extrapolation import Outlook
from bridle.study.findings import Diagnosis, Verdict, as_plain
from bridle.study.statistics import Interval


@dataclass(frozen=True, eq=False)
class Curve:
    """Errors against the number of training rows.

    ``sizes`` (n,), ``train`` and ``validation`` (r, n) for r runs (splits times seeds). ``outlook`` is None
    where there are too few sizes for a law.
    """

    sizes: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    outlook: Outlook | None


@dataclass(frozen=True)
class Shares:
    """The mean loss of networks trained on bootstrap samples, and its parts, over ``splits`` splits.

    ``loss`` is "log loss" or "squared error", the latter in units of the target's variance. Where the truth
    behind the data is not known, ``noise`` is None and ``bias`` holds it as well.
    """

    loss: str
    total: Interval
    bias: Interval
    variance: Interval
    noise: Interval | None
    members: int
    splits: int


@dataclass(frozen=True, eq=False)
class Debugging:
    """Whether training works at all: noise off, all rows in an update, and the loss has to fall.

    ``rate`` is the learning rate in use, ``losses`` (T,) the loss before each update with it; ``rates`` (R,)
    and ``ladder`` (R, T) the same for a ladder of learning rates. ``falls`` says of each rung whether its
    loss fell at every step; ``advised`` is a rate that would do, None where none does or none is needed.
    """

    optimizer: str
    rate: float
    losses: np.ndarray
    passed: bool
    rates: np.ndarray
    ladder: np.ndarray
    falls: np.ndarray
    advised: float | None
    sentence: str


@dataclass(frozen=True)
class Advice:
    """One thing to do, and what it would gain.

    ``basis`` says where the gain comes from: "measured" on the same rows, "extrapolated", or "at most".
    ``sure`` says whether the gain is above 0 beyond doubt, after Holm's correction over what was measured.
    """

    what: str
    gain: Interval
    basis: str
    sure: bool
    how: str


@dataclass(frozen=True, eq=False)
class Examination:
    """Everything a diagnosis found.

    ``training`` are the plain network's loss curves; ``curve``, ``shares`` and ``debugging`` are None where
    the run was interrupted before them. ``advice`` begins with the largest expected gain.
    """

    data: str
    target: str
    task: str
    metric: str
    diagnosis: Diagnosis
    verdict: Verdict
    training: LossCurves
    learning_rate: float
    curve: Curve | None
    shares: Shares | None
    debugging: Debugging | None
    advice: tuple[Advice, ...]
    varied: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    options: dict[str, Any]
    interrupted: bool = False
    seconds: float = 0.0
    version: str = field(default="")

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON-ready data; numbers that are not finite become None."""
        return as_plain({one.name: getattr(self, one.name) for one in dataclasses.fields(self)})
