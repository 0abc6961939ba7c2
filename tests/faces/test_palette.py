"""Colors stand out from the paper and can be told apart, also by the color-blind."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bridle.faces import palette
from bridle.registry import REGISTRY
from bridle.study.defaults import REGULARIZERS

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
LAB = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
OKLAB = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip


def linear(color: str) -> np.ndarray:
    values = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    return float(linear(color) @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def seen(color: str, blindness: str) -> np.ndarray:
    return np.array(OKLAB) @ np.cbrt(
        np.array(LAB) @ np.clip(np.array(BLINDNESS[blindness]) @ linear(color), 0, 1)
    )


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_colors_stand_out(paper: str) -> None:
    background = getattr(palette.PAPER, paper)
    for tone in palette.ALL:
        if tone not in (palette.PAPER, palette.RULE, palette.WASH):
            least = 4.5 if tone in (palette.INK, palette.SOFT) else 3.0
            assert contrast(getattr(tone, paper), background) >= least, tone


@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize("blindness", list(BLINDNESS))
def test_regularizers_can_be_told_apart(paper: str, blindness: str) -> None:
    tones = palette.tones(REGULARIZERS)
    for one, other in itertools.combinations(tones.values(), 2):
        distance = np.linalg.norm(
            seen(getattr(one, paper), blindness) - seen(getattr(other, paper), blindness)
        )
        assert distance > 0.05, (one.name, other.name, distance)


def test_every_regularizer_and_combination_has_a_color() -> None:
    assert set(palette.tones(("plain", *REGISTRY, "l1+l2"))) == {"plain", *REGISTRY, "l1+l2"}
    names = (*REGULARIZERS, "l1+l2", "l2+dropout", "max_norm")
    assert len(set(palette.tones(names).values())) == len(names)
    assert len({tone.light for tone in palette.ALL}) == len(palette.ALL)


def test_classes_repeat_after_all_are_used() -> None:
    assert palette.class_tone(len(palette.CLASSES)) == palette.class_tone(0)
    assert len(palette.MARKERS) == len(palette.CLASSES)
