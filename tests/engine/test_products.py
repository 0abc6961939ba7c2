"""Shared products: the same numbers as one product, and the same bits however many threads there are."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bridle import Dense, Members, Plan, train
from bridle.ops import products

SHAPES = [(256, 256, 200), (300, 257, 131), (2000, 30, 250), (40, 3000, 200)]


def pair(shape: tuple[int, int, int], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    i, j, k = shape
    return rng.normal(size=(i, j)).astype(dtype), rng.normal(size=(j, k)).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_shared_product_is_the_product(shape: tuple[int, int, int], dtype: str) -> None:
    a, b = pair(shape, dtype)
    assert products.count_parts(a, b) > 1
    with products.sharing():
        shared = products.product(a, b)
    assert shared.dtype == dtype
    np.testing.assert_allclose(shared, a.astype(float) @ b, rtol=0, atol=4 * shape[1] * np.finfo(dtype).eps)


def test_transposed_arrays_are_shared_too() -> None:
    a, b = pair((256, 256, 200), "float64")
    with products.sharing():
        np.testing.assert_allclose(products.product(b.T, a.T), (a @ b).T, atol=1e-12)


def test_the_bits_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = pair((700, 300, 200), "float64")
    found = []
    for threads in (1, 2, 5):
        with ThreadPoolExecutor(threads) as pool, products.sharing():
            monkeypatch.setattr(products, "_helpers", lambda process, pool=pool: pool)
            found.append(products.product(a, b))
    monkeypatch.setattr(products, "_helpers", lambda process: None)
    with products.sharing():
        found.append(products.product(a, b))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_small_products_and_those_outside_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(process: int) -> ThreadPoolExecutor:
        raise AssertionError("no thread is needed")

    monkeypatch.setattr(products, "_helpers", refused)
    products.product(*pair((700, 300, 200), "float64"))
    with products.sharing():
        products.product(*pair((100, 30, 200), "float64"))


def test_a_wide_network_trains_the_same_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 200))
    plan = Plan(
        inputs=200,
        layers=(Dense(150, "tanh"), Dense(1, "linear")),
        loss="squared_error",
        epochs=2,
        batch_size=150,
    )
    ends = []
    for threads in (1, 3):
        with ThreadPoolExecutor(threads) as pool:
            monkeypatch.setattr(products, "_helpers", lambda process, pool=pool: pool)
            outcome = train(plan, Members(learning_rate=0.01), X, X[:, 0], engine="reference")
        ends.append(outcome.weights[0][0])
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize(
    ("shape", "dtype", "parts"),
    [
        ((100, 30, 200), "float64", 1),
        ((256, 256, 200), "float64", 2),  # 26 million operations, by four millions, but two at most
        ((128, 128, 200), "float64", 1),
        ((128, 256, 200), "float32", 1),
        ((256, 256, 200), "float32", 2),
        ((20, 3000, 200), "float64", 1),  # of at least 16 rows
    ],
)
def test_the_parts_follow_from_the_size(shape: tuple[int, int, int], dtype: str, parts: int) -> None:
    assert products.count_parts(*pair(shape, dtype)) == parts
