"""The records of what training does to rows and targets; validation and test rows stay as they are."""

from __future__ import annotations

from bridle.perturb.adversarial import against
from bridle.perturb.mixing import mix_rows, smooth_targets, swap_parts
from bridle.perturb.rows import cut_out
from bridle.registry.records import Perturbation, Regularizer, Setting
from bridle.streams import Purpose

_PROBABILITIES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


def _probability(name: str, sentence: str) -> Setting:
    return Setting(
        name, sentence, "a probability", default=0.0, high=1.0, off=0.0, grid=_PROBABILITIES, slots="none"
    )


ROWS = (
    Regularizer(
        name="cutout",
        family="rows",
        formula="x_d <- 0 for a random share of columns, or in a square of a picture",
        settings=(_probability("cutout", "probability that a row takes part"),),
        sentence="Sets a random part of a row to the mean, and asks for the same answer.",
        source="DeVries and Taylor (2017), section 3; on table rows, Kadra et al. (2021), section 3",
        notes="The inputs' mean must be 0: standardize them.",
        perturbation=Perturbation(Purpose.CUTTING, cut_out),
    ),
    Regularizer(
        name="mixup",
        family="rows",
        formula="x <- s x + (1 - s) x', t <- s t + (1 - s) t', s ~ Beta(mixup, mixup)",
        settings=(
            Setting(
                "mixup",
                "parameter of the beta distribution that a row's own share comes from",
                "a beta distribution's parameter",
                default=0.0,
                off=0.0,
                grid=(0.1, 0.2, 0.4, 0.8, 1.0, 2.0),
                slots="none",
            ),
        ),
        sentence="Trains on rows in between two rows, with targets in between theirs.",
        source="Zhang et al. (2018), section 1, a share for each row",
        notes="Probabilities come out less sure: judge them by log loss. Training curves are of mixed rows. "
        "Label smoothing does part of the same; both together easily do too much.",
        perturbation=Perturbation(Purpose.MIXING, mix_rows, couples=True),
    ),
    Regularizer(
        name="cutmix",
        family="rows",
        formula="x_d <- x'_d for a share s of columns, of a picture in a box, t <- (1 - s) t + s t'",
        settings=(_probability("cutmix", "probability that a row takes part"),),
        sentence="Takes a random part of a row from another row, and mixes targets by its share.",
        source="Yun et al. (2019), equations 1 and 2; on table rows, Kadra et al. (2021), section 3",
        notes="Columns or pixels count alike, as if each told as much; with few a row may be swapped whole.",
        perturbation=Perturbation(Purpose.SWAPPING, swap_parts, couples=True),
    ),
    Regularizer(
        name="fgsm",
        family="rows",
        formula="J = 1/2 J(x) + 1/2 J(x'), x' = x + fgsm sign(dJ/dx)",
        settings=(
            Setting(
                "fgsm",
                "how far each column of a row moves against the network",
                "of the inputs",
                default=0.0,
                off=0.0,
                grid=(0.01, 0.03, 0.06, 0.1, 0.2, 0.4),
                slots="none",
            ),
        ),
        sentence="Trains on each row and on its neighbor that the network likes least.",
        source="Goodfellow, Shlens and Szegedy (2015), sections 4 and 6, with alpha = 1/2",
        notes="The unit is that of the inputs: standardize them. Two passes over the batch: twice the cost. "
        "Training curves are of the rows as they are.",
        attack=against,
    ),
    Regularizer(
        name="label_smoothing",
        family="targets",
        formula="t <- (1 - s) t + s / K, s = label_smoothing, K = 2 for a yes-or-no output",
        settings=(
            Setting(
                "label_smoothing",
                "share of the target that is spread over all classes",
                "a share",
                default=0.0,
                high=1.0,
                open_high=True,
                off=0.0,
                grid=(0.01, 0.02, 0.05, 0.1, 0.2, 0.4),
                slots="none",
            ),
        ),
        sentence="Asks for a little less than certainty, so that no logit has to grow without end.",
        source="Szegedy et al. (2016), section 7; its effects, Mueller et al. (2019)",
        notes="Harms ranking metrics, as the area under the curve: leave it out where they count. The "
        "training loss is of smoothed targets and cannot reach 0; the validation loss is of true ones.",
        perturbation=Perturbation(Purpose.SMOOTHING, smooth_targets),
        requires="classification",
    ),
)
