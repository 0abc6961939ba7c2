"""A session is train in the owner's hands: the same bits however it is cut, and rates, orders and rests as told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from bridle import Dense, Members, Recorded, train
from bridle.engine.epoch import watch
from bridle.engine.initial import initial_weights
from bridle.engine.recorded import RING
from bridle.engine.reference import first_state
from bridle.engine.session import Session
from bridle.errors import PlanError
from tests.builders import flat, net, table

ENGINES = ["population", "reference"]
X, Y = table()
OPTIONS = {"batch_size": 16, "optimizer": "adam", "regularizers": ("l2", "dropout"), "epochs": 24}


def members(**more) -> Members:
    return Members(seed=[3, 4], l2=0.01, dropout=0.2, **({"learning_rate": [0.05, 0.1]} | more))


@pytest.mark.parametrize("engine", ENGINES)
def test_slices_and_a_second_session_give_the_bits_of_one_training(engine: str) -> None:
    plan = net(**OPTIONS)
    whole = train(plan, members(), X, Y, validation=(X[:9], Y[:9]), engine=engine)
    session = Session(plan, members(), X, Y, (X[:9], Y[:9]), engine=engine)
    parts = [session.advance(epochs) for epochs in (1, 6, 4)]
    session = Session(plan, members(), X, Y, (X[:9], Y[:9]), engine=engine, state=session.state)
    parts += [session.advance(epochs) for epochs in (10, 3)]
    for name, curve in whole.curves.items():
        np.testing.assert_array_equal(np.hstack([part[name] for part in parts]), curve, err_msg=name)
    for m in range(2):
        np.testing.assert_array_equal(flat(session.weights, m), flat(whole.weights, m))


@pytest.mark.bits
@pytest.mark.parametrize("engine", ENGINES)
def test_orders_and_rates_are_those_given(engine: str) -> None:
    """More epochs than the ring of orders holds, with another rate from the middle on."""
    plan = net(**(OPTIONS | {"regularizers": ("l2",), "epochs": RING + 8}))
    order = np.stack([np.random.default_rng(e).permutation(50) for e in range(plan.epochs)])
    own = Members(seed=[3], learning_rate=0.05, l2=0.01)
    whole = train(plan, own, X, Y, draws=Recorded(order=order), engine=engine)
    session = Session(plan, own, X, Y, engine=engine, ordered=True)
    for start in range(0, plan.epochs, 8):
        session.advance(8, np.array([0.05]), order[start : start + 8])
    np.testing.assert_array_equal(flat(session.weights, 0), flat(whole.weights, 0))
    slower = Session(plan, own, X, Y, engine=engine, ordered=True)
    slower.advance(1, np.array([0.0]), order[:1])
    still = Session(plan, own, X, Y, engine=engine, ordered=True)
    np.testing.assert_array_equal(flat(slower.weights, 0), flat(still.weights, 0))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_member_that_rests_keeps_its_weights_and_disturbs_nobody(engine: str) -> None:
    plan = net(**OPTIONS)
    session, alone = (Session(plan, members(), X, Y, engine=engine) for _ in range(2))
    for one in (session, alone):
        one.advance(3)
    before = flat(session.weights, 0)
    session.rest(0)
    curves = session.advance(4)
    alone.advance(4)
    np.testing.assert_array_equal(flat(session.weights, 0), before)
    np.testing.assert_array_equal(flat(session.weights, 1), flat(alone.weights, 1))
    assert np.isnan(curves["train_loss"][0]).all()
    assert np.isfinite(curves["train_loss"][1]).all()


def test_sparse_inputs_are_the_dense_ones_on_both_engines() -> None:
    plan = net(batch_size=16, epochs=3)
    few = np.where(np.abs(X) > 0.7, X, 0)
    dense = train(plan, Members(), few, Y, validation=(few[:9], Y[:9]), engine="reference")
    for engine in ENGINES:
        found = train(
            plan,
            Members(),
            sparse.csc_array(few),
            Y,
            validation=(sparse.csr_matrix(few[:9]), Y[:9]),
            engine=engine,
        )
        np.testing.assert_allclose(flat(found.weights, 0), flat(dense.weights, 0), rtol=1e-12, atol=1e-14)
        for name, curve in dense.curves.items():
            np.testing.assert_allclose(found.curves[name], curve, rtol=1e-12)


def test_members_of_several_populations_are_refused() -> None:
    with pytest.raises(PlanError, match="members must be one population; got 2"):
        Session(net(**OPTIONS), Members(dropout=[0.0, 0.2]), X, Y)


def test_what_happens_when_a_training_ends_is_refused() -> None:
    normalized = (Dense(4, "relu", "batch"), Dense(1, "linear"))
    for plan in (net(regularizers=("snapshots",)), net(layers=normalized, regularizers=("ema",))):
        with pytest.raises(PlanError, match="without what happens when a training ends"):
            Session(plan, Members(), X, Y)
    assert Session(net(layers=normalized), Members(), X, Y, engine="reference").weights


@pytest.mark.bits
@pytest.mark.parametrize("together", ["population", "reference", "abreast"])
def test_rates_of_many_epochs_at_once_are_those_given_one_by_one(together: str) -> None:
    plan = net(**(OPTIONS | {"regularizers": ("l2",)}))
    own = Members(seed=3, learning_rate=0.05, l2=[0.0, 0.01])
    engine = "reference" if together == "abreast" else together
    at_once, in_turn = (
        Session(plan, own, X, Y, engine=engine, abreast=together == "abreast") for _ in range(2)
    )
    rates = 0.1 / np.array([[1.0], [2.0]]) ** np.arange(9)
    curves = at_once.advance(9, rates)
    parts = [in_turn.advance(1, rates[:, epoch]) for epoch in range(9)]
    np.testing.assert_array_equal(curves["train_loss"], np.hstack([part["train_loss"] for part in parts]))
    for session in (at_once, in_turn):
        session.advance(2)  # with the last rates
    for m in range(2):
        np.testing.assert_array_equal(flat(at_once.weights, m), flat(in_turn.weights, m))
    other = Session(plan, own, X, Y, engine=engine, abreast=together == "abreast")
    other.advance(9, rates[:, 0])
    assert np.abs(flat(other.weights, 1) - flat(at_once.weights, 1)).max() > 1e-3


@pytest.mark.parametrize("monitor", ["validation_loss", "validation_accuracy"])
@pytest.mark.parametrize("engine", ENGINES)
def test_best_weights_are_those_of_one_training(engine: str, monitor: str) -> None:
    plan = net(**OPTIONS, monitor=monitor)
    whole = train(plan, members(), X, Y, validation=(X[:9], Y[:9]), engine=engine)
    session = Session(plan, members(), X, Y, (X[:9], Y[:9]), engine=engine)
    for m in range(2):
        np.testing.assert_array_equal(
            flat(session.best_weights, m), flat(session.weights, m), "before any epoch the first ones"
        )
    for epochs in (5, 12, 7):
        session.advance(epochs)
    for m in range(2):
        np.testing.assert_array_equal(flat(session.best_weights, m), flat(whole.best_weights, m))
    assert whole.best_epoch.min() < plan.epochs, "the last epoch's weights are the best ones' too"


def test_the_accuracy_of_what_is_no_number_is_never_the_best() -> None:
    """NaN falls on one side of 0, too, and that side may be right more often than the network was."""
    plan = net(monitor="validation_accuracy")
    (member, *_) = Members().settle(plan, len(X))
    state = first_state(plan, initial_weights(plan, 0))
    for loss, accuracy, best in ((0.5, 0.6, 0.6), (np.nan, 0.9, 0.6), (np.inf, 0.9, 0.6), (0.4, 0.7, 0.7)):
        values = {"validation_loss": np.float64(loss), "validation_accuracy": np.float64(accuracy)}
        state = watch(plan, member, state, values)
        assert -state.watch.best == best


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_session_cannot_do_is_refused_and_changes_nothing(engine: str) -> None:
    plan = net(**(OPTIONS | {"regularizers": ("l2",)}))
    own = Members(seed=3, learning_rate=0.05, l2=[0.0, 0.01])
    session, other = (Session(plan, own, X, Y, engine=engine, ordered=True) for _ in range(2))
    order = np.stack([np.random.default_rng(e).permutation(50) for e in range(3)])
    for given, said in (
        ((session.longest + 1, None, None), "epochs must be 1 to"),
        ((0, None, None), "epochs must be 1 to"),
        ((3, np.ones((2, 5)), None), r"shape of learning_rate must be \(2,\) or \(2, 3\); got"),
        ((3, np.ones(1), None), r"shape of learning_rate must be \(2,\)"),
        ((3, None, order - 1), "order must be"),
        ((3, None, order + 1), "order must be"),
        ((3, None, order[:, :9]), "order must be"),
    ):
        with pytest.raises(PlanError, match=said):
            session.advance(*given)
    for one in (session, other):
        one.advance(3, None, order)
    np.testing.assert_array_equal(flat(session.weights, 0), flat(other.weights, 0))
