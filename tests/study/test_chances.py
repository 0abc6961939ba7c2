"""Probabilities of classes by the generators' own laws: against closed forms, integrals and many draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.stats import multivariate_normal, norm

from bridle.study.chances import chances
from bridle.study.diagnosis.decomposition import decompose_log_loss
from bridle.study.generators import GENERATORS, Recipe, draw

POINTS = np.array([[0.2, 0.3], [-0.9, 0.1], [1.4, -0.7], [-0.4, -1.6], [0.0, 0.6]])
NO_LABELS = np.zeros(len(POINTS), dtype=int)


def recipe(name: str, noise: float | None = None, rows: int = 300, arms: int | None = None) -> Recipe:
    generator = GENERATORS[name]
    return Recipe(generator, rows, generator.noise if noise is None else noise, arms)


@pytest.mark.parametrize("name", GENERATORS)
def test_as_many_rows_have_a_class_as_its_probability_says(name: str) -> None:
    """Of many rows with nearly the same probability, that share belongs to the class: in 20 bins of it."""
    rows = 40_000
    own = recipe(name, rows=rows)
    X, y = draw(name, rows, seed=1)
    # The moons' angles are evenly spaced over all rows: a coarser grid is the same law.
    p = chances(recipe(name), X, y)
    assert p.shape == (rows, own.classes)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    first = p[:, 0]
    groups = np.array_split(np.argsort(first), 20)
    for group in groups:
        share, expected = (y[group] == 0).mean(), first[group].mean()
        deviation = np.sqrt(max(expected * (1 - expected), 1e-3) / len(group))
        assert abs(share - expected) < 4.5 * deviation


def test_blobs_are_a_softmax_of_distances() -> None:
    angle = 2 * np.pi * np.arange(3) / 3
    logits = POINTS @ np.stack([np.cos(angle), np.sin(angle)]) / 0.5**2
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(chances(recipe("blobs", 0.5), POINTS, NO_LABELS), expected, rtol=1e-10)


def test_a_pitch_is_a_normal_border_with_outliers() -> None:
    margin = POINTS[:, 1] - 0.3 * np.sin(5 * POINTS[:, 0])
    expected = 0.03 + 0.94 * norm.cdf(margin / 0.2)
    np.testing.assert_allclose(chances(recipe("pitch", 0.2), POINTS, NO_LABELS)[:, 1], expected, rtol=1e-12)
    sides = chances(recipe("pitch", 0.0), POINTS, NO_LABELS)[:, 1]
    np.testing.assert_allclose(sides, np.where(margin > 0, 0.97, 0.03))


def along(place, low: float, high: float, x: np.ndarray, noise: float) -> float:
    """Return the mean over a curve of normal densities around its places, by quadrature."""
    found, _ = quad(
        lambda t: multivariate_normal.pdf(x, place(t), noise**2), low, high, epsabs=1e-13, limit=200
    )
    return found / (high - low)


@pytest.mark.parametrize("noise", [0.15, 0.4])
def test_curves_are_integrals_over_their_places(noise: float) -> None:
    rings = chances(recipe("circles", noise), POINTS, NO_LABELS)
    arms = chances(recipe("spiral", noise, arms=3), POINTS, NO_LABELS)
    for k, x in enumerate(POINTS):
        ring = [
            along(lambda t, r=r: (r * np.cos(t), r * np.sin(t)), 0, 2 * np.pi, x, noise) for r in (1, 0.5)
        ]
        np.testing.assert_allclose(rings[k], np.array(ring) / sum(ring), atol=1e-8)

        def turned(r: float, arm: int) -> tuple[float, float]:
            angle = 2 * np.pi * (arm / 3 + r)
            return r * np.cos(angle), r * np.sin(angle)

        arm = [along(lambda r, a=a: turned(r, a), 0.1, 1, x, noise) for a in range(3)]
        np.testing.assert_allclose(arms[k], np.array(arm) / sum(arm), atol=1e-8)


def test_fields_are_integrals_over_their_squares() -> None:
    noise = 0.3
    xor = chances(recipe("xor", noise), POINTS, NO_LABELS)
    for k, x in enumerate(POINTS[:2]):

        def density(b: float, a: float, x: np.ndarray = x) -> float:
            return float(norm.pdf(x[0], a, noise) * norm.pdf(x[1], b, noise))

        same = dblquad(density, 0, 1, 0, 1)[0] + dblquad(density, -1, 0, -1, 0)[0]
        other = dblquad(density, 0, 1, -1, 0)[0] + dblquad(density, -1, 0, 0, 1)[0]
        assert xor[k, 0] == pytest.approx(same / (same + other), abs=1e-8)


@pytest.mark.parametrize("name", [name for name in GENERATORS if name != "pitch"])
def test_without_noise_classes_are_certain(name: str) -> None:
    X, y = draw(name, 60, noise=0.0)
    found = chances(recipe(name, 0.0, 60), X, y)
    assert found.argmax(axis=1).tolist() == y.tolist()
    assert set(found.ravel()) == {0.0, 1.0}


def test_nearly_without_noise_they_are_nearly_certain() -> None:
    for name in GENERATORS:
        X, y = draw(name, 60, noise=0.004)
        found = chances(recipe(name, 0.004, 60), X, y)
        assert np.isfinite(found).all()
        assert (found.argmax(axis=1) == y).mean() > 0.9


def test_the_truth_itself_has_neither_bias_nor_variance() -> None:
    """A network that says the truth loses the entropy, which is the noise, and nothing else."""
    X, y = draw("blobs", 200, seed=4)
    p = chances(recipe("blobs", rows=200), X, y)
    found = decompose_log_loss(np.stack([p, p]), p)
    np.testing.assert_allclose(found.bias, 0, atol=1e-8)
    np.testing.assert_allclose(found.variance, 0, atol=1e-8)
    np.testing.assert_allclose(found.noise, -(p * np.log(p)).sum(axis=1))
    np.testing.assert_allclose(found.bias + found.variance + found.noise, found.loss, atol=1e-8)
