"""The records of noise in training; evaluation draws nothing."""

from __future__ import annotations

from typing import Literal

from bridle.ops.dropout import dropout_backward, dropout_forward
from bridle.ops.noise import (
    alpha_dropout_forward,
    gaussian_dropout_forward,
    gaussian_noise_backward,
    gaussian_noise_forward,
    scale_backward,
)
from bridle.registry.records import Injection, Regularizer, Setting
from bridle.streams import Purpose

_RATES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
_DEVIATIONS = (0.03, 0.06, 0.1, 0.2, 0.4, 0.8)
Slots = Literal["layer", "layer inputs", "none"]


def _rate(name: str, sentence: str, slots: Slots = "layer inputs") -> Setting:
    return Setting(
        name,
        sentence,
        "a probability",
        default=0.0,
        high=1.0,
        open_high=True,
        off=0.0,
        grid=_RATES,
        slots=slots,
    )


def _deviation(name: str, sentence: str, slots: Slots) -> Setting:
    return Setting(
        name, sentence, "a standard deviation", default=0.0, off=0.0, grid=_DEVIATIONS, slots=slots
    )


NOISE = (
    Regularizer(
        name="dropout",
        family="noise",
        formula="a <- a * keep / (1 - dropout), keep ~ Bernoulli(1 - dropout)",
        settings=(_rate("dropout", "probability that a unit is silenced for a row in an update"),),
        sentence="Silences hidden units at random in training, so that no unit relies on another.",
        source="Srivastava et al. (2014), section 4, scaled in training",
        injection=Injection(dropout_forward, dropout_backward, "keep", "layer inputs", Purpose.DROPOUT),
        notes="One rate goes to every hidden layer; a rate a layer begins with the inputs' own. "
        "With batch_norm its noise is in the statistics of training and not in those of evaluation: put it "
        "behind the last normalization (Li et al. 2019).",
    ),
    Regularizer(
        name="spatial_dropout",
        family="noise",
        formula="a <- a * keep / (1 - spatial_dropout), keep ~ Bernoulli(1 - spatial_dropout) a channel",
        settings=(_rate("spatial_dropout", "probability that a channel is silenced for a row in an update"),),
        sentence="Silences whole channels at random in training, because neighboring pixels tell the same.",
        source="Tompson et al. (2015), section 3.2, scaled in training",
        injection=Injection(
            dropout_forward,
            dropout_backward,
            "keep",
            "layer inputs",
            Purpose.SPATIAL_DROPOUT,
            per="channel",
        ),
        notes="Acts on what convolutions hand on, and on nothing else; a rate a layer begins with the "
        "picture's own channels.",
        requires="pictures in convolutions",
    ),
    Regularizer(
        name="input_dropout",
        family="noise",
        formula="x <- x * keep / (1 - input_dropout), keep ~ Bernoulli(1 - input_dropout)",
        settings=(
            _rate("input_dropout", "probability that an input is silenced for a row in an update", "none"),
        ),
        sentence="Hides inputs at random in training, so that no prediction hangs on one of them.",
        source="Srivastava et al. (2014), section 4, on the visible layer",
        injection=Injection(dropout_forward, dropout_backward, "keep", "inputs", Purpose.INPUT_DROPOUT),
        notes="A hidden input is 0, the mean where inputs are standardized. On a line it is ridge with the "
        "inputs' own variances.",
    ),
    Regularizer(
        name="gaussian_dropout",
        family="noise",
        formula="a <- a * (1 + sqrt(r / (1 - r)) * e), e ~ N(0, 1), r = gaussian_dropout",
        settings=(_rate("gaussian_dropout", "rate of the dropout with the same variance"),),
        sentence="Multiplies hidden units by noise of dropout's variance, and silences none completely.",
        source="Srivastava et al. (2014), section 10",
        notes="Signs can flip at high rates. Beside dropout variances add up; choose one of the two.",
        injection=Injection(
            gaussian_dropout_forward, scale_backward, "normal", "layer inputs", Purpose.GAUSSIAN_DROPOUT
        ),
    ),
    Regularizer(
        name="alpha_dropout",
        family="noise",
        formula="a <- scale * (a if kept else -1.758) + shift, which keeps mean 0 and variance 1",
        settings=(_rate("alpha_dropout", "probability that a unit is saturated for a row in an update"),),
        sentence="Dropout for selu: dropped units go to its saturation, and its normalization survives.",
        source="Klambauer et al. (2017), section 3",
        requires="selu",
        notes="Instead of dropout, not beside it; a normalization makes both pointless.",
        injection=Injection(
            alpha_dropout_forward, scale_backward, "keep", "layer inputs", Purpose.ALPHA_DROPOUT
        ),
    ),
    Regularizer(
        name="gaussian_noise",
        family="noise",
        formula="a <- a + gaussian_noise * e, e ~ N(0, 1)",
        settings=(_deviation("gaussian_noise", "deviation of the noise on hidden units", "layer inputs"),),
        sentence="Adds noise to hidden units in training, so that what they tell must stand out from it.",
        source="Bishop (1995), equation 2, on hidden units; Poole et al. (2014), section 2",
        notes="A rectified unit can outgrow additive noise; combine it with a penalty or a bound.",
        injection=Injection(
            gaussian_noise_forward, gaussian_noise_backward, "normal", "layer inputs", Purpose.GAUSSIAN_NOISE
        ),
    ),
    Regularizer(
        name="input_noise",
        family="noise",
        formula="x <- x + input_noise * e, e ~ N(0, 1)",
        settings=(_deviation("input_noise", "deviation of the noise on the inputs", "none"),),
        sentence="Adds noise to the inputs in training, which smooths the function that is learned.",
        source="Bishop (1995), equations 2 and 15",
        notes="The unit is that of the inputs: standardize them.",
        injection=Injection(
            gaussian_noise_forward, gaussian_noise_backward, "normal", "inputs", Purpose.INPUT_NOISE
        ),
    ),
    Regularizer(
        name="drop_connect",
        family="noise",
        formula="W <- W * keep / (1 - drop_connect) within an update, keep ~ Bernoulli(1 - drop_connect)",
        settings=(_rate("drop_connect", "probability that a weight is silenced in an update", "layer"),),
        sentence="Silences single weights at random in training, where dropout silences whole units.",
        source="Wan et al. (2013), equation 3, scaled in training",
        notes="One mask for all rows of an update.",
        injection=Injection(dropout_forward, dropout_backward, "keep", "weights", Purpose.DROP_CONNECT),
    ),
)
