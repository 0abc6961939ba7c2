"""``bridle export`` writes what a saved network is elsewhere, and says what it cannot."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridle.faces.cli import main
from bridle.study.export.sklearn_code import sklearn_code
from tests.study.test_export_code import model_of


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def save(**options: Any) -> Any:
        model = model_of(**options)
        model.save("model.safetensors")
        return model

    return save


def call(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["export", "model.safetensors", *arguments])


def test_code_is_printed_or_written(saved: Any) -> None:
    model = saved(names=("l2",), settings={"l2": 0.02})
    result = call("--to", "sklearn")
    assert (result.exit_code, result.stdout) == (0, sklearn_code(model))
    result = call("--to", "torch", "--out", "again/train.py")
    assert result.exit_code == 0
    assert "torch: again/train.py" in result.stdout
    assert "0.02 * 0.5 * sum(w.square()" in Path("again/train.py").read_text()


def test_a_model_is_not_written_over_by_what_it_becomes(saved: Any) -> None:
    saved()
    before = Path("model.safetensors").read_bytes()
    result = call("--to", "torch", "--out", "./model.safetensors")
    assert result.exit_code == 2
    assert "must be another than what is read" in result.stderr
    assert Path("model.safetensors").read_bytes() == before


def test_onnx_is_written(saved: Any) -> None:
    onnx = pytest.importorskip("onnx", reason="needs the extra 'export', which is absent")
    saved()
    result = call("--out", "net.onnx")
    assert (result.exit_code, result.stdout) == (0, "onnx: net.onnx\n")
    assert [one.name for one in onnx.load("net.onnx").graph.input] == ["a", "b", "c"]


def test_without_onnx_the_extra_is_named(saved: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    saved()
    original = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "onnx":
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    result = call()
    assert result.exit_code == 2
    assert "pip install 'bridle[export]'" in result.stderr
    assert [path.name for path in Path().iterdir()] == ["model.safetensors"]


def test_refusals(saved: Any) -> None:
    saved(names=("dropout",), settings={"dropout": 0.5})
    result = call("--to", "sklearn")
    assert result.exit_code == 2
    assert "Error: export: regularizer must be one of 'l2'" in result.stderr
    assert call("--to", "fortran").exit_code == 2
    assert CliRunner().invoke(main, ["export", "absent.safetensors"]).exit_code == 2
