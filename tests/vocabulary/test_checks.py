"""Laws of messages: one grammar, every problem at once, the closest option named, long values cut short."""

from __future__ import annotations

import math
import re

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from bridle.checks import Problems, did_you_mean, interval, one_of, problem
from bridle.errors import BridleError, DataError, OutputError, PlanError, Status
from bridle.registry import REGISTRY, find

GRAMMAR = re.compile(r"(?s)[^:\n]+: .+ must be .+; got .+\.( .+)?")


@given(where=st.text("abc ", min_size=1), what=st.text("xyz", min_size=1), value=st.integers() | st.text())
def test_a_problem_follows_the_grammar(where: str, what: str, value: object) -> None:
    message = problem(where, what, "something else", value, "Do that.")
    assert message.startswith(f"{where}: {what} must be something else; got ")
    assert message.endswith(". Do that.")
    assert GRAMMAR.fullmatch(message)


def test_a_long_value_is_cut_to_eighty_characters_and_a_short_one_is_not() -> None:
    assert problem("A", "b", "c", "x" * 78) == f"A: b must be c; got {'x' * 78!r}."
    long = problem("A", "b", "c", list(range(10_000)))
    assert long.endswith("....")
    assert len(long) == len("A: b must be c; got .") + 80


def test_a_problem_is_one_line_even_if_the_value_is_a_table() -> None:
    assert "\n" not in problem("A", "b", "c", np.eye(3))


@pytest.mark.parametrize(
    ("given_name", "meant"),
    [("dropuot", "dropout"), ("L2", "l2"), ("weight decay", "weight_decay"), ("Elastic-Net", "elastic_net")],
)
def test_the_closest_option_is_named(given_name: str, meant: str) -> None:
    assert did_you_mean(given_name, REGISTRY) == f"Did you mean {meant!r}?"


@pytest.mark.parametrize("name", REGISTRY)
def test_every_name_with_one_slip_is_recognized(name: str) -> None:
    for i in range(len(name)):
        slipped = name[:i] + name[i + 1 :] if len(name) > 3 else name.upper()
        hint = did_you_mean(slipped, REGISTRY)
        assert hint, f"{slipped} suggests nothing"


def test_the_only_option_that_begins_with_a_word_is_suggested() -> None:
    assert did_you_mean("acc", ["auc", "accuracy"]) == "Did you mean 'accuracy'?"
    assert (
        did_you_mean("drop", ["drop_connect", "dropout"]) == "Did you mean 'dropout'?"
    )  # of two the closest


def test_nothing_is_suggested_for_a_word_that_is_far_off() -> None:
    assert did_you_mean("zebra", REGISTRY) == ""
    assert did_you_mean(None, ()) == ""


def test_an_option_that_differs_in_case_only_is_suggested_as_it_is_written() -> None:
    assert did_you_mean("SGD", ["Sgd", "adam"]) == "Did you mean 'Sgd'?"


def test_options_read_as_english() -> None:
    assert one_of([]) == ""
    assert one_of(["a"]) == "'a'"
    assert one_of(["a", "b"]) == "one of 'a' or 'b'"
    assert one_of(iter("abc")) == "one of 'a', 'b' or 'c'"


def test_ranges_read_as_english() -> None:
    assert interval(-math.inf, math.inf) == "a finite number"
    assert interval(0, math.inf) == "a number of at least 0"
    assert interval(0, 1) == "a number in [0, 1]"
    assert interval(0, 1, open_high=True) == "a number in [0, 1)"


def test_all_problems_are_raised_together_a_line_each() -> None:
    problems = Problems("Thing", DataError)
    problems.raise_if_any()
    problems.check_choice("color", "rde", ["red", "green"])
    problems.check_integer("count", 0, hint="Count from 1.")
    problems.check_number("share", 1.0, 0, 1, open_high=True)
    with pytest.raises(DataError) as caught:
        problems.raise_if_any()
    assert str(caught.value).splitlines() == [
        "Thing: color must be one of 'red' or 'green'; got 'rde'. Did you mean 'red'?",
        "Thing: count must be a whole number of at least 1; got 0. Count from 1.",
        "Thing: share must be a number in [0, 1); got 1.0.",
    ]


@pytest.mark.parametrize("value", [True, 1.0, "1", None, 0, math.nan, np.array([1])])
def test_what_is_no_count_is_refused(value: object) -> None:
    problems = Problems("Thing")
    problems.check_integer("count", value)
    assert len(problems.messages) == 1


@pytest.mark.parametrize("value", [True, "0.5", None, math.nan, math.inf, -1e-300, 1.0000001, [0.5]])
def test_what_is_no_share_is_refused(value: object) -> None:
    problems = Problems("Thing")
    problems.check_number("share", value, 0, 1)
    assert len(problems.messages) == 1


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1)])
def test_numbers_of_either_library_are_accepted(value: object) -> None:
    problems = Problems("Thing")
    problems.check_number("share", value, 0, 1)
    problems.check_integer("count", np.int16(3))
    problems.check_choice("name", "a", iter("ab"))
    assert problems.messages == []


def test_errors_are_what_their_users_would_catch() -> None:
    assert issubclass(PlanError, BridleError)
    assert issubclass(PlanError, ValueError)
    assert issubclass(DataError, ValueError)
    assert issubclass(OutputError, OSError)
    assert not issubclass(BridleError, ValueError)


def test_statuses_have_codes_in_order_of_definition_and_messages_as_values() -> None:
    assert [status.code for status in Status] == list(range(len(Status)))
    assert Status.RUNNING.code == 0
    assert len({status.value for status in Status}) == len(Status)
    assert all(status.value[0].islower() and not status.value.endswith(".") for status in Status)


def test_an_unknown_regularizer_is_refused_with_the_one_that_was_meant() -> None:
    assert find("l2") is REGISTRY["l2"]
    with pytest.raises(PlanError, match=r"registry: regularizer must be .*; got 'ridge_l2'"):
        find("ridge_l2")
    with pytest.raises(PlanError, match="Did you mean 'dropout'"):
        find("droupout", "explain")
