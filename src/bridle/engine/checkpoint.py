"""Checkpoints: the state of a training on disk between slices, so that it can go on after any end.

A checkpoint is one safetensors file: every member's state and curves so far, for each group of equal widths,
and a fingerprint of what was asked for (plan, members, first weights, data, draws). A file of another
training is refused instead of being overwritten. Arrays survive exactly, and slices of time change no bit,
so a resumed training ends with the weights of an uninterrupted one.
"""

from __future__ import annotations

import hashlib
import time
from os import PathLike
from pathlib import Path

import jax
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from bridle import storage
from bridle.checks import problem
from bridle.engine.job import Job
from bridle.engine.trained import Trained
from bridle.errors import DataError

SAVE_SECONDS = 5.0
"""The least time between two saves; the end of a training is always saved."""

SAVE_SHARE = 0.01
"""The share of the time that saving may take: the longer a save took, the later is the next."""

_SECONDS_A_BYTE = 1e-8
"""What a save is taken to cost before one was timed."""

_FORMAT = "2"


class Checkpoint:
    """The file of one training.

    Parameters
    ----------
    path
        Where it lies; made at the first save.
    job
        What is trained.

    Raises
    ------
    DataError
        If there is a file that is no checkpoint, is damaged, or belongs to another training.
    """

    def __init__(self, path: str | PathLike[str], job: Job) -> None:
        self.path = Path(path)
        self.fingerprint = fingerprint(job)
        self._arrays: dict[str, np.ndarray] = self._read() if self.path.exists() else {}
        self._saved = time.monotonic()
        self._cost = 0.0

    def of_group(self, group: int) -> GroupCheckpoint:
        """Return the part of the file that one group of members keeps its states in."""
        return GroupCheckpoint(self, group)

    def load(self, group: int, template: Trained) -> Trained | None:
        """Return what is saved of a group, in the form of a template, or None."""
        leaves, tree = jax.tree.flatten((template.state, template.curves))
        self._cost += _SECONDS_A_BYTE * sum(leaf.nbytes for leaf in leaves)
        names = [f"{group}.{k}" for k in range(len(leaves))]
        if not all(name in self._arrays for name in names):
            return None
        found = [self._arrays[name] for name in names]
        for leaf, one in zip(leaves, found, strict=True):
            if leaf.shape != one.shape or leaf.dtype != one.dtype:
                raise self._refused(f"an array {one.shape} of {one.dtype}")
        state, curves = jax.tree.unflatten(tree, found)
        return template._replace(state=state, curves=curves)

    @property
    def is_due(self) -> bool:
        """Whether the last save is long enough ago for another."""
        return time.monotonic() - self._saved >= max(SAVE_SECONDS, self._cost / SAVE_SHARE)

    def save(self, group: int, trained: Trained) -> None:
        """Write all groups' states, this one's anew, all or none."""
        for k, leaf in enumerate(jax.tree.leaves((trained.state, trained.curves))):
            self._arrays[f"{group}.{k}"] = np.ascontiguousarray(leaf)
        began = time.monotonic()
        storage.write(self.path.parent, {self.path.name: self._write})
        self._saved = time.monotonic()
        self._cost = self._saved - began

    def _write(self, place: Path) -> None:
        about = {"format": _FORMAT, "fingerprint": self.fingerprint}
        try:
            save_file(self._arrays, place, about)
        except SafetensorError as error:  # its name for a full disk
            raise OSError(str(error)) from error

    def _read(self) -> dict[str, np.ndarray]:
        from safetensors import safe_open

        try:
            with safe_open(self.path, framework="numpy") as file:
                about = file.metadata() or {}
                if about.get("format") != _FORMAT:
                    raise self._refused(f"format {about.get('format')!r}")
                if about.get("fingerprint") != self.fingerprint:
                    raise self._refused("a checkpoint of another plan, members or data")
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, no mapping
        except (SafetensorError, OSError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            raise self._refused("a file that cannot be read as one") from error

    def _refused(self, got: str) -> DataError:
        hint = "Name another file, or remove this one to begin anew."
        return DataError(problem("train", "checkpoint", "of this training", got, f"{self.path}: {hint}"))


class GroupCheckpoint:
    """One group's part of a checkpoint."""

    def __init__(self, checkpoint: Checkpoint, group: int) -> None:
        self._checkpoint, self._group = checkpoint, group

    @property
    def is_due(self) -> bool:
        """Whether it is time to save again."""
        return self._checkpoint.is_due

    def load(self, template: Trained) -> Trained | None:
        """Return what is kept of the group, in the template's form, or None."""
        return self._checkpoint.load(self._group, template)

    def save(self, trained: Trained) -> None:
        """Keep what the group has done so far."""
        self._checkpoint.save(self._group, trained)


def fingerprint(job: Job) -> str:
    """Return a digest of everything that a training's result depends on."""
    digest = hashlib.sha256(job.plan.to_json().encode())
    draws = None if job.draws is None else (job.draws.order, job.draws.keep)
    # the members as they were passed are a few arrays, settled or with their weights ten thousands;
    # the first one's rows tell training data from validation data, which lie together
    asked = vars(job.members), job.settled[0], job.given, job.data.x, job.data.t, draws
    leaves, tree = jax.tree.flatten(asked)
    arrays = [np.asarray(leaf) for leaf in leaves]
    digest.update(f"{tree}{[(array.shape, array.dtype.char) for array in arrays]}".encode())
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()
