"""Numbers align, never claim more than they know, and names cannot disturb a terminal."""

from __future__ import annotations

import math

import pytest

from bridle.faces import wording
from bridle.faces.pictures import drawable, plain_number
from bridle.study.statistics import Interval
from tests.faces.invented import invent


def test_rulers() -> None:
    percent = wording.score_ruler(invent(splits=3))
    assert percent.full(0.8349) == "83.5\N{NO-BREAK SPACE}%"
    assert wording.difference_ruler(invent(splits=3)).bare(-0.01234, signed=True) == "\N{MINUS SIGN}1.2"
    assert percent.bare(-0.00001, signed=True) == "0.0"
    assert percent.bare(math.nan) == "\N{EN DASH}"
    assert percent.bounds(Interval(0.5, -math.inf, math.inf, 1.0, 1)) == ""
    assert percent.bounds(Interval(0.97, 0.9, 1.04, 0.0, 5)) == "90.0 to 100.0"
    assert wording.score_ruler(invent(splits=3, task="regression")).factor == 1.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"),
        (1e-6, "<1 %"),
        (0.5, "50 %"),
        (0.9999, "99 %"),
        (1.0, "100 %"),
        (math.nan, "\N{EN DASH}"),
    ],
)
def test_share(value: float, text: str) -> None:
    assert wording.share(value) == text


def test_settings() -> None:
    assert wording.settings_words({"l2": 0.03, "dropout": 0.2}) == "l2 0.03, dropout 0.2"
    assert wording.settings_words({"patience": 100.0, "min_delta": 0.0}) == "patience 100 epochs"
    assert wording.settings_words({"patience": 1.0}) == "patience 1 epoch"
    assert wording.settings_words({"elastic_net": 0.01, "elastic_net_ratio": 0.5}, "elastic_net") == "0.01"


def test_ranking_puts_plain_first_and_the_unknown_last() -> None:
    findings = invent(splits=4)
    means = [entry.difference.mean for entry in wording.ranked(findings)[1:]]
    assert wording.ranked(findings)[0].name == "plain"
    assert means == sorted(means, reverse=True)


def test_names_are_tamed() -> None:
    assert wording.tidy("red\x1b[31m \u202eturned\r\nround") == "red[31m turned round"
    assert len(wording.tidy("long " * 100)) == 48
    assert wording.tidy("\N{FAMILY}\N{ZERO WIDTH JOINER}") == "\N{FAMILY}\N{ZERO WIDTH JOINER}"


def test_pictures_replace_what_their_font_lacks() -> None:
    assert drawable("a \N{PILE OF POO} $x$") == "a \N{WHITE SQUARE} $x$"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1e-4, "10⁻⁴"), (3e-4, "3·10⁻⁴"), (0.003, "0.003"), (2000.0, "2,000"), (-1.5, "-1.5")],
)
def test_ticks(value: float, text: str) -> None:
    assert plain_number(value) == text.replace("-", "\N{MINUS SIGN}")
