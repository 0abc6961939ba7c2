"""Every figure's numbers as CSV, inside the page: links that hold their file, without a script.

A link's address is the file itself (``data:text/csv``), so the page still needs nothing but itself and its
policy forbids what it forbade. Text that a spreadsheet would take for a formula is marked as text: column
names come from users' files.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from bridle.faces.boundaries import coarsened
from bridle.faces.pictures import middle_and_band
from bridle.faces.plots import thinned
from bridle.study.curves import LossCurves, StrengthCurve
from bridle.study.diagnosis.findings import Examination
from bridle.study.findings import Diagnosis, Entry, Findings
from bridle.study.statistics import Interval

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_PARTS = ("train", "validation", "test", "difference", "log_loss_gain")
_CELLS = 18  # of a surface, along each axis: what a page can carry


def csv_link(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as an address that holds it.

    Examples
    --------
    >>> csv_link(["a", "b"], [[1, 0.123456], ["=1+1", float("nan")]])
    'data:text/csv;charset=utf-8,a,b%0A1,0.12346%0A%27%3D1%2B1,%0A'
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return "data:text/csv;charset=utf-8," + quote(buffer.getvalue(), safe=",")


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{float(value):.5g}" if np.isfinite(value) else ""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return f"'{text}" if text.startswith(_FORMULAS) else text


def downloads(findings: Findings) -> dict[str, str]:
    """Return the links of a comparison's sections, by section."""
    bounds = [f"{part}{edge}" for part in _PARTS for edge in ("", "_low", "_high")]
    losses = [row for curve in findings.loss_curves for row in _losses(thinned(curve))]
    found = {
        "table": csv_link(
            ["regularizer", *bounds, "adjusted_p", "zero_share"], map(_entry, findings.entries)
        ),
        "diagnosis": _errors({**_plain(findings.diagnosis), **findings.diagnosis.references}),
        "losses": csv_link(_LOSSES, losses),
        "weights": csv_link(["regularizer", "weight_from", "weight_to", "count"], _weights(findings)),
    }
    if findings.heats:
        header = ["round", "kind", "networks", "epochs", "discarded", "seconds"]
        found["rounds"] = csv_link(
            header,
            [[h.number, h.kind, h.networks, h.epochs, h.discarded, h.seconds] for h in findings.heats],
        )
    if findings.strength_curves:
        rows = [row for curve in findings.strength_curves for row in _strengths(curve)]
        count = len(rows[0]) - 3
        header = ["regularizer", "strength", "epochs", *(f"validation_loss_{k}" for k in range(count))]
        found["strengths"] = csv_link(header, rows)
    if findings.boundaries:
        found["boundaries"] = csv_link(["regularizer", "across", "up", "prediction"], _surfaces(findings))
    return {**found, **_portrait(findings)}


def _strengths(curve: StrengthCurve) -> list[tuple[Any, ...]]:
    """Return a line a strength; the epochs of those that were discarded, "all" of the others."""
    complete = zip(curve.strengths, curve.losses, strict=True)
    return [(curve.name, strength, "all", *losses) for strength, losses in complete] + [
        (curve.name, one.strength, one.epoch, *one.losses) for one in curve.discarded
    ]


def _portrait(findings: Findings) -> dict[str, str]:
    if findings.portrait is None:
        return {}
    one = findings.portrait
    found = {}
    if one.importances:
        splits = range(len(one.importances[0].splits))
        found["importances"] = csv_link(
            ["column", "rise", *(f"rise_{k}" for k in splits)],
            [[own.column, own.mean, *own.splits] for own in one.importances],
        )
    if one.calibration is not None:
        columns = (one.calibration.predicted, one.calibration.observed, one.calibration.counts)
        found["calibration"] = csv_link(["predicted", "observed", "rows"], zip(*columns, strict=True))
        counts = [[name, *row] for name, row in zip(findings.classes, one.confusion.tolist(), strict=True)]
        found["confusion"] = csv_link(["true class", *findings.classes], counts)
    return found


def _entry(entry: Entry) -> list[Any]:
    cells = [cell for part in _PARTS for cell in _interval(getattr(entry, part))]
    return [entry.name, *cells, "" if entry.adjusted_p is None else entry.adjusted_p, entry.zero_share]


def _plain(diagnosis: Diagnosis) -> dict[str, Interval]:
    return {
        "plain, training": diagnosis.train_error,
        f"plain, {diagnosis.held_out}": diagnosis.held_out_error,
    }


_LOSSES = ["regularizer", "epoch", "training", "validation", "validation_10", "validation_90"]


def _losses(curve: LossCurves) -> list[list[Any]]:
    train = middle_and_band(curve.train)[0]
    columns = (curve.epochs, train, *middle_and_band(curve.validation))
    return [[curve.name, int(epoch), *values] for epoch, *values in zip(*columns, strict=True)]


def _weights(findings: Findings) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for name, values in findings.weights.items():
        known = np.ravel(values)[np.isfinite(np.ravel(values))]
        heights, edges = np.histogram(known, 30) if known.size else (np.zeros(0), np.zeros(1))
        rows += [
            [name, low, high, int(n)] for low, high, n in zip(edges[:-1], edges[1:], heights, strict=True)
        ]
    return rows


def _surfaces(findings: Findings) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for boundary in findings.boundaries:
        x, y, surface = coarsened(boundary, _CELLS)
        rows += [
            [boundary.name, across, up, surface[i, j]] for i, up in enumerate(y) for j, across in enumerate(x)
        ]
    return rows


def downloads_of_diagnosis(found: Examination) -> dict[str, str]:
    """Return the links of a diagnosis's sections, by section."""
    diagnosis = found.diagnosis
    errors = {
        "plain, training": diagnosis.train_error,
        f"plain, {diagnosis.held_out}": diagnosis.held_out_error,
    }
    links = {
        "errors": _errors(
            {**errors, "gap": diagnosis.gap, **diagnosis.references, "excess": diagnosis.excess}
        ),
        "advice": csv_link(
            ["what", "gain", "low", "high", "basis", "sure", "how"],
            [[one.what, *_interval(one.gain), one.basis, one.sure, one.how] for one in found.advice],
        ),
        "training": csv_link(_LOSSES, _losses(thinned(found.training))),
    }
    if found.curve is not None:
        curve = found.curve
        rows = [
            [int(size), run, train, validation]
            for k, size in enumerate(curve.sizes)
            for run, (train, validation) in enumerate(
                zip(curve.train[:, k], curve.validation[:, k], strict=True)
            )
        ]
        links["curve"] = csv_link(["rows", "run", "training_error", "validation_error"], rows)
    if found.shares is not None:
        one = found.shares
        parts = {"total": one.total, "bias": one.bias, "variance": one.variance, "noise": one.noise}
        links["shares"] = _errors({name: part for name, part in parts.items() if part is not None})
    if found.debugging is not None:
        steps = found.debugging
        lines = [("in use", steps.rate, steps.losses)]
        lines += [("ladder", rate, line) for rate, line in zip(steps.rates, steps.ladder, strict=True)]
        cells = [[kind, rate, k, loss] for kind, rate, line in lines for k, loss in enumerate(line)]
        links["debugging"] = csv_link(["line", "learning_rate", "update", "loss"], cells)
    return links


def _errors(intervals: dict[str, Any]) -> str:
    return csv_link(
        ["quantity", "mean", "low", "high"], [[name, *_interval(one)] for name, one in intervals.items()]
    )


def _interval(interval: Any) -> tuple[float, float, float]:
    return (np.nan, np.nan, np.nan) if interval is None else (interval.mean, interval.low, interval.high)
