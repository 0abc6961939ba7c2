"""Files of arrays: .npz, .npy and .mat come out to the cell in either orientation, and claim nothing."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from bridle.study.readers import Layout, parse
from tests.study import tables_on_disk as disk


def test_npz_and_mat_keep_every_cell_in_either_orientation():
    arrays = disk.arrays()
    turned = {name: np.ascontiguousarray(value.T) for name, value in arrays.items()}
    fortran = {name: np.asfortranarray(value) for name, value in arrays.items()}
    wanted = np.vstack([arrays["X"], arrays["Xval"]])
    for pack in (disk.npz, disk.mat):
        for compressed in (True, False):
            for given_arrays in (arrays, turned, fortran):
                raw = parse(pack(compressed, **given_arrays), "file")
                assert (raw.target, raw.sealed) == ("y", 11)
                np.testing.assert_array_equal(raw.frame[["x0", "x1", "x2"]].to_numpy(), wanted)
                np.testing.assert_array_equal(raw.frame["y"], [*arrays["y"], *arrays["yval"]])
                assert any("turned" in note for note in raw.notes) == (given_arrays is turned)


def test_arrays_by_other_names_images_and_text_labels():
    images = np.arange(20 * 4 * 4).reshape(20, 4, 4).astype(np.uint8)
    labels = np.array(["cat", "hörse"] * 10)
    stacks = np.stack([images, images], axis=3)  # two channels: no image, but a row of 32 cells
    found = parse(disk.npz(x_train=images, y_train=labels, x_test=images[:12], y_test=labels[:12]), "file")
    assert (found.pixels.shape, found.target, found.sealed) == ((32, 4, 4, 1), "y_train", 12)
    assert found.labels.tolist()[:2] == ["cat", "hörse"]
    raw = parse(disk.npz(x_train=stacks, y_train=labels, x_test=stacks[:12], y_test=labels[:12]), "file")
    assert (raw.frame.shape, raw.target, raw.sealed) == ((32, 33), "y_train", 12)
    assert raw.frame["y_train"].tolist()[:2] == ["cat", "hörse"]
    assert "laid out flat" in raw.notes[0]
    named = parse(disk.npz(a=np.eye(12), b=np.arange(12)), "file", Layout(keys={"X": "a", "y": "b"}))
    assert named.frame.columns[-1] == "b"
    message = disk.refused(disk.npz(a=np.eye(12), b=np.arange(12)))
    assert "arrays must be named X and y; got 'others'. It holds 'a', 'b'. Say which: --keys" in message
    assert "key for X must be one of 'a', 'b'; got 'c'" in disk.refused(
        disk.npz(a=np.eye(12), b=np.arange(12)), Layout(keys={"X": "c"})
    )
    assert parse(disk.npy(np.arange(24.0).reshape(12, 2)), "file").frame.shape == (12, 2)
    assert "array 'X' must be of 9 rows, as its target; got (24, 3)" in disk.refused(
        disk.npz(X=disk.arrays()["X"], y=np.arange(9))
    )
    big_endian = parse(
        disk.npz(X=np.arange(24.0).reshape(12, 2).astype(">f4"), y=np.arange(12, dtype=">i2")), "f"
    )
    assert big_endian.frame["x1"].tolist() == list(range(1, 24, 2))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (
            disk.claimed_npy("(1000000000000, 3)"),
            "got '0 bytes, where its header announces 24,000,000,000,000'",
        ),
        (disk.claimed_npy("(9999999999999999999, 9999999999999999999)"), "as large as its header says"),
        (disk.claimed_npy("(2, 3)", body=bytes(47)), "got '47 bytes, where its header announces 48'"),
        (disk.claimed_npy("(2, 3)", body=bytes(49)), "got '49 bytes, where its header announces 48'"),
        (
            disk.claimed_npy("(2, 3)", "'|O'", bytes(48)),
            "got 'Python objects'. Objects are stored as pickles, which run code",
        ),
        (
            disk.claimed_npy("(2, 3)", "[('a', '<f8')]", bytes(48)),
            "of numbers, booleans or text, with a sound header",
        ),
        (disk.claimed_npy("(2, 3)", "'<c16'", bytes(96)), "must be of numbers, booleans or text; got '<c16'"),
        (disk.claimed_npy("(2, 3)", "__import__('os')", bytes(48)), "with a sound header"),
        (disk.claimed_npy("(-2, 3)", body=bytes(48)), "with a sound header"),
        (disk.claimed_npy("(2, 3)", "'|b1'", bytes([0, 1, 2, 0, 1, 1])), "booleans that are 0 or 1"),
        (disk.claimed_npy("(2, 3)", "'<U1'", struct.pack("<6I", *[2**31] * 6)), "text in Unicode"),
        (disk.claimed_npy("()", body=bytes(8)), "two-dimensional"),
        (disk.npz(X=np.array([{}, 1], dtype=object)), "got 'Python objects'"),
        (
            disk.zipped("X.npy", disk.claimed_npy("(1000000000000, 3)")),
            "array 'X' must be as large as its header says",
        ),
        (disk.zipped("readme.txt", b"hello"), "a zip of other files"),
    ],
)
def test_numpy_files_that_claim_too_much_are_refused(raw, words):
    assert words in disk.refused(raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"MATLAB 7.3 MAT-file" + bytes(600), "got 'version 7.3'. Save it in MATLAB by save(name, '-v7')"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "got 'version 7.3'"),
        (disk.mat()[:-1], "got 'a .mat cut short or with a false size'"),
        (disk.mat()[:130], "cut short"),
        (
            disk.mat(X=np.eye(12) * 1j, y=np.arange(12)),
            "variable 'X' must be a full matrix of numbers; got 'complex",
        ),
        (disk.mat(X={"a": 1}, y=np.arange(12)), "got 'a structure'"),
        (disk.mat(X=np.array([["a"], ["bcd"]], dtype=object), y=[1, 2]), "got 'a cell array'"),
        (disk.mat(X="text", y=[1, 2]), "got 'text'"),
    ],
)
def test_mat_files_of_other_kinds_are_refused(raw, words):
    assert words in disk.refused(raw)


def test_a_mat_variable_that_claims_more_cells_than_bytes_is_refused():
    raw = bytearray(disk.mat(X=np.eye(12), y=np.arange(12)))
    at = raw.index(struct.pack("<ii", 12, 12))
    raw[at : at + 8] = struct.pack("<ii", 2**30, 2**30)
    message = disk.refused(bytes(raw))
    assert (
        "variable 'X' must be as large as its dimensions say; got '1,152 bytes for 1073741824 x 1073741824"
        in message
    )
