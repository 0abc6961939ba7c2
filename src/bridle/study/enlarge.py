"""A set of images made larger once, off line: copies of every image, drawn by the engine's augmentations.

Copy number k of an image is what training on line would show of it if k were the count of updates: the same
functions, strengths and streams, so what holds of one holds of the other. A copy depends on the seed, its
number, its image's place in the set, and the pixels; not on how many copies or images there are beside it.

Strengths mean what they mean on line: pixels are standardized, each channel over the whole set, before the
augmentations see them, and brought back afterwards, 8-bit values rounded and cut at 0 and 255.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from bridle import streams
from bridle.checks import Problems, did_you_mean, one_of
from bridle.engine.perturbing import perturbed_rows
from bridle.errors import DataError
from bridle.perturb.about import About
from bridle.perturb.draws import row_uniform, symmetric
from bridle.perturb.motions import Motion
from bridle.perturb.warps import FILLS
from bridle.registry import REGISTRY, Regularizer
from bridle.study.images import flat, upright
from bridle.study.readers.images import Images

SHORT = {"flip": "horizontal_flip", "rotate": "rotation"}
"""What augmentations may be called for short."""

MOST_COPIES = 1000
_BATCH = 256
_EVEN = 0.5
_DRAWN: dict[str, tuple[str, Callable[..., np.ndarray]]] = {
    "horizontal_flip": ("flipped", lambda key, rows, s: row_uniform(key, 0, rows, s) < s),
    "vertical_flip": ("flipped", lambda key, rows, s: row_uniform(key, 0, rows, s) < s),
    "brightness": ("amount", lambda key, rows, s: symmetric(key, 0, rows, s)),
    "contrast": ("factor", lambda key, rows, s: 1 + symmetric(key, 0, rows, s)),
    "saturation": ("factor", lambda key, rows, s: 1 + symmetric(key, 0, rows, s)),
    "hue": ("degrees", lambda key, rows, s: symmetric(key, 0, rows, s)),
    "blur": ("deviation", lambda key, rows, s: s * row_uniform(key, 0, rows, s)),
}
"""What a manifest calls an augmentation's one number, and how :mod:`bridle.perturb.images` draws it."""

_READ: dict[str, Callable[[Motion], dict[str, np.ndarray]]] = {
    "rotation": lambda motion: {"degrees": np.degrees(np.arctan2(motion.yx, motion.yy))},
    "translation": lambda motion: {"down": 0 - motion.down, "right": 0 - motion.right},
    "shift": lambda motion: {"down": 0 - motion.down, "right": 0 - motion.right},
    "zoom": lambda motion: {"factor": 1 / motion.yy},
    "shear": lambda motion: {"slope": motion.xy},
}
"""What a manifest calls the numbers of a motion; others are the six that say where pixels come from."""


class Batch(NamedTuple):
    """Some copies: pixels (n, H, W, C), the images' places (n,), the copy's number, and what was drawn.

    ``drawn`` holds for each copy, by augmentation, the numbers that made it.
    """

    pixels: np.ndarray
    rows: np.ndarray
    number: int
    drawn: list[dict[str, dict[str, Any]]]


def operations() -> dict[str, Regularizer]:
    """Return the augmentations that can be written into a file, by name: those that leave targets alone."""
    return {name: record for name, record in REGISTRY.items() if record.family == "images"}


def parse_operations(text: str) -> dict[str, float]:
    """Return strengths by augmentation from text such as ``flip,rotate:15``.

    A name alone takes the middle of its grid, and ``flip`` and ``rotate`` are horizontal_flip and rotation.

    Raises
    ------
    DataError
        Naming everything that is no augmentation, twice there, or out of its range.

    Examples
    --------
    >>> parse_operations("flip:0.5,rotate:15")
    {'horizontal_flip': 0.5, 'rotation': 15.0}
    """
    found, problems, known = {}, Problems("augment", DataError), operations()
    for part in filter(None, (one.strip() for one in text.split(","))):
        short, colon, given = (one.strip() for one in part.partition(":"))
        name = SHORT.get(short, short)
        if name not in known:
            names = (*SHORT, *known)
            hint = (
                "Strengths follow a colon, as in rotate:15." if "=" in short else did_you_mean(short, names)
            )
            problems.add("ops", one_of(names), short, hint)
            continue
        setting = known[name].strength
        try:
            strength = float(given) if colon else _usual(name)
        except ValueError:
            strength = float("nan")
        if not setting.admits(strength) or strength == setting.off:
            problems.add(f"strength of {name}", f"{setting.allowed}, above 0 ({setting.unit})", given)
        elif name in found:
            problems.add("ops", "without repetition", part)
        found[name] = strength
    if not found and not problems.messages:
        problems.add("ops", "at least one augmentation, as in flip,rotate:15", text)
    problems.raise_if_any()
    return {name: found[name] for name in REGISTRY if name in found}


def _usual(name: str) -> float:
    grid = REGISTRY[name].strength.grid
    return 0.5 if name.endswith("_flip") else grid[(len(grid) - 1) // 2]


def check_request(images: Images, strengths: Mapping[str, float], copies: int, seed: int, fill: str) -> None:
    """Refuse what cannot be asked for, all at once.

    Raises
    ------
    DataError
        If a number is out of range, an augmentation needs color, or the set has copies already.
    """
    problems = Problems("augment", DataError)
    problems.check_integer("copies", copies)
    if isinstance(copies, int) and copies > MOST_COPIES:
        problems.add("copies", f"at most {MOST_COPIES}", copies)
    problems.check_integer("seed", seed, 0)
    problems.check_choice("fill", fill, FILLS)
    for name in strengths:
        if REGISTRY[name].requires == "pictures in color" and images.form[0] != 3:
            problems.add("ops", f"without {name} on gray images", name)
    if images.copies is not None and images.copies.any():
        hint = "Enlarge the originals: copies of copies would have no original of their own."
        problems.add("images", "without copies", f"{int(images.copies.sum()):,} copies", hint)
    problems.raise_if_any()


def enlarged(
    pixels: np.ndarray, strengths: Mapping[str, float], copies: int, seed: int, fill: str = "edge"
) -> Iterator[Batch]:
    """Yield copies of images, all images' first copies first.

    Parameters
    ----------
    pixels
        (N, H, W, C), 8-bit values or floats.
    strengths
        By augmentation, in the registry's order.
    copies
        Of each image, at least 1.
    seed
        Of the draws, at least 0.
    fill
        What moved images show outside of themselves: "edge", "constant" (the set's mean) or "reflect".
    """
    records = [REGISTRY[name] for name in strengths]
    count, height, width, channels = pixels.shape
    form = (channels, height, width)
    about = About(_EVEN, form, fill=fill)  # type: ignore[arg-type]
    means, scales = _statistics(pixels)
    settings = {name: np.asarray(value, dtype=np.float32) for name, value in strengths.items()}
    word = np.asarray(seed % 2**32, dtype=np.uint32)
    for number in range(1, copies + 1):
        for start in range(0, count, _BATCH):
            rows = np.arange(start, min(start + _BATCH, count))
            x = flat((pixels[rows] - means) / scales).T.astype(np.float32)
            words = streams.row_words(rows.astype(np.uint32)[None])
            order = np.asarray(number, dtype=np.int32)
            x, _ = perturbed_rows(records, settings, word, order, x, np.zeros((1, len(rows))), words, about)
            made = upright(np.ascontiguousarray(x.T), form) * scales + means
            drawn = [_drawn(record, settings, word, order, x, words, form) for record in records]
            yield Batch(
                _as(made, pixels.dtype),
                rows,
                number,
                [
                    {record.name: values[k] for record, values in zip(records, drawn, strict=True)}
                    for k in range(len(rows))
                ],
            )


def _statistics(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    means = pixels.mean(axis=(0, 1, 2), dtype=np.float64)
    scales = pixels.std(axis=(0, 1, 2), dtype=np.float64)
    return means.astype(np.float32), np.where(scales > 0, scales, 1).astype(np.float32)


def _as(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return values.astype(dtype)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _drawn(
    record: Regularizer,
    settings: Mapping[str, np.ndarray],
    seed: np.ndarray,
    number: np.ndarray,
    like: np.ndarray,
    rows: np.ndarray,
    form: tuple[int, int, int],
) -> list[dict[str, Any]]:
    """Return what an augmentation drew for each row, in its own unit.

    What is not named follows from the seed, the copy's number and the image's place.
    """
    one = record.perturbation
    assert one is not None
    key = streams.fold(streams.key_of(seed, one.purpose), streams.field(number, like))
    strength = settings[record.strength.name]
    columns: dict[str, np.ndarray] = {}
    if one.motion is not None:
        motion = one.motion(key, rows, strength, form)
        columns |= _READ[record.name](motion) if record.name in _READ else motion._asdict()
    if record.name in _DRAWN:
        name, draw = _DRAWN[record.name]
        columns[name] = draw(key, rows, strength)
    values = {name: np.broadcast_to(column, rows.shape)[0].tolist() for name, column in columns.items()}
    return [{name: _short(column[k]) for name, column in values.items()} for k in range(rows.shape[1])]


def _short(value: Any) -> Any:
    return value if isinstance(value, bool) else round(value, 6)
