"""What ``bridle.compare`` gives back works in a notebook, and refuses with a message what it cannot do."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import bridle
from bridle.errors import DataError, PlanError
from bridle.faces.comparison import Comparison
from tests.faces.invented import HOSTILE, NAMES, invent

TINY = {"splits": 2, "epochs": 30, "hidden": (4,), "regularizers": ("l2", "early_stopping"), "strengths": 2}


def test_table() -> None:
    findings = invent(splits=5)
    table = Comparison(findings).table
    assert tuple(table.index) == NAMES
    l2 = findings.entry("l2")
    assert table.loc["l2", "test"] == l2.test.mean
    assert table.loc["l2", "difference_low"] == l2.difference.low
    assert table.loc["l2", "adjusted_p"] == l2.adjusted_p
    assert table.loc["l2", "settings"] == {"l2": 0.003}
    assert np.isnan(table.loc["plain", "difference"])
    assert {"train", "validation", "test", "test_low", "test_high", "zero_share"} <= set(table.columns)


def test_words() -> None:
    comparison = Comparison(invent(splits=2))
    assert str(comparison.verdict).startswith("l2 helps")
    assert repr(comparison) == f"Comparison('moons': 8 entries, accuracy, best {comparison.findings.best!r})"
    assert comparison._repr_html_().startswith("<div")
    assert comparison.best_model is comparison.findings.best_model


PANELS = {"losses": 8, "strengths": 7, "boundaries": 8, "weights": 8}


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_plots(task: str) -> None:
    plot = Comparison(invent(splits=3, task=task, features=HOSTILE[2:])).plot
    for kind, count in PANELS.items():
        axes = getattr(plot, kind)()
        assert len(axes) == count
        assert all(isinstance(one, Axes) for one in axes)
        assert axes[-1].get_title(loc="left") == "l2+dropout"
        axes[0].figure.canvas.draw()
    axes = plot.forest()
    assert isinstance(axes, Axes)
    axes.figure.canvas.draw()


def test_a_cell_that_ends_in_a_picture_shows_it() -> None:
    """IPython asks a value for ``_repr_png_``; axes that are passed are for their figure's owner to show."""
    plot = Comparison(invent(splits=2)).plot
    for value in (plot.forest(), plot.losses(), plot.losses("l2"), plot.weights()[:2]):
        assert value._repr_png_().startswith(b"\x89PNG")
    assert plot.losses()[:0]._repr_png_() is None
    assert not hasattr(plot.forest(ax=Figure().add_subplot()), "_repr_png_")


def test_plots_draw_on_axes_that_are_given_and_of_one_regularizer() -> None:
    plot = Comparison(invent(splits=3)).plot
    for kind, count in PANELS.items():
        ax = Figure().subplots()
        assert getattr(plot, kind)("l2", ax=ax) is ax
        assert ax.has_data()
        assert isinstance(getattr(plot, kind)("l2"), Axes)
        many = Figure().subplots(2, 4).ravel()[:count]
        assert getattr(plot, kind)(ax=many).tolist() == many.tolist()
        assert all(one.has_data() for one in many)
        with pytest.raises(DataError, match=f"ax must be {count} axes, one a picture; got 1. Name"):
            getattr(plot, kind)(ax=ax)
        with pytest.raises(DataError, match=r"name must be one of .*'l2'.*; got 'l3'"):
            getattr(plot, kind)("l3")
    for kind in ("forest", "errors", "importances", "calibration", "confusion"):
        ax = Figure().subplots()
        assert getattr(plot, kind)(ax=ax) is ax
        assert ax.has_data()


def test_the_confusion_shows_every_count() -> None:
    findings = invent(splits=3)
    shown = [one.get_text() for one in Comparison(findings).plot.confusion().texts]
    counts = findings.portrait.confusion
    lines = counts / counts.sum(axis=1, keepdims=True)
    assert shown == [
        f"{count:,.0f}\n{100 * part:.0f} %" for count, part in zip(counts.ravel(), lines.ravel(), strict=True)
    ]


def test_plots_leave_the_users_style_alone() -> None:
    with matplotlib.rc_context({"font.size": 31.0, "text.color": "red"}):
        axes = Comparison(invent(splits=2)).plot.losses()
        assert matplotlib.rcParams["font.size"] == 31.0
        assert axes[0].xaxis.label.get_fontsize() < 12


def test_plots_that_cannot_be() -> None:
    with pytest.raises(DataError, match="at least two columns of numbers"):
        Comparison(invent(splits=2, features=("a", "b", "c"))).plot.boundaries()
    with pytest.raises(DataError, match="at least one regularizer"):
        Comparison(invent(splits=2, names=("plain",))).plot.strengths()


def test_single_pictures_are_axes() -> None:
    plot = Comparison(invent(splits=3)).plot
    for kind in ("forest", "errors", "importances", "calibration"):
        assert isinstance(getattr(plot, kind)(), Axes)
    with pytest.raises(DataError, match="of a classification"):
        Comparison(invent(splits=2, task="regression")).plot.calibration()
    with pytest.raises(DataError, match="of a classification with a dozen classes"):
        Comparison(invent(splits=2, task="regression")).plot.confusion()
    with pytest.raises(DataError, match="of two columns"):
        Comparison(invent(splits=2, portrait=None)).plot.importances()


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (("moons",), {"epoch": 3}, PlanError, "Did you mean 'epochs'"),
        (("moons",), {"epochs": 0}, PlanError, "epochs must be a whole number"),
        (("moons",), {"regularizers": "dropot"}, PlanError, "Did you mean 'dropout'"),
        (("moons", [1, 2]), {}, PlanError, "y must be left out"),
        (("mons",), {}, DataError, "Did you mean 'moons'"),
        ((np.zeros((20, 2)),), {}, DataError, "y must be the target"),
        ((np.zeros((20, 2)), np.arange(20) % 2), {"rows": 5}, DataError, "rows must be left out"),
    ],
)
def test_refusals(arguments: tuple, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        bridle.compare(*arguments, **options)


def test_end_to_end_on_arrays_and_frames(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 2))
    y = (X[:, 0] + 0.3 * random.normal(size=60) > 0).astype(int)
    phases = []
    comparison = bridle.compare(X, y, progress=lambda *now: phases.append(now), **TINY)
    assert list(comparison.table.index) == ["plain", "l2", "early_stopping"]
    assert len(comparison.best_model.predict(pd.DataFrame(X, columns=["x0", "x1"]))) == 60
    assert len(comparison.plot.boundaries()) == 3
    assert phases[-1][1] == 1.0
    report = comparison.save(tmp_path / "out")
    assert report.stat().st_size < 500_000
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(label=np.where(y, "yes", "no"))
    again = bridle.compare(frame, target="label", **TINY)
    assert again.findings.classes == ("no", "yes")
