"""What a comparison found, as plain data: everything that tables, pictures and files are made of.

Nothing here computes. :mod:`bridle.study.compare` fills it, the faces show it, and ``as_json`` writes it.
Scores are in the metric's own unit; differences are turned so that positive means better than plain.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bridle.study.curves import LossCurves, StrengthCurve
from bridle.study.model import Model
from bridle.study.statistics import Interval
from bridle.study.traits import Gallery, Portrait


@dataclass(frozen=True)
class Run:
    """One split's and seed's chosen network of one regularizer.

    ``settings`` are the regularizer's, ``epoch`` is the one whose weights are used (the best with early
    stopping, else the last), ``zero_share`` the share of weights that are exactly 0. ``test_log_loss`` is
    NaN where it is not a second score. ``blocks`` holds the pseudo-values of train, validation, test and
    test_log_loss where rows tell how sure a score is (:mod:`bridle.study.blocks`).
    """

    split: int
    seed: int
    settings: dict[str, float]
    learning_rate: float
    train: float
    validation: float
    test: float
    validation_loss: float
    epoch: int
    zero_share: float
    test_log_loss: float = math.nan
    blocks: dict[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One line of the table: a regularizer (or "plain"), over all splits and seeds.

    ``difference`` is the paired test difference to plain, positive if better, with ``adjusted_p`` after
    Holm's correction over all regularizers, and ``rank`` its distribution-free interval; None for plain.
    ``log_loss_gain`` and ``log_loss_p`` are the same of the test log loss, where it is a second score.
    ``settings`` and ``learning_rate`` are those of the lowest mean validation loss over the splits; each
    run's own are in ``runs``. ``diverged`` counts networks, of ``trained``, that diverged on the way.
    ``claim`` says in words what may be said of the difference; ``needed_rows`` or ``needed_splits`` would
    probably settle an open one, None if out of reach. ``to_best`` is the paired test difference to
    the recommended entry, negative if worse, with ``to_best_p`` after Holm's correction; None for itself.
    """

    name: str
    sentence: str
    train: Interval
    validation: Interval
    test: Interval
    difference: Interval | None
    adjusted_p: float | None
    settings: dict[str, float]
    learning_rate: float
    validation_loss: float
    zero_share: float
    runs: tuple[Run, ...]
    trained: int
    diverged: int
    rank: Interval | None = None
    log_loss_gain: Interval | None = None
    log_loss_p: float | None = None
    claim: str = ""
    needed_rows: int | None = None
    needed_splits: int | None = None
    to_best: Interval | None = None
    to_best_p: float | None = None

    def values(self, part: str) -> np.ndarray:
        """Return the scores on "train", "validation" or "test", or the "test_log_loss", (R, S, G).

        The axes are splits, seeds and pseudo-values.
        """
        return scores_of(self.runs, part)


def scores_of(runs: Sequence[Run], part: str) -> np.ndarray:
    """Return runs' scores on a part, (R, S, G)."""
    splits = len({run.split for run in runs})
    scores = [run.blocks.get(part, (getattr(run, part),)) for run in runs]
    return np.array(scores, dtype=np.float64).reshape(splits, len(runs) // splits, -1)


@dataclass(frozen=True)
class Choice:
    """What becomes of choosing the regularizer by validation too, split by split: an estimate without luck.

    ``test`` is the test score of what each split chose, ``difference`` its paired difference to plain (one
    question, not corrected for others), ``optimism`` by how much the score on the validation rows that chose
    was better than on test rows. ``chosen`` counts the splits that chose each entry.
    """

    test: Interval
    difference: Interval
    optimism: Interval
    chosen: dict[str, int]


@dataclass(frozen=True, eq=False)
class Boundary:
    """What one network of a regularizer predicts over the plane of two inputs.

    ``horizontal`` (g,), ``vertical`` (h,) in the inputs' own units; ``surface`` (h, g): the probability of
    the second class for two classes, the index of the likeliest class for more, the value for regression.
    """

    name: str
    horizontal: np.ndarray
    vertical: np.ndarray
    surface: np.ndarray


@dataclass(frozen=True, eq=False)
class Points:
    """The training points drawn over the boundaries, (n, 2) and (n,) (class index or value)."""

    positions: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class ReferenceEntry:
    """A model of another kind on the same rows: what a network has to beat.

    ``difference`` is the recommended network's paired test difference to it, positive if the network is
    better, with ``adjusted_p`` after Holm's correction over the references. ``log_loss_gain`` and
    ``log_loss_p`` are the same of the test log loss, where it is a second score.
    """

    name: str
    sentence: str
    train: Interval
    validation: Interval
    test: Interval
    difference: Interval
    adjusted_p: float
    log_loss_gain: Interval | None = None
    log_loss_p: float | None = None


@dataclass(frozen=True)
class Heat:
    """One round of a comparison with a time budget.

    ``kind`` is "halving" or "refinement". ``networks`` were trained in it, up to ``epochs``; ``discarded`` of
    them went no further. ``best`` is each entry's best setting so far over all splits, as pairs of names and
    values, with its learning rate.
    """

    number: int
    kind: str
    networks: int
    epochs: int
    discarded: int
    best: dict[str, tuple[tuple[tuple[str, float], ...], float]]
    seconds: float


@dataclass(frozen=True)
class Diagnosis:
    """Bias and variance of the plain network, in the metric's unit turned so that lower is better.

    ``held_out`` names the rows that training did not see: "validation", or "test" where nothing validates.
    ``gap`` is held-out minus training error; ``reachable`` the lowest mean held-out error among the
    references (name to interval); ``excess`` the plain network's training error minus that.
    """

    train_error: Interval
    held_out: str
    held_out_error: Interval
    gap: Interval
    references: dict[str, Interval]
    reachable: str
    excess: Interval
    high_variance: bool
    high_bias: bool


@dataclass(frozen=True)
class Verdict:
    """The answer in words: a headline, and the sentences of a paragraph."""

    headline: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.headline, *self.sentences))


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything a comparison found; entries begin with plain and are in the order asked for.

    ``facts`` are label and value pairs about data and runs, ready to show. ``boundaries`` are empty unless
    two inputs are numbers. ``weights`` maps names to the weights of the first split's network.
    ``references`` are models of other kinds on the same rows. ``splits`` (draws, where data are generated)
    times ``seeds`` are the runs of every setting; ``intervals`` says how intervals are made. Without
    validation rows nothing is chosen: then ``best`` is plain, and there is no ``best_model``. ``plane`` names
    the two columns that vary in ``boundaries``, where these are slices through more than two inputs.
    ``heats`` are the rounds in which networks were trained, where there was a time budget.
    """

    data: str
    target: str
    task: str
    metric: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    varied: str
    entries: tuple[Entry, ...]
    diagnosis: Diagnosis
    verdict: Verdict
    strength_curves: tuple[StrengthCurve, ...]
    loss_curves: tuple[LossCurves, ...]
    weights: dict[str, np.ndarray]
    boundaries: tuple[Boundary, ...]
    points: Points | None
    best: str
    best_model: Model | None
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    options: dict[str, Any]
    interrupted: bool = False
    seconds: float = 0.0
    version: str = field(default="")
    references: tuple[ReferenceEntry, ...] = ()
    choice: Choice | None = None
    splits: int = 1
    seeds: int = 1
    intervals: str = ""
    portrait: Portrait | None = None
    gallery: Gallery | None = None
    plane: tuple[str, ...] = ()
    heats: tuple[Heat, ...] = ()

    def entry(self, name: str) -> Entry:
        """Return the entry of a name."""
        return next(entry for entry in self.entries if entry.name == name)

    def as_json(self) -> dict[str, Any]:
        """Return all but model and gallery as JSON-ready data; numbers that are not finite become None."""
        kept = [f.name for f in dataclasses.fields(self) if f.name not in ("best_model", "gallery")]
        fields = {name: getattr(self, name) for name in kept}
        return as_plain(fields)


def as_plain(value: Any) -> Any:
    """Return a value as JSON knows it: records become dictionaries, numbers that are not finite None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): as_plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return as_plain(value.tolist() if value.dtype.kind != "f" else _shortened(value))
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _shortened(curve: np.ndarray) -> Any:
    """Return a curve's numbers at five digits: pictures need no more, and the file is half as long."""
    return [_shortened(one) for one in curve] if curve.ndim else float(f"{float(curve):.5g}")
