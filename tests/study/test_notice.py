"""Columns that do not help, and columns of many levels and of dates: each by its stated rule."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from bridle.errors import DataError
from bridle.study.columns import DATE_FORMATS, column_kind, date_format, settle_column
from bridle.study.notice import find_useless
from bridle.study.prepare import MOST_LEVELS, Preparation
from bridle.study.tables import from_arrays

ROWS = 120


def _dropped(**columns):
    settled = {name: settle_column(pd.Series(cells), "t", name) for name, cells in columns.items()}
    return find_useless(settled, "t")


@pytest.mark.parametrize(
    "name", ["id", "ID", "PassengerId", "customerID", "order_id", "uuid", "row", "unnamed 1", "key"]
)
def test_whole_numbers_that_differ_under_a_telling_name_are_identifiers(name):
    dropped, notes = _dropped(**{name: np.random.default_rng(0).permutation(ROWS) * 7, "a": np.ones(ROWS)})
    assert dropped == [name]
    assert (
        notes[0]
        == f"Column {name!r} identifies rows ({ROWS} different values in {ROWS} rows); it is left out."
    )


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("age", np.arange(ROWS)),  # no telling name
        ("id", np.arange(ROWS) // 2),  # repeats
        ("id", np.arange(ROWS) / 7),  # not whole
        ("paid", np.arange(ROWS)),
        ("humid", np.arange(ROWS)),
        ("Android", np.arange(ROWS)),
    ],
)
def test_other_numbers_stay(name, cells):
    assert _dropped(**{name: cells})[0] == []


def test_text_that_hardly_repeats_is_an_identifier_and_prose_is_refused():
    names = [f"person {k}" for k in range(ROWS)]
    half = [f"ticket {k // 2}" for k in range(ROWS)]
    assert _dropped(a=names)[0] == ["a"]
    assert _dropped(a=[f"ticket {k % 61}" for k in range(ROWS)])[0] == ["a"]
    assert _dropped(a=half)[0] == []  # 60 levels in 120 rows: a category of many levels
    prose = [f"the patient said {k} times that it hurts" for k in range(ROWS)]
    with pytest.raises(DataError, match=r"t: column 'a' must be no free text; got 'the patient .*--drop 'a'"):
        _dropped(a=prose)
    with pytest.raises(DataError, match="no free text"):
        _dropped(a=[f"{k:x<50}" for k in range(ROWS)])


def test_a_mark_among_the_levels_is_noted():
    notes = _dropped(town=["Ur", "?", "Rome"] * 40, age=["1", "?", "3"] * 40)[1]
    assert notes == [
        "'?' is a level of 'town'; if it stands for a missing value, say --missing '?' (Layout(missing=...))."
    ]


def test_dropped_columns_are_gone_from_the_table_and_not_needed_for_prediction():
    frame = pd.DataFrame({"id": np.arange(ROWS), "a": np.arange(ROWS) % 7, "y": np.arange(ROWS) % 2})
    table = from_arrays(frame, "y")
    assert list(table.frame.columns) == ["a"]
    with pytest.raises(DataError, match=r"got \"0, after 'id' as identifiers\""):
        from_arrays(frame[["id", "y"]], "y")
    kept = from_arrays(frame.assign(b=1.5), "y", drop=("a",))
    assert list(kept.frame.columns) == ["b"]
    with pytest.raises(DataError, match=r"drop must be one of 'id', 'a' or 'y'; got 'A'. Did you mean 'a'"):
        from_arrays(frame, "y", drop=("A",))


def test_a_category_of_many_levels_keeps_the_most_frequent_of_training_and_pools_the_others():
    random = np.random.default_rng(0)
    weights = 1 / np.arange(1, 81)
    town = pd.Series(random.choice([f"t{k:02}" for k in range(80)], 2000, p=weights / weights.sum()))
    frame = pd.DataFrame({"town": town})
    train = frame.iloc[:1000]
    preparation = Preparation(frame).fit(train)
    assert len(preparation.feature_names) == MOST_LEVELS == 50
    own = preparation.learned.levels["town"].own
    counts = train["town"].value_counts()
    assert min(counts.get(level, 0) for level in own) >= max(
        counts.get(level, 0) for level in set(town) - set(own)
    )
    new = pd.DataFrame({"town": [own[0], "Atlantis", None, min(set(town) - set(own))]})
    X = preparation.transform(new)
    assert X[0].tolist().index(1) == own.index(own[0])
    assert X[1, -1] == X[3, -1] == 1
    assert X.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert X[2].argmax() == own.index(counts.idxmax())
    assert preparation.feature_names[-1] == "town = others"
    assert preparation.feature_names[0] == f"town = {own[0]}"


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        (["2024-01-31", "2023-12-01"], "ISO8601"),
        (["2024-01-31T10:20:30Z", "2024-01-31 10:20"], "ISO8601"),
        (["31.1.2024", "1.12.2023"], "%d.%m.%Y"),
        (["31/01/2024", "01/12/2023"], "%d/%m/%Y"),
        (["01/31/2024", "12/01/2023", None, "?"], "%m/%d/%Y"),
        (["2024/01/31", "2023/12/01"], "%Y/%m/%d"),
        (["31.01.2024 23:59", "01.12.2023 00:00"], "%d.%m.%Y %H:%M"),
        (["01/01/2024", "02/02/2024"], "%d/%m/%Y"),  # the same either way
        (["2024-01-31", "soon"], None),
        (["2024-13-31", "2023-12-01"], None),
        (["1-2-3", "4-5-6"], None),
        (["12.5", "13.5"], None),
    ],
)
def test_dates_written_as_text_are_recognized(cells, written):
    column = pd.Series(cells, dtype=object)
    assert date_format(column, "t", "column 'c'") == written
    assert written is None or written in DATE_FORMATS
    if written is not None:
        settled = settle_column(column, "t", "column 'c'")
        assert column_kind(settled) == "date"
        assert settled.notna().sum() == 2


def test_dates_that_read_in_two_ways_are_refused():
    with pytest.raises(
        DataError, match=r"made of dates that read in one way; got '03/04/2024'. Write them as 2024"
    ):
        settle_column(pd.Series(["03/04/2024", "01/02/2024"]), "t", "column 'c'")


def test_dates_become_numbers_with_one_mark_and_are_read_alike_at_prediction():
    frame = pd.DataFrame({"when": ["31/01/2024", "02/03/2024", None] * 8, "y": [0, 1] * 12})
    table = from_arrays(frame, "y")
    assert table.dates == {"when": "%d/%m/%Y"}
    preparation = Preparation(table.frame, dates=table.dates).fit(table.frame)
    parts = ("days since 1970", "month", "day", "weekday", "hour")
    assert preparation.feature_names == (*(f"when: {part}" for part in parts), "when is missing")
    # 02/03/2024 alone would read in two ways; the model knows that the day came first.
    day = preparation.transform(pd.DataFrame({"when": ["02/03/2024"]}))
    known = preparation.transform(pd.DataFrame({"when": [datetime.datetime(2024, 3, 2)]}))
    np.testing.assert_array_equal(day, known)
    with pytest.raises(DataError, match="dates written as in training"):
        preparation.transform(pd.DataFrame({"when": ["2024-03-02"]}))
    with pytest.raises(DataError, match="column 'when' must be a date column; got 3"):
        preparation.transform(pd.DataFrame({"when": [3.0]}))


def test_objects_and_zones_are_dates_in_one_unit():
    zoned = pd.Series(pd.date_range("2024-01-31 00:30", periods=3, tz="Europe/Rome"))
    settled = settle_column(zoned, "t", "c")
    assert settled[0] == pd.Timestamp("2024-01-30 23:30")
    days = settle_column(pd.Series([datetime.date(2024, 1, 31), None]), "t", "c")
    assert (column_kind(days), days[0], days.isna().sum()) == ("date", pd.Timestamp("2024-01-31"), 1)


def test_whole_numbers_in_a_category_read_the_same_as_floats():
    frame = pd.DataFrame({"rooms": ["1", "2", "3+", None] * 3})
    preparation = Preparation(frame).fit(frame)
    text = preparation.transform(pd.DataFrame({"rooms": ["1", "2", None]}))
    np.testing.assert_array_equal(preparation.transform(pd.DataFrame({"rooms": [1.0, 2.0, np.nan]})), text)
    np.testing.assert_array_equal(preparation.transform(pd.DataFrame({"rooms": [1, 2]})), text[:2])
