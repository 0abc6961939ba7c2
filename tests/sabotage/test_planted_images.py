"""Planted bugs in augmentations MUST turn their laws red, as those of the rest of the code do."""

from __future__ import annotations

import numpy as np
import pytest

from bridle import streams
from bridle.engine import reference
from bridle.perturb import images, rows, warps
from bridle.perturb.boxes import erased
from bridle.perturb.motions import composed, turned
from bridle.registry import REGISTRY
from tests.laws import test_image_draws, test_images, test_rows, test_warps
from tests.sabotage.test_planted_bugs import assert_red

Plant = pytest.MonkeyPatch


def test_a_turn_the_other_way(monkeypatch: Plant) -> None:
    monkeypatch.setattr(test_warps, "turned", lambda degrees: turned(-degrees))
    assert_red(test_warps.test_turning_is_pillows_rotation, 17.0)
    assert_red(test_warps.test_quarter_turns_permute_the_pixels, "float64", "bilinear", "edge")


def test_a_center_that_is_half_a_pixel_off(monkeypatch: Plant) -> None:
    places = warps._places
    monkeypatch.setattr(warps, "_places", lambda *given: tuple(one + 0.5 for one in places(*given)))
    assert_red(test_warps.test_a_warp_is_scipys_affine_transformation, "zoomed", "bilinear", "edge")
    assert_red(test_warps.test_motions_that_move_nothing_are_the_identity_to_the_bit, "turned")


def test_a_mirror_that_forgets_the_pixel_at_the_border(monkeypatch: Plant) -> None:
    filled = warps._filled

    def other(at, size, fill):
        around = at % (2 * size - 2)
        inside = np.minimum(around, 2 * size - 2 - around)
        return filled(at, size, fill)._replace(at=inside) if fill == "reflect" else filled(at, size, fill)

    monkeypatch.setattr(warps, "_filled", other)
    assert_red(test_warps.test_whole_shifts_move_the_pixels, "nearest", "reflect", "symmetric")


def test_motions_in_the_wrong_order(monkeypatch: Plant) -> None:
    monkeypatch.setattr(test_warps, "composed", lambda motions: composed(list(motions)[::-1]))
    assert_red(test_warps.test_composed_motions_are_one_after_the_other)


def test_draws_to_one_side(monkeypatch: Plant) -> None:
    monkeypatch.setattr(
        images,
        "symmetric",
        lambda key, which, rows, bound: bound * images.row_uniform(key, which, rows, bound),
    )
    assert_red(test_image_draws.test_angles_are_uniform)
    assert_red(test_image_draws.test_factors_and_slopes_are_uniform)


def test_both_axes_moved_by_one_draw(monkeypatch: Plant) -> None:
    symmetric = images.symmetric
    monkeypatch.setattr(images, "symmetric", lambda key, which, rows, bound: symmetric(key, 0, rows, bound))
    assert_red(test_image_draws.test_places_are_uniform_and_apart)


def test_the_same_draws_in_every_epoch(monkeypatch: Plant) -> None:
    monkeypatch.setattr(streams, "field", lambda value, like: np.zeros((1, 1), np.uint32))
    assert_red(test_images.test_epochs_draw_anew_and_repeat_between_runs, REGISTRY["rotation"])


def test_a_box_in_one_channel_alone(monkeypatch: Plant) -> None:
    def first_alone(pictures, box):
        return np.concatenate([erased(pictures[:1], box), pictures[1:]])

    monkeypatch.setattr(rows, "erased", first_alone)
    assert_red(test_images.test_parts_of_pictures_are_boxes, "cutout")


def test_augmented_validation_rows(monkeypatch: Plant) -> None:
    evaluate = reference.evaluate

    def mirrored(plan, weights, x, *rest):
        return evaluate(plan, weights, x[::-1] if plan.regularizers else x, *rest)

    monkeypatch.setattr(reference, "evaluate", mirrored)
    assert_red(test_rows.test_validation_rows_are_left_alone, REGISTRY["horizontal_flip"])
