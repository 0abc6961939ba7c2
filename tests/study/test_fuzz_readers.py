"""Readers under fire: whatever the bytes, a reader ends in a table or in one clear message.

Three promises are checked for every input: no other exception and no warning, no hang, and no wrong table:
what comes out is rectangular, its names are different strings, and the cells are of the kinds that columns
may have. A changed *cell* cannot be noticed in formats without checksums, so the number of rows and columns
is compared with an independent count where there is one. ``make test`` runs a quick amount; the full 10^5
inputs a reader are marked slow.
"""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridle.errors import DataError
from bridle.study.readers import Layout, Raw, parse
from bridle.study.readers.limits import Refusal, gunzip
from tests.study import tables_on_disk as disk
from tests.study.mutations import FULL, QUICK, fuzz, mutate, under_fire

pytest.importorskip("pyarrow", reason="needs the extra 'parquet'")

SEEDS = {
    "csv": [disk.csv(), disk.csv(sep=";", decimal=","), disk.csv(sep="\t").decode().encode("utf-16")],
    "arff": [
        disk.arff(),
        b"@relation r\n@attribute a real\n@attribute b {x,y}\n@data\n" + b"{0 3, 1 y}\n{}\n" * 6,
    ],
    "npz": [disk.npz(), disk.npz(False), disk.npz(X=np.eye(12), y=np.array(["a", "b"] * 6))],
    "npy": [disk.npy(np.arange(24.0).reshape(12, 2)), disk.npy(np.array([["ab", "c"]] * 12))],
    "mat": [
        disk.mat(),
        disk.mat(True),
        disk.mat(X=np.eye(12), y=np.arange(12, dtype=np.uint8), more={"a": [1]}),
    ],
    "parquet": [disk.parquet(), disk.parquet(compression=None), disk.parquet(compression="zstd")],
    "gzip": [gzip.compress(disk.csv()), gzip.compress(disk.csv()) * 2],
}

LAYOUTS = (Layout(), Layout(header=False), Layout(missing=("?",)), Layout(keys={"X": "X", "y": "y"}))


def _check(raw: bytes, layout: Layout) -> str:
    """Return "table" or "message", or fail."""
    with under_fire(raw):
        found, message = _end(raw, layout)
    if found is None:
        assert len(message.splitlines()) == 1, message
        assert message.startswith("file: "), message
        assert len(message) < 600, message
        return "message"
    _check_table(found)
    return "table"


def _end(raw: bytes, layout: Layout) -> tuple[Raw | None, str]:
    try:
        unpacked = gunzip(raw, Refusal("file")) if raw.startswith(b"\x1f\x8b") else raw
        return parse(unpacked, "file", layout), ""
    except DataError as error:
        return None, str(error)


def _check_table(found: Raw) -> None:
    names = list(found.frame.columns)
    assert all(isinstance(name, str) for name in names)
    assert len(set(names)) == len(names) > 0
    assert len(found.frame) > 0
    assert 0 <= found.sealed < len(found.frame)
    assert found.target is None or found.target in names
    for name in names:
        assert found.frame[name].dtype.kind in "biufOMmT" or str(found.frame[name].dtype) in (
            "str", "string", "category", "boolean"
        ), found.frame[name].dtype  # fmt: skip


def _in_some_layout(raw: bytes, random: np.random.Generator) -> str:
    return _check(raw, LAYOUTS[random.integers(len(LAYOUTS))])


def _fuzz(name: str, count: int, seed: int) -> dict[str, int]:
    return fuzz(name, SEEDS[name], _in_some_layout, count, seed)


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_files_end_in_a_table_or_one_message(name):
    ends = _fuzz(name, QUICK, seed=0)  # some of each: else mutations are too weak or too strong
    assert set(ends) == {"table", "message"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
def test_a_hundred_thousand_mutated_files_end_in_a_table_or_one_message(name):
    ends = _fuzz(name, FULL, seed=1)
    assert ends["table"] + ends["message"] == FULL


@pytest.mark.parametrize(
    "name", ["car.arff", "football.mat", "phoneme.csv", "transfusion.data", "adult-test.csv.gz"]
)
def test_mutated_real_files_end_in_a_table_or_one_message(shared, name):
    raw = (shared / "data" / name).read_bytes()
    random = np.random.default_rng(7)
    if raw.startswith(b"\x1f\x8b"):  # of a large file, the beginning
        raw = gzip.compress(gunzip(raw, Refusal("file"))[:20_000])
    raw = raw[:20_000]
    for _ in range(60):
        _in_some_layout(mutate(raw, random), random)


@settings(max_examples=200)
@given(st.binary(max_size=200), st.sampled_from(LAYOUTS))
def test_any_bytes_end_in_a_table_or_one_message(raw, layout):
    _check(raw, layout)


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab1.,;\t\"\n\r '{}@%?é"), max_size=80), st.sampled_from(LAYOUTS))
def test_any_text_is_as_wide_as_its_records(text, layout):
    raw = text.encode()
    if _check(raw, layout) == "message" or text.lstrip().startswith(("@", "%")):
        return
    found = parse(raw, "file", layout).frame
    for separator in ",;\t| ":
        stream = io.StringIO(text, newline="")
        records = list(csv.reader(stream, delimiter=separator, skipinitialspace=True))
        filled = [one for one in records if len(one) > 1 or "".join(one).strip()]
        if len(filled) - (layout.header is not False) == len(found):
            return
    raise AssertionError(f"{len(found)} rows under no separator: {text!r}")


@pytest.mark.parametrize("name", ["csv", "arff", "npz", "mat", "parquet"])
def test_the_files_that_are_mutated_are_tables_themselves(name):
    for raw in SEEDS[name]:
        assert _check(raw, Layout()) == "table"
