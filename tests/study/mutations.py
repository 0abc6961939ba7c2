"""Files gone wrong, by the thousand: what transfers, editors and people with intent do to real files."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

QUICK, FULL = 300, 100_000
"""Mutated files of a kind, in ``make test`` and in ``make test-all``."""
SECONDS = 5.0
"""A reader that takes longer hangs."""

Mutation = Callable[[bytearray, np.random.Generator], None]
End = Callable[[bytes, np.random.Generator], str]
"""``end(raw, random)`` returns what a reader makes of a file, in a word."""

_INTERESTING = (0, 1, 2, 0x7F, 0x80, 0xFF)
_NUMBERS = (0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
_TOKENS = (
    b",", b";", b"\t", b'"', b"'", b"\n", b"\r", b"\r\n", b"\\", b"{", b"}", b"?", b"@data\n", b"@attribute",
    b"nan", b"inf", b"-inf", b"1e999", b"99999999999999999999", b"_", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf",
    b"\xed\xa0\x80", b"'|O'", b"(99999999999,)", b"PK\x03\x04", b"MI", b"\x1f\x8b", b"%", b" ", b"\x0c",
)  # fmt: skip


def flip(raw: bytearray, random: np.random.Generator) -> None:
    """Flip a bit."""
    if raw:
        raw[random.integers(len(raw))] ^= 1 << int(random.integers(8))


def overwrite(raw: bytearray, random: np.random.Generator) -> None:
    """Put a byte at the edge of a type's range somewhere."""
    if raw:
        raw[random.integers(len(raw))] = int(random.choice(_INTERESTING))


def renumber(raw: bytearray, random: np.random.Generator) -> None:
    """Put a number at the edge of a type's range where a size may be."""
    width = int(random.choice([2, 4, 8]))
    if len(raw) > width:
        at = int(random.integers(len(raw) - width))
        number = _NUMBERS[random.integers(len(_NUMBERS))] % 2 ** (8 * width)
        raw[at : at + width] = number.to_bytes(width, "little")


def insert(raw: bytearray, random: np.random.Generator) -> None:
    """Insert something that means something to a reader."""
    at = int(random.integers(len(raw) + 1))
    raw[at:at] = _TOKENS[random.integers(len(_TOKENS))]


def delete(raw: bytearray, random: np.random.Generator) -> None:
    """Delete a stretch."""
    at = int(random.integers(len(raw) + 1))
    del raw[at : at + int(random.integers(1, 64))]


def repeat(raw: bytearray, random: np.random.Generator) -> None:
    """Repeat a stretch elsewhere."""
    start, at = (int(random.integers(len(raw) + 1)) for _ in range(2))
    raw[at:at] = raw[start : start + int(random.integers(1, 256))]


def cut(raw: bytearray, random: np.random.Generator) -> None:
    """Cut the file short."""
    del raw[int(random.integers(len(raw) + 1)) :]


MUTATIONS: tuple[Mutation, ...] = (flip, flip, overwrite, renumber, insert, delete, repeat, cut)
"""Each is drawn equally often; flips are twice as likely, because they keep most of the file alive."""


def mutate(raw: bytes, random: np.random.Generator) -> bytes:
    """Return a file with one thing gone wrong, or a few: most files stay alive and reach the readers' depths."""
    changed = bytearray(raw)
    for _ in range(int(random.geometric(0.6))):
        MUTATIONS[random.integers(len(MUTATIONS))](changed, random)
    return bytes(changed)


@contextmanager
def under_fire(raw: bytes) -> Iterator[None]:
    """Fail where a reader of the file warns, or hangs."""
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert time.process_time() - began < SECONDS, raw[:200]


def fuzz(name: str, files: Sequence[bytes], end: End, count: int, seed: int) -> Counter[str]:
    """Return how often mutated files of a kind came to each end."""
    random = np.random.default_rng([seed, len(name)])
    return Counter(end(mutate(files[random.integers(len(files))], random), random) for _ in range(count))
