"""``bridle diagnose`` and ``bridle.diagnose``: the command, the object and the page, without training."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import bridle
from bridle.errors import DataError, PlanError
from bridle.faces import files, forest, pictures
from bridle.faces.checkup import Checkup
from bridle.faces.cli import main
from bridle.faces.diagnose_report import render, render_summary
from bridle.study.diagnosis.findings import Advice
from bridle.study.statistics import Interval
from tests.faces.ailing import SIZES, ail
from tests.faces.invented import HOSTILE
from tests.faces.test_report import LARGEST, Page

PLOTS = ("errors", "learning_curve", "training", "shares", "ladder", "gains")
BARE = {"curve": None, "shares": None, "debugging": None, "interrupted": True}


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    seen: list = []

    def examined(table: Any, options: Any, target: Any, progress: Any) -> Any:
        seen.append((table, options, target))
        return call_with.found

    monkeypatch.setattr("bridle.study.diagnosis.examine.examine", examined)

    def call_with(*arguments: str) -> Any:
        return CliRunner().invoke(main, ["diagnose", *arguments]), seen

    call_with.found = ail()
    return call_with


def test_command_prints_and_writes(call: Any) -> None:
    result, seen = call("moons", "--target-error", "5%", "--hidden", "4,2", "--splits", "3")
    assert result.exit_code == 0, result.output
    assert seen[0][1].hidden == (4, 2)
    assert seen[0][1].splits == 3
    assert seen[0][2] == pytest.approx(0.05)
    for text in ("High variance: error 8 %", "use gradient boosting", "measured", "Report: bridle-diagnosis"):
        assert text in result.stdout
    results = json.loads(Path("bridle-diagnosis", files.RESULTS).read_text())
    assert results["curve"]["sizes"] == SIZES.tolist()
    assert Path("bridle-diagnosis", files.REPORT).read_text() == render(call.found)


def test_interruption_reports_what_is_done(call: Any) -> None:
    call.found = ail(**BARE)
    result, _ = call("moons")
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert "Interrupted." in Path("bridle-diagnosis", files.REPORT).read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mons"], "Did you mean 'moons'"),
        (["moons", "--target-error", "low"], "must be an error of at least 0"),
        (["moons", "--target-error", "-1"], "must be an error of at least 0"),
        (["moons", "--regularizers", "l2"], "No such option"),
        ([], "Missing argument"),
    ],
)
def test_refusals(call: Any, arguments: list[str], message: str) -> None:
    result, _ = call(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert list(Path().iterdir()) == []


def test_object_has_tables_words_and_pictures() -> None:
    checkup = Checkup(ail())
    assert checkup.table.loc["training error", "mean"] == checkup.findings.diagnosis.train_error.mean
    assert "gain of twice the rows" in checkup.table.index
    assert list(checkup.advice["basis"]) == ["measured", "extrapolated", "at most"]
    assert checkup.curve.index.tolist() == SIZES.tolist()
    assert str(checkup.verdict).startswith("High variance")
    assert repr(checkup) == "Checkup('wards', accuracy: High variance: error 8 % on training rows.)"
    for name in PLOTS:
        assert isinstance(getattr(checkup.plot, name)(), Axes)
        ax = Figure().subplots()
        assert getattr(checkup.plot, name)(ax=ax) is ax
        assert ax.has_data()
    assert Page(checkup._repr_html_()).tags.count("tr") == 4


def test_what_was_not_reached_is_refused_with_a_message() -> None:
    checkup = Checkup(ail(**BARE))
    for name in ("learning_curve", "shares", "ladder"):
        with pytest.raises(DataError, match="a part of the diagnosis that was reached"):
            getattr(checkup.plot, name)()
    assert checkup.curve.empty
    assert not {"curve", "shares", "debugging"} & set(Page(render(checkup.findings)).values("id"))


def test_arguments_are_checked_before_anything_is_trained() -> None:
    with pytest.raises(PlanError, match="diagnose: option must be"):
        bridle.diagnose("moons", regularizers=("l2",))
    with pytest.raises(DataError, match="diagnose: y must be the target"):
        bridle.diagnose(np.zeros((20, 2)))


@pytest.mark.parametrize("kind", ["tame", "hostile", "bare"])
def test_page_is_inert_small_and_accessible(kind: str) -> None:
    hostile = {
        "data": HOSTILE[0],
        "target": HOSTILE[1],
        "notes": HOSTILE,
        "facts": ((HOSTILE[2], HOSTILE[3]),),
    }
    html = render(ail(**({"tame": {}, "hostile": hostile, "bare": BARE}[kind])))
    page = Page(html)
    assert len(html.encode()) < LARGEST
    assert not {"script", "iframe", "img", "form", "link"} & set(page.tags)
    assert page.tags.count("h1") == 1
    assert page.values("role").count("img") == page.tags.count("svg") == page.tags.count("desc")
    assert len(set(page.values("id"))) == len(page.values("id"))
    wanted = {value[1:] for value in page.values("href") if value.startswith("#")}
    assert wanted <= set(page.values("id"))
    assert (HOSTILE[0] in page.text) == (kind == "hostile")
    assert " nan" not in page.text


def test_summary_escapes_what_is_hostile() -> None:
    assert "script" not in Page(render_summary(ail(target=HOSTILE[0]))).tags


def test_a_slide_of_the_ladder_that_diverges_does_no_harm() -> None:
    found = ail()
    found.debugging.losses[:] = np.nan
    assert "svg" in Page(render(found)).tags


def test_weights_are_taken_from_a_column_or_beside(call: Any, tmp_path: Path) -> None:
    rows = "".join(f"{k},{k % 3},{k % 2}\n" for k in range(30))
    Path("data.csv").write_text("a,w,y\n" + rows)
    result, seen = call("data.csv", "--target", "y", "--weights", "w")
    assert result.exit_code == 0, result.output
    assert seen[0][0].frame.columns.tolist() == ["a"]
    assert seen[0][0].weighed_by == "w"
    bridle.diagnose(np.arange(30.0)[:, None], np.arange(30) % 2, weights=1 + np.arange(30) % 3)
    assert seen[1][0].weights.tolist() == [0.5, 1.0, 1.5] * 10


WHATS = (
    "average 12 networks", "use gradient boosting", "use logistic regression", "use nearest neighbors",
    "use twice the units", "use half the units", "train twice as long", "stop training early",
    "collect twice the data",
)  # fmt: skip


def test_steps_and_their_numbers_stand_apart_on_a_phone() -> None:
    advice = [Advice(what, Interval(-0.153, -0.204, -0.102, 0.5, 9), "measured", False, "") for what in WHATS]
    axes = pictures.drawn(forest.gains(advice, "accuracy", narrow=True))
    FigureCanvasAgg(axes.figure).draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 2 * len(WHATS)
    for label, numbers in zip(boxes[::2], boxes[1::2], strict=True):
        assert label.x1 < numbers.x0 - 2
        assert numbers.x1 <= axes.figure.bbox.x1


def test_what_can_be_gained_at_most_is_listed_and_not_drawn() -> None:
    """A bound ten times as large would make the estimates a dot each."""
    found = ail()
    page = Page(render(found))
    assert "regularize" in page.text
    assert "regularize" not in forest.gains(found.advice, found.metric).alt
    most = dataclasses.replace(found, advice=found.advice[-1:])
    assert forest.gains(most.advice, most.metric) is None
    assert {"advice", "advice-title"} <= set(Page(render(most)).values("id"))
