"""Pictures mirrored: exact, and without reading between pixels."""

from __future__ import annotations

from bridle.types import Array, namespace


def flipped_horizontally(images: Array, is_flipped: Array) -> Array:
    """Return pictures (C, H, W, B), left and right exchanged in rows where a flag, (1, B), is True."""
    xp = namespace(images)
    return xp.where(is_flipped, xp.flip(images, axis=2), images)


def flipped_vertically(images: Array, is_flipped: Array) -> Array:
    """Return pictures (C, H, W, B), top and bottom exchanged in rows where a flag, (1, B), is True."""
    xp = namespace(images)
    return xp.where(is_flipped, xp.flip(images, axis=1), images)
