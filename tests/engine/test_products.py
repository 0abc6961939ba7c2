"""Shared products: the same numbers as one product, and the same bits however many threads there are."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bridle.ops import sharing
from bridle.ops.products import is_cut, product

SHAPES = [(256, 256, 200), (300, 257, 131), (2000, 30, 250), (40, 3000, 200)]


def pair(shape: tuple[int, int, int], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    i, j, k = shape
    return rng.normal(size=(i, j)).astype(dtype), rng.normal(size=(j, k)).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_shared_product_is_the_product(shape: tuple[int, int, int], dtype: str) -> None:
    a, b = pair(shape, dtype)
    assert is_cut(a, b)
    with sharing.sharing():
        shared = product(a, b)
    assert shared.dtype == dtype
    np.testing.assert_allclose(shared, a.astype(float) @ b, rtol=0, atol=4 * shape[1] * np.finfo(dtype).eps)


def test_transposed_arrays_are_shared_too() -> None:
    a, b = pair((256, 256, 200), "float64")
    with sharing.sharing():
        np.testing.assert_allclose(product(b.T, a.T), (a @ b).T, atol=1e-12)


def test_the_bits_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = pair((700, 300, 200), "float64")
    found = []
    for threads in (1, 2, 5):
        with ThreadPoolExecutor(threads) as pool, sharing.sharing():
            monkeypatch.setattr(sharing, "_helpers", lambda process, pool=pool: pool)
            found.append(product(a, b))
    monkeypatch.setattr(sharing, "_helpers", lambda process: None)
    with sharing.sharing():
        found.append(product(a, b))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_small_products_and_those_outside_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(process: int) -> ThreadPoolExecutor:
        raise AssertionError("no thread is needed")

    monkeypatch.setattr(sharing, "_helpers", refused)
    product(*pair((700, 300, 200), "float64"))
    with sharing.sharing():
        product(*pair((100, 30, 200), "float64"))


def test_a_part_is_not_cut_again_and_errors_of_numbers_are_the_caller_s() -> None:
    large = np.full(1000, 1e300)

    def part() -> tuple[bool, float]:
        return sharing.is_shared(large), float(np.max(large * large))

    with sharing.sharing(), np.errstate(over="ignore"):
        assert sharing.is_shared(large)
        assert sharing.together(part, part) == ((False, np.inf), (False, np.inf))
        assert sharing.is_shared(large)
    assert not sharing.is_shared(large)


@pytest.mark.parametrize(
    ("shape", "dtype", "cut"),
    [
        ((100, 30, 200), "float64", False),
        ((256, 256, 200), "float64", True),  # 26 million operations, where 8 are enough
        ((128, 128, 200), "float64", False),
        ((128, 256, 200), "float32", False),
        ((256, 256, 200), "float32", True),
        ((20, 3000, 200), "float64", False),  # parts have at least 16 rows
    ],
)
def test_whether_a_product_is_cut_follows_from_its_size(
    shape: tuple[int, int, int], dtype: str, cut: bool
) -> None:
    assert is_cut(*pair(shape, dtype)) == cut
