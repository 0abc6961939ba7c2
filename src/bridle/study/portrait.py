"""A closer look at the recommended network: what it looks at, where it draws the line, how true it is.

All of it is seen on held-out rows: validation rows, or test rows where nothing validates. Importance is what
a column is worth to this network: by how much its error rises when the column's cells are shuffled over the
rows. For more than two inputs the lines are drawn over a slice: the two numbers that matter most vary, and
everything else stays as it is in the training row of which the network is least sure, because around a usual
row there often is no line at all. A regression has no such row, and its slice goes through the usual one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bridle.engine.outcome import predict_member
from bridle.engine.pixels import Inputs, numbers_of
from bridle.study.diagnose import error_of
from bridle.study.findings import Boundary, Points
from bridle.study.learned import Levels
from bridle.study.prepare import DATE_PARTS, Preparation
from bridle.study.rounds import Part, Round
from bridle.study.scores import Score
from bridle.study.selection import Pool
from bridle.study.traits import Calibration, Importance, Portrait

_MOST_SPLITS = 3
_SHUFFLES = 3
_PURPOSE = 0x7368_7566
_BINS = 10
_INNER = (0.01, 0.99)
_MARGIN = 0.08


@dataclass(frozen=True, eq=False)
class Sitter:
    """One recommended network with the data of its split."""

    pool: Pool
    data: Round

    def predict(self, x: Inputs) -> np.ndarray:
        """Return probabilities (n, K) or values in the target's unit (n,) for prepared inputs."""
        weights = self.pool.weights(self.pool.recommended, self.data.number)
        predictions = predict_member(self.pool.trained.company.plan, weights, x)
        if self.data.scale is not None:
            return self.data.scale.inverse(predictions[:, 0])
        return np.hstack([1 - predictions, predictions]) if predictions.shape[1] == 1 else predictions


def portrait_of(pool: Pool, rounds: list[Round], metric: Score, classes: int, held_out: str) -> Portrait:
    """Return the portrait of an entry's recommended networks, one a split.

    Parameters
    ----------
    pool
        The recommended entry.
    rounds
        The splits.
    metric
        In whose error importance is measured.
    classes
        How many classes there are, 0 for a regression.
    held_out
        The part that is looked at, "validation" or "test".
    """
    sitters = [Sitter(pool, one) for one in rounds]
    image = rounds[0].preparation.structure.image  # one pixel by itself matters to nobody
    importances = () if image else _importances(sitters[:_MOST_SPLITS], metric, held_out)
    if not classes:
        return Portrait(held_out, importances, None, np.zeros((0, 0)))
    parts: list[Part] = [getattr(one.data, held_out) for one in sitters]
    truth = np.concatenate([part.y for part in parts])
    p = np.concatenate([one.predict(part.x) for one, part in zip(sitters, parts, strict=True)])
    weights = np.concatenate(
        [np.ones(len(part.y)) if part.weights is None else part.weights for part in parts]
    )
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, (truth, np.argmax(p, axis=1)), weights)
    return Portrait(held_out, importances, _calibration(truth, p, weights), confusion)


def _importances(sitters: list[Sitter], metric: Score, held_out: str) -> tuple[Importance, ...]:
    preparation = sitters[0].data.preparation
    columns = np.array(columns_of(preparation))
    names = list(preparation.structure.kinds)
    rises = np.zeros((len(sitters), len(names)))
    for k, one in enumerate(sitters):
        part: Part = getattr(one.data, held_out)
        random = np.random.default_rng([_PURPOSE, k])

        def error(x: np.ndarray, one: Sitter = one, part: Part = part) -> float:
            return float(error_of(np.array(metric(part.y, one.predict(x), part.weights)), metric))

        inputs = numbers_of(part.x)
        whole = error(inputs)
        for j, name in enumerate(names):
            own = np.flatnonzero(columns == name)
            for _ in range(_SHUFFLES if own.size else 0):
                x = inputs.copy()
                x[:, own] = x[random.permutation(len(x))][:, own]
                rises[k, j] += (error(x) - whole) / _SHUFFLES
    means = rises.mean(axis=0)
    order = np.argsort(-means, kind="stable")
    return tuple(Importance(names[j], float(means[j]), tuple(rises[:, j].tolist())) for j in order)


def columns_of(preparation: Preparation) -> list[str]:
    """Return the raw column that each of the network's inputs comes from, in their order.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, 40.0, np.nan], "town": ["Ur", "Rome", "Ur"]})
    >>> columns_of(Preparation(frame).fit(frame))
    ['age', 'age', 'town', 'town']
    """
    structure = preparation.structure
    levels: dict[str, Levels] = {} if preparation.learned is None else preparation.learned.levels
    return [
        *structure.of("number"),
        *(name for name in structure.of("date") for _ in DATE_PARTS),
        *structure.gaps,
        *structure.of("boolean"),
        *(name for name in structure.of("category") for _ in range(levels[name].width)),
    ]


def _calibration(truth: np.ndarray, p: np.ndarray, weights: np.ndarray) -> Calibration:
    """Return predicted against observed shares in bins of equally many rows.

    With two classes that is the second one's probability; with more the likeliest one's, and how often it is
    the true one.
    """
    predicted, observed = p[:, 1], truth == 1
    if p.shape[1] > 2:
        predicted, observed = p.max(axis=1), np.argmax(p, axis=1) == truth
    bins = np.array_split(np.argsort(predicted, kind="stable"), min(_BINS, len(predicted)))
    return Calibration(
        predicted=np.array([np.average(predicted[own], weights=weights[own]) for own in bins]),
        observed=np.array([np.average(observed[own], weights=weights[own]) for own in bins]),
        counts=np.array([len(own) for own in bins]),
    )


def slice_axes(preparation: Preparation, importances: tuple[Importance, ...]) -> tuple[str, ...]:
    """Return the two columns of numbers that matter most, or none where there are fewer."""
    numbers = set(preparation.structure.of("number"))
    found = tuple(one.column for one in importances if one.column in numbers)[:2]
    return found if len(found) == 2 else ()


def slices_of(
    pools: list[Pool], data: Round, axes: tuple[str, ...], grid: int, best: Pool
) -> tuple[Boundary, ...]:
    """Return what each entry's recommended network predicts over a slice through one row.

    Parameters
    ----------
    pools
        The entries.
    data
        The split whose networks are drawn.
    axes
        Two columns of numbers.
    grid
        Places along each axis.
    best
        The entry through whose least sure training row the slice goes.
    """
    if not axes:
        return ()
    raw = data.frame
    ends = [np.nanquantile(raw[name].to_numpy(float), _INNER) for name in axes]
    margins = [_MARGIN * (high - low) for low, high in ends]
    ranges = [
        np.linspace(float(low - margin), float(high + margin), grid)
        for (low, high), margin in zip(ends, margins, strict=True)
    ]
    if any(one[0] == one[-1] for one in ranges):
        return ()
    first, second = (one.ravel() for one in np.meshgrid(*ranges))
    row = _usual_row(raw) if data.scale is not None else _least_sure_row(Sitter(best, data), axes, ranges)
    frame = pd.DataFrame({name: [row[name]] * len(first) for name in raw.columns})
    frame = frame.astype({name: raw[name].dtype for name in raw.columns})
    frame = frame.assign(**{axes[0]: first, axes[1]: second})
    x = data.preparation.transform(frame)
    found = []
    for pool in pools:
        predictions = Sitter(pool, data).predict(x)
        values = predictions
        if predictions.ndim == 2:
            likeliest = predictions.argmax(axis=1).astype(float)
            values = predictions[:, 1] if predictions.shape[1] == 2 else likeliest
        found.append(Boundary(pool.name, ranges[0], ranges[1], np.round(values, 3).reshape(grid, grid)))
    return tuple(found)


def _least_sure_row(
    sitter: Sitter, axes: tuple[str, ...], ranges: Sequence[np.ndarray]
) -> Mapping[str, object]:
    """Return the training row inside the ranges whose two likeliest classes are closest to each other."""
    frame = sitter.data.frame
    inside = np.logical_and.reduce(
        [frame[name].between(one[0], one[-1]).to_numpy() for name, one in zip(axes, ranges, strict=True)]
    )
    ordered = np.sort(sitter.predict(numbers_of(sitter.data.train.x)), axis=1)
    lead = np.where(inside, ordered[:, -1] - ordered[:, -2], np.inf)
    return dict(frame.iloc[int(np.argmin(lead))])


def _usual_row(frame: pd.DataFrame) -> dict[str, object]:
    """Return the median of every column of numbers or dates, and the most frequent cell of the others."""
    usual: dict[str, object] = {}
    for name in frame.columns:
        cells = frame[name].dropna()
        ordered = pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
        if cells.empty:
            usual[name] = None
        elif ordered or pd.api.types.is_datetime64_any_dtype(cells):
            usual[name] = cells.median()
        else:
            usual[name] = cells.mode().iloc[0]
    return usual


def points_on(data: Round, axes: tuple[str, ...], most: int) -> Points | None:
    """Return a split's training rows where the two columns are known, whatever their others are."""
    if not axes:
        return None
    positions = data.frame[list(axes)].to_numpy(float)
    known = np.flatnonzero(np.isfinite(positions).all(axis=1))[:most]
    return Points(positions[known], data.train.y[known])
