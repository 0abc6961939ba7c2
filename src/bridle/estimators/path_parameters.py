"""Whether the parameters of a path make sense, with those of the network inside.

A path trains its network in its own way: from strengths, seeds and folds of its own. Whatever the network
says about these would be overruled, so it is refused, as every parameter is that could not change the fit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.base import clone

from bridle.checks import Problems
from bridle.estimators.constructor import offered_records
from bridle.estimators.parameters import check_parameters, check_setting, hidden_sizes
from bridle.registry import Regularizer, find

CHOICES = ("one_standard_error", "lowest")
N_STRENGTHS, SMALLEST = 20, 1e-3
"""Defaults of what shapes the strengths where none are given."""

RELAXING = "relaxing"
"""The ``warm`` that goes from strong to weak."""

_LEFT_ALONE: dict[str, tuple[Any, str]] = {
    "n_members": (1, "Give n_seeds to the path."),
    "warm_start": (False, "warm=True of the path goes from strength to strength."),
    "max_fun": (15000, "It belongs to solver='lbfgs'."),
}
"""Parameters of the network that a path does not ask, their defaults, and what to do instead."""


def is_unbounded(record: Regularizer) -> bool:
    """Return whether a regularizer gets stronger without end, from off at 0."""
    return record.strength.off == 0 and math.isinf(record.strength.high)


def check_path(path: Any) -> None:
    """Raise one error with everything that is wrong with a path's own parameters.

    Raises
    ------
    PlanError
        A ValueError with a line for each parameter.
    """
    problems = Problems(type(path).__name__)
    problems.check_choice("regularizer", path.regularizer, [one.name for one in offered_records()])
    problems.check_choice("choice", path.choice, CHOICES)
    problems.check_number("smallest", path.smallest, 0, 1, open_high=True)
    if path.smallest == 0:
        problems.add(
            "smallest", "above 0", path.smallest, "strengths=[0, ...] has the unregularized network."
        )
    for name in ("n_strengths", "n_seeds"):
        problems.check_integer(name, getattr(path, name))
    if not isinstance(path.warm, bool | np.bool_) and path.warm != RELAXING:
        problems.add("warm", f"True, False or {RELAXING!r}", path.warm)
    elif path.warm_iter is not None:
        problems.check_integer("warm_iter", path.warm_iter)
        if not path.warm:
            problems.add("warm_iter", "left at None with warm=False", path.warm_iter)
    share = getattr(path, "validation_fraction", 0.5)
    problems.check_number("validation_fraction", share, 0, 1, open_high=True)
    if share == 0:
        problems.add("validation_fraction", "above 0", share, "Some rows must choose.")
    problems.raise_if_any()
    _check_strengths(path, find(path.regularizer), problems)
    problems.raise_if_any()


def _check_strengths(path: Any, record: Regularizer, problems: Problems) -> None:
    if path.strengths is None:
        if path.smallest != SMALLEST and not is_unbounded(record):
            allowed = f"left alone with {record.name}, whose range is the registry's"
            problems.add("smallest", allowed, path.smallest, "Give strengths.")
        return
    for name, default in (("n_strengths", N_STRENGTHS), ("smallest", SMALLEST)):
        if getattr(path, name) != default:
            problems.add(name, "left alone while strengths are given", getattr(path, name))
    given = np.atleast_1d(np.asarray(path.strengths, dtype=object))
    if given.ndim != 1 or given.size == 0:
        problems.add("strengths", "numbers, from weak to strong", path.strengths)
    elif all(check_setting(record, record.strength.name, one, problems) for one in given):
        towards = -1 if record.strength.off == math.inf else 1
        if np.any(np.diff(towards * given.astype(float)) <= 0):
            order = "falling" if towards < 0 else "rising"
            problems.add("strengths", f"from weak to strong, that is {order}", path.strengths)


def network_of(path: Any, default: Any) -> Any:
    """Return a fresh network for a path to train, checked, with its regularizer on at a strength for now.

    Parameters
    ----------
    path
        Checked by :func:`check_path`.
    default
        The network where the path's ``estimator`` is None; its class is what an estimator must be.

    Raises
    ------
    PlanError
        If it is another kind of estimator, or says what the path decides.
    """
    problems = Problems(type(path).__name__)
    if path.estimator is not None and not isinstance(path.estimator, type(default)):
        problems.add("estimator", f"None or a bridle.{type(default).__name__}", path.estimator)
        problems.raise_if_any()
    model = default if path.estimator is None else clone(path.estimator)
    record = find(path.regularizer)
    strength = record.strength
    for name, (value, hint) in _LEFT_ALONE.items():
        if getattr(model, name) != value:
            problems.add(f"estimator.{name}", f"left at {value!r}", getattr(model, name), hint)
    if model.solver == "lbfgs":
        problems.add("estimator.solver", "'sgd' or 'adam'", model.solver)
    named = model.regularizers if isinstance(model.regularizers, dict) else {}
    if strength.name in named or getattr(model, strength.name) != strength.default:
        value = named.get(strength.name, getattr(model, strength.name))
        problems.add(f"estimator.{strength.name}", "left alone: the path varies it", value, "Give strengths.")
    if getattr(model, "_skl_callbacks", ()):
        problems.add("estimator's callbacks", "none", model._skl_callbacks, "A path tells them nothing.")
    relaxes = path.warm == RELAXING and path.strengths is None and is_unbounded(record)
    if relaxes and hidden_sizes(model):
        hint = "A network with hidden layers learns nothing at strength_max_, and goes on from nothing. "
        problems.add("strengths", f"given with warm={RELAXING!r}", None, hint + "Give strengths below it.")
    problems.raise_if_any()
    model.set_params(**{strength.name: strength.grid[-1], "n_members": path.n_seeds})
    check_parameters(model)
    return model


def settle(model: Any, record: Regularizer, strength: float) -> None:
    """Give a network the strength that was chosen; what shapes a regularizer that is off goes with it."""
    model.set_params(**{record.strength.name: strength})
    if strength == record.strength.off:
        model.set_params(**{setting.name: setting.default for setting in record.settings})
