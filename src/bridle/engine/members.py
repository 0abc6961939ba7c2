"""The members: everything that differs between the networks of one population, as arrays.

Strengths, rates and learning rates are data, not program: a thousand strengths share one compilation. Which
rows a member trains and validates on are index lists, so folds, bootstrap samples and subsets are members
like any others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bridle.checks import Problems, did_you_mean, one_of
from bridle.engine.plan import Plan
from bridle.engine.row_lists import check_range, index_lists, settle_weights, weight_lists
from bridle.registry import REGISTRY
from bridle.types import Array

_LARGEST_SEED = 2**32 - 1


class Member(NamedTuple):
    """One member's data as the step sees it; the engine stacks them with a leading axis M.

    ``settings`` maps names to scalars or (L,); ``rows`` and ``validation_rows`` are indices into the data,
    (n,); ``row_weights`` and ``validation_weights`` are theirs, (n,), the latter empty if all are 1.
    """

    seed: Array
    learning_rate: Array
    settings: dict[str, Array]
    rows: Array
    row_weights: Array
    validation_rows: Array
    validation_weights: Array


class Members:
    """The members of a population; scalars and single rows broadcast to all of them.

    Parameters
    ----------
    seed
        Whole numbers in [0, 2^32): initial weights, row orders and noise of a member follow from it.
    learning_rate
        At least 0.
    rows
        Training rows of each member as indices, (M, n) or (1, n), or a list of M arrays whose lengths may
        differ. A row may appear more than once (bootstrap). None: all rows.
    row_weights
        Weights w_i of the objective, at least 0: (N,) for the rows of the data, or (M, n) beside ``rows``.
    validation_rows
        Rows to validate on, like ``rows``. None: those of ``validation=`` in :func:`bridle.train`, if any.
    validation_weights
        Weights of the validation loss and accuracy, like ``row_weights``; where ``validation=`` gives the
        rows, (n,) or (M, n) beside them. None: all 1.
    **settings
        Strengths and rates by the names in the registry (``l2=``, ``dropout=``, ``patience=`` ...): a
        number, (M,) for one per member, or (M or 1, L) for one per member and layer, where ``dropout``'s
        first slot is the inputs'. A setting not named is off.

    Raises
    ------
    PlanError
        If lengths disagree or a value is out of its range, naming all of them.

    Examples
    --------
    >>> len(Members(seed=[0, 1], l2=[0.0, 0.01]))
    2
    """

    def __init__(
        self,
        seed: Any = 0,
        learning_rate: Any = 0.01,
        *,
        rows: Any = None,
        row_weights: Any = None,
        validation_rows: Any = None,
        validation_weights: Any = None,
        **settings: Any,
    ) -> None:
        problems = Problems("Members")
        known = {setting.name: setting for record in REGISTRY.values() for setting in record.settings}
        self.seed = _whole(seed, problems)
        self.learning_rate = _numbers("learning_rate", learning_rate, problems, most_axes=1)
        if np.any(self.learning_rate < 0) or not np.all(np.isfinite(self.learning_rate)):
            problems.add("learning_rate", "finite and at least 0", learning_rate)
        self.settings: dict[str, np.ndarray] = {}
        for name, value in settings.items():
            if name not in known:
                problems.add("setting", one_of(known), name, did_you_mean(name, known))
                continue
            setting = known[name]
            values = _numbers(name, value, problems, most_axes=1 if setting.slots == "none" else 2)
            outside = (values < setting.low) | (values > setting.high) | np.isnan(values)
            outside |= (values == setting.high) if setting.open_high else False
            outside |= np.isinf(values) if setting.off != np.inf else False
            if np.any(outside):
                problems.add(name, setting.allowed, float(values[outside].flat[0]))
            self.settings[name] = values
        self.rows = index_lists("rows", rows, problems)
        self.validation_rows = index_lists("validation_rows", validation_rows, problems)
        self.row_weights = weight_lists("row_weights", row_weights, problems)
        self.validation_weights = weight_lists("validation_weights", validation_weights, problems)
        problems.raise_if_any()
        self._count = self._common_length(problems)
        problems.raise_if_any()

    def __len__(self) -> int:
        return self._count

    def _common_length(self, problems: Problems) -> int:
        lengths = {"seed": len(self.seed), "learning_rate": len(self.learning_rate)}
        lengths |= {name: len(value) for name, value in self.settings.items()}
        for name in ("rows", "validation_rows"):
            lists = getattr(self, name)
            if lists is not None:
                lengths[name] = len(lists)
        for name in ("row_weights", "validation_weights"):
            weights = getattr(self, name)
            if isinstance(weights, list):
                lengths[name] = len(weights)
        count = max(lengths.values())
        for name, length in lengths.items():
            if length not in (1, count):
                problems.add(f"length of {name}", f"1 or {count}, the number of members", length)
        return count

    def settle(self, plan: Plan, data_rows: int, validation_rows: np.ndarray | None = None) -> list[Member]:
        """Return every member with the plan's settings and its rows filled in, unstacked.

        Parameters
        ----------
        plan
            Decides dtype, the settings that must be there and the number of layers.
        data_rows
            N, the rows that a member may train on.
        validation_rows
            Shared rows of a separate validation set, used where members name none.

        Raises
        ------
        PlanError
            If members carry settings of a regularizer that the plan lacks, or rows that do not exist.
        """
        problems = Problems("Members")
        settings = self._settle_settings(plan, problems)
        rows = self.rows or [np.arange(data_rows, dtype=np.int32)]
        held_out = self.validation_rows
        if held_out is None:
            held_out = [np.empty(0, dtype=np.int32) if validation_rows is None else validation_rows]
        elif validation_rows is not None:
            problems.add("validation_rows", "absent when train(validation=...) is given", "both")
        for name, lists in (("rows", rows), ("validation_rows", self.validation_rows or [])):
            check_range(name, lists, data_rows, problems)
        if any(len(one) == 0 for one in rows):
            problems.add("rows", "at least one row for every member", "an empty list")
        weights = settle_weights("row_weights", self.row_weights, rows, data_rows, problems)
        if self.row_weights is None:
            weights = [np.ones(len(one)) for one in rows]
        shared = data_rows if validation_rows is None else len(validation_rows)
        own = held_out if validation_rows is None else [np.arange(shared)]
        seen = settle_weights("validation_weights", self.validation_weights, own, shared, problems)
        problems.raise_if_any()
        dtype = np.dtype(plan.dtype)
        learning_rate = _cast(self.learning_rate, dtype)
        rows, held_out = ([one.astype(np.int32) for one in lists] for lists in (rows, held_out))
        weights, seen = ([one.astype(dtype) for one in lists] for lists in (weights, seen))
        return [
            Member(
                seed=_pick(self.seed, m),
                learning_rate=_pick(learning_rate, m),
                settings={name: _pick(value, m) for name, value in settings.items()},
                rows=_pick(rows, m),
                row_weights=_pick(weights, m),
                validation_rows=_pick(held_out, m),
                validation_weights=_pick(seen, m),
            )
            for m in range(len(self))
        ]

    def settings_for(self, plan: Plan) -> dict[str, np.ndarray]:
        """Return the plan's settings of all members, (M,) or (M, L) each, in its dtype.

        Raises
        ------
        PlanError
            If members carry settings of a regularizer that the plan lacks.
        """
        problems = Problems("Members")
        settled = self._settle_settings(plan, problems)
        problems.raise_if_any()
        return {
            name: np.broadcast_to(value, (len(self), *value.shape[1:])) for name, value in settled.items()
        }

    def _settle_settings(self, plan: Plan, problems: Problems) -> dict[str, np.ndarray]:
        for name in self.settings:
            if name not in plan.settings:
                owner = next(
                    record.name for record in REGISTRY.values() for s in record.settings if s.name == name
                )
                problems.add(
                    name,
                    "a setting of the plan's regularizers",
                    name,
                    f"Add {owner!r} to Plan(regularizers=...).",
                )
        settled = {}
        for name, setting in plan.settings.items():
            value = self.settings.get(name, np.array([setting.default]))
            if value.ndim == 2 and value.shape[1] != plan.depth:
                problems.add(
                    f"second axis of {name}",
                    f"{plan.depth}, one for each of the plan's layers",
                    value.shape[1],
                )
            settled[name] = _cast(value, np.dtype(plan.dtype), setting.open_high)
        return settled


def _pick(values: Any, m: int) -> Any:
    return values[m if len(values) > 1 else 0]


def _cast(values: np.ndarray, dtype: np.dtype, open_below_one: bool = False) -> np.ndarray:
    """Return numbers in the plan's dtype: a rate just below 1 stays below 1, and what is finite finite."""
    largest = np.finfo(dtype).max
    cast = np.where(np.isinf(values), values, np.clip(values, -largest, largest)).astype(dtype)
    return np.minimum(cast, np.nextafter(dtype.type(1), dtype.type(0))) if open_below_one else cast


def _whole(seed: Any, problems: Problems) -> np.ndarray:
    values = np.atleast_1d(np.asarray(seed))
    fits = values.ndim == 1 and values.size > 0 and np.issubdtype(values.dtype, np.integer)
    if not fits or values.min() < 0 or values.max() > _LARGEST_SEED:
        problems.add("seed", "whole numbers in [0, 2^32)", seed)
        return np.zeros(1, dtype=np.uint32)
    return values.astype(np.uint32)


def _numbers(name: str, value: Any, problems: Problems, most_axes: int) -> np.ndarray:
    try:
        values = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.size == 0 or values.ndim > most_axes:
        shapes = "a number or (M,)" + (" or (M, L)" if most_axes > 1 else "")
        problems.add(name, f"{shapes}", value)
        return np.zeros(1)
    return values
