"""A comparison on disk, so that it can be killed at any moment and go on.

The folder of a store holds ``runs.sqlite`` (write-ahead log, synchronous to the disk): every run with its
data's hash, its options, the row numbers of every split, the plan of every population and when test rows were
looked at; while a run is not finished, one safetensors file a population with the state of its training
(:mod:`bridle.engine.checkpoint`); and, once it is finished, one file with the networks that were scored
(:mod:`bridle.study.networks`). Each file's SHA-256 is in its row. Training goes on to the same bits, so the
same command ends with the same table, however often it was killed. :mod:`bridle.study.runs` reads the store.

One process at a time: the lock is a transaction that stays open in a file of its own, so the system releases
it when the process dies.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

import bridle
from bridle.checks import problem
from bridle.engine import Plan
from bridle.errors import DataError, OutputError
from bridle.storage import make, refusing, write
from bridle.study.hashes import hash_of_data, hash_of_file
from bridle.study.options import Settled
from bridle.study.rounds import Round
from bridle.study.tables import Table

DATABASE, LOCK = "runs.sqlite", "lock.sqlite"
FRESH = "--fresh, or fresh=True in Python"
GIVEN_UP = "given up"
"""What stands instead of the time for a run that will never be finished."""

MIGRATIONS = (
    """
    CREATE TABLE run (
        number INTEGER PRIMARY KEY, begun TEXT NOT NULL, version TEXT NOT NULL, data TEXT NOT NULL,
        data_sha256 TEXT NOT NULL, request_sha256 TEXT NOT NULL, options TEXT NOT NULL,
        finished TEXT, table_sha256 TEXT, model_sha256 TEXT
    );
    CREATE TABLE split (
        run INTEGER NOT NULL REFERENCES run, number INTEGER NOT NULL, part TEXT NOT NULL, rows BLOB NOT NULL,
        PRIMARY KEY (run, number, part)
    );
    CREATE TABLE population (
        run INTEGER NOT NULL REFERENCES run, number INTEGER NOT NULL, plan TEXT NOT NULL, file TEXT NOT NULL,
        sha256 TEXT, PRIMARY KEY (run, number)
    );
    CREATE TABLE look (run INTEGER NOT NULL REFERENCES run, at TEXT NOT NULL);
    """,
    """
    ALTER TABLE run ADD COLUMN best TEXT;
    ALTER TABLE run ADD COLUMN networks INTEGER;
    ALTER TABLE run ADD COLUMN networks_file TEXT;
    ALTER TABLE run ADD COLUMN networks_sha256 TEXT;
    """,
    """
    CREATE TABLE decision (
        run INTEGER NOT NULL REFERENCES run, name TEXT NOT NULL, what TEXT NOT NULL, PRIMARY KEY (run, name)
    );
    """,
)
"""What makes each version of the schema from the one before; ``PRAGMA user_version`` counts those done."""


class Store:
    """A folder of runs, held by one process.

    Parameters
    ----------
    folder
        Made if it is missing; see :func:`place_of`.

    Raises
    ------
    OutputError
        If it cannot be written, or another process holds it.
    DataError
        If a newer bridle made it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder = place_of(folder)
        with refusing(folder):
            make(folder)
        self._lock = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._lock.close()
            hint = "Wait until it ends, or name another folder."
            what = "free: no other comparison may be writing to it"
            raise OutputError(problem("store", "folder", what, str(folder), hint)) from error
        self.base = sqlite3.connect(folder / DATABASE, isolation_level=None)
        self.base.execute("PRAGMA journal_mode = WAL")
        self.base.execute("PRAGMA synchronous = FULL")
        self._migrate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.base.close()
        self._lock.close()

    def _migrate(self) -> None:
        version = self.base.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            hint = "Update bridle, or name another folder."
            allowed = f"of version {len(MIGRATIONS)} or older"
            raise DataError(problem("store", str(self.folder / DATABASE), allowed, version, hint))
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self.base.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")

    def begin(
        self, table: Table, options: Settled, rounds: Sequence[Round], fresh: bool = False
    ) -> StoredRun:
        """Return the unfinished run of this request to go on with, or a new one.

        Parameters
        ----------
        table, options, rounds
            The request.
        fresh
            Begin anew, whatever lies in the store.

        Raises
        ------
        DataError
            If an unfinished run of the same data and options began with other rows, unless ``fresh``.
        """
        wanted = json.dumps(dataclasses.asdict(options), sort_keys=True)
        data = f"{table.name}: {table.target}"
        rows = hash_of_data(table)
        request = hashlib.sha256(f"{bridle.__version__}\n{data}\n{rows}\n{wanted}".encode()).hexdigest()
        unfinished = self.base.execute(
            "SELECT number, begun, data_sha256, request_sha256 FROM run WHERE finished IS NULL AND data = ? "
            "AND options = ? AND version = ? ORDER BY number DESC",
            (data, wanted, bridle.__version__),
        ).fetchall()
        if fresh:
            for number, *_ in unfinished:
                self._forget(number)
            unfinished = []
        for number, begun, before, own in unfinished:
            if own == request:
                return StoredRun(self, number, rows)
            hint = f"Undo the change, or begin anew: {FRESH}."
            what = f"as they were when the unfinished comparison began on {begun}"
            raise DataError(
                problem("store", "the data", what, f"SHA-256 {rows[:12]}, not {before[:12]}", hint)
            )
        return StoredRun(self, self._insert(data, rows, request, wanted, rounds), rows)

    def _insert(self, data: str, rows: str, request: str, wanted: str, rounds: Sequence[Round]) -> int:
        with self.base:
            self.base.execute("BEGIN")
            number = self.base.execute(
                "INSERT INTO run (begun, version, data, data_sha256, request_sha256, options) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (_now(), bridle.__version__, data, rows, request, wanted),
            ).lastrowid
            for one in rounds:
                for part in ("train", "validation", "test"):
                    own = getattr(one, part).rows
                    if own is not None:
                        blob = np.asarray(own, dtype="<i4").tobytes()
                        self.base.execute(
                            "INSERT INTO split VALUES (?, ?, ?, ?)", (number, one.number, part, blob)
                        )
        assert number is not None
        return number

    def _forget(self, number: int) -> None:
        """Take a run's states away; its row and its looks stay."""
        for (file,) in self.base.execute("SELECT file FROM population WHERE run = ?", (number,)).fetchall():
            (self.folder / file).unlink(missing_ok=True)
        self.base.execute("UPDATE run SET finished = ? WHERE number = ?", (GIVEN_UP, number))


@dataclasses.dataclass(frozen=True)
class Kept:
    """The file of the networks that a run scored, and how many they are."""

    content: bytes
    count: int


class StoredRun:
    """One comparison in a store."""

    def __init__(self, store: Store, number: int, data_sha256: str) -> None:
        self.store, self.number, self._data = store, number, data_sha256

    def state_of(self, population: int, plan: Plan) -> Path:
        """Return the file in which a population's training keeps its state.

        Raises
        ------
        DataError
            If the population was done and its file is not what it was.
        """
        base, file = self.store.base, f"run-{self.number}-population-{population}.safetensors"
        row = base.execute(
            "SELECT sha256 FROM population WHERE run = ? AND number = ?", (self.number, population)
        ).fetchone()
        place = self.store.folder / file
        if row is None:
            base.execute(
                "INSERT INTO population VALUES (?, ?, ?, ?, NULL)",
                (self.number, population, plan.to_json(), file),
            )
        elif row[0] is not None and (not place.exists() or hash_of_file(place) != row[0]):
            hint = f"It was changed or damaged; begin anew: {FRESH}."
            raise DataError(problem("store", str(place), f"of SHA-256 {row[0][:12]}", "another file", hint))
        return place

    def is_done(self, population: int) -> None:
        """Note that a population is trained to its end."""
        base = self.store.base
        (file,) = base.execute(
            "SELECT file FROM population WHERE run = ? AND number = ?", (self.number, population)
        ).fetchone()
        digest = hash_of_file(self.store.folder / file)
        base.execute(
            "UPDATE population SET sha256 = ? WHERE run = ? AND number = ?", (digest, self.number, population)
        )

    def decisions(self) -> dict[str, Any]:
        """Return what the clock decided, by name."""
        found = self.store.base.execute("SELECT name, what FROM decision WHERE run = ?", (self.number,))
        return {name: json.loads(what) for name, what in found.fetchall()}

    def decide(self, name: str, what: Any) -> None:
        """Keep a decision, in place of an earlier one of this name."""
        content = (self.number, name, json.dumps(what))
        self.store.base.execute("INSERT OR REPLACE INTO decision VALUES (?, ?, ?)", content)

    def look(self) -> list[str]:
        """Note that test rows are scored now, and return when rows of these data were scored before."""
        before = self.store.base.execute(
            "SELECT at FROM look JOIN run ON run.number = look.run WHERE data_sha256 = ? AND look.run != ? "
            "ORDER BY at",
            (self._data, self.number),
        ).fetchall()
        self.store.base.execute("INSERT INTO look VALUES (?, ?)", (self.number, _now()))
        return [at for (at,) in before]

    def finish(self, table: Mapping[str, Any], model: str | None, networks: Kept) -> None:
        """Keep the networks that were scored, note what the run ended with, and take the states away.

        Parameters
        ----------
        table
            What is hashed: the table's lines, and the ``best`` of them.
        model
            The recommended network's checksum, None if there is none.
        networks
            The networks' file.
        """
        base, file = self.store.base, f"run-{self.number}-networks.safetensors"
        write(self.store.folder, {file: networks.content})
        files = base.execute("SELECT file FROM population WHERE run = ?", (self.number,)).fetchall()
        content = json.dumps(table, sort_keys=True).encode()
        base.execute(
            "UPDATE run SET finished = ?, table_sha256 = ?, model_sha256 = ?, best = ?, networks = ?, "
            "networks_file = ?, networks_sha256 = ? WHERE number = ?",
            (
                _now(),
                hashlib.sha256(content).hexdigest(),
                model,
                table["best"],
                networks.count,
                file,
                hashlib.sha256(networks.content).hexdigest(),
                self.number,
            ),
        )
        for (file,) in files:
            (self.store.folder / file).unlink(missing_ok=True)


def place_of(folder: Path) -> Path:
    """Return where a store lies: in the folder, or in its ``store``, where ``--out`` puts it."""
    inner = folder / "store"
    return inner if (inner / DATABASE).exists() and not (folder / DATABASE).exists() else folder


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
