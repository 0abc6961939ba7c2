"""A folder of classes: one folder a class, with PNG or JPEG pictures in it.

Every picture is opened from its bytes as one of the two formats and as nothing else, and its announced size
is compared with a limit before a pixel of it is made. Pictures that cannot be read are counted and named, and
refuse the whole folder unless the user chooses to skip them. All pictures must be of one size; if any has
color, all become red, green and blue.

The layout ``train/CLASS/...`` and ``test/CLASS/...`` keeps the second as test rows for every seed.
"""

from __future__ import annotations

import io
import os
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bridle.checks import one_of
from bridle.study.readers.images import Images, check_size, with_test
from bridle.study.readers.limits import Refusal, in_words, read_bytes
from bridle.study.readers.manifest import NAME as MANIFEST
from bridle.study.readers.manifest import parse_manifest, refuse_unexplained

if TYPE_CHECKING:
    from PIL import Image

ENDINGS = (".png", ".jpg", ".jpeg")
CORRUPT = ("refuse", "skip")
MOST_PIXELS = 64 * 2**20
"""Of one picture: what a large camera makes."""

_LARGEST_FILE = 256 * 2**20
_MOST_NAMED = 5
_GRAY = {"1", "L", "LA"}
_CLEAR = {"LA", "RGBA"}


class Sheet(NamedTuple):
    """One picture's pixels (H, W, 1 or 3), whether it was transparent somewhere, and whether of 16 bits."""

    pixels: np.ndarray
    transparent: bool
    deep: bool


class Unreadable(Exception):
    """A picture that cannot be read; the text says why."""


def read_folder(
    folder: Path, refuse: Refusal, corrupt: str = "refuse", size: tuple[int, int] | None = None
) -> Images:
    """Return the pictures of a folder of classes.

    Parameters
    ----------
    folder
        With one folder for each class; or with ``train`` and ``test``, each of them such a folder; or with
        pictures alone, which then have no labels.
    refuse
        Raises messages about it.
    corrupt
        "refuse" or "skip" pictures that cannot be read.
    size
        Height and width that every picture is brought to; None: they must be equal as they are.

    Raises
    ------
    DataError
        If there are no pictures, some cannot be read, their sizes differ, or they are too large.
    """
    if corrupt not in CORRUPT:
        refuse("corrupt", one_of(CORRUPT), corrupt)
    inside = {one.name for one in _folders(folder)}
    if inside == {"train", "test"}:
        train, test = (
            read_folder(folder / one, Refusal(str(folder / one)), corrupt, size) for one in ("train", "test")
        )
        return with_test(train, test, refuse)
    paths = _paths(folder, refuse)
    sheets, bad = {}, {}
    values = 0
    for path in paths:
        try:
            sheets[path] = _read(folder / path, size)
        except Unreadable as error:
            bad[path] = str(error)
            continue
        values += sheets[path].pixels.size
        check_size((values,), refuse)
    if bad and (corrupt == "refuse" or not sheets):
        hint = f"{_told(bad)}. Mend or remove them, or leave them out: --corrupt skip (corrupt='skip')."
        refuse(
            "pictures", "PNG or JPEG that can be read", f"{len(bad):,} of {len(paths):,} that cannot", hint
        )
    _check_sizes(sheets, refuse)
    names = tuple(sheets)
    notes = (
        []
        if not bad
        else [f"{len(bad):,} of {len(paths):,} pictures cannot be read and were skipped: {_told(bad)}."]
    )
    pixels = _together(list(sheets.values()), notes, refuse)
    origins = copies = None
    if (folder / MANIFEST).is_file():
        told = Refusal(str(folder / MANIFEST))
        origins, copies = parse_manifest(read_bytes(folder / MANIFEST, told), names, told)
    else:
        refuse_unexplained(names, refuse)
    labels = np.array([name.split("/")[0] for name in names]) if "/" in names[0] else None
    return Images(pixels, labels, names, origins, copies, notes=tuple(notes))


def decode(raw: bytes, size: tuple[int, int] | None = None) -> Sheet:
    """Return the pixels of a picture's bytes, turned as its camera says.

    Raises
    ------
    Unreadable
        If it is no PNG or JPEG, is damaged, or is larger than the limit.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)  # damaged notes of a camera
            with Image.open(io.BytesIO(raw), formats=("PNG", "JPEG")) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise Unreadable(f"it announces {width} x {height} pixels, more than {MOST_PIXELS:,}")
                picture.load()
                turned = ImageOps.exif_transpose(picture)
                if turned.mode == "P":
                    turned = turned.convert("RGBA" if "transparency" in turned.info else "RGB")
                if size is not None:
                    turned = turned.resize((size[1], size[0]), Image.Resampling.BILINEAR)
                return _sheet(turned)
    except Unreadable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable("it announces more pixels than any picture has") from None
    except Exception as error:  # whatever a decoder of damaged files may raise
        raise Unreadable(_brief(error)) from None


def _sheet(picture: Image.Image) -> Sheet:
    transparent = picture.mode in _CLEAR and bool((np.asarray(picture)[..., -1] < 255).any())
    if picture.mode.startswith("I"):
        values = np.clip(np.asarray(picture).astype(np.int64), 0, 65_535) // 257
        return Sheet(values.astype(np.uint8)[..., None], transparent, True)
    values = np.asarray(picture.convert("L" if picture.mode in _GRAY else "RGB"))
    return Sheet(values.reshape(*values.shape[:2], -1), transparent, False)


def _read(path: Path, size: tuple[int, int] | None) -> Sheet:
    try:
        length = path.stat().st_size
        if length > _LARGEST_FILE:
            raise Unreadable(f"it has {in_words(length)}, more than {in_words(_LARGEST_FILE)}")
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(_brief(error)) from None
    return decode(raw, size)


def _folders(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))


def _paths(folder: Path, refuse: Refusal) -> list[str]:
    """Return the pictures' paths within the folder, in one order on every machine."""
    found = []
    for one in _folders(folder):
        if one.is_symlink():
            hint = "Behind a link a picture may lie a second time."
            refuse("folders of classes", "folders, no links to them", one.name, hint)
        for where, folders, files in os.walk(one):  # which follows no links
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += [Path(where, name).relative_to(folder).as_posix() for name in files if _is_picture(name)]
    found = found or [one.name for one in folder.iterdir() if _is_picture(one.name)]
    try:
        "".join(found).encode()
    except UnicodeEncodeError:
        refuse("names of folders and pictures", "text in Unicode", "bytes that are none", "Rename them.")
    if not found:
        hint = "One folder for each class, with its pictures in it."
        refuse("folder", "of classes with .png, .jpg or .jpeg pictures", "no picture", hint)
    return sorted(found)


def _is_picture(name: str) -> bool:
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def _check_sizes(sheets: dict[str, Sheet], refuse: Refusal) -> None:
    counts = Counter(one.pixels.shape[:2] for one in sheets.values())
    if len(counts) > 1:
        first = {sheet.pixels.shape[:2]: name for name, sheet in reversed(sheets.items())}
        kinds = [f"{h}x{w} ({count:,}, as {first[h, w]!r})" for (h, w), count in counts.most_common(3)]
        (height, width), _ = counts.most_common(1)[0]
        more = ", ..." if len(counts) > 3 else ""
        hint = f"Bring all to one: --size {height}x{width} (size=({height}, {width}))."
        found = f"{', '.join(kinds)}{more}"
        refuse("pictures", "of one size", f"{len(counts)} sizes", f"Height by width: {found}. {hint}")


def _together(sheets: list[Sheet], notes: list[str], refuse: Refusal) -> np.ndarray:
    height, width = sheets[0].pixels.shape[:2]
    channels = max(one.pixels.shape[2] for one in sheets)
    check_size((len(sheets), height, width, channels), refuse)
    for told, words in (
        (sum(one.transparent for one in sheets), "were transparent somewhere; what lies below is shown"),
        (sum(one.deep for one in sheets), "had 16 bits a value and were brought to 8"),
        (
            sum(one.pixels.shape[2] < channels for one in sheets),
            "are gray among colored ones and were given three equal channels",
        ),
    ):
        if told:
            notes.append(f"{told:,} pictures {words}.")
    pixels = np.empty((len(sheets), height, width, channels), dtype=np.uint8)
    for k, one in enumerate(sheets):
        pixels[k] = one.pixels
    return pixels


def _told(bad: dict[str, str]) -> str:
    named = [f"{path!r} ({why})" for path, why in list(bad.items())[:_MOST_NAMED]]
    return ", ".join(named) + (f" and {len(bad) - _MOST_NAMED:,} more" if len(bad) > _MOST_NAMED else "")


def _brief(error: BaseException) -> str:
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    return (text.split("<")[0].strip() or type(error).__name__)[:80]
