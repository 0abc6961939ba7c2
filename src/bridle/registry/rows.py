"""The records of what training does to rows; validation and test rows stay as they are."""

from __future__ import annotations

from bridle.perturb.rows import cut_columns
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
        formula="x_d <- 0 for a random share of columns",
        settings=(_probability("cutout", "probability that a row takes part"),),
        sentence="Sets a random share of a row's columns to the mean, and asks for the same answer.",
        source="DeVries and Taylor (2017), section 3.1; on table rows, Kadra et al. (2021), section 3",
        notes="The inputs' mean must be 0: standardize them.",
        perturbation=Perturbation(cut_columns, Purpose.CUTTING),
    ),
)
