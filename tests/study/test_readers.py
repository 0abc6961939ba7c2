"""Readers of text and frames: what is written comes out to the cell, and nothing else comes out."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridle.study.readers import Layout, parse, read
from bridle.study.tables import from_arrays, load
from tests.study import tables_on_disk as disk


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("header", [True, False])
def test_dialects_and_encodings_give_the_same_cells(separator, encoding, header):
    wanted = disk.frame().assign(town=lambda f: f["town"].replace("Ur", "Zürich"))
    text = wanted.to_csv(index=False, sep=separator, header=header)
    found = parse(text.encode(encoding), "file", Layout(header=header)).frame
    names = list(wanted.columns) if header else ["c1", "c2", "c3", "c4"]
    pd.testing.assert_frame_equal(found, wanted.set_axis(names, axis=1), check_dtype=False)


def test_another_encoding_is_guessed_with_a_note_or_named():
    text = "town,y\n" + "Zürich,1\nKöln,0\n" * 6
    guessed = parse(text.encode("cp1252"), "file")
    assert guessed.frame["town"][0] == "Zürich"
    assert "Windows-1252" in guessed.notes[0]
    named = parse(text.encode("utf-16-le"), "file", Layout(encoding="utf-16-le"))
    assert named.frame["town"][1] == "Köln"
    assert named.notes == ()
    assert "encoding must be one that Python knows; got 'utf-9'" in disk.refused(
        b"a,b\n1,2\n", Layout(encoding="utf-9")
    )


def test_blanks_decimal_commas_and_names_of_rows():
    blanks = parse(b"a  b c\n" + b"  1 2.5   x\n3 4 y \n" * 3, "file").frame
    assert blanks.to_dict("list") == {"a": [1, 3] * 3, "b": [2.5, 4] * 3, "c": ["x", "y"] * 3}
    commas = parse(b"a;b\n1,5;x\n-2,25;y\n", "file")
    assert commas.frame["a"].tolist() == [1.5, -2.25]
    assert "decimal points" in commas.notes[0]
    tabs = parse(b"a\tb\n1,500\tx\n2,250\ty\n", "file")
    assert tabs.frame["a"].tolist() == ["1,500", "2,250"]
    r = parse(b'"a","b"\n"r1",1,2\n"r2",3,4\n', "file").frame
    assert list(r.columns) == ["unnamed 1", "a", "b"]
    ends = parse(b"a,b\n1,2,\n3,4,\n", "file").frame
    assert ends.to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    assert parse(b"1,2,\n3,4,\n", "file", Layout(header=False)).frame.shape == (2, 2)
    assert parse(b"1~2~3\n4~5~6\n", "file", Layout(False, (), "~")).frame.shape == (2, 3)
    assert "separator must be one character" in disk.refused(b"a,b\n1,2\n", Layout(separator="§"))


def test_missing_cells_as_told_and_a_header_that_is_data():
    raw = b"1.5,?,a\n2.5,x,?\n-9,y,b\n"
    frame = parse(raw, "file", Layout(header=False, missing=("?", "-9"))).frame
    assert frame.isna().to_numpy().tolist() == [
        [False, True, False],
        [False, False, True],
        [True, False, False],
    ]
    assert (
        "header must be names of columns; got ['1.5', '?', 'a']. If the file has no header"
        in disk.refused(raw)
    )
    years = b"2019,2020,land\n5.5,2,a\n6,7,b\n"
    assert "if these are names, --header" in disk.refused(years)
    assert parse(years, "file", Layout(header=True)).frame.columns.tolist() == ["2019", "2020", "land"]
    assert parse(b"0,1,label\n5.5,2,a\n6,7,b\n", "file").frame.columns.tolist() == ["0", "1", "label"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"a,b\n1,2\n3\n", "got '1 in row 3 (the first row counts 1)'. It begins with '3'"),
        (b"a,b\n1,2\n3,4,5\n", "got '3 in row 3"),
        (
            b"a,b,a\n1,2,3\n",
            "column names must be all different; got ['a']. Rename them; if the file has no header",
        ),
        (b"a,b\n1,\x01\n", "file must be a table in text; got '\\x01'. See line 2"),
        (b"a,b\n1,\x81\n", "text in UTF-8; got 'text in another encoding'"),
        (b"\x00\x01\x02\x03", "binary data"),
        (b"PK\x03\x04nonsense", "a complete .npz"),
        (b"\x80\x04\x95\x00", "a pickle"),
        (b"%PDF-1.7", "a PDF"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"BZh91AY", "a bzip2"),
        (gzip.compress(b"x", mtime=0), "a gzip inside a gzip"),
    ],
)
def test_what_is_no_table_says_why(raw, words):
    assert words in disk.refused(raw)


def test_arff_keeps_names_levels_text_and_missing_cells():
    raw = parse(disk.arff(), "file")
    assert list(raw.frame.columns) == ["size", "count", "the town", "remark", "y"]
    assert [str(kind) for kind in raw.frame.dtypes] == [
        "float64",
        "float64",
        "category",
        "object",
        "category",
    ]
    town = raw.frame["the town"]
    assert town.cat.categories.tolist() == ["Ur", "Rome, Lazio", "it's"]
    assert town.iloc[:3].tolist() == ["Ur", "Rome, Lazio", "it's"]
    assert town.isna().sum() == disk.ROWS // 4
    assert raw.frame["remark"].tolist()[:4] == ["remark 0", "remark 1", "remark 2", "remark 0"]
    sparse = b"@relation r\n@attribute a numeric\n@attribute b {x,y}\n@data\n{0 3, 1 y}\n{}\n{1 'y'}\n"
    assert parse(sparse, "file").frame.astype(object).to_numpy().tolist() == [[3, "y"], [0, "x"], [0, "y"]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((b"size real", b"size complex"), "type of 'size' must be numeric, string, date or levels"),
        (
            (b"{no,yes}", b"{no,maybe}"),
            "cells of 'y' must be one of its declared levels; got 'yes'. See line 11.",
        ),
        ((b"@data", b"@deta"), "header must be made of @relation, @attribute and @data"),
        ((b", 0,Ur", b", none,Ur"), "cells of 'count' must be numbers or ?; got 'none'. See line 10."),
        ((b", 0,Ur", b", 0,Ur,Ur"), "got '6 cells in line 10'"),
        ((b"'remark 0'", b"'remark 0"), "got 'quotes that do not close'. See line 10."),
        ((b"@attribute remark", b"@attribute size"), "column names must be all different"),
        ((b"@relation", b"@relation x\n{}\n@x"), "header must be made of"),
    ],
)
def test_arff_that_breaks_its_own_rules_is_refused_with_the_line(change, words):
    assert words in disk.refused(disk.arff().replace(*change, 1))


def test_parquet_keeps_kinds_and_refuses_what_is_no_cell():
    frame = disk.frame().assign(
        when=pd.date_range("2024-01-31", periods=disk.ROWS, tz="Europe/Rome"),
        kind=pd.Categorical(["a", "b", None] * 8),
        flag=pd.array([True, None, False] * 8, dtype="boolean"),
    )
    found = parse(disk.parquet(frame), "file").frame
    assert found.columns.tolist() == frame.columns.tolist()
    for name in ("size", "count", "town", "y"):
        assert found[name].tolist() == frame[name].tolist()
    assert found["kind"].isna().sum() == found["flag"].isna().sum() == 8
    assert (found["when"] == frame["when"]).all()
    nested = pd.DataFrame({"list": [[1, 2]] * 12, "y": [0, 1] * 6})
    assert "column 'list' must be of numbers, booleans, text or dates; got" in disk.refused(
        disk.parquet(nested)
    )
    assert "a sound Parquet file" in disk.refused(disk.parquet()[:-3])


def test_every_format_may_be_gzipped(tmp_path):
    for name, raw in {
        "a.csv": disk.csv(), "a.arff": disk.arff(), "a.npz": disk.npz(), "a.mat": disk.mat(), "a.parquet": disk.parquet()
    }.items():  # fmt: skip
        plain, packed = tmp_path / name, tmp_path / f"{name}.gz"
        plain.write_bytes(raw)
        packed.write_bytes(gzip.compress(raw))
        pd.testing.assert_frame_equal(read(plain).frame, read(packed).frame)


def test_polars_frames_are_pandas_frames():
    polars = pytest.importorskip("polars", reason="needs polars, which is not installed")
    frame = polars.DataFrame(
        {
            "a": [1.5, None] * 6,
            "b": [1, None, 3] * 4,
            "town": ["Ur", None, "Rome"] * 4,
            "flag": [True, False, None] * 4,
            "sure": [True, False] * 6,
            "y": ["no", "yes"] * 6,
        }
    ).with_columns(when=polars.date_range(polars.date(2024, 1, 1), polars.date(2024, 1, 12)))
    table = from_arrays(frame, "y")
    assert [str(kind) for kind in table.frame.dtypes][:3] == ["float64", "float64", "object"]
    assert [str(kind) for kind in table.frame.dtypes][3:] == ["boolean", "bool", "datetime64[us]"]
    assert table.frame.isna().sum().tolist() == [6, 4, 4, 4, 0, 0]
    assert from_arrays(frame.drop("y"), frame["y"]).target == "y"


CELLS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.integers(-(2**40), 2**40),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(lambda text: "t" + text),
)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=12), st.sampled_from(",;\t|"))
def test_whatever_is_written_as_csv_comes_back(rows, separator):
    # Columns of one kind: as text, what is not all numbers.
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    for name in frame:
        if frame[name].map(lambda cell: isinstance(cell, str)).any():
            frame[name] = frame[name].map(lambda cell: cell if isinstance(cell, str) else f"t{cell}")
    text = frame.to_csv(index=False, sep=separator)
    found = parse(text.encode(), "file", Layout(separator=separator)).frame
    assert found.shape == frame.shape
    for name in frame:
        if isinstance(frame[name].iloc[0], str):
            assert found[name].tolist() == frame[name].tolist()
        else:
            np.testing.assert_allclose(found[name].astype(float), frame[name].astype(float), rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "target", "layout", "rows", "columns", "classes"),
    [
        ("car.arff", "class", None, 1728, 6, 4),
        ("credit.g.arff", "-1", None, 1000, 20, 2),
        ("kr.vs.kp.arff", "class", None, 3196, 36, 2),
        ("vehicle.arff", "Class", None, 846, 18, 4),
        ("transfusion.data", "response", None, 748, 4, 2),
        ("phoneme.csv", "-1", Layout(header=False), 5404, 5, 2),
        ("football.mat", None, None, 211, 2, 2),
        ("adult-train.csv.gz", -1, Layout(header=False, missing=("?",)), 32561, 14, 2),
    ],
)
def test_public_tables_load_without_a_hand(shared, name, target, layout, rows, columns, classes):
    table = load(shared / "data" / name, target, layout=layout)
    assert (table.rows, table.frame.shape[1], len(table.classes)) == (rows, columns, classes)
    if name == "football.mat":
        assert len(table.sealed.y) == 200
    if name.startswith("adult"):
        assert table.frame.isna().any().sum() == 3
