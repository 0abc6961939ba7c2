"""Laws of members: broadcasting, ranges, rows and weights, and one clear error for each thing that cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import Members, train
from bridle.errors import PlanError
from bridle.registry import REGISTRY
from tests.builders import net, table

X, Y = table(20)
SETTINGS = {setting.name: setting for record in REGISTRY.values() for setting in record.settings}


def test_scalars_broadcast_to_all_members() -> None:
    members = Members(seed=[0, 1, 2], learning_rate=0.1, l2=[0.0, 0.1, 0.2], l1=[[0.1, 0.2, 0.3]])
    assert len(members) == 3
    settled = members.settle(net(regularizers=("l1", "l2")), 20)
    assert [float(one.settings["l2"]) for one in settled] == [0.0, 0.1, 0.2]
    assert all(list(one.settings["l1"]) == [0.1, 0.2, 0.3] for one in settled)
    assert {float(one.learning_rate) for one in settled} == {0.1}
    assert [int(one.seed) for one in settled] == [0, 1, 2]
    assert len(Members()) == 1


def test_settings_that_are_not_named_are_off() -> None:
    (settled,) = Members().settle(net(regularizers=tuple(REGISTRY)), 20)
    for record in REGISTRY.values():
        assert settled.settings[record.strength.name] == record.strength.off


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_takes_its_range_and_nothing_beyond(name: str) -> None:
    setting = SETTINGS[name]
    Members(**{name: setting.low})
    Members(**{name: setting.default})
    beyond = [setting.low - 0.1, np.nan]
    beyond += [setting.high + 0.1] if np.isfinite(setting.high) else []
    beyond += [setting.high] if setting.open_high else []
    beyond += [np.inf] if setting.off != np.inf else []
    for value in beyond:
        with pytest.raises(PlanError, match=f"Members: {name} must be {setting.allowed.split(' in ')[0]}"):
            Members(**{name: [setting.default if np.isfinite(setting.default) else 1.0, value]})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"seed": -1}, "seed must be whole numbers"),
    ({"seed": 2**32}, "seed must be whole numbers"),
    ({"seed": 1.5}, "seed must be whole numbers"),
    ({"seed": []}, "seed must be whole numbers"),
    ({"seed": "a"}, "seed must be whole numbers"),
    ({"seed": [[1]]}, "seed must be whole numbers"),
    ({"learning_rate": -0.1}, "learning_rate must be finite and at least 0"),
    ({"learning_rate": np.inf}, "learning_rate must be finite"),
    ({"learning_rate": "fast"}, "learning_rate must be a number"),
    ({"learning_rate": [[0.1]]}, r"learning_rate must be a number or \(M,\)"),
    ({"l2": []}, r"l2 must be a number or \(M,\) or \(M, L\)"),
    ({"l2": "much"}, "l2 must be a number"),
    ({"l2": np.zeros((1, 1, 1))}, "l2 must be a number"),
    ({"patience": [[3]]}, r"patience must be a number or \(M,\)"),
    ({"l3": 0.1}, "setting must be one of"),
    ({"dropuot": 0.1}, "Did you mean 'dropout'"),
    ({"seed": [0, 1], "l2": [0, 1, 2]}, "length of seed must be 1 or 3, the number of members; got 2"),
    ({"rows": 3}, "rows must be an index list per member"),
    ({"rows": []}, "rows must be an index list per member"),
    ({"rows": [3, 4]}, "rows must be an index list per member"),
    ({"rows": [[0.5]]}, "rows must be an index list per member"),
    ({"rows": [np.ones(20, bool)]}, "rows must be an index list per member"),
    ({"validation_rows": "all"}, "validation_rows must be an index list per member"),
    ({"row_weights": 2.0}, "row_weights must be finite and at least 0"),
    ({"row_weights": "heavy"}, "row_weights must be finite and at least 0"),
    ({"row_weights": []}, "row_weights must be finite and at least 0"),
    ({"row_weights": [1.0, -1.0]}, "row_weights must be finite and at least 0"),
    ({"row_weights": [[1.0, np.nan]]}, "row_weights must be finite and at least 0"),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_refused(given: dict, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        Members(**given)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        Members(seed=-1, learning_rate=-1, l2=-1, dropout=1, l5=3)
    assert len(str(caught.value).splitlines()) == 5


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"l1": 0.1}, r"Add 'l1' to Plan\(regularizers=...\)"),
    ({"min_delta": 0.1}, "Add 'early_stopping' to Plan"),
    ({"l2": [[0.1, 0.2]]}, "second axis of l2 must be 3, one for each of the plan's layers; got 2"),
    ({"rows": [[0, 20]]}, r"rows must be indices in \[0, 20\); got 20"),
    ({"rows": [[0, -1]]}, r"rows must be indices in \[0, 20\); got -1"),
    ({"rows": [[0, 2**32]]}, r"rows must be indices in \[0, 20\); got 4294967296"),
    ({"rows": [np.array([], int)]}, "rows must be at least one row for every member"),
    ({"validation_rows": [[99]]}, r"validation_rows must be indices in \[0, 20\); got 99"),
    ({"rows": [[0, 20]], "row_weights": np.ones(20)}, r"rows must be indices in \[0, 20\); got 20"),
    (
        {"validation_rows": [[0, 20]], "validation_weights": np.ones(20)},
        r"validation_rows must be indices in \[0, 20\); got 20",
    ),
    ({"row_weights": np.ones(19)}, "row_weights must be one weight for each of the 20 rows; got 19"),
    ({"row_weights": np.zeros(20)}, "row_weights must be positive in sum for every member"),
    ({"rows": [[1, 2]], "row_weights": [[1.0]]}, "row_weights must be as long as the member's rows"),
]


@pytest.mark.parametrize(("given", "message"), UNFIT, ids=lambda value: str(value)[:40])
def test_what_does_not_fit_the_plan_or_the_data_is_refused(given: dict, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        train(net(regularizers=("l2",)), Members(**given), X, Y)


def test_two_kinds_of_validation_rows_are_refused() -> None:
    with pytest.raises(PlanError, match="absent when train"):
        train(net(), Members(validation_rows=[[1]]), X, Y, validation=(X, Y))


def test_patience_without_anything_to_watch_is_refused() -> None:
    plan = net(regularizers=("early_stopping",), epochs=3)
    with pytest.raises(PlanError, match="validation must be given for members with finite patience"):
        train(plan, Members(patience=3), X, Y)
    train(plan, Members(), X, Y, engine="reference")
    train(net(regularizers=("early_stopping",), epochs=3, monitor="train_loss"), Members(patience=3), X, Y)


def test_rates_next_to_one_and_huge_strengths_survive_single_precision() -> None:
    """Rounded to float32, 1 - 1e-12 is 1 and 1e300 infinite: the one would divide by 0, the other is no number."""
    plan = net(regularizers=("dropout", "l2"), dtype="float32")
    (member,) = Members(dropout=1 - 1e-12, l2=1e300, learning_rate=1e300).settle(plan, 20)
    assert member.settings["dropout"] == np.nextafter(np.float32(1), np.float32(0))
    assert np.isfinite(member.settings["l2"])
    assert np.isfinite(member.learning_rate)
    assert member.settings["l2"].dtype == np.float32


def test_row_weights_follow_the_rows_in_both_forms() -> None:
    weight = np.arange(20.0)
    rows = [np.array([3, 3, 5]), np.array([7, 1, 2])]
    plan = net()
    by_data = Members(rows=rows, row_weights=weight).settle(plan, 20)
    by_member = Members(rows=rows, row_weights=[weight[one] for one in rows]).settle(plan, 20)
    for one, other, expected in zip(by_data, by_member, ([3, 3, 5], [7, 1, 2]), strict=True):
        np.testing.assert_array_equal(one.row_weights, expected)
        np.testing.assert_array_equal(other.row_weights, expected)
        assert one.rows.dtype == np.int32


def test_members_of_one_list_share_it() -> None:
    """Ten thousand members with the same rows keep one list of them."""
    first, second = Members(seed=[0, 1]).settle(net(), 20)
    assert first.rows is second.rows
    assert first.row_weights is second.row_weights
