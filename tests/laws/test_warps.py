"""Laws of warped and mirrored pictures: exact permutations, SciPy's and Pillow's pictures, and one warp for many."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from bridle.perturb.flips import flipped_horizontally, flipped_vertically
from bridle.perturb.motions import Motion, composed, cropped, sheared, shifted, turned, zoomed
from bridle.perturb.warps import FILLS, SAMPLINGS, warped

RNG = np.random.default_rng(0)
ROWS = 7
SQUARE = RNG.normal(size=(3, 9, 9, ROWS))
OBLONG = RNG.normal(size=(2, 8, 11, ROWS))
SCIPY_MODES = {"constant": "grid-constant", "edge": "nearest", "reflect": "reflect"}


def each(value: float | np.ndarray) -> np.ndarray:
    """Return a number for each row, (1, B)."""
    return np.broadcast_to(np.asarray(value, float), (1, ROWS)).copy()


def drawn(low: float, high: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, size=(1, ROWS))


def motions(size: tuple[int, int]) -> dict[str, Motion]:
    """Return one motion of each kind, another in every row."""
    return {
        "turned": turned(drawn(-180, 180)),
        "shifted": shifted(drawn(-4, 4), drawn(-4, 4, 2)),
        "zoomed": zoomed(drawn(0.6, 1.6)),
        "sheared": sheared(drawn(-0.5, 0.5)),
        "cropped": cropped(drawn(0.4, 1), drawn(0.5, 1, 2), drawn(0, 1, 3), drawn(0, 1, 4), size),
    }


KINDS = tuple(motions((1, 1)))


def by_scipy(images: np.ndarray, motion: Motion, order: int, mode: str) -> np.ndarray:
    """Return SciPy's affine transformation of every channel of every row."""
    channels, height, width, rows = images.shape
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    out = np.empty_like(images)
    for b in range(rows):
        yy, yx, xy, xx, down, right = (float(one[0, b]) for one in motion)
        matrix = np.array([[yy, yx], [xy, xx]])
        offset = middle + np.array([down, right]) - matrix @ middle
        for c in range(channels):
            out[c, :, :, b] = ndimage.affine_transform(
                images[c, :, :, b], matrix, offset, order=order, mode=mode, cval=0.0
            )
    return out


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_warp_is_scipys_affine_transformation(kind: str, sampling: str, fill: str) -> None:
    motion = motions(OBLONG.shape[1:3])[kind]
    theirs = by_scipy(OBLONG, motion, {"bilinear": 1, "nearest": 0}[sampling], SCIPY_MODES[fill])
    np.testing.assert_allclose(warped(OBLONG, motion, sampling, fill), theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("degrees", [-30.0, 17.0, 90.0, 135.0])
def test_turning_is_pillows_rotation(degrees: float) -> None:
    """Counterclockwise; Pillow leaves 0 where a place is outside, so the inside is compared, in single precision."""
    mine = warped(SQUARE, turned(each(degrees)), fill="constant")[0, :, :, 0]
    theirs = Image.fromarray(SQUARE[0, :, :, 0].astype(np.float32)).rotate(degrees, Image.Resampling.BILINEAR)
    inside = np.hypot(*np.mgrid[-4:5, -4:5]) < 4
    np.testing.assert_allclose(mine[inside], np.asarray(theirs)[inside], atol=1e-4)


def test_a_crop_is_pillows_box_resized() -> None:
    height, width, top, left = 0.5, 0.75, 0.3, 0.9
    box = (left * (1 - width) * 11, top * (1 - height) * 8)
    box += (box[0] + width * 11, box[1] + height * 8)
    picture = Image.fromarray(OBLONG[1, :, :, 2].astype(np.float32))
    theirs = np.asarray(picture.resize((11, 8), Image.Resampling.BILINEAR, box))
    mine = warped(OBLONG, cropped(each(height), each(width), each(top), each(left), (8, 11)))
    np.testing.assert_allclose(mine[1, :, :, 2], theirs, atol=1e-5)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_quarter_turns_permute_the_pixels(dtype: str, sampling: str, fill: str) -> None:
    images = SQUARE.astype(dtype)
    for quarters in range(-5, 6):
        mine = warped(images, turned(each(90.0 * quarters).astype(dtype)), sampling, fill)
        np.testing.assert_array_equal(mine, np.rot90(images, quarters, axes=(1, 2)))
        assert mine.dtype == dtype


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize(
    ("fill", "mode"), [("constant", "constant"), ("edge", "edge"), ("reflect", "symmetric")]
)
def test_whole_shifts_move_the_pixels(sampling: str, fill: str, mode: str) -> None:
    """Beyond the border lies what numpy.pad puts there."""
    padded = np.pad(OBLONG, ((0, 0), (3, 3), (3, 3), (0, 0)), mode=mode)
    for down, right in [(0, 0), (1, 0), (0, -1), (2, 3), (-3, 1)]:
        expected = padded[:, 3 - down : 11 - down, 3 - right : 14 - right]
        mine = warped(OBLONG, shifted(each(down), each(right)), sampling, fill)
        np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_motions_that_move_nothing_are_the_identity_to_the_bit(kind: str) -> None:
    nothing = {
        "turned": turned(each(0)),
        "shifted": shifted(each(0), each(0)),
        "zoomed": zoomed(each(1)),
        "sheared": sheared(each(0)),
        "cropped": cropped(each(1), each(1), drawn(0, 1), drawn(0, 1, 2), (8, 11)),
    }[kind]
    for sampling in SAMPLINGS:
        np.testing.assert_array_equal(warped(OBLONG, nothing, sampling), OBLONG)


def test_a_vertical_flip_is_half_a_turn_and_a_horizontal_flip() -> None:
    yes = np.ones((1, ROWS), dtype=bool)
    for images in (SQUARE, OBLONG):
        turned_over = flipped_horizontally(warped(images, turned(each(180))), yes)
        np.testing.assert_array_equal(turned_over, flipped_vertically(images, yes))
        np.testing.assert_array_equal(flipped_vertically(images, yes), images[:, ::-1])


def test_flips_are_of_the_rows_that_are_told() -> None:
    some = (np.arange(ROWS) % 3 == 0)[None, :]
    for flip, mirrored in ((flipped_horizontally, OBLONG[:, :, ::-1]), (flipped_vertically, OBLONG[:, ::-1])):
        mine = flip(OBLONG, some)
        np.testing.assert_array_equal(mine[..., some[0]], mirrored[..., some[0]])
        np.testing.assert_array_equal(mine[..., ~some[0]], OBLONG[..., ~some[0]])
        np.testing.assert_array_equal(flip(mine, some), OBLONG)


def test_composed_motions_are_one_after_the_other() -> None:
    """A picture that is linear in y and x is read exactly between its pixels, so two warps lose nothing."""
    y, x = np.mgrid[:9, :9] - 4.0
    plane = np.broadcast_to((2 * y - 3 * x)[None, :, :, None], (1, 9, 9, ROWS))
    parts = [
        turned(drawn(-20, 20)),
        shifted(drawn(-1, 1), drawn(-1, 1, 2)),
        zoomed(drawn(1, 1.4)),
        sheared(drawn(0, 0.2)),
    ]
    one_by_one = plane
    for part in parts:
        one_by_one = warped(one_by_one, part)
    center = np.s_[:, 3:6, 3:6]
    at_once = warped(plane, composed(parts))
    np.testing.assert_allclose(at_once[center], one_by_one[center], atol=1e-12)
    assert not np.allclose(warped(plane, composed(parts[::-1]))[center], at_once[center])


def test_composed_with_what_moves_nothing_is_the_motion_to_the_bit() -> None:
    turn = turned(drawn(-90, 90))
    for nothing in (turned(each(0)), shifted(each(0), each(0)), zoomed(each(1)), sheared(each(0))):
        for pair in ((turn, nothing), (nothing, turn)):
            for mine, theirs in zip(composed(pair), turn, strict=True):
                np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_numpy_and_jax_warp_alike(sampling: str, fill: str) -> None:
    every = composed(motions(OBLONG.shape[1:3]).values())
    with jax.enable_x64(True):
        theirs = jax.jit(lambda images, motion: warped(images, motion, sampling, fill))(OBLONG, every)
    np.testing.assert_allclose(
        warped(OBLONG, every, sampling, fill), np.asarray(theirs), rtol=1e-10, atol=1e-10
    )
