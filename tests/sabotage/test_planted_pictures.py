"""Planted bugs in convolution, pooling and spatial dropout: the laws of pictures turn red."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import injection
from bridle.ops import convolution, pooling
from tests.laws import picture_laws as laws
from tests.laws import test_spatial_dropout as spatial

Plant = pytest.MonkeyPatch


def test_a_window_that_is_turned_around(monkeypatch: Plant) -> None:
    sound = convolution.patches_of

    def turned(x: Any, window: convolution.Window) -> Any:
        columns = sound(x, window).reshape(x.shape[0], window.kernel**2, -1)
        return columns[:, ::-1].reshape(x.shape[0] * window.kernel**2, -1)

    monkeypatch.setattr(convolution, "patches_of", turned)
    with pytest.raises(AssertionError):
        laws.assert_is_a_correlation("stride")


def test_zeros_on_the_wrong_side(monkeypatch: Plant) -> None:
    sound = convolution.window_over

    def early(*given: Any) -> convolution.Window:
        window = sound(*given)
        return window._replace(top=window.padded_height - window.height - window.top)

    monkeypatch.setattr(convolution, "window_over", early)
    with pytest.raises(AssertionError):
        laws.assert_is_a_correlation("even window")


def test_pixels_that_hear_of_one_patch_only(monkeypatch: Plant) -> None:
    sound = convolution.patches_backward

    def first(dpatches: Any, window: convolution.Window, batch: int) -> Any:
        taps = dpatches.reshape(-1, window.kernel**2, dpatches.shape[1]).copy()
        taps[:, 1:] = 0
        return sound(taps.reshape(dpatches.shape), window, batch)

    monkeypatch.setattr(convolution, "patches_backward", first)
    with pytest.raises(AssertionError):
        laws.assert_convolution_backward("stride")


def test_a_tie_that_is_shared(monkeypatch: Plant) -> None:
    monkeypatch.setattr(pooling, "max_pool_backward", pooling.average_pool_backward)
    with pytest.raises(AssertionError):
        laws.assert_ties_go_to_the_first()
    with pytest.raises(AssertionError):
        laws.assert_pool_backward("max", 2, (2, 5, 7, 3))


def test_a_mean_that_is_a_sum(monkeypatch: Plant) -> None:
    sound = pooling.average_pool_forward
    monkeypatch.setattr(pooling, "average_pool_forward", lambda x, size: (sound(x, size)[0] * size**2, None))
    with pytest.raises(AssertionError):
        laws.assert_pool_is_a_loop("average", 2, (1, 4, 4, 1))


def test_a_channel_that_falls_pixel_by_pixel(monkeypatch: Plant) -> None:
    sound = injection._draws
    monkeypatch.setattr(injection, "_draws", lambda *given: sound(*given[:5]))  # forgets the picture's shape
    with pytest.raises(AssertionError):
        spatial.test_a_channel_falls_as_a_whole()


def test_a_picture_whose_batch_statistics_forget_its_places(monkeypatch: Plant) -> None:
    from tests.laws import test_pictured_networks as networks

    monkeypatch.setattr("bridle.engine.network.at_places", lambda weight, places: np.tile(weight**2, places))
    with pytest.raises(AssertionError):
        networks.test_batch_norm_takes_every_place_of_every_row_for_a_row()
