"""The manifest of an enlarged set: of each image, which original it was made from.

``bridle augment`` leaves a file of JSON lines beside what it writes. The first line says how the set was
made; every other one names an image, its origin and what was done to it. A loader needs the origins: with a
copy in training and its original in the test, a network that knows the image by heart looks as if it had
understood it. So a copy that no manifest explains is refused, not loaded as an image of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from bridle.study.readers.limits import Refusal

NAME = "manifest.jsonl"
_COPY = re.compile(r".*\.copy-\d+\.png", re.DOTALL)
_AGAIN = "Enlarge the set again with bridle augment."


def copy_name(name: str, number: int) -> str:
    """Return what a copy of a picture is called.

    Examples
    --------
    >>> copy_name("cat/7.jpeg", 2)
    'cat/7.jpeg.copy-2.png'
    """
    return f"{name}.copy-{number}.png"


def refuse_unexplained(names: Sequence[str], refuse: Refusal) -> None:
    """Refuse images that are called as copies where no manifest says of what."""
    found = [name for name in names if _COPY.fullmatch(name)]
    if found:
        hint = "With a copy in training and its original in the test, scores are too good."
        refuse("folder", f"complete: it lacks {NAME}", f"{len(found)} copies, first {found[0]}", hint)


def parse_manifest(raw: bytes, names: Sequence[str], refuse: Refusal) -> tuple[np.ndarray, np.ndarray]:
    """Return each image's origin as a number, and whether it is a copy, (N,) each.

    Parameters
    ----------
    raw
        The manifest's bytes.
    names
        The images; the manifest may name more.
    refuse
        Raises messages about it.

    Raises
    ------
    DataError
        If the manifest is damaged, or a copy is not in it.
    """
    origin_of = {}
    for number, line in enumerate(raw.splitlines()[1:], 2):
        record = _record(line, number, refuse)
        image, origin = record.get("image"), record.get("origin")
        if not isinstance(image, str) or not isinstance(origin, str):
            refuse(f"manifest, line {number},", "an image and its origin", line[:60], _AGAIN)
        origin_of[image] = origin
    refuse_unexplained([name for name in names if name not in origin_of], refuse)
    found = [origin_of.get(name, name) for name in names]
    _, origins = np.unique(np.array(found, dtype=object).astype(str), return_inverse=True)
    return origins, np.array([name != origin for name, origin in zip(names, found, strict=True)], dtype=bool)


def head_of(raw: bytes, refuse: Refusal) -> dict[str, Any]:
    """Return a manifest's first line: how the set was made.

    Raises
    ------
    DataError
        If it is no manifest.
    """
    lines = raw.splitlines()
    head = _record(lines[0] if lines else b"", 1, refuse)
    if "bridle" not in head:
        refuse("manifest, line 1,", "what bridle augment wrote", lines[0][:60], _AGAIN)
    return head


def _record(line: bytes, number: int, refuse: Refusal) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        refuse(f"manifest, line {number},", "an object in JSON", line[:60], _AGAIN)
    return record
