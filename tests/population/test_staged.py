"""Laws of training in stages: bits do not depend on stages, on who rests, or on where the training ended."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.engine import Members, compiling, population, train
from bridle.engine.staged import Staged, joined
from bridle.errors import Status
from tests.builders import assert_same_bits, net, table

X, Y = table(50)
ALL = np.ones(6, dtype=bool)
SETTINGS = {
    "seed": np.arange(6),
    "learning_rate": 0.05,
    "l2": [0.0, 0.01, 0.1, 0.0, 0.01, 0.1],
    "patience": [np.inf, np.inf, 3, 8, np.inf, 20],
    "rows": [np.arange(40)],
    "validation_rows": [np.arange(40, 50)],
}
MEMBERS = Members(**SETTINGS)
PLAN = net(
    regularizers=("l2", "early_stopping"), epochs=40, dtype="float32", schedule="cosine", optimizer="adam"
)


def every(_):
    return True


@pytest.fixture(scope="module")
def whole():
    return train(PLAN, MEMBERS, X, Y)


def test_stages_end_with_the_bits_of_one_go_and_those_at_rest_stay(whole):
    staged = Staged(PLAN, MEMBERS, X, Y)
    assert staged.advance(ALL, 5, every)
    assert staged.epochs.max() == 5
    few = np.array([True, False, True, False, True, False])
    assert staged.advance(few, 17, every)
    rested = staged.epochs[~few]
    assert rested.tolist() == [5, 5, 5]
    np.testing.assert_array_equal(
        staged.curves["validation_loss"][:, :5], whole.curves["validation_loss"][:, :5]
    )
    assert staged.advance(few, 40, every)
    found = staged.outcome()
    for m in np.flatnonzero(few):
        assert_same_bits(found, m, whole, m)
    assert [found.status[m] for m in (1, 5)] == [Status.INTERRUPTED] * 2
    assert staged.advance(~few, 40, every)  # whoever rested can be called back
    for m in range(6):
        assert_same_bits(staged.outcome(), m, whole, m)


def test_a_stage_that_is_ended_goes_on_to_the_same_bits_and_never_beyond_its_epoch(whole, monkeypatch):
    monkeypatch.setattr(population, "SLICE_SECONDS", 1e-9)
    staged = Staged(PLAN, MEMBERS, X, Y)
    left = iter([True, False])
    assert not staged.advance(ALL, 9, lambda _: next(left))
    assert len(set(staged.epochs.tolist())) > 1, "members must be at different epochs for this test"
    assert staged.advance(ALL, 9, every)
    assert staged.epochs.max() == 9
    staged.advance(ALL, 40, every)
    for m in range(6):
        assert_same_bits(staged.outcome(), m, whole, m)


def test_a_checkpoint_takes_up_all_stages(whole, tmp_path):
    file = tmp_path / "state.safetensors"
    first = Staged(PLAN, MEMBERS, X, Y, file)
    first.advance(ALL, 5, every)
    first.advance(ALL & (np.arange(6) < 3), 12, every)
    second = Staged(PLAN, MEMBERS, X, Y, file)
    np.testing.assert_array_equal(second.epochs, first.epochs)
    np.testing.assert_array_equal(second.status, first.status)
    second.advance(ALL, 40, every)
    for m in range(6):
        assert_same_bits(second.outcome(), m, whole, m)


def test_populations_of_one_room_share_a_program_and_join_to_one(whole, monkeypatch):
    monkeypatch.setattr(compiling, "_programs", {})
    parts = []
    for own in (slice(0, 4), slice(4, 6)):
        cut = {
            name: value[own] if np.ndim(value) and len(value) == 6 else value
            for name, value in SETTINGS.items()
        }
        staged = Staged(PLAN, Members(**cut), X, Y, room=9)
        staged.advance(np.ones(own.stop - own.start, dtype=bool), 40, every)
        parts.append(staged.outcome())
    assert len(compiling._programs) == 1
    together = joined(parts, MEMBERS)
    for m in range(6):
        assert_same_bits(together, m, whole, m)
    assert together.best_epoch.tolist() == whole.best_epoch.tolist()
