"""Laws of augmentations: the ranges they draw from, off, epochs, company, one reading for many, and recipes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bridle import streams
from bridle.engine import Dense, Members, Plan, train
from bridle.engine.perturbing import perturbed_rows
from bridle.errors import PlanError
from bridle.perturb.about import About
from bridle.perturb.images import LEAST_ERASED, MOST_ERASED
from bridle.perturb.motions import composed
from bridle.perturb.warps import FILLS, SAMPLINGS, warped
from bridle.registry import REGISTRY
from tests.builders import assert_same_bits

IMAGE = (3, 6, 6)
ROWS = 5000
WORDS = streams.row_words(np.arange(ROWS, dtype=np.uint32)[None, :])
AUGMENTATIONS = [record for record in REGISTRY.values() if record.family == "images"]
MOVING = [record for record in AUGMENTATIONS if record.perturbation.motion is not None]
PICTURES = np.random.default_rng(0).normal(size=(24, *IMAGE))
LABELS = np.random.default_rng(1).integers(2, size=24)


def each(records):
    return pytest.mark.parametrize("record", records, ids=lambda record: record.name)


def key(record, update: int = 0, seed: int = 3) -> streams.Key:
    purpose = record.perturbation.purpose
    return streams.fold(streams.key_of(np.asarray(seed), purpose), np.full((1, 1), update, np.uint32))


def motion(name: str, strength: float, image=IMAGE):
    """Return what a record draws for 5,000 rows."""
    record = REGISTRY[name]
    return record.perturbation.motion(key(record), WORDS, np.asarray(strength), image)


def changed(name: str, strength: float, picture: np.ndarray, rows: int = ROWS):
    """Return what becomes of one picture, (C, H, W), in so many rows, (C, H, W, B)."""
    record = REGISTRY[name]
    copies = np.repeat(picture[..., None], rows, axis=-1)
    x, _ = perturbed_rows(
        [record], {record.strength.name: np.asarray(strength)}, np.asarray(3), np.asarray(0),
        copies.reshape(-1, rows), np.zeros((1, rows)), WORDS[:, :rows], About(0.5, picture.shape),
    )  # fmt: skip
    return x.reshape(copies.shape)


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
    picture = np.broadcast_to(np.arange(32.0), (1, 32, 32)).copy()
    mirrored = np.ptp(changed("vgg", 1.0, picture)[0, 0], axis=0) * 0 + (
        changed("vgg", 1.0, picture)[0, 0, -1] < 16
    )
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


@each(AUGMENTATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shape_and_dtype_are_kept(record, dtype: str) -> None:
    x = PICTURES.reshape(24, -1).T.astype(dtype)
    for sampling in SAMPLINGS:
        for fill in FILLS:
            out, _ = perturbed_rows(
                [record], {record.strength.name: np.asarray(record.strength.grid[-1], dtype)}, np.asarray(0),
                np.asarray(0), x, np.zeros((1, 24), dtype), WORDS[:, :24], About(0.5, IMAGE, sampling, fill),
            )  # fmt: skip
            assert out.shape == x.shape
            assert out.dtype == dtype
            assert np.all(np.isfinite(out))


def test_motions_of_a_plan_are_one_reading_of_the_picture() -> None:
    """In whichever order they are named: nothing is blurred twice."""
    settings = {record.strength.name: np.asarray(record.strength.grid[1]) for record in MOVING}
    x = PICTURES.reshape(24, -1).T
    together = [record for record in MOVING if record.perturbation.apply is None]
    words = WORDS[:, :24]
    out, _ = perturbed_rows(
        together, settings, np.asarray(3), np.asarray(0), x, np.zeros((1, 24)), words, About(0.5, IMAGE)
    )
    drawn = [one.perturbation.motion(key(one), words, settings[one.name], IMAGE) for one in together]
    once = warped(x.reshape(*IMAGE, 24), composed(drawn))
    np.testing.assert_array_equal(out, once.reshape(out.shape))
    assert len(together) == 6


def plan(names: tuple[str, ...], **options) -> Plan:
    layers = (Dense(5), Dense(1, "linear"))
    common = {"inputs": math.prod(IMAGE), "image": IMAGE, "layers": layers, "batch_size": 8, "epochs": 3}
    return Plan(**{**common, **options}, regularizers=names)


SOME = ("rotation", "shift", "horizontal_flip", "hue", "inception", "cutmix")


def test_alone_and_in_company_are_the_same_bits_and_runs_repeat() -> None:
    strengths = {"rotation": [20.0, 0.0, 10.0], "shift": [1.0, 2.0, 0.0], "horizontal_flip": [0.5, 0.3, 0.0],
                 "hue": [10.0, 20.0, 30.0], "inception": [0.5, 1.0, 0.0], "cutmix": [0.5, 1.0, 0.3]}  # fmt: skip
    x = np.moveaxis(PICTURES, 1, 3)
    together = train(plan(SOME), Members(seed=[0, 1, 2], learning_rate=0.1, **strengths), x, LABELS)
    for m in (0, 1):
        alone = {name: values[m] for name, values in strengths.items()}
        assert_same_bits(
            train(plan(SOME), Members(seed=m, learning_rate=0.1, **alone), x, LABELS), 0, together, m
        )
    again = train(plan(SOME), Members(seed=[0, 1, 2], learning_rate=0.1, **strengths), x, LABELS)
    assert_same_bits(again, 2, together, 2)


@each(AUGMENTATIONS)
def test_epochs_draw_anew_and_repeat_between_runs(record) -> None:
    """Without learning, training losses differ only by what was drawn."""
    one = plan((record.name,), batch_size=None, epochs=4)
    members = Members(learning_rate=0.0, **{record.strength.name: record.strength.grid[-1]})
    first, second = (
        train(one, members, PICTURES.reshape(24, -1), LABELS, engine="reference") for _ in range(2)
    )
    losses = first.curves["train_loss"][0]
    assert len(set(losses)) == 4
    np.testing.assert_array_equal(losses, second.curves["train_loss"][0])


@each(AUGMENTATIONS)
def test_tables_and_gray_pictures_are_refused_what_they_cannot_have(record) -> None:
    layers = (Dense(1, "linear"),)
    with pytest.raises(
        PlanError, match=rf"without '{record.name}' where inputs are no pictures.*Plan\(image="
    ):
        Plan(inputs=108, layers=layers, regularizers=(record.name,))
    if record.requires == "pictures in color":
        with pytest.raises(PlanError, match=f"channels of image must be 3 with '{record.name}'; got 1"):
            Plan(inputs=36, image=(1, 6, 6), layers=layers, regularizers=(record.name,))
    else:
        Plan(inputs=36, image=(1, 6, 6), layers=layers, regularizers=(record.name,))


@pytest.mark.parametrize(("option", "value"), [("fill", "wrap"), ("resampling", "cubic")])
def test_unknown_ways_to_read_are_refused(option: str, value: str) -> None:
    with pytest.raises(PlanError, match=f"{option} must be one of"):
        plan((), **{option: value})


def test_fill_and_resampling_reach_the_picture() -> None:
    found = {
        tuple(train(plan(("translation",), fill=fill, resampling=sampling), Members(translation=0.8),
                    PICTURES.reshape(24, -1), LABELS, engine="reference").curves["train_loss"][0])
        for fill in FILLS for sampling in SAMPLINGS
    }  # fmt: skip
    assert len(found) == 6


@pytest.mark.parametrize("name", ["cutout", "cutmix"])
def test_parts_of_pictures_are_boxes(name: str) -> None:
    """All channels alike; a square of half the side where nothing is cut by the border, of any size in cutmix."""
    record = REGISTRY[name]
    image, rows = (2, 12, 10), 600
    number = np.tile(np.arange(1.0, rows + 1), (240, 1))
    x, t = perturbed_rows(
        [record], {name: np.asarray(0.8)}, np.asarray(0), np.asarray(0), number, number[:1],
        WORDS[:, :rows], About(0.5, image),
    )  # fmt: skip
    other = (x != number).reshape(*image, rows)
    np.testing.assert_array_equal(other[0], other[1])
    tall, wide = other[0].any(axis=1).sum(axis=0), other[0].any(axis=0).sum(axis=0)
    np.testing.assert_array_equal(other[0].sum(axis=(0, 1)), tall * wide)
    if name == "cutout":
        assert set(np.unique(x[other.reshape(x.shape)])) == {0.0}
        assert max(tall) == max(wide) == 5
        assert abs((tall > 0).mean() - 0.8) < 5 * np.sqrt(0.16 / rows)
        np.testing.assert_array_equal(t, number[:1])
    else:
        np.testing.assert_allclose(t[0], x.mean(axis=0), rtol=1e-12)  # targets are mixed as pixels are
        assert max(tall) == 12


def test_whole_shifts_make_no_new_values() -> None:
    out = changed("shift", 2.0, PICTURES[0], 200)
    assert set(out.ravel()) <= set(PICTURES[0].ravel())
