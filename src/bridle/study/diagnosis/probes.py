"""Networks that are a little different: measured answers to what else could be done.

Advice is usually general: "underfitting, so use a larger network". Here each piece that can be tried is
tried, on the rows and seeds of the plain network, so that its gain is a paired difference with an interval.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bridle.engine import Dense, Plan, Residual


@dataclass(frozen=True)
class Probe:
    """A change to the plain network: what it is, how to ask for it, and its plan."""

    what: str
    how: str
    plan: Plan


def probes_of(plan: Plan) -> tuple[Probe, ...]:
    """Return the changes to try: twice the training, twice the units, and half of them.

    Examples
    --------
    >>> from bridle import Dense, Plan
    >>> plan = Plan(inputs=1, layers=(Dense(3), Dense(1, "linear")), epochs=10)
    >>> [probe.how for probe in probes_of(plan)]
    ['--epochs 20', '--hidden 6', '--hidden 2']
    """
    longer = dataclasses.replace(plan, epochs=2 * plan.epochs, evaluate_every=2 * plan.evaluate_every)
    found = [Probe("train twice as long", f"--epochs {longer.epochs}", longer)]
    hidden = [layer for layer in plan.layers[:-1] if isinstance(layer, Dense | Residual)]
    if len(hidden) < len(plan.layers) - 1:  # the width of convolutions is not an option
        return tuple(found)
    if hidden:
        found.append(_scaled(plan, hidden, 2.0, "use twice the units"))
    if any(layer.units > 1 for layer in hidden):
        found.append(_scaled(plan, hidden, 0.5, "use half the units"))
    return tuple(found)


def _scaled(plan: Plan, hidden: list[Dense | Residual], factor: float, what: str) -> Probe:
    units = [max(2 if layer.normalization == "layer" else 1, round(factor * layer.units)) for layer in hidden]
    hidden = [dataclasses.replace(layer, units=n) for layer, n in zip(hidden, units, strict=True)]
    wider = dataclasses.replace(plan, layers=(*hidden, plan.layers[-1]))
    return Probe(what, f"--hidden {','.join(map(str, units))}", wider)
