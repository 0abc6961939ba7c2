"""Constraints: the nearest weights that are allowed, applied after every update.

A projection is idempotent and moves nothing that is allowed already. The norms are those of each unit's
incoming weights, the rows of ``w``.
"""

from __future__ import annotations

from bridle.types import Array, namespace


def _norms(w: Array) -> Array:
    xp = namespace(w)
    return xp.sqrt(xp.sum(w * w, axis=1, keepdims=True))


def project_max_norm(w: Array, bound: Array) -> Array:
    """Return each unit's weights, shortened to the bound where they are longer, (H, D).

        w_h min(1, bound / |w_h|),    and exactly w_h where |w_h| <= bound

    Source: Srivastava et al. (2014), section 5.1.
    """
    xp = namespace(w)
    norm = _norms(w)
    longer = norm > bound
    return xp.where(longer, w * (bound / xp.where(longer, norm, xp.ones_like(norm))), w)


def project_unit_norm(w: Array, length: Array) -> Array:
    """Return each unit's weights at a given length, (H, D); a unit of zeros, which has no direction, stays.

    w_h length / |w_h|,    and exactly w_h for an infinite length
    """
    xp = namespace(w)
    norm = _norms(w)
    moves = xp.isfinite(length) & (norm > 0)
    scale = xp.where(moves, length, xp.ones_like(norm)) / xp.where(moves, norm, xp.ones_like(norm))
    return xp.where(moves, w * scale, w)


def project_non_negative(w: Array, switch: Array) -> Array:
    """Return ``max(w, 0)`` where the switch is above 0, else exactly w, (H, D)."""
    xp = namespace(w)
    return xp.where((switch > 0) & (w < 0), xp.zeros_like(w), w)
