"""Images of every form, written by the library that people write them with, for the readers' tests."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from bridle.study.readers.idx import encode_idx


def drawn(count: int = 12, height: int = 5, width: int = 4, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Return 8-bit images, (N, H, W, C), no two alike."""
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def encoded(pixels: np.ndarray, form: str = "PNG", **settings) -> bytes:
    """Return one image's bytes as a picture file."""
    stream = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(stream, form, **settings)
    return stream.getvalue()


def folder(place: Path, images: np.ndarray, classes: tuple[str, ...] = ("cat", "dog")) -> Path:
    """Write images in turn into the folders of their classes; names count from 0 in each."""
    for k, one in enumerate(images):
        home = place / classes[k % len(classes)]
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{k // len(classes):03d}.png").write_bytes(encoded(one))
    return place


def idx_pair(place: Path, images: np.ndarray, labels: np.ndarray, prefix: str = "train") -> Path:
    """Write an idx file of images and one of labels, and return the first."""
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{prefix}-labels-idx1-ubyte").write_bytes(encode_idx(labels.astype(np.uint8)))
    path = place / f"{prefix}-images-idx3-ubyte"
    path.write_bytes(encode_idx(images[..., 0]))
    return path


def npz(**arrays: np.ndarray) -> bytes:
    """Return arrays as an .npz."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()
