"""A model as one file: weights, plan and preparation, with a checksum, and nothing that runs.

The file is a safetensors file. Its tensors are the weights, to the bit; its metadata hold one JSON text with
everything else: the plan, what each raw column becomes, the classes, how the model was chosen and scored.
JSON writes a float so that reading gives the same float, so a loaded model predicts the same digits. A
SHA-256 over header and weights is in the metadata as well: a file that was cut or changed on its way is
refused. (It tells damage, not forgery: whoever can forge weights can compute a checksum. What a forged file
can *not* do is run code, or make the reader spend memory beyond its own size.)
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn, get_args

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

import bridle
from bridle.checks import problem
from bridle.engine.plan import Plan
from bridle.errors import BridleError, DataError
from bridle.storage import write
from bridle.study.columns import Kind
from bridle.study.images import CHANNELS, PixelPreparation
from bridle.study.learned import SCALES, Levels, Numbers
from bridle.study.prepare import Learned, Preparation, Structure, TargetScale
from bridle.study.readers.limits import MOST_COLUMNS, Refusal, read_bytes
from bridle.types import Weights

FORMAT = "1"
"""Of the files that are written here; others are refused."""

_DAMAGED = "Copy it again, or save the model again."
_KINDS = {"U": "text", "b": "boolean", "i": "whole"}
_DTYPES: dict[str, Any] = {"text": str, "boolean": bool, "whole": np.int64}


def save_model(model: Any, path: str | PathLike[str]) -> Path:
    """Write a model to one file, beside its place first, and return the path.

    Raises
    ------
    OutputError
        If it cannot be written; then nothing has changed.
    """
    place = Path(path)
    write(place.parent, {place.name: encode_model(model)})
    return place


def load_fields(path: str | PathLike[str]) -> dict[str, Any]:
    """Return the fields of the model in a file that :func:`save_model` wrote; no code of the file is run.

    Raises
    ------
    DataError
        If the file cannot be read, is none of bridle's, or was cut or changed.
    """
    refuse = Refusal(str(path))
    return decode_fields(read_bytes(Path(path), refuse), refuse)


def encode_model(model: Any) -> bytes:
    """Return the bytes of a model's file."""
    tensors = tensors_of(model)
    metadata = {"format": FORMAT, "bridle": json.dumps(record_of(model), allow_nan=False)}
    header, body = _cut(save_tensors(tensors, metadata), _surprised)
    return save_tensors(tensors, {**metadata, "sha256": _digest(header, body)})


def tensors_of(model: Any) -> dict[str, np.ndarray]:
    """Return a model's parameters by the names that files give them."""
    tensors = {}
    pairs = itertools.cycle(model.plan.pairs)  # once more where snapshots predict together
    for position, (pair, arrays) in enumerate(zip(pairs, model.weights, strict=False)):
        for name, array in zip(pair.names, arrays, strict=True):
            tensors[f"{position}.{name}"] = np.ascontiguousarray(array)
    return tensors


def checksum_of(raw: bytes) -> str:
    """Return the checksum that a model's file carries: of its content, in whatever order it was written."""
    return _cut(raw, _surprised)[0]["__metadata__"]["sha256"]


def decode_fields(raw: bytes, refuse: Refusal) -> dict[str, Any]:
    """Return the fields of the model of a file's bytes."""
    header, body = _cut(raw, refuse)
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or "bridle" not in metadata:
        refuse(
            "file", "a model saved by bridle", "another safetensors file", "Name the file model.safetensors."
        )
    if metadata.get("format") != FORMAT:
        version = metadata.get("format")
        refuse("format", f"{FORMAT}, which bridle {bridle.__version__} reads", version, "Upgrade bridle.")
    found = metadata.pop("sha256", None)
    if found != _digest(header, body):
        refuse("checksum", "that of the content", "another: the file was changed or damaged", _DAMAGED)
    try:
        tensors = load_tensors(raw)
        return fields_of(json.loads(metadata["bridle"]), tensors)
    except (SafetensorError, BridleError, ValueError, TypeError, LookupError, AttributeError) as error:
        refuse("content", "a sound model", f"{type(error).__name__}: {error}", _DAMAGED)
    except RecursionError:
        refuse("content", "a sound model", "a record nested too deeply", _DAMAGED)


def _surprised(what: str, allowed: str, value: Any, hint: str = "") -> NoReturn:
    raise DataError(problem("model", what, allowed, value, hint))


def _cut(raw: bytes, refuse: Any) -> tuple[dict[str, Any], bytes]:
    """Return a safetensors file's header and what follows it."""
    length = int.from_bytes(raw[:8], "little")
    if len(raw) < 10 or raw[8:9] != b"{":
        refuse("file", "a model saved by bridle", "another kind of file", "Name the file model.safetensors.")
    if length > len(raw) - 8:
        refuse("file", "complete", "a file cut short", _DAMAGED)
    try:
        header = json.loads(raw[8 : 8 + length])
    except (ValueError, RecursionError):
        refuse("header", "undamaged", "no JSON", _DAMAGED)
    if not isinstance(header, dict):
        refuse("header", "undamaged", "another JSON", _DAMAGED)
    return header, raw[8 + length :]


def _digest(header: dict[str, Any], body: bytes) -> str:
    canonical = json.dumps(header, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii") + b"\n" + body).hexdigest()


def record_of(model: Any) -> dict[str, Any]:
    """Return everything but the parameters of a model, as JSON takes it."""
    classes = model.classes
    return {
        "version": bridle.__version__,
        "plan": json.loads(model.plan.to_json()),
        "preparation": _preparation_record(model.preparation),
        "classes": None
        if classes is None
        else {"kind": _KINDS[classes.dtype.kind], "values": classes.tolist()},
        "scale": None if model.scale is None else [model.scale.mean, model.scale.scale],
        "regularizer": model.regularizer,
        "settings": model.settings,
        "learning_rate": model.learning_rate,
        "seed": model.seed,
        "data": model.data,
        "target": model.target,
        "metric": model.metric,
        "source": model.source,
        "scores": {part: value for part, value in model.scores.items() if math.isfinite(value)},
    }


def _preparation_record(preparation: Preparation) -> dict[str, Any]:
    structure, learned = preparation.structure, preparation.learned
    if learned is None:
        raise DataError(
            problem("model", "preparation", "fitted", "one that is not", "Call fit(training rows).")
        )
    numbers = learned.numbers
    return {
        "scale": structure.scale,
        "image": structure.image,
        "columns": [] if structure.image else [[name, kind] for name, kind in structure.kinds.items()],
        "known_levels": structure.levels,
        "gaps": list(structure.gaps),
        "dates": structure.dates,
        "medians": numbers.medians.tolist(),
        "means": numbers.means.tolist(),
        "scales": numbers.scales.tolist(),
        "quantiles": None if numbers.quantiles is None else numbers.quantiles.tolist(),
        "modes": learned.modes,
        "levels": {
            name: {"most_frequent": one.most_frequent, "own": list(one.own), "others": one.others}
            for name, one in learned.levels.items()
        },
        "still": np.flatnonzero(learned.still).tolist(),
    }


def _preparation(record: dict[str, Any]) -> Preparation:
    if record.get("image") is not None:
        return _pixels(record)
    structure = Structure(
        kinds={str(name): kind for name, kind in record["columns"]},
        levels={name: [str(one) for one in levels] for name, levels in record["known_levels"].items()},
        gaps=tuple(map(str, record["gaps"])),
        dates={name: str(written) for name, written in record["dates"].items()},
        scale=record["scale"],
    )
    if structure.scale not in SCALES or set(structure.kinds.values()) - {*get_args(Kind)}:
        raise ValueError("unknown kinds of columns or scale")
    quantiles = record["quantiles"]
    medians, means, scales = (
        np.array(record[name], dtype=np.float64) for name in ("medians", "means", "scales")
    )
    numbers = Numbers(
        medians, means, scales, None if quantiles is None else np.array(quantiles, dtype=np.float64)
    )
    modes = {name: float(mode) for name, mode in record["modes"].items()}
    levels = {
        name: Levels(one["most_frequent"], tuple(map(str, one["own"])), bool(one["others"]))
        for name, one in record["levels"].items()
    }
    empty = Preparation.restore(structure, Learned(numbers, modes, levels, np.zeros(0, dtype=bool)))
    still = np.zeros(len(empty.feature_names), dtype=bool)
    still[np.array(record["still"], dtype=np.int64)] = True
    return Preparation.restore(structure, Learned(numbers, modes, levels, still))


def _pixels(record: dict[str, Any]) -> Preparation:
    form = tuple(int(one) for one in record["image"])
    if len(form) != 3 or min(form) < 1 or math.prod(form) > MOST_COLUMNS or record["scale"] != CHANNELS:
        raise ValueError("unknown form of images or scale")
    means, scales = (np.array(record[name], dtype=np.float64) for name in ("means", "scales"))
    if means.shape != (math.prod(form),) or scales.shape != means.shape or not (scales > 0).all():
        raise ValueError("a mean and a scale above 0 for each pixel")
    learned = Learned(Numbers(means, means, scales, None), {}, {}, np.zeros(len(means), dtype=bool))
    return PixelPreparation.restore(PixelPreparation(form).structure, learned)


def fields_of(record: dict[str, Any], tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return a model's fields from its record and parameters, checked."""
    plan = Plan.from_json(json.dumps(record["plan"]))
    preparation = _preparation(record["preparation"])
    if plan.inputs != len(preparation.feature_names):
        raise ValueError(
            f"{len(preparation.feature_names)} inputs are prepared, the plan takes {plan.inputs}"
        )
    weights = _weights(plan, tensors)
    classes = record["classes"]
    return {
        "plan": plan,
        "weights": weights,
        "preparation": preparation,
        "classes": None if classes is None else np.array(classes["values"], dtype=_DTYPES[classes["kind"]]),
        "scale": None if record["scale"] is None else TargetScale(*map(float, record["scale"])),
        "settings": {str(name): float(value) for name, value in record["settings"].items()},
        "learning_rate": float(record["learning_rate"]),
        "seed": int(record["seed"]),
        "scores": {str(part): float(value) for part, value in record["scores"].items()},
        "source": _source(record["source"]),
        **{name: str(record[name]) for name in ("regularizer", "data", "target", "metric")},
    }


def _weights(plan: Plan, tensors: dict[str, np.ndarray]) -> Weights:
    """Return the parameters in pairs, each as the plan says."""
    count = len(plan.pairs)
    if len(tensors) not in (2 * count, 4 * count):
        raise ValueError(f"{len(tensors)} tensors for {count} pairs")
    weights = []
    for k, pair in zip(range(len(tensors) // 2), itertools.cycle(plan.pairs), strict=False):
        first, second = (tensors[f"{k}.{name}"] for name in pair.names)
        snapshots = () if k < count else (max(1, len(tensors[f"{count}.weights"])),)
        for name, one, own in zip(pair.names, (first, second), pair.shapes, strict=True):
            shape = (*snapshots, *own)
            if one.shape != shape or str(one.dtype) != plan.dtype or not np.isfinite(one).all():
                raise ValueError(f"{k}.{name} must be finite {plan.dtype} of shape {shape}")
            if name == "variances" and one.min() < 0:
                raise ValueError(f"{k}.{name} must be at least 0")
        weights.append((first, second))
    return weights


def _source(record: dict[str, Any]) -> dict[str, Any]:
    if not record:
        return {}
    texts = {name: [str(one) for one in record[name]] for name in ("missing", "columns")}
    return {"header": bool(record["header"]), **texts}
