"""A preparation as an ONNX graph: from raw cells to the network's inputs, as ``Preparation.transform`` does.

A column of numbers or booleans comes as doubles, missing cells as NaN; a category as text, missing cells as
the empty text; a date as whole microseconds since 1970, missing cells as the smallest 64-bit integer (which
is how NumPy writes a missing date). Everything is computed in double precision, as bridle does it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bridle.checks import problem
from bridle.errors import PlanError
from bridle.study.export.graph import Graph
from bridle.study.prepare import Learned, Preparation

KINDS = {"number": "double", "boolean": "double", "category": "string", "date": "int64"}
"""The type in ONNX of each kind of column."""

IMAGES = "images"
"""The one input of a model of images."""

MISSING_TEXT, MISSING_DATE = "", int(np.iinfo(np.int64).min)

_DAY = 86_400_000_000
_HOUR = _DAY // 24
_CYCLE = 146_097  # days in 400 years, after which the calendar repeats
# Days to 1970 from 1 March of a year that begins a cycle and lies before all dates.
_SHIFT = 719_468 + 25 * _CYCLE


def check_expressible(preparation: Preparation) -> Learned:
    """Return what a preparation learned.

    Raises
    ------
    PlanError
        If it is not fitted, or ONNX has no operator for its scale or its text.
    """
    learned = preparation.learned
    if learned is None:
        raise PlanError(problem("export", "preparation", "fitted", "one that is not"))
    if preparation.structure.image is None and preparation.structure.scale != "standard":
        hint = "ONNX has no normal quantile: train with --scale standard."
        raise PlanError(problem("export", "scale", "'standard' in ONNX", preparation.structure.scale, hint))
    for name in preparation.structure.gaps:
        if name in learned.levels and MISSING_TEXT in learned.levels[name].own:
            allowed = "text that is not empty where cells can be missing"
            hint = "In ONNX the empty text stands for a missing cell."
            raise PlanError(problem("export", f"levels of column {name!r}", allowed, MISSING_TEXT, hint))
    return learned


def inputs_of(preparation: Preparation) -> tuple[str, ...]:
    """Return the names of a graph's inputs: the raw columns, or images as a whole."""
    structure = preparation.structure
    return tuple(structure.kinds) if structure.image is None else (IMAGES,)


def prepared(graph: Graph, preparation: Preparation) -> str:
    """Add a preparation to a graph and return the network's inputs, (N, D) or (N, C, H, W)."""
    learned, structure = check_expressible(preparation), preparation.structure
    if structure.image is not None:
        return _standardized(graph, learned, structure.image)
    cells = {name: graph.input(name, KINDS[kind]) for name, kind in structure.kinds.items()}
    blocks = []
    numbers = [cells[name] for name in structure.of("number")]
    for name in structure.of("date"):
        numbers += _date_parts(graph, cells[name])
    if numbers:
        raw = graph.join(numbers)
        filled = graph.add(
            "Where", graph.add("IsNaN", raw), graph.constant(learned.numbers.medians[None]), raw
        )
        centered = graph.add("Sub", filled, graph.constant(learned.numbers.means[None]))
        blocks.append(graph.add("Div", centered, graph.constant(learned.numbers.scales[None])))
    blocks += [_is_missing(graph, cells[name], structure.kinds[name]) for name in structure.gaps]
    for name in structure.of("boolean"):
        mode = graph.constant(np.array([[learned.modes[name]]]))
        blocks.append(graph.add("Where", graph.add("IsNaN", cells[name]), mode, cells[name]))
    for name in structure.of("category"):
        if learned.levels[name].width:
            blocks.append(_levels(graph, cells[name], learned, name))
    return graph.add("Mul", graph.join(blocks), graph.constant(1.0 - learned.still[None].astype(np.float64)))


def _standardized(graph: Graph, learned: Learned, image: tuple[int, int, int]) -> str:
    """Return images with mean 0 and variance 1 in each channel, as in training."""
    channels, height, width = image
    pixels = graph.input(IMAGES, "float", height, width, channels)
    means, factors = (
        one.reshape(1, channels, -1)[..., :1, None].astype(np.float32)
        for one in (learned.numbers.means, 1 / learned.numbers.scales)
    )
    upright = graph.add("Transpose", pixels, perm=[0, 3, 1, 2])
    return graph.add("Mul", graph.add("Sub", upright, graph.constant(means)), graph.constant(factors))


def feeds(preparation: Preparation, frame: Any) -> dict[str, np.ndarray]:
    """Return raw rows as the graph's inputs take them, by name, (N, 1) each; or images, (N, H, W[, C]).

    Raises
    ------
    DataError
        If columns are missing or not of their kind.
    """
    if preparation.structure.image is not None:
        channels, height, width = preparation.structure.image
        return {IMAGES: np.asarray(frame, dtype=np.float32).reshape(-1, height, width, channels)}
    settled = preparation.settle(frame)
    found = {}
    for name, kind in preparation.structure.kinds.items():
        column = settled[name]
        if kind == "category":
            cells = column.where(column.notna(), MISSING_TEXT).to_numpy(object)
        elif kind == "date":
            cells = column.to_numpy("datetime64[us]").astype(np.int64)
        else:
            cells = column.to_numpy(np.float64)
        found[name] = cells.reshape(-1, 1)
    return found


def _is_missing(graph: Graph, cells: str, kind: str) -> str:
    if kind == "category":
        marks = {"keys_strings": [MISSING_TEXT], "values_int64s": [1], "default_int64": 0}
        found = graph.add("LabelEncoder", cells, domain="ai.onnx.ml", **marks)
    elif kind == "date":
        found = graph.add("Equal", cells, graph.constant(np.array([[MISSING_DATE]])))
    else:
        found = graph.add("IsNaN", cells)
    return graph.cast(found, "double")


def _levels(graph: Graph, cells: str, learned: Learned, name: str) -> str:
    """Return a category's zeros and ones: each text has a number, and an input is 1 where it is its own."""
    levels = learned.levels[name]
    codes = {level: k for k, level in enumerate(levels.own)}
    others = len(levels.own) if levels.others else -1
    usual = levels.most_frequent
    codes.setdefault(MISSING_TEXT, -1 if usual is None else codes.get(usual, others))
    numbers = graph.add(
        "LabelEncoder", cells, domain="ai.onnx.ml",
        keys_strings=list(codes), values_int64s=list(codes.values()), default_int64=others,
    )  # fmt: skip
    own = graph.constant(np.arange(levels.width, dtype=np.int64)[None])
    return graph.cast(graph.add("Equal", numbers, own), "double")


def _date_parts(graph: Graph, cells: str) -> list[str]:
    """Return days since 1970, month, day, weekday and hour as doubles, NaN where missing.

    Source of the calendar: Hinnant (2013), chrono-compatible low-level date algorithms, civil_from_days, in
    whole numbers.
    """

    def whole(value: int) -> str:
        return graph.constant(np.array([[value]], dtype=np.int64))

    def add(tensor: str, value: int) -> str:
        return graph.add("Add", tensor, whole(value))

    def times(tensor: str, value: int) -> str:
        return graph.add("Mul", tensor, whole(value))

    def over(tensor: str, value: int) -> str:
        return graph.add("Div", tensor, whole(value))

    def modulo(tensor: str, value: int) -> str:
        return graph.add("Mod", tensor, whole(value))

    missing = graph.add("Equal", cells, whole(MISSING_DATE))
    known = graph.add("Where", missing, whole(0), cells)
    shifted = add(known, _SHIFT * _DAY)
    day = over(shifted, _DAY)
    of_cycle = modulo(day, _CYCLE)
    year = over(
        graph.add(
            "Sub",
            graph.add("Add", graph.add("Sub", of_cycle, over(of_cycle, 1_460)), over(of_cycle, 36_524)),
            over(of_cycle, _CYCLE - 1),
        ),
        365,
    )
    before = graph.add("Sub", graph.add("Add", times(year, 365), over(year, 4)), over(year, 100))
    of_year = graph.add("Sub", of_cycle, before)  # from 1 March
    month = over(add(times(of_year, 5), 2), 153)
    of_month = add(graph.add("Sub", of_year, over(add(times(month, 153), 2), 5)), 1)
    exact = graph.add("Div", graph.cast(known, "double"), graph.constant(np.array([[float(_DAY)]])))
    parts = [
        exact,
        graph.cast(add(modulo(add(month, 2), 12), 1), "double"),
        graph.cast(of_month, "double"),
        graph.cast(modulo(add(day, 3 - _SHIFT % 7 + 7), 7), "double"),
        graph.cast(over(modulo(shifted, _DAY), _HOUR), "double"),
    ]
    nothing = graph.constant(np.array([[np.nan]]))
    return [graph.add("Where", missing, nothing, part) for part in parts]
