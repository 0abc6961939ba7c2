"""A checked call of :func:`bridle.train`: everything validated and encoded, nothing trained yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from bridle.checks import Problems, problem
from bridle.engine.examples import Examples, encode_inputs, encode_targets, joined
from bridle.engine.initial import initial_weights
from bridle.engine.members import Member, Members
from bridle.engine.memory import check_memory
from bridle.engine.plan import Plan
from bridle.engine.recorded import Recorded
from bridle.engine.reference import cuts
from bridle.engine.sparse_rows import SparseInputs
from bridle.errors import PlanError
from bridle.types import Weights

ENGINES = ("population", "reference")


@dataclass
class Job:
    """A checked call of :func:`train`.

    ``initial`` are every member's first weights, ``given`` those that were passed, None if they were drawn.
    """

    plan: Plan
    members: Members
    settled: list[Member]
    data: Examples
    initial: list[Weights]
    given: Weights | None
    draws: Recorded | None

    @classmethod
    def of(
        cls,
        plan: Plan,
        members: Members,
        X: Any,
        y: Any,
        validation: tuple[Any, Any] | None,
        initial: Weights | None,
        engine: str,
        draws: Recorded | None,
    ) -> Job:
        """Check and encode the arguments of :func:`bridle.train`, which documents them."""
        problems = Problems("train")
        problems.check_choice("engine", engine, ENGINES)
        for what, value, kind in (("plan", plan, Plan), ("members", members, Members)):
            if not isinstance(value, kind):
                problems.add(what, f"a bridle.{kind.__name__}", value)
        problems.raise_if_any()
        check_memory(plan)
        is_sparse = sparse.issparse(X)
        x = encode_inputs(plan, X.toarray() if is_sparse and engine == "population" else X)
        rows = x.shape[1]
        data = encode_targets(plan, y, rows)._replace(x=x)
        held_out = None
        if validation is not None:
            data, held_out = _with_validation(plan, data, validation)
        settled = members.settle(plan, rows, held_out)
        _check_patience(plan, settled)
        if draws is not None:
            for member in settled:
                count = member.rows.size
                draws.check(plan, count, rows, plan.epochs * len(cuts(plan, count)))
        return cls(plan, members, settled, data, _first_weights(plan, members, initial), initial, draws)

    def groups(self) -> list[list[int]]:
        """Return the members by what their populations depend on: numbers of rows, and noise that is on."""
        groups: dict[tuple[int, int, Plan], list[int]] = {}
        for m, member in enumerate(self.settled):
            key = (member.rows.size, member.validation_rows.size, self.plan_of(m))
            groups.setdefault(key, []).append(m)
        return list(groups.values())

    def plan_of(self, m: int) -> Plan:
        """Return the plan without the noise that is off for a member.

        Noise reaches into products and sums over rows, where a compiler may add in another order once
        something is fused with them. Left out where it is off, it changes no bit and costs nothing.
        """
        settings = self.settled[m].settings
        quiet = {
            record.name
            for record in self.plan.records
            if record.reaches_rows and np.all(settings[record.strength.name] == record.strength.off)
        }
        return self.plan.without(quiet) if quiet else self.plan

    def member(self, m: int) -> Member:
        """Return a member with the settings of its own plan."""
        member, kept = self.settled[m], self.plan_of(m).settings
        return member._replace(settings={name: member.settings[name] for name in kept})

    def first(self, group: Sequence[int]) -> Weights:
        """Return the first weights of some members, with a leading axis.

        Raises
        ------
        PlanError
            If memory does not hold what training them at once takes.
        """
        check_memory(self.plan, len(group))
        return [
            (
                np.stack([self.initial[m][k][0] for m in group]),
                np.stack([self.initial[m][k][1] for m in group]),
            )
            for k in range(len(self.plan.pairs))
        ]


def _with_validation(plan: Plan, data: Examples, validation: Any) -> tuple[Examples, np.ndarray]:
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise PlanError(problem("train", "validation", "a pair (X, y)", validation))
    is_sparse = isinstance(data.x, SparseInputs)
    given = validation[0].toarray() if sparse.issparse(validation[0]) and not is_sparse else validation[0]
    x = encode_inputs(plan, sparse.csr_array(given) if is_sparse else given, "validation X")
    targets = encode_targets(plan, validation[1], x.shape[1], "validation y", data.classes)
    rows = data.x.shape[1]
    together = Examples(joined(data.x, x), np.hstack([data.t, targets.t]), data.classes)
    return together, np.arange(rows, rows + x.shape[1], dtype=np.int32)


def _check_patience(plan: Plan, settled: list[Member]) -> None:
    if not plan.has("early_stopping") or plan.monitor == "train_loss":
        return
    if any(
        np.isfinite(member.settings["patience"]) and not member.validation_rows.size for member in settled
    ):
        raise PlanError(
            problem(
                "train", "validation", "given for members with finite patience", None,
                "Pass validation=(X, y), Members(validation_rows=...), or Plan(monitor='train_loss').",
            )
        )  # fmt: skip


def _first_weights(plan: Plan, members: Members, initial: Weights | None) -> list[Weights]:
    count = len(members)
    if initial is None:
        drawn = {int(seed): initial_weights(plan, int(seed)) for seed in np.unique(members.seed)}
        return [drawn[int(members.seed[m if len(members.seed) > 1 else 0])] for m in range(count)]
    problems = Problems("train")
    maps = [pair for pair in plan.pairs if pair.kind == "affine"]
    if len(initial) not in (len(maps), len(plan.pairs)):
        allowed = f"a list of {len(maps)} pairs (w, b)"
        allowed += f", or of all {len(plan.pairs)} pairs" if len(maps) < len(plan.pairs) else ""
        problems.add("initial", allowed, f"{len(initial)} entries")
    layers = []
    for k, (given, pair) in enumerate(zip(initial, plan.pairs, strict=False)):
        first, second = (np.asarray(value, dtype=plan.dtype) for value in given)
        out = pair.shapes[1][0]
        if second.ndim == 0 or second.shape[-1] != 1 or second.shape[-2:-1] != (out,):
            second = second[..., None]
        named = zip(pair.names, (first, second), pair.shapes, strict=True)
        for name, value, shape in named:
            leading = value.shape[:-2]
            if value.shape[-2:] != shape or leading not in ((), (1,), (count,)):
                letter = {"weights": "w", "biases": "b"}.get(name, name)
                problems.add(
                    f"shape of initial {letter}[{k}]",
                    f"{shape}, or ({count}, {shape[0]}, {shape[1]})",
                    value.shape,
                )
        layers.append((first, second))
    problems.raise_if_any()
    if len(layers) < len(plan.pairs):  # normalization begins as the identity
        layers += initial_weights(plan, 0)[len(layers) :]
    return [
        [tuple(np.broadcast_to(v, (count, *v.shape[-2:]))[m] for v in layer) for layer in layers]
        for m in range(count)
    ]
