"""Files of every format, written by the libraries that people write them with, for the readers' tests."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from bridle.errors import DataError
from bridle.study.readers import Layout, parse

ROWS = 24


def frame(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Return a table of numbers, whole numbers, text and a target."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": random.normal(0, 10, rows).round(3),
            "count": random.integers(0, 90, rows),
            "town": random.choice(["Ur", "Rome, Lazio", 'The "City"', "New\nYork"], rows),
            "y": random.choice(["no", "yes"], rows),
        }
    )


def csv(rows: int = ROWS, **settings: Any) -> bytes:
    """Return the table as CSV."""
    return frame(rows).to_csv(index=False, **settings).encode()


def arff(rows: int = ROWS) -> bytes:
    """Return the table as ARFF, with a comment, quotes and missing cells."""
    lines = ["% a comment", "@relation 'some towns'", "", "@ATTRIBUTE size real", "@attribute count INTEGER"]
    lines += ["@attribute 'the town' {Ur, 'Rome, Lazio', \"it's\"}", "@attribute remark string"]
    lines += ["@attribute y {no,yes}", "@data"]
    random = np.random.default_rng(0)
    for k in range(rows):
        town = ["Ur", "'Rome, Lazio'", r"'it\'s'", "?"][k % 4]
        lines.append(f"{random.normal():.4f}, {k},{town},'remark {k % 3}',{['no', 'yes'][k % 2]}")
    return "\n".join(lines).encode()


def arrays(rows: int = ROWS, columns: int = 3) -> dict[str, np.ndarray]:
    """Return X, y and a second pair."""
    random = np.random.default_rng(0)
    return {
        "X": random.normal(size=(rows, columns)),
        "y": np.arange(rows) % 2,
        "Xval": random.normal(size=(11, columns)),
        "yval": np.arange(11) % 2,
    }


def npz(compressed: bool = True, **given: np.ndarray) -> bytes:
    """Return arrays as .npz."""
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, **(given or arrays()))
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    """Return one array as .npy."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def mat(compressed: bool = False, **given: Any) -> bytes:
    """Return variables as a .mat file of version 5."""
    stream = io.BytesIO()
    savemat(stream, given or arrays(), do_compression=compressed)
    return stream.getvalue()


def parquet(table: pd.DataFrame | None = None, **settings: Any) -> bytes:
    """Return the table as Parquet."""
    return (frame() if table is None else table).to_parquet(engine="pyarrow", **settings)


def claimed_npy(shape: str, descr: str = "'<f8'", body: bytes = b"") -> bytes:
    """Return an .npy whose header says what it is told to say."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (117 - len(header)) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body


def zipped(name: str, content: bytes) -> bytes:
    """Return a zip of one deflated file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def refused(raw: bytes, layout: Layout | None = None) -> str:
    """Return the one message with which a file is refused."""
    with pytest.raises(DataError) as caught:
        parse(raw, "file", layout)
    message = str(caught.value)
    assert message.startswith("file: ")
    assert len(message.splitlines()) == 1
    return message
