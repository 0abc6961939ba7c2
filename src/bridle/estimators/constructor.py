"""How an estimator gets a keyword for every regularizer: its constructor's signature grows from the registry.

scikit-learn reads an estimator's parameters off the signature of ``__init__`` (for get_params, set_params and
clone) and wants each of them kept under its own name. A class writes down scikit-learn's own parameters; the
decorators here do the keeping, and that of the networks appends one keyword for every setting of the
registry, with the value at which it does nothing, so that a new record is a new keyword of all estimators.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bridle.checks import did_you_mean
from bridle.registry import REGISTRY, Regularizer, Setting

SPELLED_OTHERWISE = ("batch_l2", "early_stopping")
"""Regularizers that have a parameter of scikit-learn's: alpha; and early_stopping with its companions."""

SEVERAL_NETWORKS = ("snapshots",)
"""Regularizers that predict with several networks, where an estimator's ``coefs_`` are one."""


@functools.cache
def offered_records() -> tuple[Regularizer, ...]:
    """Return the regularizers that are keywords of the estimators, whose rows are of a table: no pictures."""
    left_out = (*SPELLED_OTHERWISE, *SEVERAL_NETWORKS)
    return tuple(
        record
        for record in REGISTRY.values()
        if record.name not in left_out and not record.requires.startswith("pictures")
    )


@functools.cache
def offered_settings() -> Mapping[str, Setting]:
    """Return the settings that are keywords of the estimators, by name."""
    return MappingProxyType(
        {setting.name: setting for record in offered_records() for setting in record.settings}
    )


def takes_regularizers(init: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that takes the parameters of ``init`` and all regularizers, and keeps them."""
    keywords = [
        inspect.Parameter(setting.name, inspect.Parameter.KEYWORD_ONLY, default=setting.default)
        for setting in offered_settings().values()
    ]
    return keeps_arguments(init, keywords)


def keeps_arguments(
    init: Callable[..., None], keywords: Sequence[inspect.Parameter] = ()
) -> Callable[..., None]:
    """Return a constructor that takes the parameters of ``init``, then ``keywords``, and keeps them.

    The body of ``init`` is not run: as scikit-learn asks, a constructor does nothing but keep its arguments.
    """
    given = inspect.signature(init)
    signature = given.replace(parameters=[*given.parameters.values(), *keywords])

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        unknown = next((name for name in kwargs if name not in signature.parameters), None)
        if unknown is not None:
            hint = did_you_mean(unknown, signature.parameters)
            raise TypeError(f"{type(self).__name__}() has no parameter {unknown!r}. {hint}".rstrip())
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        for name, value in list(bound.arguments.items())[1:]:
            setattr(self, name, value)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    return __init__
