"""``bridle augment``: read a set of images, enlarge it, and write it in the form it came in.

A folder of classes becomes a folder of PNG pictures, idx files become idx files, an .npz an .npz. Test images
that the set keeps apart are written as they are. Everything is written beside its place and renamed at the
end, so that a failure or Ctrl-C leaves nothing. The same request writes the same bytes: there is no date in
them, and no place on a machine.

The manifest says of every image which original it is or was made from, and ``bridle compare`` keeps the two
together (:mod:`bridle.study.readers.manifest`).
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import bridle
from bridle.checks import problem
from bridle.errors import DataError, OutputError
from bridle.storage import make, refusing, unmake, write
from bridle.study.enlarge import Batch, check_request, enlarged
from bridle.study.readers import Images, Layout, read
from bridle.study.readers.idx import encode_idx, labels_beside, pairs_in
from bridle.study.readers.limits import GZIP, MOST_CELLS, Refusal, beside
from bridle.study.readers.manifest import NAME, copy_name
from bridle.study.readers.npz import ZIP

Report = Callable[[str, float, float], None]


@dataclass(frozen=True)
class Request:
    """What to make: strengths by augmentation, so many copies of each image, from a seed, with a fill."""

    strengths: Mapping[str, float] = field(default_factory=dict)
    copies: int = 5
    seed: int = 0
    fill: str = "edge"


@dataclass(frozen=True)
class Enlarged:
    """What was made: images as they were, copies of each, and test images left as they are."""

    originals: int
    copies: int
    test: int


def augment(
    source: Path, out: Path, request: Request, layout: Layout | None = None, progress: Report | None = None
) -> Enlarged:
    """Write a larger set of images, with a manifest of what made each.

    Parameters
    ----------
    source
        A folder of classes, idx files or an .npz: see :func:`bridle.study.readers.read`.
    out
        Where the set goes, in the same form: a folder that is not there or is empty, or an .npz.
    request
        What to make.
    layout
        How the source is laid out, where it does not tell itself.
    progress
        Called with a phase in words, the fraction done in [0, 1], and the seconds left (inf: unknown).

    Raises
    ------
    DataError
        If the source or the request cannot be used.
    OutputError
        If the output is there already, or cannot be written; then nothing has changed.
    """
    tell = progress or (lambda phase, fraction, left: None)
    layout = layout or Layout()
    if not source.exists():
        allowed = "a folder or file that exists"
        raise DataError(problem(str(source), "source", allowed, str(source), beside(source)))
    _check_place(source, out)
    found = read(source, layout)
    if not isinstance(found, Images):
        hint = "A folder of classes with pictures, idx files, or an .npz with X of (N, H, W[, C])."
        raise DataError(problem(str(source), "source", "of images", "a table", hint))
    check_request(found, request.strengths, request.copies, request.seed, request.fill)
    count = len(found.pixels) - found.sealed
    _check_total(found, count, request.copies, str(source))
    train = _part(found, slice(count))
    test = _part(found, slice(count, None)) if found.sealed else None
    batches = _told(enlarged(train.pixels, **vars(request)), count * request.copies, tell)
    form = _form_of(source)
    if form == "npz":
        _write_npz(out, source, train, test, request, batches)
    else:
        with _beside(out) as place:
            if form == "idx":
                _write_idx(place, source, layout, train, test, request, batches)
            else:
                _write_folder(place, source, train, test, request, batches)
    return Enlarged(count, request.copies, found.sealed)


def _form_of(source: Path) -> str:
    if source.is_dir():
        return "idx" if pairs_in(source, Refusal(str(source))) else "folder"
    with source.open("rb") as file:
        head = file.read(4)
    return "npz" if head == ZIP else "idx"


def _check_place(source: Path, out: Path) -> None:
    is_npz, hint = _form_of(source) == "npz", "Name another."
    if is_npz != (out.suffix == ".npz"):
        allowed = "a file named .npz, as the source is" if is_npz else "a folder, as the source is no .npz"
    elif source.resolve() in out.resolve().parents:
        allowed, hint = "outside of the images", "Inside, its copies would pass for originals."
    elif out.exists() and (is_npz or not out.is_dir() or any(out.iterdir())):
        allowed, hint = "free", "Name another: nothing is written over."
    else:
        return
    raise OutputError(problem("output", "place", allowed, str(out), hint))


def _check_total(found: Images, count: int, copies: int, name: str) -> None:
    values = count * (copies + 1) * int(np.prod(found.pixels.shape[1:]))
    if values > MOST_CELLS:
        hint = "Make fewer copies, or augment on line: bridle compare --regularizers rotation ..."
        raise DataError(problem(name, "enlarged set", f"at most {MOST_CELLS:,} values", values, hint))


def _part(images: Images, rows: slice) -> Images:
    labels = None if images.labels is None else images.labels[rows]
    return replace(
        images,
        pixels=images.pixels[rows],
        labels=labels,
        names=images.names[rows],
        sealed=0,
        origins=None,
        copies=None,
    )


def _told(batches: Iterator[Batch], total: int, tell: Report) -> Iterator[Batch]:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch.rows)
        tell("making copies", done / total, float("inf"))


def _head(source: Path, request: Request, **more: Any) -> str:
    head = {"bridle": bridle.__version__, "source": source.name, **vars(request), **more}
    return json.dumps(head) + "\n"


def _line(image: str, origin: str, number: int = 0, drawn: Mapping[str, Any] | None = None) -> str:
    record: dict[str, Any] = {"image": image, "origin": origin}
    if number:
        record |= {"copy": number, "drawn": drawn}
    return json.dumps(record) + "\n"


def _png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(stream, "PNG")
    return stream.getvalue()


def _write_folder(
    place: Path, source: Path, train: Images, test: Images | None, request: Request, batches: Iterator[Batch]
) -> None:
    home = place / "train" if test is not None else place
    names = [_png_name(name) for name in train.names]
    lines = [_head(source, request)]
    for name, pixels in zip(names, train.pixels, strict=True):
        _put(home / name, _png(pixels))
        lines.append(_line(name, name))
    for batch in batches:
        for row, pixels, drawn in zip(batch.rows, batch.pixels, batch.drawn, strict=True):
            name = copy_name(names[row], batch.number)
            _put(home / name, _png(pixels))
            lines.append(_line(name, names[row], batch.number, drawn))
    _put(home / NAME, "".join(lines).encode())
    for name, pixels in zip(test.names if test else (), test.pixels if test else (), strict=True):
        _put(place / "test" / _png_name(name), _png(pixels))


def _png_name(name: str) -> str:
    return name if name.lower().endswith(".png") else f"{name}.png"


def _put(place: Path, content: bytes) -> None:
    with refusing(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.write(content)


def _write_idx(
    place: Path,
    source: Path,
    layout: Layout,
    train: Images,
    test: Images | None,
    request: Request,
    batches: Iterator[Batch],
) -> None:
    found = pairs_in(source, Refusal(str(source))) if source.is_dir() else {"train": source}
    first = found.get("train", source)
    pixels, lines = _all(train, batches, _head(source, request, file=first.name))
    _put_idx(place, first, layout.labels, replace(train, pixels=pixels), request.copies + 1)
    if test is not None:
        _put_idx(place, found["test"], None, test, 1)
    _put(place / NAME, "".join(lines).encode())


def _put_idx(place: Path, path: Path, labels: str | None, images: Images, times: int) -> None:
    pixels = images.pixels[..., 0] if images.form[0] == 1 else images.pixels
    _put(place / path.name, _packed(encode_idx(pixels), path))
    if images.labels is not None:
        beside = labels_beside(path) if labels is None else Path(labels)
        assert beside is not None
        _put(place / beside.name, _packed(encode_idx(np.tile(images.labels, times)), beside))


def _packed(raw: bytes, like: Path) -> bytes:
    with like.open("rb") as file:
        return gzip.compress(raw, mtime=0) if file.read(2) == GZIP else raw


def _write_npz(
    out: Path, source: Path, train: Images, test: Images | None, request: Request, batches: Iterator[Batch]
) -> None:
    count, times = len(train.pixels), request.copies + 1
    pixels, lines = _all(train, batches, _head(source, request, file=out.name))
    arrays = {
        "X": pixels,
        **({} if train.labels is None else {"y": _plain(np.tile(train.labels, times))}),
        **({} if test is None else {"X_test": test.pixels}),
        **({} if test is None or test.labels is None else {"y_test": _plain(test.labels)}),
        "origin": np.tile(np.arange(count), times),
        "copy": np.repeat(np.arange(times) > 0, count),
    }
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    write(out.parent, {out.name: stream.getvalue(), f"{out.name}.{NAME}": "".join(lines).encode()})


def _plain(labels: np.ndarray) -> np.ndarray:
    return labels.astype(str) if labels.dtype == object else labels


def _all(train: Images, batches: Iterator[Batch], head: str) -> tuple[np.ndarray, list[str]]:
    """Return originals and all copies behind them, and the manifest's lines; images are known by number."""
    count, pixels = len(train.pixels), [train.pixels]
    lines = [head, *(_line(str(k), str(k)) for k in range(count))]
    for batch in batches:
        pixels.append(batch.pixels)
        for row, drawn in zip(batch.rows.tolist(), batch.drawn, strict=True):
            lines.append(_line(str(batch.number * count + row), str(row), batch.number, drawn))
    return np.concatenate(pixels), lines


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """Give a folder beside a place, and rename it to the place at the end; a failure leaves nothing."""
    made: list[Path] = []
    temporary: Path | None = None
    try:
        with refusing(out):
            made = make(out.parent)
            temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
            mask = os.umask(0)
            os.umask(mask)
            temporary.chmod(0o777 & ~mask)
        yield temporary
        with refusing(out):
            os.sync()
            os.replace(temporary, out)
    except BaseException:  # Ctrl-C too must not leave halves
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        unmake(made)
        raise
