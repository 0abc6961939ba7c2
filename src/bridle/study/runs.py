"""What a store holds, to look at and to predict with: comparisons, rows of splits, networks.

Reading takes no lock, so a store can be looked at while a comparison writes to it.
"""

from __future__ import annotations

import functools
import json
import sqlite3
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bridle.checks import problem
from bridle.errors import DataError
from bridle.study.hashes import hash_of_file
from bridle.study.model import Model
from bridle.study.networks import Networks
from bridle.study.store import DATABASE, GIVEN_UP, MIGRATIONS, Store, place_of

_COLUMNS = (
    "number", "begun", "finished", "version", "data", "data_sha256", "options", "best", "networks",
    "networks_file", "networks_sha256", "table_sha256", "model_sha256",
)  # fmt: skip


@dataclass(frozen=True)
class StoredComparison:
    """One comparison of a store.

    ``data`` is the table's name and target, ``begun`` and ``finished`` are times in UTC, the latter empty
    while it is not finished; ``best`` is the recommended entry. ``kept`` counts the networks that are kept,
    of ``size`` bytes: of every entry those that each split and seed chose and scored.
    """

    folder: Path
    number: int
    begun: str
    finished: str
    version: str
    data: str
    data_sha256: str
    options: dict[str, Any]
    best: str
    kept: int
    size: int
    table_sha256: str
    model_sha256: str
    file: str
    sha256: str

    @property
    def state(self) -> str:
        """Return "finished", "unfinished", or "given up" where ``fresh`` has begun it anew."""
        return GIVEN_UP if self.finished == GIVEN_UP else "finished" if self.finished else "unfinished"

    @functools.cached_property
    def networks(self) -> Networks:
        """The networks that were scored.

        Raises
        ------
        DataError
            If the run keeps none, or the file is not what it was.
        """
        if not self.file:
            hint = "Only finished runs keep networks; those of an older bridle kept none."
            raise DataError(
                problem("runs", f"run {self.number}", "one that keeps networks", self.state, hint)
            )
        place = self.folder / self.file
        if not place.exists() or hash_of_file(place) != self.sha256:
            hint = "It was changed, damaged or moved away."
            raise DataError(
                problem("runs", str(place), f"of SHA-256 {self.sha256[:12]}", "another file", hint)
            )
        return Networks.of(place.read_bytes())

    @property
    def table(self) -> pd.DataFrame:
        """One row a network that was scored: entry, split, seed, settings, scores."""
        return pd.DataFrame(
            [{"entry": name, **run} for name, own in self.networks.entries.items() for run in own["runs"]]
        )

    def network(self, entry: str, split: int = 0, seed: int = 0) -> Model:
        """Return a network that was scored, ready to predict raw rows.

        Raises
        ------
        DataError
            If there is no such network, or the file is not what it was.
        """
        return self.networks.model(entry, split, seed)

    def rows(self, split: int, part: str) -> np.ndarray:
        """Return the numbers of the table's rows in a split's "train", "validation" or "test" part, from 0.

        Empty where no row of the table is in it, as for test rows that were sealed or drawn.
        """
        question = "SELECT rows FROM split WHERE run = ? AND number = ? AND part = ?"
        found = _ask(self.folder, question, (self.number, split, part))
        return np.frombuffer(found[0][0] if found else b"", dtype="<i4")


def runs(folder: str | PathLike[str]) -> list[StoredComparison]:
    """Return the comparisons that a folder holds, the oldest first.

    Parameters
    ----------
    folder
        That of ``bridle compare --out`` or of ``bridle.compare(..., store=)``.

    Raises
    ------
    DataError
        If there is no store, or a newer bridle made it.
    OutputError
        If an older bridle made it, and it cannot be brought up to date because another process holds it.
    """
    place = place_of(Path(folder))
    if not (place / DATABASE).exists():
        hint = "Name the folder of bridle compare --out."
        raise DataError(problem("runs", "folder", "one that bridle compare wrote to", str(folder), hint))
    if _ask(place, "PRAGMA user_version")[0][0] != len(MIGRATIONS):
        with Store(place):  # brings it up to date, or refuses
            pass
    return [
        _stored(place, row) for row in _ask(place, f"SELECT {', '.join(_COLUMNS)} FROM run ORDER BY number")
    ]


def _stored(folder: Path, row: tuple[Any, ...]) -> StoredComparison:
    own: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    file = own.pop("networks_file") or ""
    place = folder / file
    return StoredComparison(
        folder=folder,
        number=own.pop("number"),
        options=json.loads(own.pop("options")),
        kept=own.pop("networks") or 0,
        size=place.stat().st_size if file and place.exists() else 0,
        file=file,
        sha256=own.pop("networks_sha256") or "",
        **{name: "" if value is None else str(value) for name, value in own.items()},
    )


def _ask(folder: Path, question: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    base = sqlite3.connect(folder / DATABASE)
    try:
        return base.execute(question, values).fetchall()
    except sqlite3.DatabaseError as error:
        hint = f"The system says: {error}."
        raise DataError(
            problem("runs", str(folder / DATABASE), "a store of bridle", "another file", hint)
        ) from error
    finally:
        base.close()
