"""Sizes are claims: bombs, false headers and files cut short are refused before memory is spent."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zlib

import pytest

from bridle.errors import DataError
from bridle.study.readers import parse
from bridle.study.readers.limits import HARMLESS_BYTES, Refusal, gunzip
from tests.study import tables_on_disk as disk


def _peak(call):
    """Return the most memory that Python asked for during a call that ends in one message."""
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            call()
        return tracemalloc.get_traced_memory()[1], str(caught.value)
    finally:
        tracemalloc.stop()


def _mat_bomb():
    """A .mat of which one compressed variable unpacks to 400 MB."""
    squeeze = zlib.compressobj(9)
    packed = squeeze.compress(struct.pack("<II", 14, 400_000_000))
    packed += b"".join(squeeze.compress(bytes(2**20)) for _ in range(400)) + squeeze.flush()
    head = disk.mat()[:128]
    return head + struct.pack("<II", 15, len(packed)) + packed


def test_bombs_are_refused_before_memory_is_spent():
    zeros = bytes(400 * 2**20)
    gz = gzip.compress(zeros, 9)
    packed = disk.zipped("X.npy", zeros)
    lying = bytearray(gz)
    lying[-4:] = struct.pack("<I", 10)  # the trailer may say what it likes
    del zeros
    assert len(gz) < 450_000
    assert len(packed) < 450_000
    refuse = Refusal("file")
    for bomb, limit in (
        (lambda: gunzip(gz, refuse), 2**22),
        (lambda: gunzip(bytes(lying), refuse), 3 * HARMLESS_BYTES),
        (lambda: parse(packed, "file"), 2**20),
        (lambda: parse(_mat_bomb(), "file"), 3 * HARMLESS_BYTES),
    ):
        peak, message = _peak(bomb)
        assert peak < limit, message
        assert "must be at most" in message
        assert "unpack it yourself" in message


def test_a_zip_whose_directory_lies_about_sizes_is_refused():
    raw = bytearray(disk.zipped("X.npy", disk.claimed_npy("(30, 3)", body=bytes(720))))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = raw.index(mark) + at
        raw[start : start + 4] = struct.pack("<I", 2**31)
    assert "unpacked .npz must be at most 67.1 MB" in disk.refused(bytes(raw))


def test_a_gzip_cut_short_or_changed_is_refused():
    whole = gzip.compress(disk.csv(200))
    for raw in (whole[:-1], whole[:-9], whole[: len(whole) // 2], whole[:11]):
        with pytest.raises(DataError, match="cut short"):
            gunzip(raw, Refusal("file"))
    changed = bytearray(whole)
    changed[len(changed) // 2] ^= 255
    with pytest.raises(DataError, match=r"undamaged|cut short"):
        gunzip(bytes(changed), Refusal("file"))
    assert gunzip(whole + whole, Refusal("file")) == 2 * disk.csv(200)


def test_sparse_rows_of_arff_do_not_unfold_without_bounds():
    head = b"@relation r\n" + b"".join(b"@attribute a%d numeric\n" % k for k in range(5000)) + b"@data\n"
    peak, message = _peak(lambda: parse(head + b"{}\n" * 50_000, "file"))
    assert "unpacked sparse rows must be at most" in message
    assert peak < 3 * HARMLESS_BYTES
    assert parse(head + b"{}\n" * 100, "file").frame.shape == (100, 5000)


def test_a_text_that_parquet_stores_once_is_not_repeated_without_bounds():
    arrow = pytest.importorskip("pyarrow", reason="needs the extra 'parquet'")
    once = arrow.DictionaryArray.from_arrays(arrow.array([0] * 20_000), arrow.array(["x" * 10**6]))
    table = arrow.table({"a": once, "y": [0, 1] * 10_000})
    stream = io.BytesIO()
    pytest.importorskip("pyarrow.parquet").write_table(table, stream, store_schema=False)
    raw = stream.getvalue()
    assert len(raw) < 2 * 10**6
    before = arrow.default_memory_pool().max_memory()
    del table
    peak, message = _peak(lambda: parse(raw, "file"))
    assert "unpacked .parquet must be at most" in message
    assert peak < 3 * HARMLESS_BYTES
    assert arrow.default_memory_pool().max_memory() - before < 3 * HARMLESS_BYTES
