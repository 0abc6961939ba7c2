"""What a reader may be told about a file, and what every reader returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

ROLES = ("X", "y", "Xval", "yval")
"""What the arrays of a file can be: inputs, target, and the same for the sealed test rows."""


@dataclass(frozen=True)
class Layout:
    """How a file is laid out; the defaults let the file tell.

    Parameters
    ----------
    header
        Whether the first row of a text table names the columns. None: it does, and a row that looks like
        data is refused. Where there are no names, columns are called c1, c2, ...
    missing
        Cells, beside empty ones, ``NA``, ``NaN``, ``null`` and their like, that stand for a missing value.
    separator
        Between the cells of a text table; None: found out of comma, semicolon, tab, bar and blank.
    encoding
        Of a text table; None: UTF-8, UTF-16 with its mark, else Windows-1252 with a note.
    keys
        What the arrays of an .npz or .mat file are called: ``{"X": "data", "y": "label"}``, and ``Xval`` and
        ``yval`` for rows that are the test for every seed.
    labels
        Of idx images: the file of their labels. None: the one beside it that is called alike.
    corrupt
        Of a folder of pictures: "refuse" or "skip" those that cannot be read.
    size
        Of a folder of pictures: height and width that all are brought to. None: they must be equal.
    """

    header: bool | None = None
    missing: tuple[str, ...] = ()
    separator: str | None = None
    encoding: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    labels: str | None = None
    corrupt: str = "refuse"
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Raw:
    """What a file holds, as it is: nothing dropped, imputed or scaled.

    Parameters
    ----------
    frame
        All columns, the target among them. Names are strings and all different.
    target
        Name of the target's column where the file itself says so, else None.
    sealed
        How many rows at the end of the frame are test rows for every seed.
    notes
        Sentences for the user.
    """

    frame: pd.DataFrame
    target: str | None = None
    sealed: int = 0
    notes: tuple[str, ...] = ()
