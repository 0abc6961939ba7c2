"""Laws of ending: Ctrl-C, errors in the callback, other threads, and members that stop early and leave."""

from __future__ import annotations

import os
import signal
import threading

import numpy as np
import pytest

from bridle.engine import Members, Outcome, Plan, Progress, population, train
from bridle.errors import Status
from tests.builders import flat, net, table

X, Y = table(50)
ENGINES = ("population", "reference")
HELD = {"rows": [np.arange(40)], "validation_rows": [np.arange(40, 50)]}


def interrupt(progress: Progress) -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_returns_what_is_done(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    monkeypatch.setattr(population, "SLICE_SECONDS", 1e-9)
    before = signal.getsignal(signal.SIGINT)
    calls: list[Progress] = []

    def after_three(progress: Progress) -> None:
        calls.append(progress)
        if len(calls) == 3:
            interrupt(progress)

    outcome = train(net(epochs=5000), Members(seed=[0, 1, 2]), X, Y, engine=engine, progress=after_three)
    assert signal.getsignal(signal.SIGINT) is before
    assert set(outcome.status) == {Status.INTERRUPTED}
    assert len(calls) < 10
    assert np.all(outcome.epochs < 5000)
    assert all(np.all(np.isfinite(flat(outcome.weights, m))) for m in range(3))
    for m in range(3):
        done = np.isfinite(outcome.curves["train_loss"][m])
        assert done[: outcome.epochs[m]].all()
        assert not done[outcome.epochs[m] :].any()


def test_after_an_interruption_no_further_population_begins() -> None:
    """Two widths are two populations; the second is neither compiled nor trained."""
    members = Members(seed=[0, 1], rows=[np.arange(50), np.arange(37)])
    calls: list[Progress] = []

    def first(progress: Progress) -> None:
        calls.append(progress)
        if len(calls) == 1:
            interrupt(progress)

    outcome = train(net(epochs=3000), members, X, Y, progress=first)
    assert len(calls) == 1
    assert outcome.status[1] is Status.INTERRUPTED
    assert outcome.epochs[1] == 0
    assert np.all(np.isfinite(flat(outcome.weights, 1)))


def test_a_second_ctrl_c_raises_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)

    def twice(progress: Progress) -> None:
        interrupt(progress)
        interrupt(progress)

    with pytest.raises(KeyboardInterrupt):
        train(net(epochs=500), Members(), X, Y, progress=twice)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("engine", ENGINES)
def test_an_error_in_the_callback_is_the_callers_and_leaves_signals_alone(engine: str) -> None:
    before = signal.getsignal(signal.SIGINT)

    def fail(progress: Progress) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        train(net(epochs=5), Members(), X, Y, engine=engine, progress=fail)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("engine", ENGINES)
def test_training_works_in_another_thread_and_in_float64_there(engine: str) -> None:
    found: list[Outcome] = []
    plan = net(epochs=4)
    worker = threading.Thread(target=lambda: found.append(train(plan, Members(), X, Y, engine=engine)))
    worker.start()
    worker.join()
    here = train(plan, Members(), X, Y, engine=engine)
    np.testing.assert_array_equal(flat(found[0].weights, 0), flat(here.weights, 0))
    assert found[0].predict(X).dtype == np.float64


def stopping(**options) -> Plan:
    return net(regularizers=("early_stopping",), epochs=400, **options)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_member_that_stops_leaves_and_goes_back_to_its_best(engine: str) -> None:
    members = Members(seed=[0, 1, 2], learning_rate=0.5, patience=[5, 20, np.inf], **HELD)
    outcome = train(stopping(), members, X, Y, engine=engine)
    assert list(outcome.status) == [Status.STOPPED, Status.STOPPED, Status.COMPLETED]
    loss = outcome.curves["validation_loss"]
    for m in range(3):
        end = outcome.epochs[m]
        assert np.isfinite(loss[m, :end]).all()
        for curve in outcome.curves.values():
            assert np.isnan(curve[m, end:]).all()
        assert outcome.best_epoch[m] == 1 + np.nanargmin(loss[m])
    assert list(outcome.epochs[:2] - outcome.best_epoch[:2]) == [5, 20]
    assert outcome.epochs[2] == 400
    for m in range(2):
        np.testing.assert_array_equal(flat(outcome.weights, m), flat(outcome.best_weights, m))
    assert not np.array_equal(flat(outcome.weights, 2), flat(outcome.best_weights, 2))
    again = loss_of(outcome, best=True)
    np.testing.assert_allclose(again, np.nanmin(loss, axis=1), rtol=1e-12)


def loss_of(outcome: Outcome, best: bool) -> np.ndarray:
    p = outcome.predict(X[40:], best=best)[:, :, 0]
    return -np.log(np.where(Y[40:] == 1, p, 1 - p)).mean(axis=1)


def test_accuracy_is_watched_upwards() -> None:
    outcome = train(
        stopping(monitor="validation_accuracy"), Members(learning_rate=0.5, patience=6, **HELD), X, Y
    )
    accuracy = outcome.curves["validation_accuracy"][0]
    assert outcome.best_epoch[0] == 1 + np.nanargmax(accuracy)
    assert outcome.status[0] is Status.STOPPED


@pytest.mark.parametrize("every", [3, 7])
def test_validating_seldom_validates_then_and_at_the_end(every: int) -> None:
    outcome = train(net(epochs=20, evaluate_every=every), Members(**HELD), X, Y)
    validated = np.flatnonzero(np.isfinite(outcome.curves["validation_loss"][0])) + 1
    assert list(validated) == sorted({*range(every, 21, every), 20})
    assert np.isfinite(outcome.curves["train_loss"]).all()
    each = train(net(epochs=20), Members(**HELD), X, Y)
    np.testing.assert_array_equal(flat(outcome.weights, 0), flat(each.weights, 0))


def test_patience_that_is_never_spent_changes_nothing_but_the_weights_that_are_kept() -> None:
    bare = train(net(epochs=400), Members(learning_rate=0.5, **HELD), X, Y)
    patient = train(stopping(), Members(learning_rate=0.5, patience=1e9, **HELD), X, Y)
    assert patient.status[0] is Status.COMPLETED
    np.testing.assert_array_equal(patient.curves["train_loss"], bare.curves["train_loss"])
    np.testing.assert_array_equal(flat(patient.weights, 0), flat(bare.best_weights, 0))
