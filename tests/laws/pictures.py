"""Pictures and rows that the laws of augmentations share, and what a record draws for them."""

from __future__ import annotations

import numpy as np
import pytest

from bridle import streams
from bridle.engine.perturbing import perturbed_rows
from bridle.perturb.about import About
from bridle.registry import REGISTRY

IMAGE = (3, 6, 6)
ROWS = 5000
WORDS = streams.row_words(np.arange(ROWS, dtype=np.uint32)[None, :])
AUGMENTATIONS = [record for record in REGISTRY.values() if record.family == "images"]
PICTURES = np.random.default_rng(0).normal(size=(24, *IMAGE))


def each(records):
    return pytest.mark.parametrize("record", records, ids=lambda record: record.name)


def key(record, update: int = 0, seed: int = 3) -> streams.Key:
    purpose = record.perturbation.purpose
    return streams.fold(streams.key_of(np.asarray(seed), purpose), np.full((1, 1), update, np.uint32))


def motion(name: str, strength: float, image=IMAGE):
    """Return what a record draws for 5,000 rows."""
    record = REGISTRY[name]
    return record.perturbation.motion(key(record), WORDS, np.asarray(strength), image)


def changed(name: str, strength: float, picture: np.ndarray, rows: int = ROWS):
    """Return what becomes of one picture, (C, H, W), in so many rows, (C, H, W, B)."""
    record = REGISTRY[name]
    copies = np.repeat(picture[..., None], rows, axis=-1)
    x, _ = perturbed_rows(
        [record], {record.strength.name: np.asarray(strength)}, np.asarray(3), np.asarray(0),
        copies.reshape(-1, rows), np.zeros((1, rows)), WORDS[:, :rows], About(0.5, picture.shape),
    )  # fmt: skip
    return x.reshape(copies.shape)
