"""Columns that do not help: noticed, left out with a note, or refused with advice.

A network given row numbers learns the order of the file; given names, it learns the rows by heart. Both look
like overfitting and are a mistake in the table. The rules are few and stated:

* *identifier*: text of which more than half of the cells are different (and more than 50, or all); or whole
  numbers, all different, in a column whose name says so (``id``, ``PassengerId``, ``uuid``, ``index`` ...)
  or that has no name. Left out, with a note.
* *free text*: such text with five words or forty characters in the middle cell. Refused: turning sentences
  into inputs is a decision for the user.
* *constant*: kept and noted, so that inputs stay those of the file.
* *marks* such as ``?`` among a column's levels: kept as a level and noted, for they may stand for missing
  cells.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from bridle.checks import problem
from bridle.errors import DataError
from bridle.study.columns import column_kind
from bridle.study.prepare import MOST_LEVELS

_NAMED = re.compile(
    r"(.*[ _.\-])?(id|ids|uid|uuid|guid|index|idx|rowid|rownames?|row|nr|no|key)\.?|unnamed \d+_*",
    re.IGNORECASE,
)
_CAMEL = re.compile(r".*[a-z](Id|ID|Key|Index)")
_MARKS = ("?", "-", ".")
_WORDS = 5
_CHARACTERS = 40


def find_useless(settled: dict[str, pd.Series], where: str) -> tuple[list[str], list[str]]:
    """Return the columns to leave out, and notes about these and about constant ones.

    Raises
    ------
    DataError
        If a column holds free text.
    """
    dropped: list[str] = []
    notes: list[str] = []
    for name, cells in settled.items():
        kind = column_kind(cells)
        if kind == "number" and _counts_or_identifies(cells, name):
            dropped.append(name)
        elif kind == "category" and _hardly_repeats(cells):
            _refuse_prose(cells, name, where)
            dropped.append(name)
    for name in dropped:
        count = f"{settled[name].nunique():,} different values in {len(settled[name]):,} rows"
        notes.append(f"Column {name!r} identifies rows ({count}); it is left out.")
    for mark in _MARKS:
        marked = [
            each for each, cells in settled.items() if column_kind(cells) == "category" and mark in set(cells)
        ]
        if marked:
            hint = f"if it stands for a missing value, say --missing '{mark}' (Layout(missing=...))"
            notes.append(f"{mark!r} is a level of {', '.join(map(repr, marked[:20]))}; {hint}.")
    constant = [each for each, cells in settled.items() if cells.nunique(dropna=False) == 1]
    if constant:
        notes.append(f"Constant, kept, and of no help: {', '.join(map(repr, constant[:20]))}.")
    return dropped, notes


def _counts_or_identifies(cells: pd.Series, name: str) -> bool:
    if not (_CAMEL.fullmatch(name) or _NAMED.fullmatch(name)):
        return False
    values = cells.to_numpy()
    return bool(np.all(values == np.round(values))) and cells.nunique() == len(cells)


def _hardly_repeats(cells: pd.Series) -> bool:
    distinct, known = cells.nunique(), int(cells.notna().sum())
    return (distinct > MOST_LEVELS and 2 * distinct > known) or distinct == len(cells)


def _refuse_prose(cells: pd.Series, name: str, where: str) -> None:
    known = cells.dropna()
    words, characters = known.str.count(r"\s+").median() + 1, known.str.len().median()
    if words >= _WORDS or characters >= _CHARACTERS:
        hint = f"Leave it out (--drop {name!r}), or turn it into numbers or categories first."
        raise DataError(problem(where, f"column {name!r}", "no free text", known.iloc[0], hint))
