"""Sparse rows: products that know them are those of dense ones, and whoever takes more gets dense ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from bridle import Dense, Members, MLPClassifier, MLPRegressor, Plan, train
from bridle.engine import Residual, sparse_rows
from bridle.engine.examples import columns, encode_inputs
from bridle.engine.sparse_rows import SparseRows, full
from bridle.registry import REGISTRY
from tests.builders import flat

RNG = np.random.default_rng(0)
THIN = sparse.random_array((60, 200), density=0.03, rng=RNG, format="csr")
DENSE = THIN.toarray()
Y = (DENSE[:, :40].sum(axis=1) > 0.5).astype(int)
OF_TABLES = [name for name, record in REGISTRY.items() if not record.requires.startswith("pictures")]


def plan(**options: object) -> Plan:
    layers = (Dense(6, "selu"), Dense(1, "linear"))
    given = {"inputs": 200, "layers": layers, "epochs": 4, "batch_size": 16, "dtype": "float64"}
    return Plan(**given | options)


def test_products_are_those_of_dense_rows() -> None:
    rows, dense = SparseRows(THIN[:7]), DENSE[:7].T
    w, dz = RNG.normal(size=(5, 200)), RNG.normal(size=(5, 7))
    for mine, theirs in ((w @ rows, w @ dense), (dz @ rows.T, dz @ dense.T)):
        np.testing.assert_allclose(mine, theirs, rtol=1e-13, atol=1e-15)
        assert mine.flags.c_contiguous
    assert rows.shape == (200, 7)
    assert rows.T.shape == (7, 200)
    np.testing.assert_array_equal(full(rows), dense)
    empty = SparseRows(sparse.csr_array((3, 200)))
    np.testing.assert_array_equal(w @ empty, np.zeros((5, 3)))


@pytest.mark.parametrize("name", OF_TABLES)
def test_every_regularizer_trains_on_sparse_rows_as_on_dense_ones(name: str) -> None:
    record = REGISTRY[name]
    given = {record.strength.name: 2 if name == "early_stopping" else record.strength.grid[-1]}
    members = Members(seed=[0, 1], learning_rate=0.05, **given)
    outcomes = [
        train(plan(regularizers=(name,)), members, X, Y, validation=(X[:9], Y[:9]), engine="reference")
        for X in (THIN, DENSE)
    ]
    for m in range(2):
        mine, theirs = (flat(one.weights, m) for one in outcomes)
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)
    for curve, values in outcomes[1].curves.items():
        np.testing.assert_allclose(outcomes[0].curves[curve], values, rtol=1e-9, err_msg=curve)


def test_a_strength_a_layer_reaches_the_inputs_too() -> None:
    members = Members(seed=0, learning_rate=0.05, dropout=[[0.3, 0.2]])
    mine, theirs = (
        train(plan(regularizers=("dropout",)), members, X, Y, engine="reference") for X in (THIN, DENSE)
    )
    np.testing.assert_allclose(flat(mine.weights, 0), flat(theirs.weights, 0), rtol=1e-9, atol=1e-12)


def test_batches_stay_sparse_only_where_products_are_all_that_is_taken() -> None:
    def taken(X: object, **options: object) -> type:
        one = plan(**options)
        return type(columns(encode_inputs(one, X), np.arange(5)))

    assert taken(THIN) is taken(THIN, regularizers=("dropout", "l1")) is SparseRows
    assert taken(sparse.csr_array(DENSE + 1)) is np.ndarray
    assert taken(THIN, regularizers=("mixup",)) is taken(THIN, regularizers=("fgsm",)) is np.ndarray
    assert taken(THIN, layers=(Residual(200, "relu"), Dense(1, "linear"))) is np.ndarray


@pytest.mark.parametrize(
    "given", [{}, {"early_stopping": True}, {"solver": "lbfgs"}, {"n_members": 2}], ids=str
)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_estimators_fit_and_predict_the_same(
    kind: type, given: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = kind(hidden_layer_sizes=(5,), max_iter=8, random_state=0, engine="reference", **given)
    thin = model.fit(THIN, Y).predict(THIN), model.coefs_
    monkeypatch.setattr(sparse_rows, "DENSITY", 0)
    dense = model.fit(THIN, Y).predict(DENSE), model.coefs_
    np.testing.assert_allclose(thin[0], dense[0], rtol=1e-7, atol=1e-9)
    for mine, theirs in zip(thin[1], dense[1], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-7, atol=1e-9)
