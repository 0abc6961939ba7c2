"""The records of constraints: projections of the weights after every update."""

from __future__ import annotations

import math

from bridle.penalties.bounds import project_max_norm, project_non_negative, project_unit_norm
from bridle.registry.records import Regularizer, Setting

CONSTRAINTS = (
    Regularizer(
        name="max_norm",
        family="constraint",
        formula="W_h <- W_h min(1, max_norm / |W_h|), for each unit's incoming weights",
        settings=(
            Setting(
                "max_norm",
                "the longest that a unit's incoming weights may be",
                "a norm",
                default=math.inf,
                off=math.inf,
                grid=(0.5, 1.0, 2.0, 3.0, 4.0, 6.0),
            ),
        ),
        sentence="Keeps each unit's weights within a ball; strongest at small bounds.",
        source="Srivastava et al. (2014), section 5.1",
        notes="Goes well with dropout and a high learning rate. A normalization right after undoes it.",
        project=project_max_norm,
    ),
    Regularizer(
        name="unit_norm",
        family="constraint",
        formula="W_h <- W_h unit_norm / |W_h|, for each unit's incoming weights",
        settings=(
            Setting(
                "unit_norm",
                "the length of every unit's incoming weights",
                "a norm",
                default=math.inf,
                off=math.inf,
                grid=(0.3, 0.5, 1.0, 1.5, 2.0, 3.0),
            ),
        ),
        sentence="Gives each unit's weights one length, so that only directions are learned.",
        source="Salimans and Kingma (2016), section 2, with the length fixed",
        notes="Outputs are bounded too: with a classifier the length limits how sure it can be. Penalties on "
        "weights have nothing left to shrink.",
        project=project_unit_norm,
    ),
    Regularizer(
        name="non_negative",
        family="constraint",
        formula="W <- max(W, 0) where non_negative > 0",
        settings=(
            Setting(
                "non_negative",
                "a switch: above 0 is on",
                "a switch",
                default=0.0,
                high=1.0,
                off=0.0,
                grid=(1.0,),
            ),
        ),
        sentence="Allows no negative weights, so that effects of inputs can only add up.",
        source="Chorowski and Zurada (2015), equation 5",
        notes="A switch without degrees. Units of relu whose bias falls low stay silent: step slowly.",
        project=project_non_negative,
    ),
)
