"""The records of penalties: terms of the objective. Those of magnitudes come before those of norms.

Proximal operators are applied in the registry's order, and shrinking coordinates before whole groups is what
makes their composition the operator of the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from bridle.penalties.activity import (
    activity_magnitude_gradient,
    activity_magnitude_value,
    activity_square_gradient,
    activity_square_value,
)
from bridle.penalties.group import (
    input_norm_prox,
    input_norm_subgradient,
    input_norm_value,
    neuron_norm_prox,
    neuron_norm_subgradient,
    neuron_norm_value,
)
from bridle.penalties.smooth import squared_norm_gradient, squared_norm_value
from bridle.penalties.sparse import magnitude_subgradient, magnitude_value, soft_threshold
from bridle.registry.records import BOOK, STRENGTHS, Regularizer, Setting, Term, named, strength_setting
from bridle.types import Array

Strength = Callable[[Mapping[str, Array]], Array]


def _squared(on: Literal["weights", "biases"], strength: Strength) -> Term:
    return Term(on, strength, squared_norm_value, gradient=squared_norm_gradient)


def _magnitude(on: Literal["weights", "biases"], strength: Strength) -> Term:
    return Term(on, strength, magnitude_value, prox=soft_threshold, subgradient=magnitude_subgradient)


def _neuron_norms(strength: Strength) -> Term:
    return Term(
        "weights",
        strength,
        neuron_norm_value,
        prox=neuron_norm_prox,
        subgradient=neuron_norm_subgradient,
        grouped_by="neurons",
    )


_ACTIVITY_NOTES = (
    "Acts before dropout. One strength goes to every hidden layer; a strength a layer ends with the outputs' "
    "own. Normalization of the following layer undoes a common scale, and the penalty with it."
)

PENALTIES = (
    Regularizer(
        name="l1",
        family="penalty",
        formula="J + l1 * sum |W|",
        settings=(strength_setting("l1", "strength of the penalty on the weights' magnitudes", STRENGTHS),),
        sentence="Pulls every weight towards zero with the same force and makes many exactly zero.",
        source=f"{BOOK}, equation 7.18; Tibshirani (1996), equation 1",
        notes="Applied by its proximal operator; l1_form='subgradient', for comparison, reaches no zeros.",
        terms=(_magnitude("weights", named("l1")),),
    ),
    Regularizer(
        name="l2",
        family="penalty",
        formula="J + l2 * 1/2 sum W^2",
        settings=(
            strength_setting(
                "l2", "strength of the penalty on the weights' squares", tuple(3 * s for s in STRENGTHS)
            ),
        ),
        sentence="Pulls every weight towards zero in proportion to its size; large weights shrink most.",
        source=f"{BOOK}, equation 7.2; Hoerl and Kennard (1970), equation 2.1",
        notes="Under plain gradient descent this is weight decay; under adam it is not. Before a "
        "normalization the scale of weights does not matter: l2 acts on the effective learning rate alone.",
        terms=(_squared("weights", named("l2")),),
    ),
    Regularizer(
        name="batch_l2",
        family="penalty",
        formula="J + batch_l2 / n * 1/2 sum W^2, n the rows (weights) of the current mini-batch",
        settings=(
            strength_setting(
                "batch_l2",
                "strength of l2 in scikit-learn's unit, its alpha",
                (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0),
                unit="per unit of a mini-batch's summed loss",
            ),
        ),
        sentence="The l2 penalty as scikit-learn's MLP counts it: another batch size is another strength.",
        source="scikit-learn's MLPClassifier, parameter alpha; its issue 6780 on the dependence",
        notes="For parity. With batches of n rows it is l2 = batch_l2 / n; l2 itself knows no batches.",
        terms=(
            Term(
                "weights", named("batch_l2"), squared_norm_value, gradient=squared_norm_gradient, per="batch"
            ),
        ),
    ),
    Regularizer(
        name="elastic_net",
        family="penalty",
        formula="J + elastic_net * (r sum |W| + (1 - r)/2 sum W^2), r = elastic_net_ratio",
        settings=(
            strength_setting("elastic_net", "strength of the joint penalty", STRENGTHS),
            Setting("elastic_net_ratio", "share of the l1 part", "a share", default=0.5, high=1.0),
        ),
        sentence="L1 and L2 together: sparse like l1, and kinder to groups of correlated inputs.",
        source="Zou and Hastie (2005), equation 3, in the parametrization of scikit-learn's ElasticNet",
        notes="At a ratio of 1 it is l1 and at 0 l2, to the bit. Beside l1 or l2 strengths simply add up.",
        terms=(
            _magnitude("weights", lambda s: s["elastic_net"] * s["elastic_net_ratio"]),
            _squared("weights", lambda s: s["elastic_net"] * (1 - s["elastic_net_ratio"])),
        ),
    ),
    Regularizer(
        name="l1_bias",
        family="penalty",
        formula="J + l1_bias * sum |b|",
        settings=(
            strength_setting("l1_bias", "strength of the penalty on the biases' magnitudes", STRENGTHS),
        ),
        sentence="The l1 penalty on biases; rarely needed, because biases hardly overfit.",
        source=f"{BOOK}, equation 7.18, applied to biases",
        notes="The output's bias is penalized too, which shifts predictions away from the mean.",
        terms=(_magnitude("biases", named("l1_bias")),),
    ),
    Regularizer(
        name="l2_bias",
        family="penalty",
        formula="J + l2_bias * 1/2 sum b^2",
        settings=(strength_setting("l2_bias", "strength of the penalty on the biases' squares", STRENGTHS),),
        sentence="The l2 penalty on biases; rarely needed, because biases hardly overfit.",
        source=f"{BOOK}, equation 7.2, applied to biases",
        notes="The output's bias is penalized too, which shifts predictions away from the mean.",
        terms=(_squared("biases", named("l2_bias")),),
    ),
    Regularizer(
        name="sparse_group_lasso",
        family="penalty",
        formula="J + sparse_group_lasso * (r sum |W| + (1 - r) sum_h sqrt(D) |W_h|), r = sparse_group_ratio",
        settings=(
            strength_setting("sparse_group_lasso", "strength of the joint penalty", STRENGTHS),
            Setting("sparse_group_ratio", "share of the l1 part", "a share", default=0.5, high=1.0),
        ),
        sentence="Prunes whole neurons, and weights within those that stay.",
        source="Simon et al. (2013), equation 3; on neurons, Scardapane et al. (2017), equation 7",
        notes="Beside l1 or group_lasso strengths simply add up. Dropout wants spare units.",
        terms=(
            _magnitude("weights", lambda s: s["sparse_group_lasso"] * s["sparse_group_ratio"]),
            _neuron_norms(lambda s: s["sparse_group_lasso"] * (1 - s["sparse_group_ratio"])),
        ),
    ),
    Regularizer(
        name="group_lasso",
        family="penalty",
        formula="J + group_lasso * sum_h sqrt(D) |W_h|, over each neuron's D incoming weights",
        settings=(strength_setting("group_lasso", "strength of the penalty on neurons' norms", STRENGTHS),),
        sentence="Prunes neurons: all incoming weights of one become zero together.",
        source="Yuan and Lin (2006), equation 2.1; on neurons, Scardapane et al. (2017), equation 5",
        notes="A neuron without incoming weights is a constant. Under adam the prox solves an equation.",
        terms=(_neuron_norms(named("group_lasso")),),
    ),
    Regularizer(
        name="input_group_lasso",
        family="penalty",
        formula="J + input_group_lasso * sum_d sqrt(H) |W_:d|, over each input's H outgoing weights",
        settings=(
            strength_setting("input_group_lasso", "strength of the penalty on inputs' norms", STRENGTHS),
        ),
        sentence="Selects features: all outgoing weights of an input become zero together.",
        source="Yuan and Lin (2006), equation 2.1; on inputs, Scardapane et al. (2017), section 3.2",
        notes="First layer only. With group_lasso groups overlap: the two operators in turn are a heuristic.",
        terms=(
            Term(
                "weights",
                named("input_group_lasso"),
                input_norm_value,
                prox=input_norm_prox,
                subgradient=input_norm_subgradient,
                first_layer_only=True,
                grouped_by="inputs",
            ),
        ),
    ),
    Regularizer(
        name="activity_l1",
        family="penalty",
        formula="J + activity_l1 * mean over rows of sum |a|, over all hidden units' outputs a",
        settings=(
            strength_setting("activity_l1", "strength of the penalty on outputs' magnitudes", STRENGTHS),
        ),
        sentence="Asks hidden units to be silent for most rows, so that few speak for each.",
        source=f"{BOOK}, equation 7.48; on rectifiers, Glorot, Bordes and Bengio (2011)",
        notes=_ACTIVITY_NOTES,
        terms=(
            Term(
                "activations",
                named("activity_l1"),
                activity_magnitude_value,
                gradient=activity_magnitude_gradient,
            ),
        ),
    ),
    Regularizer(
        name="activity_l2",
        family="penalty",
        formula="J + activity_l2 * mean over rows of 1/2 sum a^2, over all hidden units' outputs a",
        settings=(strength_setting("activity_l2", "strength of the penalty on outputs' squares", STRENGTHS),),
        sentence="Keeps hidden units' outputs small, whatever the weights.",
        source=f"{BOOK}, equation 7.48, with the squared norm; as in Merity et al. (2018)",
        notes=_ACTIVITY_NOTES,
        terms=(
            Term(
                "activations",
                named("activity_l2"),
                activity_square_value,
                gradient=activity_square_gradient,
            ),
        ),
    ),
)
