"""How much a file may ask for, and how to unpack it without spending more.

A file is a stranger's claim about sizes. A gzip of 400 kB can unpack to 400 MB of zeros, a header of 80 bytes
can announce terabytes. So every size is compared with a limit *before* anything of that size is made, and
what is unpacked is unpacked piece by piece, with an eye on the total. The limits are generous for tables
(2 GiB of cells) and mean to bombs: what is packed may unpack to 64 MiB without further question, and beyond
that to 200 times its packed size, which no table of measurements comes near.
"""

from __future__ import annotations

import zlib
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from bridle.checks import did_you_mean, problem
from bridle.errors import DataError

MOST_BYTES = 2 * 2**30
"""Bytes of one file, packed or unpacked."""

MOST_CELLS = 5 * 10**8
"""Rows times columns of one table."""

MOST_COLUMNS = 100_000
"""Columns of one table."""

HARMLESS_BYTES = 64 * 2**20
"""What is packed may always unpack to so many bytes."""

MOST_RATIO = 200
"""Beyond that, it may unpack to so many times its packed size."""

GZIP = b"\x1f\x8b"
_PIECE = 2**18
_MOST_LOOKED_AT = 10_000


class Refusal:
    """Raises every message about one file.

    Parameters
    ----------
    name
        What the file is called, the first word of every message.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, what: str, allowed: str, value: Any, hint: str = "") -> NoReturn:
        """Refuse the file with one message."""
        raise DataError(problem(self.name, what, allowed, value, hint)) from None


def in_words(count: int) -> str:
    """Return a number of bytes in words: ``400 kB``, ``2.1 GB``."""
    value, units = float(count), ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.3g} {units[0]}"


def beside(path: Path) -> str:
    """Return which name in its folder a path may have meant, or an empty string."""
    try:
        names = islice(path.parent.iterdir(), _MOST_LOOKED_AT)
        alike = [
            one.name for one in names if did_you_mean(path.stem, [one.stem])
        ]  # equal endings say nothing
        return did_you_mean(path.name, alike)
    except OSError:
        return ""


def read_bytes(path: Path, refuse: Refusal) -> bytes:
    """Return a file's bytes, unpacked where it is a gzip.

    Raises
    ------
    DataError
        If it cannot be read, is larger than the limit, or is a gzip that is damaged or a bomb.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            refuse("file", f"at most {in_words(MOST_BYTES)}", in_words(size), "Take a part of its rows.")
        raw = path.read_bytes()
    except IsADirectoryError:
        refuse("file", "a file", "a folder", "Name the file in it.")
    except FileNotFoundError:
        refuse("file", "one that exists", refuse.name, beside(path))
    except (OSError, ValueError) as error:
        refuse("file", "readable", str(error))
    return gunzip(raw, refuse) if raw.startswith(GZIP) else raw


def gunzip(raw: bytes, refuse: Refusal) -> bytes:
    """Return what a gzip holds, of one or several members."""
    limit = unpacked_limit(len(raw))
    parts, rest, total = [], raw, 0
    while rest.startswith(GZIP):
        if int.from_bytes(raw[-4:], "little") > limit - total:  # the size in the trailer, if it is one
            inflate(rest, limit - total, "gzip", refuse, window=31, keep=False)
        part, rest = inflate(rest, limit - total, "gzip", refuse, window=31)
        parts.append(part)
        total += len(part)
    return b"".join(parts)


def inflate(
    raw: bytes, limit: int, what: str, refuse: Refusal, window: int = 15, keep: bool = True
) -> tuple[bytes, bytes]:
    """Return one unpacked stream and the bytes behind it; at most ``limit`` bytes are ever unpacked.

    ``keep`` False only goes through the stream and returns nothing unpacked.
    """
    stream = zlib.decompressobj(window)
    parts, total, at, pending = [], 0, 0, b""
    while not stream.eof:
        if not pending:
            pending = raw[at : at + _PIECE]
            at += len(pending)
        is_last = not pending
        try:
            part = stream.decompress(pending, min(_PIECE, limit - total + 1))
        except zlib.error as error:
            refuse(what, "undamaged", str(error), "Copy or download it again.")
        if is_last and not part and not stream.eof:
            refuse(what, "complete", "a file cut short", "Copy or download it again.")
        if keep:
            parts.append(part)
        total += len(part)
        pending = stream.unconsumed_tail
        if total > limit:
            _refuse_bomb(what, len(raw), total, limit, refuse)
    return b"".join(parts), stream.unused_data + raw[at:]


def unpacked_limit(packed: int) -> int:
    """Return how many bytes may come of so many packed ones."""
    return min(MOST_BYTES, max(HARMLESS_BYTES, MOST_RATIO * packed))


def check_unpacked(packed: int, unpacked: int, what: str, refuse: Refusal) -> None:
    """Refuse what announces more unpacked bytes than the limit."""
    limit = unpacked_limit(packed)
    if unpacked > limit:
        _refuse_bomb(what, packed, unpacked, limit, refuse)


def check_cells(rows: int, columns: int, refuse: Refusal) -> None:
    """Refuse a table of more cells or columns than the limit."""
    if columns > MOST_COLUMNS:
        refuse("columns", f"at most {MOST_COLUMNS:,}", columns, "Leave columns out.")
    if rows * columns > MOST_CELLS:
        refuse(
            "table", f"of at most {MOST_CELLS:,} cells", f"{rows:,} x {columns:,}", "Take a part of its rows."
        )


def _refuse_bomb(what: str, packed: int, unpacked: int, limit: int, refuse: Refusal) -> NoReturn:
    refuse(
        f"unpacked {what}",
        f"at most {in_words(limit)} for {in_words(packed)} packed",
        f"{in_words(unpacked)} or more",
        "If the file is what it should be, unpack it yourself and give the unpacked one.",
    )
