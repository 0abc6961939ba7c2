"""What tells whether data or a file are what they were: their SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from bridle.study.tables import Table


def hash_of_data(table: Table) -> str:
    """Return the SHA-256 of everything in a table that a comparison depends on."""
    digest = hashlib.sha256()
    sealed = [] if table.sealed is None else [(table.sealed.frame, table.sealed.y, table.sealed.weights)]
    for frame, y, weights in [(table.frame, table.y, table.weights), *sealed]:
        if table.image is not None:
            digest.update(repr((table.image, frame.to_numpy().dtype)).encode())
            digest.update(np.ascontiguousarray(frame.to_numpy()).tobytes())
        else:
            digest.update(repr([(str(name), str(frame[name].dtype)) for name in frame.columns]).encode())
            digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
        digest.update(pd.util.hash_array(np.asarray(y)).tobytes())
        if weights is not None:
            digest.update(b"weights" + np.ascontiguousarray(weights).tobytes())
    for marks in (table.groups, table.copies):
        if marks is not None:
            digest.update(np.ascontiguousarray(marks).tobytes())
    if table.generator is not None:
        digest.update(repr(table.generator).encode())
    return digest.hexdigest()


def hash_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
