"""Readers of images under fire: whatever the bytes, they end in images or in one clear message.

The promises are those of the readers of tables (``tests/study/test_fuzz_readers.py``): no other exception and no
warning, no hang, and no wrong images: what comes out has the shape that messages and tables rely on, and only
values that a network can take. ``make test`` runs a quick amount; the full 10^5 inputs a reader are marked slow.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bridle.errors import DataError
from bridle.study.readers import Images, parse
from bridle.study.readers.folder import Unreadable, decode
from bridle.study.readers.idx import encode_idx, parse_idx
from bridle.study.readers.images import shaped
from bridle.study.readers.limits import Refusal
from bridle.study.readers.manifest import head_of, parse_manifest
from tests.study import images_on_disk as disk
from tests.study.mutations import FULL, QUICK, fuzz, mutate, under_fire

NAMES = tuple(f"a/{k}.png" for k in range(4))
MANIFEST = "\n".join(
    [json.dumps({"bridle": "1", "seed": 0}), *(json.dumps({"image": k, "origin": NAMES[0]}) for k in NAMES)]
).encode()

GRAY, COLOR = disk.drawn(12)[0], disk.drawn(12, 17, 9, 3)[0]
SEEDS = {
    "png": [disk.encoded(GRAY), disk.encoded(COLOR), disk.encoded(np.tile(COLOR, (8, 8, 1)))],
    "jpeg": [disk.encoded(GRAY, "JPEG"), disk.encoded(COLOR, "JPEG", progressive=True)],
    "idx": [encode_idx(disk.drawn(6)[..., 0]), encode_idx(np.linspace(0, 1, 60).reshape(5, 4, 3))],
    "npz": [
        disk.npz(X=disk.drawn(12), y=np.arange(12) % 2, origin=np.arange(12) // 2, copy=np.arange(12) % 2)
    ],
    "manifest": [MANIFEST],
}


def _picture(raw: bytes) -> None:
    sheet = decode(raw)
    assert sheet.pixels.dtype == np.uint8
    assert sheet.pixels.ndim == 3
    assert sheet.pixels.shape[2] in (1, 3)


def _idx(raw: bytes) -> None:
    found = shaped(parse_idx(raw, "file", Refusal("file")), "file", Refusal("file"))
    assert found.dtype in (np.uint8, np.float32)
    assert np.isfinite(found).all()


def _npz(raw: bytes) -> None:
    found = parse(raw, "file")
    if isinstance(found, Images):
        count = len(found.pixels)
        assert len(found.names) == count
        for marks in (found.labels, found.origins, found.copies):
            assert marks is None or len(marks) == count


def _manifest(raw: bytes) -> None:
    head_of(raw, Refusal("file"))
    origins, copies = parse_manifest(raw, NAMES, Refusal("file"))
    assert origins.shape == copies.shape == (len(NAMES),)


READERS: dict[str, Callable[[bytes], None]] = {
    "png": _picture, "jpeg": _picture, "idx": _idx, "npz": _npz, "manifest": _manifest
}  # fmt: skip


def _end(name: str, raw: bytes) -> str:
    """Return "images" or "message", or fail."""
    message = None
    with under_fire(raw):
        try:
            READERS[name](raw)
        except (DataError, Unreadable) as error:
            message = str(error)
    assert message is None or (0 < len(message) < 600 and len(message.splitlines()) == 1), message
    return "images" if message is None else "message"


def _fuzz(name: str, count: int, seed: int) -> dict[str, int]:
    return fuzz(name, SEEDS[name], lambda raw, _: _end(name, raw), count, seed)


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_files_end_in_images_or_one_message(name):
    ends = _fuzz(name, QUICK, seed=0)  # some of each: else mutations are too weak or too strong
    assert set(ends) == {"images", "message"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
def test_a_hundred_thousand_mutated_files_end_in_images_or_one_message(name):
    ends = _fuzz(name, FULL, seed=1)
    assert ends["images"] + ends["message"] == FULL


@pytest.mark.parametrize("name", SEEDS)
def test_the_files_that_are_mutated_are_images_themselves(name):
    for raw in SEEDS[name]:
        assert _end(name, raw) == "images"


def test_mutated_mnist_ends_in_images_or_one_message(shared: Path):
    from bridle.study.readers.limits import gunzip

    raw = gunzip((shared / "data" / "mnist" / "t10k-labels-idx1-ubyte.gz").read_bytes(), Refusal("file"))
    random = np.random.default_rng(7)
    for _ in range(60):
        _end("idx", mutate(raw, random))
