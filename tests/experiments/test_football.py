"""football as published: the accuracies to three digits and the costs to five, on the tutorial's own file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridle import train
from bridle.experiments import Request, football, reproduce
from bridle.experiments.published import obtained
from bridle.experiments.results import Result


@pytest.fixture(scope="module")
def published(shared: Path) -> Result:
    return reproduce("football", ["published"], Request(data=str(shared / "data" / "football.mat")))[
        "published"
    ]


def test_every_published_figure_is_met_to_its_last_digit(published: Result) -> None:
    figures = published.part.published
    assert len(figures) == 15
    assert all(figure.meets for figure in figures)
    for figure in figures:
        value = obtained(published, figure)
        assert round(value, figure.decimals) == figure.value, (figure.variant, figure.quantity, value)


def test_both_engines_begin_alike(shared: Path) -> None:
    part = football.make("published", Request(epochs=200, data=str(shared / "data" / "football.mat")))
    (one,) = part.populations
    ran = [
        train(one.plan, one.members, one.X, one.y, initial=one.initial, draws=one.draws, engine=engine)
        for engine in ("population", "reference")
    ]
    for (w, b), (v, c) in zip(ran[0].weights, ran[1].weights, strict=True):
        np.testing.assert_allclose(w, v, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(b, c, rtol=1e-9, atol=1e-10)


def test_the_one_mask_is_that_of_the_recording(shared: Path) -> None:
    """The recording describes its mask in words; without it, the generator's state tells."""
    recorded = np.load(shared / "reference" / "tutorials" / "003_dropout_fixedmask.npz")
    for (w, _), name in zip(football.first_weights(), ("init_W1", "init_W2", "init_W3"), strict=True):
        np.testing.assert_array_equal(w, recorded[name])
    assert football.one_mask(211).keep[0].shape == (1, 20, 211)


def test_the_mask_needs_no_file() -> None:
    keep = football.one_mask(211).keep
    random = np.random.RandomState(1)
    np.testing.assert_array_equal(keep[0][0], random.rand(20, 211) < 0.86)
    np.testing.assert_array_equal(keep[1][0], random.rand(3, 211) < 0.86)


def test_without_a_file_the_pitch_stands_in_and_says_so() -> None:
    results = reproduce("football", ["published", "measured"], Request(seeds=2, epochs=30))
    assert results["published"].home("plain").population.X.shape == (211, 2)
    assert not any(figure.meets for figure in results["published"].part.published)
    assert "synthetic pitch" in football.EXPERIMENT.notes(Request())[0]
    assert len(results["measured"].scores("dropout, new split", "test_accuracy")) == 2
