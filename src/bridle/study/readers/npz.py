"""NumPy's files, .npz and .npy, read without pickle and without trust.

``numpy.load`` believes headers: an .npy of 128 bytes that announces terabytes makes it ask for terabytes, and
object arrays run whatever their pickles say. Here a header is matched against one strict pattern (numbers,
booleans and text only), its size must equal the bytes that are there, and the bytes of a packed member are
counted before they are made.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib

import numpy as np

from bridle.study.readers.arrays import choose_keys, to_table
from bridle.study.readers.images import MARKS, Images, are_images, to_images
from bridle.study.readers.layout import Layout, Raw
from bridle.study.readers.limits import Refusal, check_unpacked

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
_HEADER = re.compile(
    r"\{'descr': '([<>|=]?[a-zA-Z]\d*)', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,19}(?:, ?\d{1,19})*,?)?)\),? ?\}\s*"
)
_PLAIN = re.compile(r"[<>|=]?[biufUS]\d+")
_LONGEST_HEADER = 10_000
_MOST_AXES = 32
_LAST_CHARACTER = 0x10FFFF


def read_npz(raw: bytes, layout: Layout, refuse: Refusal) -> Raw | Images:
    """Return the table of an .npz file's arrays, or its images.

    Raises
    ------
    DataError
        If it is damaged, a bomb, holds objects, or its arrays are no table.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        members = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
    except (
        zipfile.BadZipFile,
        ValueError,
        OSError,
        struct.error,
        NotImplementedError,
        UnicodeError,
    ) as error:
        refuse("file", "a complete .npz", str(error), "Copy or download it again.")
    if not any(one.filename.endswith(".npy") for one in members.values()):
        refuse("file", "a table", "a zip of other files", "Unpack it, or save a workbook as CSV.")
    keys = choose_keys(list(members), layout, refuse)
    packed = sum(members[key].compress_size for key in keys.values())
    check_unpacked(min(packed, len(raw)), sum(members[k].file_size for k in keys.values()), ".npz", refuse)
    arrays = {role: _member(archive, members[key], refuse) for role, key in keys.items()}
    if not are_images(arrays):
        return to_table(arrays, keys, refuse)
    marks = [name for name in MARKS if name in members]
    check_unpacked(len(raw), sum(members[name].file_size for name in marks), ".npz", refuse)
    return to_images(
        {**arrays, **{name: _member(archive, members[name], refuse) for name in marks}}, keys, refuse
    )


def read_npy(raw: bytes, layout: Layout, refuse: Refusal) -> Raw | Images:
    """Return the table of a single array, or its images."""
    arrays, keys = {"X": parse_npy(raw, "file", refuse)}, {"X": "X"}
    return to_images(arrays, keys, refuse) if are_images(arrays) else to_table(arrays, keys, refuse)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, refuse: Refusal) -> np.ndarray:
    what = f"array {member.filename.removesuffix('.npy')!r}"
    if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        refuse(what, "stored or deflated, without a password", "another packing", "Save it by numpy.savez.")
    try:
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        struct.error,
    ) as error:
        refuse(what, "undamaged", str(error) or "a file cut short", "Copy or download it again.")
    except NotImplementedError as error:
        refuse(what, "stored or deflated", str(error), "Save it by numpy.savez.")
    return parse_npy(content, what, refuse)


def parse_npy(content: bytes, what: str, refuse: Refusal) -> np.ndarray:
    """Return the array of an .npy file's bytes.

    Raises
    ------
    DataError
        If it holds anything but numbers, booleans or text, or its size is not what its header says.
    """
    if not content.startswith(NPY) or len(content) < 12:
        refuse(what, "an array in NumPy's format", content[:8])
    wide = content[6] >= 2
    start = 12 if wide else 10
    (length,) = struct.unpack("<I" if wide else "<H", content[8:start])
    header = content[start : start + min(length, _LONGEST_HEADER)].decode("latin-1")
    found = _HEADER.fullmatch(header)
    if found is None or len(header) != length:
        if "'|O" in header or "'O" in header:
            _refuse_objects(what, refuse)
        hint = "Save plain arrays; of a structured one, each field by itself."
        refuse(what, "of numbers, booleans or text, with a sound header", header[:60].strip(), hint)
    descr, fortran, shape_text = found.groups()
    if "O" in descr:
        _refuse_objects(what, refuse)
    if not _PLAIN.fullmatch(descr):
        refuse(what, "of numbers, booleans or text", descr, "Convert it by astype.")
    shape = tuple(int(one) for one in shape_text.split(",") if one)
    try:
        dtype = np.dtype(descr)
    except (TypeError, ValueError):
        refuse(what, "of numbers, booleans or text", descr)
    body = content[start + length :]
    announced = math.prod(shape) * dtype.itemsize
    if announced != len(body) or len(shape) > _MOST_AXES:
        value = f"{len(body):,} bytes, where its header announces {announced:,}"
        refuse(what, "as large as its header says", value, "Copy or save it again.")
    if not dtype.itemsize or not announced:
        refuse(what, "an array with cells", shape)
    array = np.frombuffer(body, dtype).reshape(shape, order="F" if fortran == "True" else "C")
    if dtype.kind == "b" and body.strip(b"\x00\x01"):
        refuse(what, "of booleans that are 0 or 1", "other bytes")
    return _as_text(array, what, refuse) if dtype.kind in "US" else array.astype(dtype.newbyteorder("="))


def _as_text(array: np.ndarray, what: str, refuse: Refusal) -> np.ndarray:
    try:
        if array.dtype.kind == "S":
            return np.strings.decode(array, "utf-8").astype(object)
    except UnicodeError:
        refuse(what, "text in Unicode", "bytes that are none", "Save it as numbers or as text.")
    native = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("=")))
    codes = native.reshape(-1).view(np.uint32)
    if np.any(codes > _LAST_CHARACTER) or np.any((codes >= 0xD800) & (codes < 0xE000)):
        refuse(what, "text in Unicode", "codes that are no characters", "Save it as numbers or as text.")
    return native.astype(object)


def _refuse_objects(what: str, refuse: Refusal) -> None:
    hint = "Objects are stored as pickles, which run code; save it by astype as numbers or text."
    refuse(what, "of numbers, booleans or text", "Python objects", hint)
