"""The whole objective J and its gradient at given weights, for optimizers that want nothing else.

The step of :mod:`bridle.engine.step` walks downhill batch by batch; a quasi-Newton method of a library asks
for value and gradient over all rows. Both chain the same forward and backward passes.
"""

from __future__ import annotations

from bridle.checks import one_of, problem
from bridle.engine.batch import Batch
from bridle.engine.gradient import data_gradient
from bridle.engine.members import Member
from bridle.engine.plan import Plan
from bridle.engine.step import penalties_on, with_penalties
from bridle.errors import PlanError
from bridle.types import Array, Weights


def check_smooth(plan: Plan, where: str) -> None:
    """Raise unless J is smooth and the same at every look: every regularizer is a penalty with a gradient.

    Raises
    ------
    PlanError
        Naming the regularizers that have a kink, draw noise, or act on updates.
    """
    rough = [
        record.name
        for record in plan.records
        if not record.terms or any(term.gradient is None for term in record.terms)
    ]
    if rough:
        hint = "Others need solver='adam' or 'sgd'."
        smooth = "penalties without a kink, such as 'l2'"
        raise PlanError(problem(where, "regularizers", smooth, one_of(rough), hint))


def objective_and_gradient(
    plan: Plan, member: Member, weights: Weights, batch: Batch
) -> tuple[Array, Array, Weights]:
    """Return J's data part, its penalties, and the gradient of their sum, on NumPy.

        J = (1/W) sum_i w_i loss_i + sum_k strength_k Omega_k,    dJ by the chain rule

    Parameters
    ----------
    plan
        Its penalties have gradients; see :func:`check_smooth`.
    member
        Strengths, as NumPy scalars or (L,).
    weights
        The plan's pairs.
    batch
        All rows.

    Returns
    -------
    loss, penalty, gradient
        Two scalars and one (dw, db) for each pair that is learned.
    """
    gradients, tally, _ = data_gradient(plan, member, weights, batch, None)
    mass = tally.weight
    parameters = (one for pair in weights for one in pair)
    slopes = [one for pair in gradients for one in pair]
    sums = [
        with_penalties(plan, own, w, dw, member.settings, mass)
        for own, w, dw in zip(plan.hooks.arrays, parameters, slopes, strict=False)  # statistics have no slope
    ]
    total = list(zip(sums[::2], sums[1::2], strict=True))
    return tally.loss / mass, penalties_on(plan, member, weights, tally, mass), total
