"""Write docs/regularizers.md from the registry's records.

    python docs/scripts/regularizers.py

A page that is written by hand drifts from the code; a test holds this one to what this script makes of the
records. The words between the tables are here.
"""

from __future__ import annotations

import math
from pathlib import Path

from bridle.registry import REGISTRY, Regularizer, Setting

PAGE = Path(__file__).resolve().parents[1] / "regularizers.md"
FAMILIES = {
    "penalty": (
        "Penalties",
        "Terms of the objective. Those with a kink at zero act by their proximal operator after the step, "
        "so that zeros are exact; the others join the gradient.",
    ),
    "constraint": ("Constraints", "Projections of the weights after every update."),
    "decay": ("Decay", "Shrinking apart from the gradient."),
    "noise": ("Noise", "Drawn anew in every update, never in evaluation, where outputs are as they are."),
    "images": (
        "Images",
        "Augmentations: what training does to pictures, those of `Plan(image=(channels, height, width))`, "
        "anew in every epoch; validation and test pictures stay as they are. [Images](images.md) says more.",
    ),
    "rows": ("Rows", "What training does to rows; validation and test rows stay as they are."),
    "targets": ("Targets", "What training does to targets."),
    "gradient": ("Gradients", "What happens to the gradient of the data loss."),
    "time": ("Time", "When training ends, and which weights predict."),
}
NEEDS = {
    "classification": "a loss of classes",
    "selu": "layers of selu",
    "pictures": "inputs that are pictures",
    "pictures in color": "inputs that are pictures of three channels",
    "pictures in convolutions": "layers that convolve pictures",
}
OPENING = """# Regularizers

Every name that `bridle compare --regularizers` and `Plan(regularizers=...)` take, written by
`docs/scripts/regularizers.py` from the records of `bridle.registry`. `bridle list` prints the names,
`bridle explain NAME` one of these entries.

* **A strength for each member.** `Members(l2=[0.0, 0.01, 0.1])` trains three networks in one population.
  Where a table says *layer* a strength may also be one a layer, (M or 1, L).
* **Off is exact.** At its off value a regularizer is the plan without it, to the bit.
* **Together.** Any names go together; in `compare` they are joined with a plus sign: `l2+dropout`. `all`
  stands for every name that the data and the network allow. Notes say where two of them get into each
  other's way.
* **Over time.** `Plan(strength_schedules={"weight_decay": "cosine"})` lets the strength of a penalty, of
  decay, noise, images, rows or targets follow "linear" or "cosine" down to 0, "flat_then_cosine" (the first
  half flat) or "warm_up" (rising over the first fifth).
* **Over depth.** `bridle.rules.depth.rates_over_depth("funnel", 0.4, layers)` gives rates that fall with
  depth, "triangle" rates that rise, "diamond" the largest in the middle, "brick" the same everywhere:
  `Members(dropout=[rates])`.

J is the weighted mean of the rows' losses plus these terms; W are weights, b biases, a activations, x and
t a row and its target. What each costs in time is on [its own page](costs.md).
"""


def number(value: float) -> str:
    """Return a number as a reader writes it."""
    return "infinity" if math.isinf(value) else f"{value:g}"


def row_of(setting: Setting) -> str:
    """Return one setting's line of a table."""
    slots = {"layer": "layer", "layer inputs": "layer's inputs", "none": ""}[setting.slots]
    off = "" if setting.off is None else number(setting.off)
    tried = ", ".join(number(value) for value in setting.grid)
    cells = (
        f"`{setting.name}`",
        setting.sentence,
        setting.allowed,
        setting.unit,
        off,
        slots,
        tried,
    )
    return "| " + " | ".join(cells) + " |"


def entry(record: Regularizer) -> list[str]:
    """Return one regularizer's part of the page."""
    lines = [f"### {record.name}", "", record.sentence, "", "```text", record.formula, "```", ""]
    lines += ["| setting | what it is | range | unit | off at | one a | tried |", "| --- " * 7 + "|"]
    lines += [row_of(setting) for setting in record.settings]
    lines += [""]
    if record.notes:
        lines += [f"*Notes.* {record.notes}", ""]
    if record.requires:
        needs = NEEDS[record.requires]
        lines += [f"*Requires* {needs}.", ""]
    return [*lines, f"*Source.* {record.source}.", ""]


def page() -> str:
    """Return the whole page."""
    lines = [OPENING]
    for family, (title, words) in FAMILIES.items():
        records = [record for record in REGISTRY.values() if record.family == family]
        lines += [f"## {title}", "", words, ""]
        for record in records:
            lines += entry(record)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
