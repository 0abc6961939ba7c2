"""Predictions of whole populations, compiled, by chunks of rows."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding

from bridle.engine import devices
from bridle.engine.epoch import CHUNK
from bridle.engine.network import forward
from bridle.engine.plan import Plan
from bridle.engine.population import SPLIT, WHOLE, place_members
from bridle.engine.program import compiled
from bridle.ops.losses import LOSSES
from bridle.types import Array, Weights


def _outputs(plan: Plan, weights: Weights, x: Array) -> Array:
    """Return one member's predictions for all rows, chunk by chunk, (K, N) with N a multiple of CHUNK."""
    link = LOSSES[plan.loss].link
    columns = jnp.reshape(x, (x.shape[0], -1, CHUNK))
    chunks = jax.lax.map(lambda one: link(forward(plan, weights, one)[0]), jnp.moveaxis(columns, 1, 0))
    return jnp.reshape(jnp.moveaxis(chunks, 0, 1), (plan.outputs, -1))


def _outputs_of_slots(plan: Plan, weights: Weights, x: Array) -> Array:
    return jax.lax.map(lambda own: _outputs(plan, own, x), weights)


def predict_population(plan: Plan, weights: Weights, x: np.ndarray) -> np.ndarray:
    """Return the predictions of all members, (M, N, K), for inputs (D, N).

    Rows go through in chunks: one pass over all of them would leave the cache and take a hundred times as
    long.
    """
    with devices.precision(plan.dtype):
        place = devices.start()
        count = len(weights[0][0])
        slots = place_members(count, place.mesh.size)
        rows = x.shape[1]
        padded = np.zeros((x.shape[0], -(-rows // CHUNK) * CHUNK), dtype=plan.dtype)
        padded[:, :rows] = x

        def spread(values: np.ndarray) -> Array:
            all_slots = np.zeros((slots.total, *values.shape[1:]), dtype=plan.dtype)
            all_slots[slots.of_member] = values
            return jax.device_put(all_slots, NamedSharding(place.mesh, SPLIT))

        arguments = (
            [(spread(w), spread(b)) for w, b in weights],
            jax.device_put(padded, NamedSharding(place.mesh, WHOLE)),
        )
        program = compiled(_outputs_of_slots, plan, place.mesh, arguments, ((SPLIT, WHOLE), SPLIT))
        z = np.asarray(program(*arguments))[slots.of_member, :, :rows]
        return np.ascontiguousarray(np.swapaxes(z, 1, 2))
