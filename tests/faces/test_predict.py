"""``bridle predict`` and ``bridle inspect``: from a user's file to a model and back to predictions."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from bridle.faces.cli import main
from bridle.study.model import Model

QUICK = [
    "--epochs",
    "3",
    "--splits",
    "2",
    "--strengths",
    "1",
    "--regularizers",
    "l2",
    "--learning-rate",
    "0.01",
]


def _people(rows: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "code": random.choice(["01", "2", "2.0", "3+"], rows),
            "age": random.normal(40, 10, rows).round(2),
            "town": random.choice(["Ur", "Rome", "?"], rows),
        }
    )
    return frame.assign(rich=np.where(frame["age"] > 40, "yes", "no"))


def _run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    _people().to_csv(folder / "people.csv", index=False, header=False, sep=";")
    code, _, errors = _run(
        "compare",
        folder / "people.csv",
        "--no-header",
        "--missing",
        "?",
        "--target",
        "-1",
        *QUICK,
        "--out",
        folder,
    )
    assert code == 0, errors
    return folder


def test_predictions_are_the_models_own_and_the_layout_is_remembered(trained: Path, tmp_path: Path) -> None:
    model = Model.load(trained / "model.safetensors")
    assert model.source == {"header": False, "missing": ["?"], "columns": ["c1", "c2", "c3", "c4"]}
    new = _people().drop(columns="rich").iloc[:7]
    new.to_csv(tmp_path / "new.csv", index=False, header=False)
    code, printed, errors = _run("predict", trained / "model.safetensors", tmp_path / "new.csv")
    assert code == 0, errors
    found = pd.read_csv(io.StringIO(printed))
    assert list(found.columns) == ["c4", "probability of no", "probability of yes"]
    known = new.set_axis(["c1", "c2", "c3"], axis=1).replace("?", None)
    np.testing.assert_allclose(found.iloc[:, 1:], model.predict_proba(known), rtol=1e-6)
    assert found["c4"].tolist() == model.predict(known).tolist()
    for name in ("p.csv", "p.parquet"):
        assert (
            _run("predict", trained / "model.safetensors", tmp_path / "new.csv", "--out", tmp_path / name)[0]
            == 0
        )
    kept = pd.read_parquet(tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "p.csv"), kept, check_dtype=False)


def test_levels_that_look_like_numbers_stay_text_at_prediction(trained: Path, tmp_path: Path) -> None:
    # Alone in their column, "2.0" and "01" would be read as the numbers 2 and 1, other levels or none.
    model = Model.load(trained / "model.safetensors")
    (tmp_path / "new.csv").write_text("2.0;41;Ur\n01;39;Rome\n")
    _, printed, _ = _run("predict", trained / "model.safetensors", tmp_path / "new.csv")
    rows = pd.DataFrame({"c1": ["2.0", "01"], "c2": [41.0, 39.0], "c3": ["Ur", "Rome"]})
    np.testing.assert_allclose(
        pd.read_csv(io.StringIO(printed)).iloc[:, 1:], model.predict_proba(rows), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("1;2\n3;4\n", [], "columns must be 4, as in training; got 2. Without a header"),
        ("a;b;c\n1;2;x\n", ["--header"], "no 'c1'"),
        ("01;old;Ur\n", [], "column 'c2' must be a number column; got 'old'"),
    ],
)
def test_columns_that_do_not_fit_end_with_2(
    trained: Path, tmp_path: Path, content: str, options: list[str], words: str
) -> None:
    (tmp_path / "new.csv").write_text(content)
    code, printed, errors = _run("predict", trained / "model.safetensors", tmp_path / "new.csv", *options)
    assert (code, printed) == (2, "")
    assert words in errors


def test_what_is_read_is_not_written_over(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("01;41;Ur\n")
    (tmp_path / "again.csv").symlink_to(tmp_path / "new.csv")
    for out in ("new.csv", "again.csv"):
        given = (trained / "model.safetensors", tmp_path / "new.csv", "--out", tmp_path / out)
        code, printed, errors = _run("predict", *given)
        assert (code, printed) == (2, "")
        assert "must be another than what is read" in errors
    assert (tmp_path / "new.csv").read_text() == "01;41;Ur\n"


def test_inspect_says_what_a_model_is(trained: Path) -> None:
    code, printed, _ = _run("inspect", trained / "model.safetensors")
    assert code == 0
    model = Model.load(trained / "model.safetensors")
    for words in (
        "classes:       no, yes",
        "categories:    c1, c3",
        "numbers:       c2",
        repr(model.scores["test"]),
    ):
        assert words in printed


def test_a_changed_model_is_refused(trained: Path, tmp_path: Path) -> None:
    raw = bytearray((trained / "model.safetensors").read_bytes())
    raw[-5] ^= 1
    (tmp_path / "m").write_bytes(raw)
    for command in (("inspect", tmp_path / "m"), ("predict", tmp_path / "m", trained / "people.csv")):
        code, _, errors = _run(*command)
        assert code == 2
        assert "checksum" in errors


def test_without_a_target_the_columns_are_listed(tmp_path: Path) -> None:
    _people().to_csv(tmp_path / "people.csv", index=False)
    code, _, errors = _run("compare", tmp_path / "people.csv", "--out", tmp_path)
    assert code == 2
    assert "target must be named: one of 'code', 'age', 'town' or 'rich'" in errors


def test_keys_and_drop_and_group_reach_the_table(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", data=random.normal(size=(40, 3)), labels=np.arange(40) % 2)
    code, _, errors = _run(
        "compare", tmp_path / "a.npz", "--keys", "X=data,y=labels", "--drop", "x1", *QUICK, "--out", tmp_path
    )
    assert code == 0, errors
    assert Model.load(tmp_path / "model.safetensors").preparation.feature_names == ("x0", "x2")
    code, _, errors = _run("compare", tmp_path / "a.npz", "--keys", "data", "--out", tmp_path)
    assert code == 2
    assert "must be roles and names" in errors
