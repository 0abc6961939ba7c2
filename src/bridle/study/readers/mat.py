"""MATLAB's .mat files of version 5, checked element by element before SciPy reads them.

A version 5 file is a chain of elements: eight bytes of type and size, then the content, possibly deflated.
Sizes and dimensions are claims, so this module walks the chain itself, unpacks under a limit, and compares
every variable's dimensions with the bytes that hold its cells. Only variables that are asked for, and that
are plain matrices of numbers, are put together as a new file in memory and given to ``scipy.io.loadmat``:
cells, structures, objects and functions never reach it. Version 7.3 is HDF5 and refused with advice.
"""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from bridle.study.readers.arrays import choose_keys, to_table
from bridle.study.readers.layout import Layout, Raw
from bridle.study.readers.limits import Refusal, inflate, unpacked_limit

MARK = b"MATLAB 5.0"
HDF5 = b"\x89HDF\r\n\x1a\n"
_MATRIX, _COMPRESSED = 14, 15
_SIZES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
_COMPLEX_KIND = -1
_KINDS = {
    -1: "complex numbers",
    1: "a cell array",
    2: "a structure",
    3: "an object",
    4: "text",
    5: "a sparse matrix",
}
_NUMBERS = range(6, 16)
_COMPLEX = 0x08
_MOST_AXES = 32
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True)
class Variable:
    """One checked variable: its name, its class, and its element's bytes, tag included."""

    name: str
    kind: int
    element: bytes


def read_mat(raw: bytes, layout: Layout, refuse: Refusal) -> Raw:
    """Return the table of a .mat file's matrices.

    Raises
    ------
    DataError
        If it is of another version, damaged, a bomb, or its matrices are no table.
    """
    if raw.startswith(HDF5) or raw[512:520] == HDF5 or raw.startswith(b"MATLAB 7.3"):
        refuse("file", "a .mat of version 5", "version 7.3", "Save it in MATLAB by save(name, '-v7').")
    if len(raw) < 136 or not raw.startswith(MARK):
        refuse("file", "a .mat of version 5", "another version or a file cut short", "Save it by '-v7'.")
    order = {b"IM": "<", b"MI": ">"}.get(raw[126:128])
    if order is None or raw[124:126] not in (b"\x00\x01", b"\x01\x00"):
        refuse("file", "a .mat of version 5", raw[124:128], "Save it in MATLAB by save(name, '-v7').")
    variables = {one.name: one for one in _walk(raw, order, refuse) if one.name}
    keys = choose_keys(list(variables), layout, refuse)
    for key in keys.values():
        if variables[key].kind not in _NUMBERS:
            kind = _KINDS.get(variables[key].kind, "something else")
            refuse(f"variable {key!r}", "a full matrix of numbers", kind, "Convert it in MATLAB.")
    safe = raw[:128] + b"".join(variables[key].element for key in dict.fromkeys(keys.values()))
    loaded = _load(safe, refuse)
    missing = [key for key in keys.values() if key not in loaded]
    if missing:
        refuse("variables", "readable", missing)
    return to_table({role: loaded[key] for role, key in keys.items()}, keys, refuse)


def _load(safe: bytes, refuse: Refusal) -> dict[str, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return loadmat(io.BytesIO(safe))
        except (MatReadError, ValueError, TypeError, OSError, KeyError, Warning) as error:
            refuse("file", "a sound .mat of version 5", str(error), "Save it again.")


def _walk(raw: bytes, order: str, refuse: Refusal) -> list[Variable]:
    found, at, spent = [], 128, 0
    limit = unpacked_limit(len(raw))
    while at < len(raw):
        if len(raw) - at < 8:
            _refuse_short(refuse)
        kind, size = struct.unpack(order + "II", raw[at : at + 8])
        content = raw[at + 8 : at + 8 + size]
        if len(content) < size:
            _refuse_short(refuse)
        at += 8 + size
        if kind == _COMPRESSED:
            element, _ = inflate(content, limit - spent, ".mat", refuse)
            spent += len(element)
            if len(element) < 8:
                _refuse_short(refuse)
            kind, size = struct.unpack(order + "II", element[:8])
            content = element[8 : 8 + size]
            if len(content) < size:
                _refuse_short(refuse)
        if kind == _MATRIX:
            found.append(_variable(content, order, refuse))
        elif kind not in _SIZES:
            refuse("file", "a chain of elements that are known", f"type {kind}", "Save it again.")
    return found


def _variable(content: bytes, order: str, refuse: Refusal) -> Variable:
    """Return a variable after comparing its dimensions with the bytes that hold its cells."""
    parts = _Parts(content, order, refuse)
    kind_type, flags = parts.take()
    if kind_type != 6 or len(flags) != 8:
        _refuse_form(refuse)
    (word,) = struct.unpack(order + "I", flags[:4])
    kind, is_complex = word & 0xFF, bool((word >> 8) & _COMPLEX)
    if kind not in _NUMBERS and kind not in _KINDS:  # a function or an opaque object: of no interest
        return Variable("", kind, b"")
    size_type, packed = parts.take()
    if size_type != 5 or len(packed) % 4 or not 2 <= len(packed) // 4 <= _MOST_AXES:
        _refuse_form(refuse)
    shape = struct.unpack(f"{order}{len(packed) // 4}i", packed)
    name_type, name_bytes = parts.take()
    if name_type not in (1, 2) or min(shape) < 0:
        _refuse_form(refuse)
    name = name_bytes.decode("latin-1")
    if name and not _NAME.fullmatch(name):
        _refuse_form(refuse)
    if kind in _NUMBERS:
        for _ in range(1 + is_complex):
            cell_type, cells = parts.take()
            if cell_type not in _SIZES or math.prod(shape) * _SIZES[cell_type] != len(cells):
                value = f"{len(cells):,} bytes for {' x '.join(map(str, shape))} cells"
                refuse(f"variable {name!r}", "as large as its dimensions say", value, "Save it again.")
    return Variable(
        name,
        _COMPLEX_KIND if is_complex else kind,
        struct.pack(order + "II", _MATRIX, len(content)) + content,
    )


class _Parts:
    """The elements inside a variable's element, one after another."""

    def __init__(self, content: bytes, order: str, refuse: Refusal) -> None:
        self.content, self.order, self.refuse, self.at = content, order, refuse, 0

    def take(self) -> tuple[int, bytes]:
        """Return the next element's type and content; up to four bytes lie in the tag itself."""
        tag = self.content[self.at : self.at + 8]
        if len(tag) < 8:
            _refuse_short(self.refuse)
        (first,) = struct.unpack(self.order + "I", tag[:4])
        if first >> 16:
            size = first >> 16
            if size > 4:
                _refuse_form(self.refuse)
            self.at += 8
            return first & 0xFFFF, tag[4 : 4 + size]
        (size,) = struct.unpack(self.order + "I", tag[4:])
        content = self.content[self.at + 8 : self.at + 8 + size]
        if len(content) < size:
            _refuse_short(self.refuse)
        self.at += 8 + size + -size % 8
        return first, content


def _refuse_short(refuse: Refusal) -> NoReturn:
    refuse("file", "complete", "a .mat cut short or with a false size", "Copy or download it again.")


def _refuse_form(refuse: Refusal) -> NoReturn:
    refuse("file", "a sound .mat of version 5", "a variable with a damaged head", "Save it again.")
