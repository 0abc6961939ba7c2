"""The experiments' data and first weights are the tutorials' own, drawn anew from their seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridle.errors import DataError
from bridle.experiments import CATALOG, PARTS, Request, find, moons_l2, moons_mlp3, reproduce, spiral


def recording(shared: Path, name: str) -> dict[str, np.ndarray]:
    return dict(np.load(shared / "reference" / "tutorials" / f"{name}.npz"))


def test_moons_l2_draws_what_was_recorded(shared: Path) -> None:
    recorded = recording(shared, "000_l2_as_given")
    X, y, weights, draws = moons_l2.start(3)
    np.testing.assert_array_equal(X.T, recorded["data_X"])
    np.testing.assert_array_equal(y, recorded["data_Y"][0])
    np.testing.assert_array_equal(weights[0][0], recorded["init_W1"])
    np.testing.assert_array_equal(weights[1][0], recorded["init_W2"])
    random = np.random.RandomState(0)
    state = ("MT19937", recorded["extra_mt_key"], int(recorded["extra_mt_pos"]))
    random.set_state((*state, int(recorded["extra_has_gauss"]), float(recorded["extra_gauss"])))
    np.testing.assert_array_equal(draws.order[1], [random.permutation(200) for _ in range(2)][1])


def test_the_small_spiral_draws_what_was_recorded(shared: Path) -> None:
    recorded = recording(shared, "001_s100_l2")
    X, y, X_test, y_test, weights = spiral.samples(spiral.SMALL, 0)
    for mine, name in ((X, "data_X"), (y, "data_y"), (X_test, "data_Xtest"), (y_test, "data_ytest")):
        np.testing.assert_array_equal(mine, recorded[name])
    np.testing.assert_array_equal(weights[0][0].T, recorded["init_W1"])
    np.testing.assert_array_equal(weights[1][0].T, recorded["init_W2"])


def test_moons_mlp3_draws_what_was_recorded(shared: Path) -> None:
    recorded = recording(shared, "002_base")
    X, y = moons_mlp3.moons(0)
    np.testing.assert_array_equal(X[:200], recorded["data_X"])
    np.testing.assert_array_equal(y[:200], recorded["data_y"][:, 0])
    np.testing.assert_array_equal(X[200:], recorded["data_Xtest"])
    for (w, _), name in zip(moons_mlp3.first_weights(), ("init_W1", "init_W2", "init_W3"), strict=True):
        np.testing.assert_array_equal(w.T, recorded[name])


@pytest.mark.parametrize("name", CATALOG)
def test_every_experiment_runs_in_every_part_and_answers(name: str) -> None:
    request = Request(seeds=2, epochs=3)
    results = reproduce(name, PARTS, request)
    assert list(results) == list(PARTS)
    for result in results.values():
        for variant in result.variants:
            accuracy = result.scores(variant, "test_accuracy")
            assert np.all((accuracy >= 0) & (accuracy <= 1))
        for variant, (base, difference, p) in result.compared().items():
            assert base in result.variants
            assert variant != base
            assert 0 <= p <= 1
            assert difference.count <= result.seeds
    assert all(sentence.endswith((".", "?")) for sentence in find(name).answer(results))


def test_seeds_of_the_measured_part_differ_in_their_data() -> None:
    part = moons_mlp3.make("measured", Request(seeds=3, epochs=1))
    (one,) = part.populations
    assert one.seeds == (0, 1, 2) * 6
    assert one.variants[:4] == ("plain", "plain", "plain", "l2")
    assert {tuple(one.rows_of(m)[[0, -1]]) for m in range(3)} == {(0, 199), (200, 399), (400, 599)}
    assert not np.array_equal(one.X[:200], one.X[200:400])
    np.testing.assert_array_equal(one.rows_of(0), one.rows_of(3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": 1}, r"seeds must be a whole number of at least 2; got 1\. One seed has no interval"),
        ({"epochs": 0}, r"epochs must be a whole number of at least 1"),
        ({"keys": ("X",)}, r"keys must be four names"),
    ],
)
def test_requests_are_checked(change: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Request(**change)


def test_an_unknown_experiment_or_part_is_refused() -> None:
    with pytest.raises(DataError, match="Did you mean 'football'"):
        find("footbal")
    with pytest.raises(DataError, match=r"part must be one of 'published', 'corrected' or 'measured'"):
        reproduce("football", ["mesured"])
