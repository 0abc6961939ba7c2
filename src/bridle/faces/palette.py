"""Colors with a meaning, each for light and for dark paper.

A regularizer has one color in every picture, so that the eye can follow it down the page; the plain network
is gray, because everything is compared with it. The colors are told apart by people with any of the three
color blindnesses and stand out from the paper at three to one or more (both tested). Pictures are drawn in
the light ones; on a page, each becomes a CSS variable and follows the reader's preference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tone:
    """One color: its CSS variable's name, and its value on light and on dark paper."""

    name: str
    light: str
    dark: str


PAPER = Tone("paper", "#fdfcfa", "#15181c")
INK = Tone("ink", "#1f2429", "#e8e6e1")
SOFT = Tone("soft", "#5d6570", "#a4abb5")
RULE = Tone("rule", "#dcdad4", "#343a42")
WASH = Tone("wash", "#f4f2ed", "#1d2126")
PLAIN = Tone("plain", "#757b83", "#959ca6")

# The six that a comparison shows by default were sought by a program that maximized the smallest difference
# between any two of them, in normal vision and in each color blindness.
_REGULARIZERS = {
    "l1": Tone("l1", "#1070e1", "#3d90f9"),
    "l2": Tone("l2", "#b00807", "#e57f32"),
    "elastic_net": Tone("elastic-net", "#903b97", "#fd98e9"),
    "weight_decay": Tone("weight-decay", "#025b54", "#73d399"),
    "dropout": Tone("dropout", "#d27304", "#fad11b"),
    "early_stopping": Tone("early-stopping", "#3a0d83", "#9762b8"),
    "l1_bias": Tone("l1-bias", "#4f86a8", "#8fc0dd"),
    "l2_bias": Tone("l2-bias", "#b8664a", "#e0a48d"),
}
# For combinations, and for regularizers that have no color of their own yet.
_OTHERS = (
    Tone("other-1", "#8a1f3c", "#e0708f"),
    Tone("other-2", "#5b7418", "#a4bf5c"),
    Tone("other-3", "#20616b", "#66b6c2"),
    Tone("other-4", "#7d5532", "#c79a74"),
    Tone("other-5", "#6b4fa0", "#b69be6"),
    Tone("other-6", "#3f5f2e", "#93ba80"),
)

CLASSES = (
    Tone("class-1", "#1272b6", "#5cabe6"),
    Tone("class-2", "#dd6b1c", "#f19352"),
    Tone("class-3", "#118a6a", "#46bd9b"),
    Tone("class-4", "#b5508f", "#dc88c0"),
    Tone("class-5", "#98790c", "#d3b23d"),
    Tone("class-6", "#5546a6", "#a096ea"),
    Tone("class-7", "#7a4b33", "#c6967c"),
    Tone("class-8", "#6d7278", "#a3a9b1"),
)
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "p")
"""The classes' marks, so that color is never the only sign."""

ALL = (PAPER, INK, SOFT, RULE, WASH, PLAIN, *_REGULARIZERS.values(), *_OTHERS, *CLASSES)


def tones(names: Iterable[str]) -> dict[str, Tone]:
    """Return each regularizer's color; the names' order only matters for those without one of their own."""
    found: dict[str, Tone] = {}
    others = 0
    for name in names:
        if name == "plain":
            found[name] = PLAIN
        elif name in _REGULARIZERS:
            found[name] = _REGULARIZERS[name]
        else:
            found[name] = _OTHERS[others % len(_OTHERS)]
            others += 1
    return found


def class_tone(index: int) -> Tone:
    """Return the color of a class; they repeat after eight."""
    return CLASSES[index % len(CLASSES)]
