"""idx files, as MNIST and its family come: a header of a few bytes, then the values of one array.

The header is two zeros, a type, the number of axes, and each axis' length as four bytes, largest first. It
is a stranger's claim like any other: what it announces must be exactly what follows. Images and labels lie in
two files whose names differ in one word; given one, the other is looked for beside it.

Source of the format: LeCun, Cortes and Burges, The MNIST database, section "File formats".
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from bridle.study.readers.images import Images, shaped, with_test
from bridle.study.readers.limits import Refusal, in_words, read_bytes
from bridle.study.readers.manifest import NAME as MANIFEST
from bridle.study.readers.manifest import head_of, parse_manifest

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""The value types by their code."""

_MOST_AXES = 4
_WORDS = (("images-idx3", "labels-idx1"), ("images.idx3", "labels.idx1"), ("images", "labels"))
_FILE = re.compile(r".*images.*(idx|ubyte).*", re.IGNORECASE)
_TEST = re.compile(r"(t10k|test)[-_.].*", re.IGNORECASE)
_DAMAGED = "Copy or download it again."


def is_idx(raw: bytes) -> bool:
    """Return whether bytes begin as an idx file does."""
    return len(raw) >= 4 and raw[:2] == b"\0\0" and raw[2] in TYPES and 1 <= raw[3] <= _MOST_AXES


def parse_idx(raw: bytes, what: str, refuse: Refusal) -> np.ndarray:
    """Return the array of an idx file's bytes.

    Raises
    ------
    DataError
        If the header is none, or announces another size than there is.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), "file", Refusal("labels")).tolist()
    [7, 9]
    """
    if not is_idx(raw):
        refuse(what, "an idx file, beginning with two zeros, a type and a number of axes", raw[:4])
    dtype, axes = np.dtype(TYPES[raw[2]]), raw[3]
    start = 4 + 4 * axes
    if len(raw) < start:
        refuse(what, f"an idx file with {axes} lengths in its header", "a file cut short", _DAMAGED)
    shape = tuple(int.from_bytes(raw[at : at + 4], "big") for at in range(4, start, 4))
    announced, there = math.prod(shape) * dtype.itemsize, len(raw) - start
    if announced != there:
        value = f"{in_words(there)}, where its header announces {in_words(announced)} ({shape})"
        refuse(what, "as large as its header says", value, _DAMAGED)
    if not announced:
        refuse(what, "an array with values", shape)
    array = np.frombuffer(raw, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def encode_idx(array: np.ndarray) -> bytes:
    """Return the bytes of an idx file.

    Examples
    --------
    >>> encode_idx(np.array([7, 9], dtype=np.uint8)).hex()
    '00000801000000020709'
    """
    code = next(code for code, dtype in TYPES.items() if np.dtype(dtype) == array.dtype.newbyteorder(">"))
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, code, array.ndim]) + lengths + array.astype(TYPES[code]).tobytes()


def read_idx(raw: bytes, path: Path, labels: str | None = None) -> Images:
    """Return the images of an idx file, with the labels of another and what a manifest says of copies.

    Parameters
    ----------
    raw, path
        A file of images, (N, H, W) or (N, H, W, C): its bytes, and where it lies.
    labels
        A file of (N,) labels; None: the one beside it that is called alike.

    Raises
    ------
    DataError
        If a file cannot be read, or the two do not fit together.
    """
    refuse = Refusal(str(path))
    pixels = parse_idx(raw, "file", refuse)
    if pixels.ndim < 3:
        hint = "Name the file of the images; labels are found beside it, or named by --labels."
        refuse("file", "of images, with three axes", f"an array of shape {pixels.shape}", hint)
    found = labels_beside(path) if labels is None else Path(labels)
    y = None
    if found is not None:
        told = Refusal(str(found))
        y = parse_idx(read_bytes(found, told), "file", told)
        if y.ndim != 1 or len(y) != len(pixels):
            told("labels", f"one for each of {len(pixels):,} images", f"an array of shape {y.shape}")
    names = tuple(str(k) for k in range(len(pixels)))
    origins, copies = _copies(path, names)
    return Images(shaped(pixels, "file", refuse), y, names, origins, copies, target="label")


def _copies(path: Path, names: tuple[str, ...]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return origins and copies where a manifest beside a file is the manifest of this file."""
    place = path.parent / MANIFEST
    told = Refusal(str(place))
    if not place.is_file():
        return None, None
    raw = read_bytes(place, told)
    return parse_manifest(raw, names, told) if head_of(raw, told).get("file") == path.name else (None, None)


def labels_beside(path: Path) -> Path | None:
    """Return the file of labels that belongs to a file of images, gzipped or not; None if there is none."""
    for images, labels in _WORDS:
        if images in path.name:
            name = path.name.replace(images, labels)
            plain = name.removesuffix(".gz")
            for candidate in (name, plain, f"{plain}.gz"):
                if (path.parent / candidate).is_file():
                    return path.parent / candidate
    return None


def pairs_in(folder: Path, refuse: Refusal) -> dict[str, Path]:
    """Return a folder's files of images: "train", and "test" where one is called t10k or test.

    Raises
    ------
    DataError
        If there is more than one of either.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=lambda one: (bool(_TEST.fullmatch(one.name)), one.name)):
        if _FILE.fullmatch(path.name) and path.is_file():
            part = "test" if _TEST.fullmatch(path.name) else "train"
            if part in found:
                hint = "Name the file itself."
                refuse("folder", f"of one idx file of {part} images", [found[part].name, path.name], hint)
            found[part] = path
    return found


def read_pairs(found: dict[str, Path]) -> Images:
    """Return the images of a folder's idx files, those of the test as sealed rows at the end."""
    parts = [read_idx(read_bytes(path, Refusal(str(path))), path) for path in found.values()]
    return parts[0] if len(parts) == 1 else with_test(parts[0], parts[1], Refusal(str(found["test"])))
