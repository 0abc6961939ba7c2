"""Laws of spatial dropout: whole channels fall, at their rate, where convolutions hand them on, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import Conv, Dense, Plan, Pool
from bridle.engine.network import forward
from bridle.engine.step import draw_noise
from tests.laws.gradients import Case
from tests.laws.picture_laws import assert_network_gradient

LAYERS = (Conv(5, 3, "tanh"), Pool(2), Conv(4, 3, "gelu"), Dense(6, "tanh"), Dense(2, "linear"))


def pictured(*names: str) -> Plan:
    image, layers = (2, 6, 4), LAYERS
    return Plan(
        inputs=48, image=image, layers=layers, loss="cross_entropy", dtype="float64", regularizers=names
    )


def masks(rate: Any) -> dict[int, np.ndarray]:
    """Return each stage's mask in one update of nine rows."""
    case = Case(pictured("spatial_dropout"), {"spatial_dropout": rate})
    noise = draw_noise(case.plan, case.member, case.state, case.batch, None)
    _, caches = forward(case.plan, case.weights, case.x, noise)
    return {i: cache.noise[0][1].keep for i, cache in enumerate(caches) if cache.noise}


def test_a_channel_falls_as_a_whole() -> None:
    found = masks(0.4)
    assert {i: mask.shape for i, mask in found.items()} == {1: (5 * 3 * 2, 9), 2: (4 * 3 * 2, 9)}
    for mask, channels in zip(found.values(), (5, 4), strict=True):
        by_channel = np.asarray(mask).reshape(channels, -1, 9)
        np.testing.assert_array_equal(by_channel, np.broadcast_to(by_channel[:, :1], by_channel.shape))
        assert 0 < by_channel[:, 0].mean() < 1


def test_a_rate_a_layer_begins_with_the_pictures_own_channels() -> None:
    found = masks([[0.5, 0.0, 0.0, 0.9]])
    assert sorted(found) == [0, 1, 2]  # what enters the last layer are no pictures
    pictures = np.asarray(found[0]).reshape(2, -1, 9)
    np.testing.assert_array_equal(pictures, np.broadcast_to(pictures[:, :1], pictures.shape))
    assert found[1].all()
    assert found[2].all()


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_channels_fall_at_their_rate(rate: float) -> None:
    from bridle.engine.injection import Noise, inject
    from bridle.streams import row_words

    plan, rows = pictured("spatial_dropout"), 20_000
    words = row_words(np.arange(rows, dtype=np.uint32)[None])
    noise = Noise(np.uint32(1), np.asarray(3), words, {"spatial_dropout": np.asarray(rate)}, None)
    out, _ = inject(plan, noise, 1, plan.stages[1], np.ones((30, rows)))
    kept = out.reshape(5, 6, rows)[:, 0] > 0
    assert np.abs(kept.mean(axis=1) - (1 - rate)).max() < 4 * np.sqrt(rate * (1 - rate) / rows)
    assert np.abs(np.corrcoef(kept) - np.eye(5)).max() < 5 / np.sqrt(rows)
    np.testing.assert_allclose(out[out > 0], 1 / (1 - rate))


def test_the_update_follows_the_gradient_of_the_objective() -> None:
    names = ("spatial_dropout", "dropout")
    assert_network_gradient(pictured(*names), {"spatial_dropout": 0.3, "dropout": 0.2})
