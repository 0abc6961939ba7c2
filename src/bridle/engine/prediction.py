"""Predictions of whole populations, compiled, by chunks of rows: without noise, or the moments under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding

from bridle.engine import devices
from bridle.engine.compiling import compiled
from bridle.engine.epoch import CHUNK
from bridle.engine.network import forward
from bridle.engine.pixels import dense, over_rows, whole
from bridle.engine.plan import Plan
from bridle.engine.population import SPLIT, WHOLE
from bridle.engine.sampling import Sampled, Sampling, no_moments, observed, words_of_places
from bridle.engine.slots import place_members
from bridle.ops.losses import LOSSES
from bridle.types import Array, Weights


def _outputs(plan: Plan, weights: Weights, x: Array) -> Array:
    """Return one member's predictions for all rows, chunk by chunk, (K, N) with N a multiple of CHUNK."""
    link = LOSSES[plan.loss].link
    return _joined(_map_chunks(lambda one: link(forward(plan, weights, one)[0]), x))


def _map_chunks(look: Callable[..., Any], x: Any, *beside: Array) -> Any:
    """Return what a function makes of each chunk of inputs, as numbers, and of arrays beside them."""

    def chunks(values: Array) -> Array:
        """Return (D, N) as (N / CHUNK, D, CHUNK)."""
        return jnp.moveaxis(jnp.reshape(values, (values.shape[0], -1, CHUNK)), 1, 0)

    def at(one: tuple[Any, ...]) -> Any:
        return look(dense(one[0]), *one[1:])

    return jax.lax.map(at, (over_rows(x, chunks), *map(chunks, beside)))


def _joined(chunks: Array) -> Array:
    return jnp.reshape(jnp.moveaxis(chunks, 0, 1), (chunks.shape[1], -1))


def _outputs_of_slots(plan: Plan, weights: Weights, x: Array) -> Array:
    return jax.lax.map(lambda own: _outputs(plan, own, x), weights)


def _moments_of_slots(
    plan: Plan, weights: Weights, own: Sampling, x: Array, words: Array, samples: Array
) -> tuple[Array, Array]:
    """Return every slot's mean and squared distances over noisy passes, a chunk of rows at a time."""

    def of_slot(slot: tuple[Weights, Sampling]) -> tuple[Array, Array]:
        def of_chunk(some: Array, own_words: Array) -> Any:
            def add(k: Array, so_far: Any) -> Any:
                return observed(plan, slot[0], some, own_words, slot[1], k, so_far)

            return jax.lax.fori_loop(0, samples, add, no_moments(plan, some))

        mean, squares = _map_chunks(of_chunk, x, words)
        return _joined(mean), _joined(squares)

    return jax.lax.map(of_slot, (weights, own))


def predict_population(plan: Plan, weights: Weights, x: np.ndarray) -> np.ndarray:
    """Return the predictions of all members, (M, N, K), for inputs (D, N).

    Rows go through in chunks: one pass over all of them would leave the cache and take a hundred times as
    long.
    """
    with devices.precision(plan.dtype):
        crew = _Crew(len(weights[0][0]))
        arguments = (crew.spread(weights), crew.share(_padded(whole(x))))
        program = compiled(_outputs_of_slots, plan, crew.mesh, arguments, ((SPLIT, WHOLE), SPLIT))
        return crew.collect(program(*arguments), x.shape[1])


def sample_population(plan: Plan, weights: Weights, own: Sampling, x: np.ndarray, samples: int) -> Sampled:
    """Return mean and spread of all members' predictions over noisy passes, (M, N, K), for inputs (D, N)."""
    with devices.precision(plan.dtype):
        crew = _Crew(len(weights[0][0]))
        words = _padded(words_of_places(x.shape[1]))
        times = np.asarray(samples, dtype=np.int32)
        shared = (crew.share(_padded(whole(x))), crew.share(words), crew.share(times))
        arguments = (crew.spread(weights), crew.spread(own), *shared)
        specs = (SPLIT, SPLIT, WHOLE, WHOLE, WHOLE), (SPLIT, SPLIT)
        mean, squares = compiled(_moments_of_slots, plan, crew.mesh, arguments, specs)(*arguments)
        variance = crew.collect(squares, x.shape[1]) / samples
        return Sampled(crew.collect(mean, x.shape[1]), np.sqrt(variance))


class _Crew:
    """The members of a prediction on the devices."""

    def __init__(self, count: int) -> None:
        self.mesh = devices.start().for_members(count).mesh
        self.slots = place_members(count, self.mesh.size)

    def spread(self, tree: Any) -> Any:
        """Return arrays with a leading axis M in the members' slots."""

        def one(values: np.ndarray) -> Array:
            all_slots = np.zeros((self.slots.total, *values.shape[1:]), dtype=values.dtype)
            all_slots[self.slots.of_member] = values
            return jax.device_put(all_slots, NamedSharding(self.mesh, SPLIT))

        return jax.tree.map(one, tree)

    def share(self, values: Any) -> Any:
        """Return arrays that all members see."""
        return jax.device_put(values, NamedSharding(self.mesh, WHOLE))

    def collect(self, z: Array, rows: int) -> np.ndarray:
        """Return the members' (slots, K, rows or more) as (M, N, K)."""
        own = np.asarray(z)[self.slots.of_member, :, :rows]
        return np.ascontiguousarray(np.swapaxes(own, 1, 2))


def _padded(x: Any) -> Any:
    """Return rows last filled up to whole chunks, with zeros."""

    def filled(values: np.ndarray) -> np.ndarray:
        wide = np.zeros((values.shape[0], -(-values.shape[1] // CHUNK) * CHUNK), dtype=values.dtype)
        wide[:, : values.shape[1]] = values
        return wide

    return over_rows(x, filled)
