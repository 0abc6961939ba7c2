"""BLAS is held to one thread while anybody trains on NumPy, and has its own back afterwards."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from bridle import Dense, Members, Plan, train
from bridle.engine import session
from bridle.engine.reference import on_numpy


def threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def _two_threads() -> object:
    with threadpool_limits(2, user_api="blas"):
        yield


def test_one_training_after_the_other() -> None:
    before = threads()
    for _ in range(2):
        with on_numpy():
            assert set(threads()) == {1}
        assert threads() == before


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_two_trainings_at_once(first_to_end: int) -> None:
    before = threads()
    begun, may_end = [threading.Event() for _ in range(2)], [threading.Event() for _ in range(2)]

    def training(k: int) -> None:
        with on_numpy():
            begun[k].set()
            may_end[k].wait(60)

    both = [threading.Thread(target=training, args=(k,)) for k in range(2)]
    for thread, event in zip(both, begun, strict=True):
        thread.start()
        assert event.wait(60)
    may_end[first_to_end].set()
    both[first_to_end].join(60)
    assert set(threads()) == {1}
    may_end[1 - first_to_end].set()
    both[1 - first_to_end].join(60)
    assert threads() == before


def test_two_threads_train_at_once_what_each_trains_alone() -> None:
    """Wide enough that BLAS would use its own threads, which add in another order."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 300))
    plan = Plan(
        inputs=300,
        layers=(Dense(200, "tanh", "batch"), Dense(1, "linear")),
        loss="squared_error",
        epochs=4,
        dtype="float64",
    )

    def fitted(seed: int) -> np.ndarray:
        outcome = train(plan, Members(seed=seed, learning_rate=0.01), X, X[:, 0], engine="reference")
        return outcome.weights[0][0]

    alone = [fitted(seed) for seed in range(4)]
    with ThreadPoolExecutor(2) as pool:
        for one, other in zip(alone, pool.map(fitted, range(4)), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_session_may_leave_blas_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 300))
    plan = Plan(
        inputs=300,
        layers=(Dense(200, "tanh"), Dense(1, "linear")),
        loss="squared_error",
        epochs=4,
        dtype="float64",
    )
    seen, passed = [], session.pass_epoch

    def watched(*given: object) -> object:
        seen.append(set(threads()))
        return passed(*given)

    monkeypatch.setattr(session, "pass_epoch", watched)
    ends = []
    for blas_threads in (False, True):
        members = Members(seed=0, learning_rate=0.01)
        one = session.Session(plan, members, X, X[:, 0], engine="reference", blas_threads=blas_threads)
        one.advance(4)
        ends.append(one.weights[0][0])
    assert seen == [{1}] * 4 + [{2}] * 4
    np.testing.assert_allclose(ends[0], ends[1], rtol=0, atol=1e-12)
