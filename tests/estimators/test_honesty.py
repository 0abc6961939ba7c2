"""No parameter is decoration: another value changes the fit, or raises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from bridle import MLPClassifier, MLPRegressor
from bridle.estimators.constructor import offered_records
from bridle.registry import REGISTRY
from tests.estimators.other_values import OTHERS, another, differ, strong
from tests.estimators.tables import of_kind

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:batch_size=.* is more than:UserWarning"),
]

BASE: dict[str, Any] = {
    "hidden_layer_sizes": (6, 5),
    "max_iter": 4,
    "learning_rate_init": 0.05,
    "random_state": 0,
}


def trace(model: Any, capsys: Any) -> list[np.ndarray]:
    """Return all that a fit shows: its weights, its history, what it prints; twice, for what a second fit starts from."""
    X, y = of_kind(type(model))
    found: list[np.ndarray] = []
    for _ in range(2):
        model.fit(X, y)
        found += [*model.coefs_, *model.intercepts_, np.asarray(model.n_iter_)]
    return [*found, np.asarray(len(capsys.readouterr().out))]


def changes(kind: type, context: dict[str, Any], name: str, value: Any, capsys: Any) -> bool:
    """Return whether another value of a parameter shows, as a difference or as an error."""
    before = kind(**(BASE | context))
    after = clone(before).set_params(**{name: value})
    base = trace(before, capsys)
    try:
        return differ(base, trace(after, capsys))
    except (ValueError, TypeError):
        return True


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("name", OTHERS)
def test_a_parameter_of_the_network_changes_the_fit(kind: type, name: str, capsys: Any) -> None:
    context, value = OTHERS[name]
    if name not in kind().get_params():
        pytest.skip(f"{kind.__name__} has no parameter {name}")
    assert changes(kind, context, name, value, capsys)


@pytest.mark.parametrize("name", [record.name for record in offered_records()])
def test_a_regularizer_changes_the_fit(name: str, capsys: Any) -> None:
    record = REGISTRY[name]
    context = {"activation": record.requires} if record.requires in ("selu",) else {}
    name, value = record.strength.name, strong(record)
    assert changes(MLPClassifier, context, name, value, capsys)
    for setting in record.settings[1:]:
        on, other = context | {name: value}, another(setting)
        assert changes(MLPClassifier, on, setting.name, other, capsys), setting.name
        assert changes(MLPClassifier, context, setting.name, other, capsys), "alone it must be refused"


def test_every_parameter_is_asked_here() -> None:
    regularizers = {setting.name for record in offered_records() for setting in record.settings}
    for kind in (MLPClassifier, MLPRegressor):
        assert set(kind().get_params()) - regularizers <= set(OTHERS)
