"""Laws of what augmentations draw: uniform over the stated range, as often as told, and the published recipes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bridle.perturb.images import LEAST_ERASED, MOST_ERASED
from tests.laws.pictures import IMAGE, PICTURES, ROWS, changed, motion


def assert_uniform(drawn: np.ndarray, low: float, high: float) -> None:
    assert drawn.min() >= low - 1e-9
    assert drawn.max() <= high + 1e-9
    assert stats.kstest(drawn.ravel(), stats.uniform(low, high - low).cdf).pvalue > 1e-3


def test_angles_are_uniform() -> None:
    turn = motion("rotation", 30.0)
    assert_uniform(np.degrees(np.arctan2(turn.yx, turn.yy)), -30, 30)


def test_places_are_uniform_and_apart() -> None:
    moved = motion("translation", 0.2, (1, 10, 20))
    assert_uniform(moved.down, -2, 2)
    assert_uniform(moved.right, -4, 4)
    assert abs(np.corrcoef(moved.down.ravel(), moved.right.ravel())[0, 1]) < 0.05


def test_whole_shifts_are_each_as_likely() -> None:
    moved = motion("shift", 2.7)
    for steps in (moved.down, moved.right):
        values, counts = np.unique(steps, return_counts=True)
        assert values.tolist() == [-2, -1, 0, 1, 2]
        assert stats.chisquare(counts).pvalue > 1e-3


def test_factors_and_slopes_are_uniform() -> None:
    assert_uniform(1 / motion("zoom", 0.3).yy, 0.7, 1.3)
    assert_uniform(motion("shear", 0.4).xy, -0.4, 0.4)


def test_crops_are_windows_of_uniform_area_anywhere_inside() -> None:
    window = motion("crop", 0.6)
    assert_uniform(window.yy * window.xx, 0.4, 1.0)
    np.testing.assert_allclose(window.yy, window.xx)
    for side, place in ((window.yy, window.down), (window.xx, window.right)):
        assert_uniform(place / (1 - side) / 6, -0.5, 0.5)


def test_light_and_color_are_drawn_uniformly() -> None:
    picture = np.random.default_rng(2).uniform(size=IMAGE)
    apart = picture - picture.mean(axis=(1, 2), keepdims=True)
    assert_uniform((changed("brightness", 0.4, picture) - picture[..., None])[0, 0, 0], -0.4, 0.4)
    stretched = changed("contrast", 0.4, picture)
    assert_uniform(
        ((stretched - stretched.mean(axis=(1, 2), keepdims=True))[0, 0, 0]) / apart[0, 0, 0], 0.6, 1.4
    )
    red = np.zeros(IMAGE)
    red[0] = 1
    assert_uniform(np.ptp(changed("saturation", 0.5, red), axis=0)[0, 0], 0.5, 1.5)
    turned = changed("hue", 50.0, red)[:, 0, 0]
    gray = 0.299
    start = math.atan2((1 - gray) / 1.402, -gray / 1.772)
    angle = np.arctan2((turned[0] - gray) / 1.402, (turned[2] - gray) / 1.772)
    assert_uniform(np.degrees((angle - start + np.pi) % (2 * np.pi) - np.pi), -50, 50)


def test_widths_of_blur_are_uniform() -> None:
    """Of a picture that is 0 but for one pixel, the neighbor's value over its own is exp(-1 / (2 s^2))."""
    dot = np.zeros((1, 9, 9))
    dot[0, 4, 4] = 1
    spread = changed("blur", 1.5, dot)
    wide = spread[0, 4, 5] > 1e-12
    deviation = np.sqrt(-1 / (2 * np.log(spread[0, 4, 5, wide] / spread[0, 4, 4, wide])))
    assert wide.mean() > 0.9
    assert_uniform(deviation[deviation > 0.2], 0.2, 1.5)


@pytest.mark.parametrize("name", ["horizontal_flip", "vertical_flip"])
@pytest.mark.parametrize("probability", [0.2, 0.5, 1.0])
def test_flips_are_as_frequent_as_told(name: str, probability: float) -> None:
    axis = 1 if name == "vertical_flip" else 2
    out = changed(name, probability, PICTURES[0])
    mirrored = np.all(out == np.flip(PICTURES[0], axis)[..., None], axis=(0, 1, 2))
    as_they_were = np.all(out == PICTURES[0][..., None], axis=(0, 1, 2))
    assert np.all(mirrored ^ as_they_were)
    assert abs(mirrored.mean() - probability) <= 5 * np.sqrt(probability * (1 - probability) / ROWS)


def test_erased_boxes_have_the_published_areas_and_forms() -> None:
    """On a picture so large that rounding and cutting hardly matter."""
    ones = np.ones((1, 60, 60))
    rows = 2000
    out = changed("random_erasing", 0.7, ones, rows)
    hit = np.any(out == 0, axis=(0, 1, 2))
    assert abs(hit.mean() - 0.7) < 5 * np.sqrt(0.21 / rows)
    gone = out[0, ..., hit] == 0  # (rows, H, W)
    area = gone.mean(axis=(1, 2))
    tall, wide = gone.any(axis=2).sum(axis=1), gone.any(axis=1).sum(axis=1)
    np.testing.assert_allclose(tall * wide / 3600, area)  # one whole box
    assert stats.kstest(area, stats.uniform(LEAST_ERASED, MOST_ERASED - LEAST_ERASED).cdf).statistic < 0.06
    form = np.log(tall / wide)
    assert abs(form.mean()) < 0.06
    assert np.abs(form).max() < np.log(10 / 3) + 0.2


def test_the_recipe_of_vgg() -> None:
    window = motion("vgg", 1.0, (3, 256, 256))
    np.testing.assert_allclose(window.yy * 256, 224)
    assert_uniform(window.down, -16, 16)
    assert_uniform(window.right, -16, 16)
    np.testing.assert_allclose(motion("vgg", 0.5).xx, 1 - 1 / 16)
    rising = np.broadcast_to(np.arange(8.0), (1, 8, 8)).copy()
    mirrored = changed("vgg", 1.0, rising)[0, 0, -1] < 4
    assert abs(mirrored.mean() - 0.5) < 5 * np.sqrt(0.25 / ROWS)


def test_the_recipe_of_inception() -> None:
    window = motion("inception", 1.0)
    height, width = window.yy, window.xx
    assert np.all((height <= 1) & (width <= 1))
    inside = ((height < 1) & (width < 1)).ravel()
    area, form = (height * width).ravel()[inside], (height / width).ravel()[inside]
    assert 0.08 <= area.min() < 0.1
    assert np.all(np.abs(np.log(form)) <= np.log(4 / 3) + 1e-9)
    small = area < 0.7  # where no window is cut at the border
    assert_uniform(area[small], 0.08, 0.7)
    assert_uniform(np.log(form[small]), -np.log(4 / 3), np.log(4 / 3))
    gray = changed("inception", 1.0, np.ones((1, 4, 4)))
    assert_uniform(gray[0, 0, 0], 0.5, 1.5)  # a picture of one value shows what is added
