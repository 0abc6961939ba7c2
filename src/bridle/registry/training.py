"""The records of what acts on updates and on time: decay, clipping, averaging and stopping."""

from __future__ import annotations

import math

from bridle.registry.records import BOOK, Regularizer, Setting, strength_setting

DECAY = (
    Regularizer(
        name="weight_decay",
        family="decay",
        formula="W <- W - learning_rate * weight_decay * W - step",
        settings=(
            strength_setting(
                "weight_decay",
                "decay of the weights",
                (0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
                unit="per unit of learning rate",
            ),
        ),
        sentence="Shrinks the weights by a factor at every update, apart from the gradient.",
        source="Loshchilov and Hutter (2019), equation 1 and algorithm 2",
        notes="weight_decay_unit='update': W <- (1 - weight_decay) W - step; decay_biases includes biases. "
        "Normalizations are exempt. Under adam decay goes with the learning rate and its schedule.",
    ),
)

GRADIENT = (
    Regularizer(
        name="gradient_clipping",
        family="gradient",
        formula="g <- g min(1, gradient_clipping / |g|), |g| over all weights and biases",
        settings=(
            Setting(
                "gradient_clipping",
                "the longest that the gradient of the data loss may be",
                "a norm",
                default=math.inf,
                off=math.inf,
                grid=(0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
                slots="none",
            ),
        ),
        sentence="Shortens gradients that are too long, so that no single batch throws the weights far.",
        source="Pascanu et al. (2013), algorithm 1",
        notes="Penalties are added after clipping.",
    ),
)

TIME = (
    Regularizer(
        name="ema",
        family="time",
        formula="A <- ema A + (1 - ema) W after every update; A is what predicts",
        settings=(
            Setting(
                "ema",
                "share of the average that an update keeps",
                "a share",
                default=0.0,
                high=1.0,
                open_high=True,
                off=0.0,
                grid=(0.9, 0.95, 0.98, 0.99, 0.995, 0.999),
                slots="none",
            ),
        ),
        sentence="Predicts with a moving average of the weights, in the middle of their wandering.",
        source="Polyak and Juditsky (1992); exponential, as in Kingma and Ba (2015), section 7.2",
        notes="Validation, best weights and predictions use the average. batch_norm's statistics are "
        "made anew for it. It needs more than 1 / (1 - ema) updates to forget the start.",
    ),
    Regularizer(
        name="swa",
        family="time",
        formula="A <- mean of W at the ends of the epochs in the last share swa of training; A predicts",
        settings=(
            Setting(
                "swa",
                "share of the training that is averaged, at its end",
                "a share",
                default=0.0,
                high=1.0,
                off=0.0,
                grid=(0.1, 0.2, 0.3, 0.5, 0.7, 0.9),
                slots="none",
            ),
        ),
        sentence="Predicts with the mean of the weights over the end of training, a flatter place.",
        source="Izmailov et al. (2018), algorithm 1, with a constant learning rate",
        notes="Until averaging begins the weights themselves are in use. With ema, its average is averaged. "
        "batch_norm needs fresh statistics for averaged weights, and gets them.",
    ),
    Regularizer(
        name="snapshots",
        family="time",
        formula="p <- mean of the predictions of the networks at the ends of the last cycles",
        settings=(
            Setting(
                "snapshots",
                "share of the cycles, from the last back, whose ends predict together",
                "a share",
                default=0.0,
                high=1.0,
                off=0.0,
                grid=(0.4, 0.6, 0.8, 1.0),
                slots="none",
            ),
        ),
        sentence="Lets the networks at the ends of several cycles of one training predict together.",
        source="Huang et al. (2017), section 3 and equation 2",
        notes="Made for schedule='cosine_restarts', with the plan's number of cycles. Curves are of the "
        "weights in training. Where patience brings best weights back, they predict alone.",
    ),
    Regularizer(
        name="early_stopping",
        family="time",
        formula="stop when the loss has not fallen for `patience` epochs; keep the best weights",
        settings=(
            Setting(
                "patience",
                "epochs without improvement before training stops",
                "epochs",
                default=math.inf,
                low=1.0,
                off=math.inf,
                grid=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
                slots="none",
            ),
            Setting(
                "min_delta",
                "the smallest fall that counts as one",
                "of the watched value",
                default=0.0,
                slots="none",
            ),
        ),
        sentence="Ends training when the validation loss turns up, and goes back to the best weights.",
        source=f"{BOOK}, algorithm 7.1; Prechelt (1998)",
        notes="The default grid is in shares of all epochs. Best weights come back even if patience lasts. "
        "The lowest loss of a whole curve looks better on validation rows than it is. Schedules that end "
        "at the last epoch, and swa, never see their end in a training that stops.",
    ),
)
