"""Laws of operations on pictures: forward is what SciPy, the compiler and plain loops say, backward its gradient."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest

from bridle.ops import convolution, pooling
from bridle.ops.pictures import as_pictures, flatten, in_blocks, placed
from tests.laws import picture_laws as laws
from tests.laws.gradients import EXACT

SHAPES = [(1, 4, 4, 1), (2, 5, 7, 3)]


@pytest.mark.parametrize("name", laws.GEOMETRIES)
def test_convolution_is_a_correlation(name: str) -> None:
    laws.assert_is_a_correlation(name)


@pytest.mark.parametrize("name", laws.GEOMETRIES)
def test_convolution_backward(name: str) -> None:
    laws.assert_convolution_backward(name)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("kind", laws.POOLS)
def test_pools(kind: str, size: int, shape: tuple[int, ...]) -> None:
    laws.assert_pool_is_a_loop(kind, size, shape)
    laws.assert_pool_backward(kind, size, shape)


def test_ties_go_to_the_first() -> None:
    laws.assert_ties_go_to_the_first()


def test_what_is_not_a_number_is_the_largest_wherever_it_stands() -> None:
    """A network that diverges must not look sound behind its pooling."""
    for place in range(4):
        x = np.ones((1, 2, 2, 1))
        x[0, place // 2, place % 2] = np.nan
        assert np.isnan(pooling.max_pool_forward(x, 2)[0]).all()
        assert np.isnan(pooling.max_pool_forward(jax.numpy.asarray(x), 2)[0]).all()


def test_global_pool() -> None:
    x = laws.pictures((3, 4, 5, 2))
    out, sides = pooling.global_average_pool_forward(x)
    np.testing.assert_allclose(out[:, 0, 0], x.mean(axis=(1, 2)), **EXACT.same)
    dout = np.random.default_rng(0).normal(size=out.shape)
    mine = pooling.global_average_pool_backward(dout, sides)
    laws.assert_gradient(lambda x: (pooling.global_average_pool_forward(x)[0] * dout).sum(), [x], [mine])


def test_pictures_lie_in_the_memory_of_rows() -> None:
    x = np.arange(24.0).reshape(12, 2)
    shown = as_pictures(x, (1, 4, 3))
    assert np.shares_memory(shown, x)
    assert shown[0, 2, 1, 1] == x[2 * 3 + 1, 1]
    np.testing.assert_array_equal(flatten(shown), x)


def test_blocks_and_places() -> None:
    x = laws.pictures((1, 2, 2, 1))
    np.testing.assert_array_equal(in_blocks(x, 3)[0, :, :, 0], np.kron(x[0, :, :, 0], np.ones((3, 3))))
    corner = np.zeros((3, 3))
    corner[1, 2] = 1
    np.testing.assert_array_equal(in_blocks(x, 3, 5)[0, :, :, 0], np.kron(x[0, :, :, 0], corner))
    np.testing.assert_array_equal(placed(x, 5, 4, 2, 1)[0, 2:4, 1:3], x[0])
    assert placed(x, 5, 4, 2, 1).sum() == x.sum()
    assert placed(x, 2, 2) is x


@pytest.mark.parametrize("side", [1, 4, 5, 8])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_same_padding_makes_as_many_places_as_strides_begin(kernel: int, stride: int, side: int) -> None:
    window = convolution.window_over((1, side, 2 * side), kernel, stride)
    assert window.places == (math.ceil(side / stride), math.ceil(2 * side / stride))
    below = window.padded_height - side - window.top
    assert below - window.top in (0, 1)


def test_both_libraries_agree() -> None:
    window, *arguments = laws.drawn("stride")
    z, cache = convolution.conv2d_forward(*arguments, window)
    with jax.enable_x64(True):
        theirs, their_cache = convolution.conv2d_forward(*map(jax.numpy.asarray, arguments), window)
        np.testing.assert_allclose(theirs, z, **EXACT.step)
        back = convolution.conv2d_backward(jax.numpy.asarray(z), their_cache)
    for one, other in zip(convolution.conv2d_backward(z, cache), back, strict=True):
        np.testing.assert_allclose(other, one, **EXACT.same)
