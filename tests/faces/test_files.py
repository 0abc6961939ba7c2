"""Files are whole or absent, and a folder that cannot be written is noticed beforehand without a trace."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from bridle import storage
from bridle.errors import OutputError
from bridle.faces import files
from bridle.study.model import Model
from tests.faces.invented import HOSTILE, invent

NAMES = (files.REPORT, files.RESULTS, files.MODEL)


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_there_and_reads_back(tmp_path: Path) -> None:
    findings = invent(
        names=("plain", "l2"), splits=3, features=HOSTILE[:2], classes=HOSTILE[2:], data="\ud800 alone"
    )
    report = files.save(findings, tmp_path / "a" / "b")
    assert report == tmp_path / "a" / "b" / "report.html"
    assert below(tmp_path / "a" / "b") == set(NAMES)
    results = json.loads((report.parent / files.RESULTS).read_text(encoding="utf-8"))
    assert results == {**json.loads(json.dumps(findings.as_json())), "version": results["version"]}
    assert results["version"]
    model = Model.load(report.parent / files.MODEL)
    assert model.plan == findings.best_model.plan
    assert model.preparation.feature_names == HOSTILE[:2]
    assert model.classes is not None
    assert model.classes.tolist() == list(HOSTILE[2:])
    for own, other in zip(model.weights, findings.best_model.weights, strict=True):
        np.testing.assert_array_equal(own[0], other[0])
        np.testing.assert_array_equal(own[1], other[1])


def test_an_earlier_comparison_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    files.save(invent(names=("plain",), splits=2), tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    first = (tmp_path / files.REPORT).read_bytes()
    files.save(invent(names=("plain", "l2"), splits=2), tmp_path)
    assert (tmp_path / files.REPORT).read_bytes() != first
    assert below(tmp_path) == {*NAMES, "notes.txt"}


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    calls = []

    def fail(*arguments: object) -> None:
        calls.append(arguments)
        if failing == "replace" or len(calls) == 3:
            raise error

    monkeypatch.setattr(storage.os, failing, fail)
    with pytest.raises(OutputError if isinstance(error, OSError) else KeyboardInterrupt):
        storage.write(tmp_path / "new" / "folder", dict.fromkeys(NAMES, b"content"))
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_earlier_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write(tmp_path, dict.fromkeys(NAMES, b"old"))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        storage.write(tmp_path, dict.fromkeys(NAMES, b"new"))
    assert below(tmp_path) == set(NAMES)
    assert all((tmp_path / name).read_bytes() == b"old" for name in NAMES)


def test_check_leaves_no_trace(tmp_path: Path) -> None:
    files.check_folder(tmp_path / "a" / "b" / "c")
    files.check_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_check_notices(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "taken" / files.REPORT).mkdir(parents=True)
    for folder in (
        tmp_path / "file",
        tmp_path / "file" / "below",
        tmp_path / "taken",
        tmp_path / ("x" * 300),
    ):
        with pytest.raises(OutputError, match="output: folder must be a folder that can be written; got"):
            files.check_folder(folder)
    with pytest.raises(OutputError):
        files.check_folder("null\0character")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "taken"}


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a user who may not write everywhere"
)
def test_check_notices_a_folder_without_permission(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        files.check_folder(closed)


def test_files_are_as_readable_as_others(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    storage.write(tmp_path, {"new": b""})
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode
