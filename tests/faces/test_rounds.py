"""The rounds of a time budget, as the report and the terminal tell them."""

from __future__ import annotations

import dataclasses
from urllib.parse import unquote

import numpy as np
import pytest
from matplotlib.figure import Figure

from bridle.faces.report import render
from bridle.faces.rounds import round_rows
from bridle.faces.terminal import show_findings
from bridle.study.curves import Discarded
from bridle.study.findings import Heat
from tests.faces.invented import invent

HEATS = (
    Heat(1, "halving", 1260, 25, 600, {"plain": ((), 0.01), "l2": ((("l2", 0.1),), 0.01)}, 12.4),
    Heat(2, "halving", 660, 100, 0, {"plain": ((), 0.01), "l2": ((("l2", 0.03),), 0.01)}, 75.0),
    Heat(3, "refinement", 40, 100, 0, {"plain": ((), 0.01), "l2": ((("l2", 0.03),), 0.01)}, 8.0),
)


def test_rows_say_what_a_round_changed():
    rows = round_rows(invent(names=("plain", "l2"), heats=HEATS))
    assert [row["best"] for row in rows] == [
        "plain at rate 0.01; l2 0.1 at rate 0.01",
        "l2 0.03 at rate 0.01",
        "",
    ]
    assert rows[0] | {"best": ""} == {
        "number": "1", "kind": "halving", "networks": "1,260", "epochs": "25", "discarded": "600",
        "seconds": "12 s", "best": "",
    }  # fmt: skip
    assert (rows[1]["seconds"], rows[1]["discarded"]) == ("1 min 15 s", "none")


def test_the_report_and_the_terminal_show_rounds_only_where_there_were_any(
    capsys: pytest.CaptureFixture[str],
):
    with_rounds, without = invent(names=("plain", "l2"), heats=HEATS), invent(names=("plain", "l2"))
    page = render(with_rounds)
    assert page.count('<h2 id="rounds-title">How the time was spent</h2>') == 1
    assert "trained for all 100 epochs" in page
    assert 'download="rounds.csv"' in page
    assert "rounds-title" not in render(without)
    show_findings(with_rounds)
    assert "1 halving" in (shown := capsys.readouterr().out)
    assert "refinement" in shown
    show_findings(without)
    assert "refinement" not in capsys.readouterr().out


def test_discarded_strengths_are_drawn_said_and_handed_out():
    from bridle.faces.downloads import downloads
    from bridle.faces.strength_pictures import strengths

    whole = invent(names=("plain", "l2"), splits=3, heats=HEATS)
    (curve,) = whole.strength_curves
    some = dataclasses.replace(
        curve, strengths=curve.strengths[3:4], losses=curve.losses[3:4], chosen=0,
        discarded=(Discarded(0.5, 25, np.array([0.7, 0.8, 0.9])),),
    )  # fmt: skip
    findings = dataclasses.replace(whole, strength_curves=(some,))
    (picture,) = strengths(findings)
    assert "Discarded: 0.5 at epoch 25 with 0.8." in picture.alt
    figure = Figure()
    axes = figure.subplots()
    picture.draw(axes)
    dots = [line for line in axes.lines if line.get_marker() == "o" and 0.5 in line.get_xdata()]
    assert [line.get_ydata().tolist() for line in dots] == [[pytest.approx(0.8)]]
    low, high = axes.get_ylim()
    assert low < 0.8 < high
    table = unquote(downloads(findings)["strengths"])
    assert "l2,0.5,25,0.7,0.8,0.9" in table
    assert "A hollow dot is a strength that was discarded" in render(findings)
