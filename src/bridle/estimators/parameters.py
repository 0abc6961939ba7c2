"""Whether an estimator's parameters make sense, and what they mean for the engine.

scikit-learn's estimators check nothing in the constructor and everything in fit; so do these, and report all
problems at once. What cannot have an effect is refused: a parameter of bridle's own either changes the fit or
raises.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sized
from functools import lru_cache
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from bridle.checks import Problems, did_you_mean, one_of
from bridle.engine import Dense, Plan
from bridle.engine.layer_admission import NORMALIZATIONS
from bridle.engine.objective import check_smooth
from bridle.estimators.constructor import offered_records, offered_settings
from bridle.ops import ACTIVATIONS
from bridle.registry import Regularizer, Setting

OWN_NAMES = {"identity": "linear", "logistic": "sigmoid"}
"""scikit-learn's names of activations that have another name here; both are understood."""

SOLVERS = ("lbfgs", "sgd", "adam")
SCHEDULES = ("constant", "invscaling", "adaptive")
ENGINES = ("auto", "population", "reference")
TRACKS = ("update_loss", "update_penalty")
_SWITCHES = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping")
_RANGES = {
    "alpha": (0.0, math.inf, False),
    "power_t": (0.0, math.inf, False),
    "tol": (0.0, math.inf, False),
    "momentum": (0.0, 1.0, False),
    "validation_fraction": (0.0, 1.0, True),
    "beta_1": (0.0, 1.0, True),
    "beta_2": (0.0, 1.0, True),
}


class Chosen(NamedTuple):
    """The regularizers of an estimator that are on, and their settings for the engine's members."""

    names: tuple[str, ...]
    settings: dict[str, Any]


def hidden_sizes(model: Any) -> tuple[int, ...]:
    """Return the hidden layers' widths: ``hidden_layer_sizes`` is one number or several."""
    given = model.hidden_layer_sizes
    return tuple(given) if isinstance(given, Iterable) else (given,)


def check_parameters(model: Any) -> Chosen:
    """Return an estimator's regularizers, or raise one error with all that is wrong with its parameters.

    Raises
    ------
    PlanError
        A ValueError with a line for each parameter.
    """
    problems = Problems(type(model).__name__)
    for units in hidden_sizes(model) if not isinstance(model.hidden_layer_sizes, str) else ("",):
        hint = "One number, or a tuple with one for each hidden layer; () has none."
        problems.check_integer("hidden_layer_sizes", units, hint=hint)
    problems.check_choice("activation", model.activation, (*OWN_NAMES, *ACTIVATIONS))
    problems.check_choice("solver", model.solver, SOLVERS)
    problems.check_choice("learning_rate", model.learning_rate, SCHEDULES)
    problems.check_choice("engine", model.engine, ENGINES)
    if model.normalization is not None:
        problems.check_choice("normalization", model.normalization, NORMALIZATIONS)
    if model.normalization is not None and not hidden_sizes(model):
        problems.add("normalization", "None without hidden layers", model.normalization)
    problems.check_choice("dtype", model.dtype, ("auto", "float32", "float64"))
    for name, (low, high, open_high) in _RANGES.items():
        problems.check_number(name, getattr(model, name), low, high, open_high=open_high)
    for name in ("learning_rate_init", "epsilon"):
        value = getattr(model, name)
        if not isinstance(value, Real) or isinstance(value, bool) or not 0 < float(value) < math.inf:
            problems.add(name, "a finite number above 0", value)
    for name in ("max_iter", "max_fun", "n_members"):
        problems.check_integer(name, getattr(model, name))
    if model.n_iter_no_change != math.inf:
        problems.check_integer("n_iter_no_change", model.n_iter_no_change)
    if model.batch_size != "auto":
        problems.check_integer("batch_size", model.batch_size, hint="'auto' is the smaller of 200 and N.")
    for name in _SWITCHES:
        if not isinstance(getattr(model, name), bool | np.bool_):
            problems.add(name, "True or False", getattr(model, name))
    if not isinstance(model.verbose, bool | np.bool_):
        problems.check_integer("verbose", model.verbose, 0, "Or True or False.")
    if model.solver == "lbfgs" and model.n_members != 1:
        problems.add("n_members", "1 with solver='lbfgs'", model.n_members)
    chosen = _regularizers(model, problems)
    if model.normalization == "batch":
        for name in set(chosen.names) & {"ema", "swa"}:
            hint = "Statistics of batches are not those of averaged weights; 'layer' has none."
            problems.add("normalization", f"None or 'layer' with {name}", "batch", hint)
    problems.raise_if_any()
    return chosen


def regularizers_of(model: Any) -> Chosen:
    """Return the regularizers that are on.

    A setting comes from the keyword of its name or from the dictionary ``regularizers``; a list there is one
    value a layer. ``alpha`` is scikit-learn's, the registry's "batch_l2".

    Raises
    ------
    PlanError
        If a name is unknown or given twice, a value is out of range, a setting shapes a regularizer that is
        off, or the network is not what a regularizer requires.
    """
    problems = Problems(type(model).__name__)
    chosen = _regularizers(model, problems)
    problems.raise_if_any()
    return chosen


def _regularizers(model: Any, problems: Problems) -> Chosen:
    """Return the regularizers that are on, as far as nothing is wrong with them."""
    values = _given(model, problems)
    hidden = model.hidden_layer_sizes
    is_flat = isinstance(hidden, Sized) and len(hidden) == 0
    names = ["batch_l2"]
    settings: dict[str, Any] = {"batch_l2": float(model.alpha)}
    for record in offered_records():
        found = {s.name: values[s.name] for s in record.settings}
        is_off = record.strength.default == record.strength.off
        if is_off and all(_is_untouched(values[s.name], s) for s in record.settings):
            continue  # as most are, in every call of partial_fit
        if not all(check_setting(record, name, value, problems) for name, value in found.items()):
            continue
        strength = record.strength
        if np.all(np.asarray(found[strength.name]) == strength.off):
            for setting in record.settings[1:]:
                if np.any(np.asarray(found[setting.name]) != setting.default):
                    hint = f"Give {strength.name} too."
                    allowed = f"left alone while {strength.name} is off"
                    problems.add(setting.name, allowed, found[setting.name], hint)
            continue
        if record.requires in ACTIVATIONS and model.activation != record.requires:
            problems.add("activation", f"{record.requires!r} with {record.name}", model.activation)
        if is_flat and _is_of_hidden_layers(record) and np.ndim(found[strength.name]) == 0:
            hint = "It acts on hidden units, and there are none."
            problems.add(strength.name, "off without hidden layers", found[strength.name], hint)
        names.append(record.name)
        for name, value in found.items():
            settings[name] = value if np.ndim(value) == 0 else np.asarray(value, dtype=float)[None, :]
    return Chosen(tuple(names), settings)


def _is_of_hidden_layers(record: Regularizer) -> bool:
    """Return whether one strength for all layers is that of hidden units, and of nothing else."""
    of_units = record.injection is not None and record.injection.where == "layer inputs"
    return of_units or any(term.on == "activations" for term in record.terms)


def _is_untouched(value: Any, setting: Setting) -> bool:
    """Return whether a value is its setting's default, and of its kind: False is no 0."""
    return type(value) is type(setting.default) and value == setting.default


def _given(model: Any, problems: Problems) -> dict[str, Any]:
    offered = offered_settings()
    values = {name: getattr(model, name) for name in offered}
    more = {} if model.regularizers is None else model.regularizers
    if not isinstance(more, Mapping):
        problems.add("regularizers", "None or a dictionary from names to strengths", more)
        more = {}
    for name, value in more.items():
        if name not in offered:
            problems.add("regularizers", one_of(offered), name, did_you_mean(name, offered))
        elif values[name] != offered[name].default:
            problems.add(name, "given once", "a keyword and an entry of regularizers")
        else:
            values[name] = value
    return values


def check_setting(record: Regularizer, name: str, value: Any, problems: Problems) -> bool:
    """Note what is wrong with a setting's value, a number or one a layer; return whether it can be used."""
    setting = next(one for one in record.settings if one.name == name)
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        numbers = np.full((1, 1, 1), np.nan)
    most_axes = 0 if setting.slots == "none" else 1
    outside = np.isnan(numbers) | (numbers < setting.low) | (numbers > setting.high)
    outside |= setting.open_high & (numbers == setting.high)
    outside |= np.isinf(numbers) & (setting.off != np.inf)
    if numbers.ndim > most_axes or np.any(outside) or isinstance(value, bool):
        a_layer = ", or one for each layer" if most_axes else ""
        problems.add(name, setting.allowed + a_layer, value)
        return False
    return True


def plan_of(
    model: Any,
    regularizers: tuple[str, ...],
    inputs: int,
    outputs: int,
    rows: int,
    dtype: str,
    epochs: int,
    monitor: str = "validation_loss",
) -> Plan:
    """Return the engine's plan of an estimator: its network, its optimizer, and the regularizers that are on.

    Parameters
    ----------
    model
        Checked by :func:`check_parameters`.
    regularizers
        The names of those that are on.
    inputs, outputs, rows
        D, K, and the rows that it trains on.
    dtype
        Of the weights.
    epochs
        The most that will be trained.
    monitor
        Of which curve the best weights are kept.
    """
    activation = OWN_NAMES.get(model.activation, model.activation)
    hidden = tuple(Dense(int(units), activation, model.normalization) for units in hidden_sizes(model))
    sgd = model.solver == "sgd"
    plan = kept_plan(
        inputs=inputs,
        layers=(*hidden, Dense(outputs, "linear")),
        loss=model._engine_loss(outputs),
        optimizer="sgd" if sgd else "adam",
        momentum=model.momentum if sgd else 0.0,
        nesterov=bool(model.nesterovs_momentum) if sgd and model.momentum > 0 else False,
        beta1=model.beta_1,
        beta2=model.beta_2,
        epsilon=model.epsilon,
        epsilon_place="before_correction",
        epochs=epochs,
        batch_size=min(rows, 200 if model.batch_size == "auto" else int(model.batch_size)),
        regularizers=regularizers,
        dtype=dtype,
        monitor=monitor,
        track=TRACKS,
    )
    if model.solver == "lbfgs":
        check_smooth(plan, type(model).__name__)
    return plan


@lru_cache(maxsize=64)
def kept_plan(**options: Any) -> Plan:
    """Return a plan, the same one for the same options: checking it takes longer than a small update."""
    return Plan(**options)
