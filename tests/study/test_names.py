"""What a comparison compares: "all", what it leaves out and why, combinations, and companies that hold them all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bridle.errors import PlanError
from bridle.registry import REGISTRY
from bridle.study.candidates import make_companies
from bridle.study.compare import compare
from bridle.study.names import Setting, unmet
from bridle.study.options import Options, settle
from bridle.study.tables import Table, from_arrays

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(60, 3)), columns=["a", "b", "c"])
CLASSES = from_arrays(FRAME, (FRAME["a"] + 0.3 * RNG.normal(size=60) > 0).astype(int).to_numpy())
NUMBERS = from_arrays(FRAME, (FRAME["a"] + 0.3 * RNG.normal(size=60)).to_numpy())
LOSS = {"classification": "binary_cross_entropy", "regression": "squared_error"}


@pytest.mark.parametrize("table", [CLASSES, NUMBERS], ids=["classification", "regression"])
def test_all_is_every_name_that_can_be_or_is_left_out_with_a_reason(table: Table) -> None:
    settled = settle(Options(regularizers=("all",)), table)
    missing = [text.split(" (")[0] for text in settled.left_out]
    assert {"plain", *REGISTRY} == {*settled.regularizers, *missing}
    assert not set(missing) & set(settled.regularizers)
    assert "alpha_dropout (needs layers of selu, and these are of relu)" in settled.left_out
    assert "rotation (needs rows that are pictures)" in settled.left_out
    assert ("label_smoothing" in settled.regularizers) == (table.task == "classification")
    if table.task == "regression":
        assert "label_smoothing (needs classes to predict)" in settled.left_out


def test_all_goes_with_combinations_and_repeats_nothing() -> None:
    settled = settle(Options(regularizers=("l2", "all", "dropout+l2", "l2 + dropout")), CLASSES)
    assert settled.regularizers[0] == "plain"
    assert settled.regularizers.count("l2") == 1
    assert settled.regularizers.count("l2+dropout") == 1
    assert settle(Options(regularizers=("l1",)), CLASSES).left_out == ()


def test_all_without_validation_rows_leaves_out_what_watches_them() -> None:
    settled = settle(Options(regularizers=("all",), shares=(0.7, 0.0, 0.3)), CLASSES)
    assert "early_stopping (needs validation rows)" in settled.left_out


@pytest.mark.parametrize("table", [CLASSES, NUMBERS], ids=["classification", "regression"])
def test_companies_hold_every_candidate_once_and_keep_apart_what_costs(table: Table) -> None:
    settled = settle(Options(regularizers=("all", "l2+mixup", "l1+group_lasso"), strengths=2), table)
    companies = make_companies(settled, 3, 1, LOSS[table.task])
    names = [name for one in companies for name in dict.fromkeys(c.name for c in one.candidates)]
    assert sorted(names) == sorted(settled.regularizers)
    assert companies[0].candidates[0].name == "plain"
    assert not any(record.reaches_rows for record in companies[0].plan.records)
    assert not {"group_lasso", "input_group_lasso"} & set(companies[0].plan.regularizers)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("label_smoothing",), "without label_smoothing in a regression"),
        (("l2+label_smoothing",), "without label_smoothing in a regression"),
        (("all+l2",), "'all' stands alone"),
        (("al",), "Did you mean 'all'"),
        (
            ("alpha_dropout",),
            "without alpha_dropout on layers of relu; got 'alpha_dropout'. .* --activation selu",
        ),
        ((), "at least one name"),
    ],
)
def test_names_that_cannot_be_are_refused(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        settle(Options(regularizers=names), NUMBERS)


def test_every_reason_is_one_the_comparison_can_give() -> None:
    for record in REGISTRY.values():
        assert unmet(record, Setting("classification", "relu", True)) == "" or record.requires
        pictures = Setting("classification", "relu", True, (3, 8, 8))
        assert unmet(record, pictures) == "" or record.requires not in ("pictures", "pictures in color")


def test_gray_pictures_have_no_hue() -> None:
    gray = Setting("classification", "relu", True, (1, 8, 8))
    lacking = {name for name, record in REGISTRY.items() if "channels" in unmet(record, gray)}
    assert lacking == {"saturation", "hue"}
    with pytest.raises(PlanError, match=r"without rotation on these data.*needs rows that are pictures"):
        settle(Options(regularizers=("rotation",)), CLASSES)


def test_what_requires_selu_is_compared_with_plain_on_layers_of_selu() -> None:
    wishes = Options(
        regularizers=("alpha_dropout",), activation="selu", hidden=(5,), epochs=4, splits=2, strengths=1
    )
    assert "alpha_dropout" in settle(replace(wishes, regularizers=("all",)), CLASSES).regularizers
    findings = compare(CLASSES, wishes)
    assert [entry.name for entry in findings.entries] == ["plain", "alpha_dropout"]
    assert findings.best_model is not None
    assert [layer.activation for layer in findings.best_model.plan.layers] == ["selu", "linear"]
    assert ("Network", "3 - 5 - 1, selu") in findings.facts


@pytest.mark.slow
@pytest.mark.parametrize("table", [CLASSES, NUMBERS], ids=["classification", "regression"])
def test_a_comparison_of_all_of_them_ends(table: Table) -> None:
    options = Options(
        regularizers=("all", "l2+dropout", "fgsm+mixup+weight_decay"),
        hidden=(4,), epochs=20, splits=2, strengths=1, learning_rates=(0.01,),
    )  # fmt: skip
    findings = compare(table, options)
    assert {entry.name for entry in findings.entries} == set(settle(options, table).regularizers)
    assert any(note.startswith("Not compared: ") and "alpha dropout" in note for note in findings.notes)
