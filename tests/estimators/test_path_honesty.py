"""No parameter of a path is decoration, and none of the network inside: another value changes the fit, or raises."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold, LeaveOneGroupOut, TimeSeriesSplit

import bridle
from bridle import MLPClassifier, MLPRegressor
from bridle.errors import PlanError
from bridle.estimators.constructor import offered_records
from bridle.registry import REGISTRY
from tests.estimators.other_values import OTHERS, another, differ, strong
from tests.estimators.tables import of_kind

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:batch_size=.* is more than:UserWarning"),
]

KINDS = {
    f"RegularizationPath{part}": network
    for part, network in {
        "Classifier": MLPClassifier,
        "Regressor": MLPRegressor,
        "ClassifierCV": MLPClassifier,
        "RegressorCV": MLPRegressor,
    }.items()
}
INSIDE: dict[str, Any] = {"hidden_layer_sizes": (4,), "max_iter": 4, "learning_rate_init": 0.05}
GRID = {"strengths": [0.001, 0.01]}
OWN: dict[str, tuple[dict[str, Any], Any]] = {
    "estimator": (GRID, MLPClassifier((3,))),
    "regularizer": (GRID, "l2"),
    "strengths": (GRID, [0.001, 0.02]),
    "n_strengths": ({}, 3),
    "smallest": ({"n_strengths": 2}, 0.1),
    "n_seeds": (GRID, 2),
    "choice": ({"strengths": [0.002, 0.005, 0.01, 0.02, 0.04], "estimator__max_iter": 40}, "lowest"),
    "warm": (GRID, True),
    "warm_iter": (GRID | {"warm": True}, 3),
    "cv": (GRID, 3),
    "validation_fraction": (GRID, 0.4),
    "random_state": (GRID, 1),
}
"""For each parameter of a path, what else must be set for it to matter, and another value."""

NETWORK: dict[str, tuple[dict[str, Any], Any]] = OTHERS | {
    "hidden_layer_sizes": ({}, (5,)),
    "max_fun": ({}, 2),
    "normalization": ({}, "layer"),
    "regularizers": ({}, {"l2": [0.1, 0.0]}),
}


def trace(path: Any, capsys: Any) -> list[np.ndarray]:
    """Return all that a fit shows: its path, its choice, its histories, and what it prints."""
    X, y = of_kind(KINDS[type(path).__name__])
    path.fit(X, y)
    histories = path.estimator_.loss_curve_, path.estimator_.n_iter_, path.best_index_
    printed = len(capsys.readouterr().out)
    return [*path.coef_path_, *path.path_.values(), *map(np.asarray, histories), np.asarray(printed)]


def shows(before: Any, after: Any, capsys: Any) -> bool:
    base = trace(before, capsys)
    try:
        other = trace(after, capsys)
    except (ValueError, TypeError):
        return True
    return differ(base, other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OWN)
def test_a_parameter_of_the_path_changes_the_fit(name: str, kind: str, capsys: Any) -> None:
    context, value = OWN[name]
    path = getattr(bridle, kind)(KINDS[kind](**INSIDE), random_state=0)
    if name not in path.get_params():
        pytest.skip(f"{kind} has no parameter {name}")
    path.set_params(**context)
    assert shows(path, clone(path).set_params(**{name: value}), capsys)


@pytest.mark.parametrize("kind", ["RegularizationPathClassifier", "RegularizationPathRegressorCV"])
@pytest.mark.parametrize("name", NETWORK)
def test_a_parameter_of_the_network_inside_changes_the_fit(name: str, kind: str, capsys: Any) -> None:
    context, value = NETWORK[name]
    network = KINDS[kind](**(INSIDE | context))
    if name not in network.get_params():
        pytest.skip(f"{type(network).__name__} has no parameter {name}")
    path = getattr(bridle, kind)(network, random_state=0, **GRID)
    assert shows(path, clone(path).set_params(**{f"estimator__{name}": value}), capsys)


@pytest.mark.parametrize("name", [record.name for record in offered_records()])
def test_a_regularizer_of_the_network_inside_changes_the_fit(name: str, capsys: Any) -> None:
    record = REGISTRY[name]
    inside = INSIDE | ({"activation": record.requires} if record.requires in ("selu",) else {})
    value = strong(record)
    varied = "l1" if name != "l1" else "l2"
    path = bridle.RegularizationPathClassifier(
        MLPClassifier(**inside), regularizer=varied, random_state=0, **GRID
    )
    on = clone(path).set_params(**{f"estimator__{record.strength.name}": value})
    assert shows(path, on, capsys)
    for setting in record.settings[1:]:
        other = another(setting)
        assert shows(on, clone(on).set_params(**{f"estimator__{setting.name}": other}), capsys), setting.name
        itself = clone(path).set_params(regularizer=name, strengths=[value])
        assert shows(itself, clone(itself).set_params(**{f"estimator__{setting.name}": other}), capsys)


def test_every_parameter_is_asked_here() -> None:
    regularizers = {setting.name for record in offered_records() for setting in record.settings}
    for kind, network in KINDS.items():
        assert set(getattr(bridle, kind)().get_params(deep=False)) <= set(OWN)
        assert set(network().get_params()) - regularizers <= set(NETWORK)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"regularizer": "drop_out"}, "Did you mean 'dropout'"),
        ({"choice": "best"}, "choice must be one of"),
        ({"smallest": 0.0}, "smallest must be above 0; got 0.0"),
        ({"warm": 2}, "warm must be True, False or 'relaxing'; got 2"),
        ({"warm_iter": 3}, "warm_iter must be left at None with warm=False; got 3"),
        ({"warm": True, "warm_iter": 0}, "warm_iter must be a whole number of at least 1; got 0"),
        ({"warm": "relaxing"}, "strengths must be given with warm='relaxing'; got None"),
        ({"validation_fraction": 1.0}, r"validation_fraction must be a number in \[0, 1\)"),
        ({"strengths": [0.1], "n_strengths": 3}, "n_strengths must be left alone while strengths are given"),
        ({"strengths": [0.1, 0.01]}, "strengths must be from weak to strong, that is rising"),
        ({"regularizer": "max_norm", "strengths": [1.0, 2.0]}, "that is falling"),
        ({"strengths": []}, "strengths must be numbers, from weak to strong"),
        ({"strengths": [-1.0]}, "l1 must be a number of at least 0"),
        ({"regularizer": "dropout", "smallest": 0.1}, "smallest must be left alone with dropout"),
        (
            {"estimator": MLPRegressor()},
            r"estimator must be None or a bridle.MLPClassifier; got MLPRegressor",
        ),
        ({"estimator": MLPClassifier(n_members=2)}, r"estimator.n_members must be left at 1.*Give n_seeds"),
        ({"estimator": MLPClassifier(warm_start=True)}, r"estimator.warm_start must be left at False"),
        ({"estimator": MLPClassifier(solver="lbfgs")}, r"estimator.solver must be 'sgd' or 'adam'"),
        ({"estimator": MLPClassifier(l1=0.1)}, r"estimator.l1 must be left alone: the path varies it"),
        ({"estimator": MLPClassifier(regularizers={"l1": 0.1})}, r"estimator.l1 must be left alone"),
        ({"estimator": MLPClassifier(alpha=-1.0)}, r"alpha must be a number of at least 0"),
    ],
)
def test_mistakes_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        bridle.RegularizationPathClassifier(**given).fit(*of_kind(MLPClassifier))


def test_what_shapes_a_regularizer_goes_with_it() -> None:
    """The ratio of an elastic net is the network's to say; where no penalty is chosen, none shapes it."""
    X, y = of_kind(MLPRegressor)
    network = MLPRegressor(elastic_net_ratio=0.9, **INSIDE)
    given: dict[str, Any] = {"regularizer": "elastic_net", "random_state": 0}
    path = bridle.RegularizationPathRegressor(network, strengths=[0.1], **given).fit(X, y)
    assert path.estimator_.elastic_net_ratio == 0.9
    off = bridle.RegularizationPathRegressor(network, strengths=[0.0], **given).fit(X, y)
    assert off.predict(X).shape == off.estimator_.fit(X, y).predict(X).shape


def test_folds_are_what_the_splitter_says() -> None:
    """Rows that a splitter neither trains on nor chooses by do neither; groups stay together."""
    X, y = of_kind(MLPRegressor)
    network = MLPRegressor(**INSIDE)
    path = bridle.RegularizationPathRegressorCV(network, cv=TimeSeriesSplit(2, max_train_size=10), **GRID)
    losses = path.set_params(random_state=0).fit(X, y).path_["validation_loss"]
    changed = y.copy()
    changed[:4] += 100  # before every fold's window
    np.testing.assert_array_equal(losses, clone(path).fit(X, changed).path_["validation_loss"])
    groups = np.arange(40) % 3
    grouped = clone(path).set_params(cv=LeaveOneGroupOut()).fit(X, y, groups=groups)
    splits = [(np.flatnonzero(groups != g), np.flatnonzero(groups == g)) for g in range(3)]
    same = clone(path).set_params(cv=splits).fit(X, y)
    np.testing.assert_array_equal(grouped.path_["validation_loss"], same.path_["validation_loss"])
    with pytest.raises(ValueError, match=re.escape("The 'groups' parameter should not be None")):
        clone(path).set_params(cv=LeaveOneGroupOut()).fit(X, y)


def test_a_held_out_part_keeps_the_shares_of_classes() -> None:
    X, _ = of_kind(MLPClassifier)
    y = np.array([0] * 30 + [1] * 5 + [2] * 5)
    from bridle.estimators.folds import by_splitter, one_part
    from bridle.estimators.rows import Rows

    rows = Rows(X, y, np.eye(3)[y], None)
    trains, chooses = one_part(rows, 0.2, True, np.random.RandomState(0))
    assert np.bincount(y[chooses[0]]).tolist() == [6, 1, 1]
    assert not (trains & chooses).any()
    assert (trains | chooses).all()
    trains, chooses = by_splitter(rows, KFold(4), True, None)
    assert chooses.sum(axis=0).tolist() == [1] * 40
    assert (trains == ~chooses).all()
