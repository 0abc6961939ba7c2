"""Files of tables and of images: one reader a format, chosen by what a file holds and not by its name.

Every reader takes bytes and returns :class:`~bridle.study.readers.layout.Raw`, or
:class:`~bridle.study.readers.images.Images`, or raises one message. None runs code from a file, and none
spends memory on a size that the file merely announces.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bridle.study.readers.arff import is_arff, read_arff
from bridle.study.readers.folder import read_folder
from bridle.study.readers.idx import is_idx, pairs_in, read_idx, read_pairs
from bridle.study.readers.images import Images
from bridle.study.readers.layout import Layout, Raw
from bridle.study.readers.limits import GZIP, Refusal, read_bytes
from bridle.study.readers.mat import HDF5, MARK, read_mat
from bridle.study.readers.npz import NPY, ZIP, read_npy, read_npz
from bridle.study.readers.parquet import MARK as PARQUET
from bridle.study.readers.parquet import read_parquet
from bridle.study.readers.text import read_text

__all__ = ["Images", "Layout", "Raw", "parse", "read", "read_table"]

_FOREIGN = {
    GZIP: ("a gzip inside a gzip", "Unpack it."),
    b"BZh": ("a bzip2", "Unpack it."),
    b"\xfd7zXZ": ("an xz", "Unpack it."),
    b"(\xb5/\xfd": ("a zstandard file", "Unpack it."),
    b"\xd0\xcf\x11\xe0": ("an old Office file", "Save the sheet as CSV, UTF-8."),
    b"SQLite format 3": ("a database", "Export the table as CSV."),
    b"\x80\x04": ("a pickle", "Pickles run code and are never read; save it as CSV or Parquet."),
    b"\x80\x05": ("a pickle", "Pickles run code and are never read; save it as CSV or Parquet."),
    b"{\\rtf": ("a text document", "Save the table as CSV, UTF-8."),
    b"<?xml": ("XML", "Save the table as CSV, UTF-8."),
    b"<!DOCTYPE": ("a web page", "Download the file itself."),
    b"%PDF": ("a PDF", "Save the table as CSV, UTF-8."),
}


def read(path: Path, layout: Layout | None = None, text: Collection[str] = ()) -> Raw | Images:
    """Return the table or the images of a file, which may be gzipped, or of a folder.

    Parameters
    ----------
    path
        A file: CSV and its dialects, ARFF, .npz, .npy, .mat (version 5), Parquet, or idx; or a folder of
        classes with pictures, or one with idx files.
    layout
        What is known about it.
    text
        Columns of a text table whose cells stay text even where all of them are numbers.

    Raises
    ------
    DataError
        If it cannot be read, or is no table: one message that says what to do.
    """
    layout, refuse = layout or Layout(), Refusal(str(path))
    if path.is_dir():
        return _read_folder(path, layout, refuse)
    raw = read_bytes(path, refuse)
    if is_idx(raw):
        _refuse_unused(layout, ("corrupt", "size"), "idx files", refuse)
        return read_idx(raw, path, layout.labels)
    _refuse_unused(layout, ("labels", "corrupt", "size"), "a file that is no picture and no idx", refuse)
    return parse(raw, str(path), layout, text)


def _refuse_unused(layout: Layout, names: Collection[str], kind: str, refuse: Refusal) -> None:
    for name in names:
        if getattr(layout, name) != getattr(Layout(), name):
            refuse(name, f"left out for {kind}", getattr(layout, name))


def _read_folder(path: Path, layout: Layout, refuse: Refusal) -> Images:
    try:
        pairs = pairs_in(path, refuse)
        if pairs:
            _refuse_unused(layout, ("labels", "corrupt", "size"), "a folder of idx files", refuse)
            return read_pairs(pairs)
        _refuse_unused(layout, ("labels",), "a folder of pictures", refuse)
        return read_folder(path, refuse, layout.corrupt, layout.size)
    except OSError as error:
        refuse("folder", "readable", str(error))


def read_table(path: Path, layout: Layout | None = None, text: Collection[str] = ()) -> Raw:
    """Return the table in a file, as :func:`read` does.

    Raises
    ------
    DataError
        If it cannot be read, or holds images.
    """
    found = read(path, layout, text)
    if isinstance(found, Images):
        Refusal(str(path))("file", "a table", f"{len(found.pixels):,} images")
    return found


def parse(raw: bytes, name: str, layout: Layout | None = None, text: Collection[str] = ()) -> Raw | Images:
    """Return the table or the images in a file's unpacked bytes; ``name`` begins every message."""
    layout, refuse = layout or Layout(), Refusal(name)
    for mark, (what, hint) in _FOREIGN.items():
        if raw.startswith(mark):
            refuse("file", "a table: CSV, ARFF, .npz, .npy, .mat or Parquet", what, hint)
    if raw.startswith(ZIP):
        return read_npz(raw, layout, refuse)
    if raw.startswith(NPY):
        return read_npy(raw, layout, refuse)
    if raw.startswith((MARK, HDF5, b"MATLAB 7.3")):
        return read_mat(raw, layout, refuse)
    if raw.startswith(PARQUET):
        return read_parquet(raw, layout, refuse)
    if is_arff(raw):
        return read_arff(raw, layout, refuse)
    return read_text(raw, layout, refuse, text)
