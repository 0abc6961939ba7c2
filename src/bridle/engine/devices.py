"""The processor's cores as devices of the compiler, and the settings that the engine runs under.

JAX sees one CPU device unless it is told otherwise before its backend starts, so the engine asks for one a
core at its first use (never at import). At least two are asked for, always: with a thread pool of one, XLA
computes large products along another path and the bits differ. Where JAX is already running with settings
of the user's, the engine goes on with what there is and says so.
"""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import platformdirs
from jax.sharding import Mesh

from bridle.checks import problem
from bridle.cores import usable_cores
from bridle.errors import BridleError

AXIS = "members"
_lock = threading.Lock()
_started: Devices | None = None
_process: int | None = None


class Devices(NamedTuple):
    """The mesh over which members are spread, and a note where it is not what the engine asked for."""

    mesh: Mesh
    note: str

    def for_members(self, count: int) -> Devices:
        """Return the first devices, one for each of some members at most: an idle one costs every call."""
        return self._replace(mesh=Mesh(self.mesh.devices[:count], self.mesh.axis_names))


def wanted_devices() -> int:
    """Return how many CPU devices the engine asks for: one a core it may use, at least two."""
    return max(2, usable_cores())


def start() -> Devices:
    """Return the devices, configuring JAX first if nothing has used it yet.

    Raises
    ------
    BridleError
        In a process that was forked from one in which the engine runs: JAX's threads do not survive a fork,
        and the first computation would wait for them forever.
    """
    global _started, _process
    if _process not in (None, os.getpid()):
        hint = "Use joblib's loky workers, multiprocessing's 'spawn', or engine='reference'."
        allowed = "one in which JAX was not running when it was forked"
        raise BridleError(problem("train", "the process", allowed, "a fork", hint))
    with _lock:
        _process = os.getpid()
        if _started is None:
            _started = _start()
        return _started


def _start() -> Devices:
    wanted = wanted_devices()
    note = ""
    try:
        if _setting("jax_num_cpu_devices") in (None, -1):
            jax.config.update("jax_num_cpu_devices", wanted)
            _keep_compilations()
    except RuntimeError:
        note = "JAX was already running: the engine keeps to its devices and settings."
    devices = jax.devices("cpu")
    if len(devices) < wanted and not note:
        note = f"JAX is configured for {len(devices)} CPU devices; the engine would have asked for {wanted}."
    return Devices(Mesh(np.array(devices), (AXIS,)), note)


def _keep_compilations() -> None:
    """Keep compiled programs in the user's cache folder, unless the user has chosen a place."""
    if _setting("jax_compilation_cache_dir") is not None:
        return
    folder = Path(platformdirs.user_cache_dir("bridle")) / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # a read-only home costs a second, not the run
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


def _setting(name: str) -> object:
    return getattr(jax.config, name)


def precision(dtype: str) -> AbstractContextManager:
    """Return the context in which arrays of a dtype survive; JAX's switch belongs to the thread."""
    return jax.enable_x64(True) if dtype == "float64" else nullcontext()
