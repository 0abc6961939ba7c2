"""Laws of the loop around the program: cutting time changes no bit, and the same program is compiled once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bridle.engine import Members, Progress, compiling, population, prepare, program, train
from bridle.engine.devices import start
from tests.builders import assert_same_bits, net, table

X, Y = table(50)
MEMBERS = Members(
    seed=np.arange(7), learning_rate=0.1, dropout=np.linspace(0, 0.5, 7), patience=[2, 3, 5, 9, np.inf, 40, 4],
    rows=[np.arange(40)], validation_rows=[np.arange(40, 50)],
)  # fmt: skip
PLAN = net(regularizers=("dropout", "early_stopping"), epochs=300, dtype="float32")


@pytest.mark.parametrize("seconds", [1e-9, pytest.param(1e-3, marks=pytest.mark.slow), 1e9])
def test_slices_of_any_length_give_the_same_bits(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    whole = train(PLAN, MEMBERS, X, Y)
    reports: list[Progress] = []
    monkeypatch.setattr(population, "SLICE_SECONDS", seconds)
    cut = train(PLAN, MEMBERS, X, Y, progress=reports.append)
    for m in range(7):
        assert_same_bits(cut, m, whole, m)
    if seconds < 1e-6:
        assert len(reports) > 300, "slices of no length must be single epochs of single members"


@pytest.mark.parametrize("block", [3, 128])
def test_curves_longer_than_a_block_are_the_same(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """300 epochs are more than two blocks of 128; blocks of 3 cut them elsewhere."""
    whole = train(PLAN, MEMBERS, X, Y)
    monkeypatch.setattr(program, "BLOCK", block)
    monkeypatch.setattr(population, "BLOCK", block)
    cut = train(PLAN, MEMBERS, X, Y)
    for m in range(7):
        assert_same_bits(cut, m, whole, m)


@pytest.fixture
def count_programs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compiling, "_programs", {})
    return lambda: len(compiling._programs)


def test_a_second_call_compiles_nothing(count_programs) -> None:
    plan = net(regularizers=("l2",), epochs=3)
    train(plan, Members(seed=0, l2=0.1), X, Y)
    assert count_programs() == 1
    train(plan, Members(seed=5, learning_rate=0.5, l2=0.0), X, Y)
    train(net(regularizers=("l2",), epochs=7), Members(l2=0.3), X, Y)  # epochs are data
    train(net(regularizers=("l2",), epochs=3, initializer="normal"), Members(), X, Y)
    train(plan, Members(seed=1), 2 * X, Y)  # so are the inputs
    assert count_programs() == 1
    train(net(regularizers=("l2",), epochs=3, momentum=0.5), Members(), X, Y)
    assert count_programs() == 2
    train(plan, Members(), X[:30], Y[:30])
    assert count_programs() == 3


def test_numbers_of_members_within_a_power_of_two_share_a_program(count_programs) -> None:
    devices = start().mesh.size
    plan = net(epochs=2)
    for members in range(2 * devices + 1, 4 * devices + 1):
        train(plan, Members(seed=np.arange(members)), X, Y)
        assert count_programs() == 1
    train(plan, Members(seed=np.arange(4 * devices + 1)), X, Y)
    assert count_programs() == 2


def test_preparing_compiles_what_training_needs(count_programs) -> None:
    plan, members = net(epochs=2, regularizers=("l2",)), Members(seed=[0, 1], l2=0.1)
    prepare(plan, members, X, Y, validation=(X, Y))
    assert count_programs() == 1
    train(plan, members, X, Y, validation=(X, Y))
    assert count_programs() == 1


def test_predicting_again_compiles_nothing(count_programs) -> None:
    outcome = train(net(epochs=2), Members(seed=[0, 1]), X, Y)
    outcome.predict(X)
    after_one = count_programs()
    outcome.predict(2 * X)
    outcome.predict(X[:3], best=True)  # within the same chunk of rows
    assert count_programs() == after_one


def test_threads_that_need_one_program_compile_it_once(count_programs) -> None:
    plan = net(epochs=4, regularizers=("l2",))
    gate = threading.Barrier(4)

    def work(seed: int):
        gate.wait()
        return train(plan, Members(seed=seed, l2=0.01), X, Y)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(work, range(4)))
    assert count_programs() == 1
    together = train(plan, Members(seed=np.arange(4), l2=0.01), X, Y)
    for m, outcome in enumerate(outcomes):
        assert outcome.weights[0][0].dtype == np.float64
        assert_same_bits(outcome, 0, together, m)


def test_progress_counts_member_epochs_up_to_all_of_them() -> None:
    for engine in ("population", "reference"):
        reports: list[Progress] = []
        train(net(epochs=40), Members(seed=np.arange(3)), X, Y, progress=reports.append, engine=engine)
        done = [report.done for report in reports]
        assert done == sorted(done)
        assert reports[-1].done == reports[-1].total == 120
        assert reports[-1].seconds_left == 0
        assert all(report.seconds >= 0 for report in reports)
    assert Progress(0, 10, 1.0).seconds_left == np.inf
    assert Progress(5, 10, 1.0).seconds_left == 1
