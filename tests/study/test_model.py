"""The model file: the same digits wherever it lies, refused when it was touched, and nothing in it runs."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, save

from bridle.errors import DataError, OutputError
from bridle.study.compare import compare
from bridle.study.model import Model
from bridle.study.options import Options
from bridle.study.rounds import make_rounds
from bridle.study.scores import SCORES
from bridle.study.tables import from_arrays

QUICK = Options(epochs=5, splits=2, strengths=1, regularizers=("l2",), learning_rates=(0.01,), hidden=(4,))


def _people(rows=120, task="classification"):
    random = np.random.default_rng(5)
    town = random.choice(["Ur", "Rome", "Troy"], rows).astype(object)
    frame = pd.DataFrame(
        {
            "age": random.normal(40, 10, rows),
            "town": town,
            "rich": random.random(rows) < 0.4,
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 999, rows), "D"),
            "street": random.choice([f"street {k}" for k in range(60)], rows),
        }
    )
    frame.loc[::9, ["age", "town", "joined"]] = None
    score = frame["age"].fillna(40) / 10 + 2 * frame["rich"] + (frame["town"] == "Ur")
    y = np.where(score > 5, "yes", "no") if task == "classification" else score * 1.7 + 3
    return frame, y


def _trained(task="classification", **changes):
    frame, y = _people(task=task)
    table = from_arrays(frame, y, name="people")
    options = Options(**{**vars(QUICK), **changes})
    return table, options, compare(table, options)


@pytest.fixture(scope="module")
def trained():
    return _trained()


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("classification", {}),
        ("regression", {}),
        ("classification", {"scale": "quantile", "class_weight": "balanced"}),
    ],
)
def test_a_moved_file_predicts_what_compare_reported_to_the_last_digit(tmp_path, task, changes):
    table, options, findings = _trained(task, **changes)
    saved = findings.best_model.save(tmp_path / "model.safetensors")
    (tmp_path / "elsewhere").mkdir()
    model = Model.load(shutil.move(saved, tmp_path / "elsewhere" / "renamed.bin"))
    test = make_rounds(table, _settled(options, table))[model.seed].test
    split = _test_frame(table, options, model.seed)
    metric = SCORES[findings.metric]
    predicted = model.predict(split) if task == "regression" else model.predict_proba(split)
    assert metric(test.y, predicted) == model.scores["test"] == findings.best_model.scores["test"]
    np.testing.assert_array_equal(model.predict(table.frame), findings.best_model.predict(table.frame))
    assert model.metric == findings.metric
    assert (model.data, model.target, model.regularizer) == ("people", "target", findings.best)


def _settled(options, table):
    from bridle.study.options import settle

    return settle(options, table)


def _test_frame(table, options, seed):
    from bridle.study.split import split_rows

    settled = _settled(options, table)
    rows = split_rows(table.codes, settled.shares, seed, stratify=table.task == "classification").test
    return table.frame.iloc[rows]


@pytest.mark.parametrize("scale", ["standard", "quantile"])
def test_every_number_of_the_preparation_survives(tmp_path, scale):
    table, _, findings = _trained(scale=scale)
    before = findings.best_model
    after = Model.load(before.save(tmp_path / "m"))
    rows = table.frame.assign(town="Atlantis", street="street 3").iloc[::-1]
    for frame in (table.frame, rows, table.frame.iloc[:1]):
        np.testing.assert_array_equal(before.preparation.transform(frame), after.preparation.transform(frame))
    assert after.preparation.feature_names == before.preparation.feature_names
    assert [one.tobytes() for layer in after.weights for one in layer] == [
        one.tobytes() for layer in before.weights for one in layer
    ]
    assert after.plan == before.plan


def test_predictions_have_labels_and_probabilities(trained):
    table, _, findings = trained
    frame = findings.best_model.predictions(table.frame.head(7))
    assert list(frame.columns) == ["target", "probability of no", "probability of yes"]
    np.testing.assert_allclose(frame.iloc[:, 1:].sum(axis=1), 1, rtol=1e-6)
    assert (
        frame["target"] == np.where(frame["probability of yes"] > frame["probability of no"], "yes", "no")
    ).all()


def test_any_changed_byte_is_refused(tmp_path, trained):
    path = trained[2].best_model.save(tmp_path / "m")
    raw = path.read_bytes()
    random = np.random.default_rng(0)
    for at in [0, 7, 8, 9, *random.integers(10, len(raw), 150).tolist(), len(raw) - 1]:
        changed = bytearray(raw)
        changed[at] ^= 1 << int(random.integers(8))
        path.write_bytes(changed)
        with pytest.raises(DataError) as caught:
            Model.load(path)
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.9, 0.9999])
def test_a_cut_file_is_refused(tmp_path, trained, share):
    path = trained[2].best_model.save(tmp_path / "m")
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(DataError, match=r"cut short|another kind of file|checksum"):
        Model.load(path)
    path.write_bytes(raw + b"\0")
    with pytest.raises(DataError, match="checksum"):
        Model.load(path)


def _forge(path, change):
    """Write a file of a changed record, with a checksum that is right."""
    from bridle.study.modelfile import _cut, _digest, _surprised

    raw = path.read_bytes()
    header, _ = _cut(raw, _surprised)
    record, tensors = json.loads(header["__metadata__"]["bridle"]), dict(load(raw))
    change(record, tensors)
    metadata = {"format": "1", "bridle": json.dumps(record)}
    header, body = _cut(save(tensors, metadata), _surprised)
    path.write_bytes(save(tensors, {**metadata, "sha256": _digest(header, body)}))


@pytest.mark.parametrize(
    "change",
    [
        lambda record, tensors: record.pop("plan"),
        lambda record, tensors: record["plan"].update(inputs=10**12),
        lambda record, tensors: record["plan"]["layers"][0].update(units=10**12),
        lambda record, tensors: record["plan"].update(loss="os.system"),
        lambda record, tensors: record["preparation"].update(columns=[["age", "pickle"]]),
        lambda record, tensors: record["preparation"].update(still=[10**9]),
        lambda record, tensors: record["preparation"].update(medians="many"),
        lambda record, tensors: record.update(classes={"kind": "object", "values": []}),
        lambda record, tensors: tensors.update({"0.weights": tensors["0.weights"] * np.float32(np.nan)}),
        lambda record, tensors: tensors.update({"0.weights": tensors["0.weights"].astype(np.float64)}),
        lambda record, tensors: tensors.update({"9.weights": np.zeros(3, np.float32)}),
    ],
)
def test_a_forged_file_is_refused_too(tmp_path, trained, change):
    path = trained[2].best_model.save(tmp_path / "m")
    _forge(path, lambda record, tensors: None)
    Model.load(path)
    _forge(path, change)
    with pytest.raises(DataError, match="content must be a sound model"):
        Model.load(path)


def test_other_files_and_versions_are_named(tmp_path, trained):
    path = tmp_path / "m"
    path.write_bytes(save({"w": np.zeros(3)}))
    with pytest.raises(DataError, match="another safetensors file"):
        Model.load(path)
    path.write_bytes(save({"w": np.zeros(3)}, {"bridle": "{}", "format": "99"}))
    with pytest.raises(DataError, match=r"format must be 1, which bridle .* reads; got '99'. Upgrade bridle"):
        Model.load(path)
    with pytest.raises(DataError, match=r"must be one that exists; got '.*nm'\. Did you mean 'm'\?"):
        Model.load(tmp_path / "nm")
    with pytest.raises(DataError, match="must be a file; got 'a folder'"):
        Model.load(tmp_path)
    with pytest.raises(OutputError, match=r"file must be no folder; got '.*'\. A folder has this name"):
        trained[2].best_model.save(tmp_path)
    with pytest.raises(OutputError, match="a folder that can be written"):
        trained[2].best_model.save(tmp_path / "m" / "below")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["m"]


def test_new_rows_may_be_reordered_but_must_be_complete(trained):
    table, _, findings = trained
    model = findings.best_model
    mixed = table.frame[table.frame.columns[::-1]].assign(more=1)
    np.testing.assert_array_equal(model.predict_proba(mixed), model.predict_proba(table.frame))
    with pytest.raises(DataError) as caught:
        model.predict(table.frame.rename(columns={"age": "Age", "town": "Town"}))
    assert str(caught.value).splitlines() == [
        "table: columns must be all of training's; got \"no 'age'\". Did you mean 'Age'?",
        "table: columns must be all of training's; got \"no 'town'\". Did you mean 'Town'?",
    ]
    with pytest.raises(DataError, match="rows must be at least one"):
        model.predict(table.frame.iloc[:0])
    with pytest.raises(DataError, match="a pandas or polars frame; got 'ndarray'"):
        model.predict(np.zeros((3, 5)))
