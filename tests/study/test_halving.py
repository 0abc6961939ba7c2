"""The arithmetic of successive halving and refinement, against its closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bridle.study.halving import FINE, between, beyond, is_flat, kept, resource, rungs_of, survivors


@pytest.mark.parametrize("every", [1, 4])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_rungs_double_and_end_at_the_full_number_of_epochs(count, every):
    for epochs in (64, 80, 1500):
        rungs = rungs_of(epochs, count, every)
        assert rungs[-1] == epochs
        assert len(rungs) == count
        assert all(one % every == 0 for one in rungs)
        for k, one in enumerate(rungs):
            assert 0 <= one - epochs / 2 ** (count - 1 - k) < every
    assert rungs_of(3, 5) == (1, 2, 3)  # rungs that would be the same are one


def test_the_total_resource_has_its_closed_form():
    """Of n = 2^a candidates the first rung of r costs n E / 2^(r - 1), every other half of what the first costs."""
    for a, r in ((4, 3), (5, 5), (3, 1)):
        n, epochs = 2**a, 2**8
        first = n * epochs / 2 ** (r - 1)
        # rung k: n / 2^k candidates for E / 2^(r - k) epochs, a constant
        assert resource(n, rungs_of(epochs, r)) == first + (r - 1) * first / 2
    assert resource(7, (100,)) == 700
    assert resource(8, (25, 50, 100), races=1.5) == 8 * 25 + 6 * 25 + 3 * 50
    assert resource(8, (25, 50, 100), races=10) == 800  # never more than all of them


def test_halvings_leave_at_least_one_and_compose():
    for n in range(1, 60):
        assert kept(n, 0) == n
        assert kept(n, 10) == 1
        for k in range(6):
            assert kept(n, k + 1) == math.ceil(kept(n, k) / 2) == math.ceil(n / 2 ** (k + 1))


def test_survivors_are_the_first_of_the_sorted_losses():
    random = np.random.default_rng(0)
    for _ in range(50):
        losses = random.choice([0.1, 0.2, 0.3, 0.4, np.inf], size=9)
        keep = int(random.integers(1, 10))
        left = survivors(losses, keep)
        assert left.sum() == keep
        assert set(np.flatnonzero(left)) == set(np.argsort(losses, kind="stable")[:keep])
        assert losses[left].max() <= losses[~left].min(initial=np.inf)


def test_refinement_lies_strictly_between_neighbors_and_narrows_to_the_best():
    """A unimodal loss over the logarithm: halving the neighborhood finds its lowest point."""
    truth = 0.0137
    tried = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    for _ in range(20):
        best = min(tried, key=lambda s: abs(math.log(s / truth)))
        new = between(tried, best)
        ordered = sorted(tried)
        at = ordered.index(best)
        for one in new:
            assert one not in tried
            assert (ordered[at - 1] < one < best) or (best < one < ordered[at + 1])
            other = ordered[at - 1] if one < best else ordered[at + 1]
            assert one == pytest.approx(math.sqrt(best * other), rel=5e-3)
        if not new:
            break
        tried += new
    assert not new, "it must come to an end"
    assert best / truth == pytest.approx(1, abs=FINE - 1)


def test_at_an_edge_only_the_inner_side_is_tried_and_whole_numbers_stay_whole():
    assert between([1.0, 4.0, 16.0], 1.0) == (2.0,)
    assert between([1.0, 4.0, 16.0], 16.0) == (8.0,)
    assert between([2.0], 2.0) == ()
    assert between([5.0, 6.0, 20.0], 6.0, whole=True) == (11.0,)


@pytest.mark.parametrize("truth", [3e-7, 2e-5, 0.02, 40.0, 3e4])
def test_a_lowest_point_outside_of_what_was_tried_is_found_too(truth):
    tried = [1e-4, 1e-3, 1e-2, 1e-1]
    for _ in range(40):
        best = min(tried, key=lambda s: abs(math.log(s / truth)))
        further = beyond(tried, best)
        at_an_end = best in (min(tried), max(tried))
        assert (further is not None) == at_an_end
        if further is not None:
            assert not min(tried) <= further <= max(tried)
            neighbor = min((s for s in tried if s != best), key=lambda s: abs(math.log(s / best)))
            assert further / best == pytest.approx(best / neighbor, rel=5e-3)
        new = [*between(tried, best), *([further] if further else [])]
        if not new or abs(math.log(best / truth)) < math.log(FINE) / 2:
            break
        tried += new
    assert best / truth == pytest.approx(1, abs=FINE - 1)


def test_beyond_needs_a_neighbor_and_a_whole_number_of_its_own():
    assert beyond([2.0], 2.0) is None
    assert beyond([1.0, 2.0, 4.0], 2.0) is None
    assert beyond([1.0, 10.0], 1.0, whole=True) is None  # 0.1 is no epoch
    assert beyond([2.0, 3.0], 2.0, whole=True) == 1.0
    assert beyond([6.0, 7.0], 7.0, whole=True) == 8.0
    assert beyond([100.0, 101.0], 101.0, whole=True) == 102.0


def test_flat_needs_a_neighbor_and_every_neighbor():
    assert is_flat(1.0, [1.0, 1.005])
    assert not is_flat(1.0, [1.0, 1.006])
    assert not is_flat(1.0, [])
