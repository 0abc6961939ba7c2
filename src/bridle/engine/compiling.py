"""Programs, compiled once: a function of a plan for arrays of certain shapes, kept for whoever asks again."""

from __future__ import annotations

import dataclasses
import threading
import weakref
from collections.abc import Callable
from typing import Any

import jax

from bridle.engine.plan import Plan

KEPT = 64
"""Programs in memory at most. Each holds a hundred and more memory maps, and a process may have 65,530."""

_programs: dict[Any, Callable] = {}
_locks: weakref.WeakValueDictionary[Any, threading.Lock] = weakref.WeakValueDictionary()  # while held
_guard = threading.Lock()


def compiled(
    function: Callable,
    plan: Plan,
    mesh: jax.sharding.Mesh,
    arguments: tuple,
    specs: tuple,
    donated: tuple[int, ...] = (),
) -> Callable:
    """Return a function of a plan, compiled for the shapes of its arguments, from memory where possible.

    Compilations of different programs may run in parallel threads; the same one is never made twice, unless
    :data:`KEPT` others were used since. How arguments are spread (``specs``) and which of them the program
    may overwrite (``donated``) must follow from the function and their shapes.
    """
    key = (function, program_key(plan), mesh, _signature(arguments))
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        program = _programs.get(key)
        if program is None:
            sharded = jax.shard_map(
                lambda *given: function(plan, *given),
                mesh=mesh,
                in_specs=specs[0],
                out_specs=specs[1],
                check_vma=False,
            )
            program = jax.jit(sharded, donate_argnums=donated).lower(*arguments).compile()
        with _guard:
            _programs.pop(key, None)
            _programs[key] = program  # last, behind those that were not used for longer
            while len(_programs) > KEPT:
                del _programs[next(iter(_programs))]
        return program


def program_key(plan: Plan) -> Plan:
    """Return the plan without what the compiled program receives as data: epochs and initial weights."""
    return dataclasses.replace(plan, epochs=1, initializer=None, initializer_factor=1.0)


def _signature(arguments: tuple) -> tuple:
    leaves, tree = jax.tree.flatten(arguments)
    return tree, tuple((leaf.shape, leaf.dtype) for leaf in leaves)
