"""Laws of augmentations in training: shapes, epochs, company, one reading for many, boxes, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, train
from bridle.engine.perturbing import perturbed_rows
from bridle.errors import PlanError
from bridle.perturb.about import About
from bridle.perturb.motions import composed
from bridle.perturb.warps import FILLS, SAMPLINGS, warped
from bridle.registry import REGISTRY
from tests.builders import assert_same_bits
from tests.laws.pictures import AUGMENTATIONS, IMAGE, PICTURES, WORDS, changed, each, key

MOVING = [record for record in AUGMENTATIONS if record.perturbation.motion is not None]
LABELS = np.random.default_rng(1).integers(2, size=24)


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
