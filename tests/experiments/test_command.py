"""``bridle reproduce``: the list, a run of each experiment, its files, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridle.experiments import CATALOG
from bridle.faces.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["reproduce", *map(str, arguments)])


def test_without_a_name_the_experiments_are_listed() -> None:
    done = run()
    assert done.exit_code == 0
    assert [line.split("\t")[0] for line in done.output.splitlines()] == list(CATALOG)
    assert all(line.endswith("?") for line in done.output.splitlines())


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name == "moons-l2" else pytest.mark.slow) for name in CATALOG],
)
def test_a_run_leaves_a_report_and_its_numbers(name: str, tmp_path: Path) -> None:
    done = run(name, "--seeds", 2, "--epochs", 3, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    for title in ("As published", "Corrected", "Measured, 2 seeds"):
        assert title in done.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert len(page) < 500_000
    assert "<script" not in page
    assert re.search(r'(?:src|href)="(?!#|data:)', page) is None
    assert "fewer than the tutorial" in page
    assert "epoch: 0, acc: " in page
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert set(results["parts"]) == {"published", "corrected", "measured"}
    assert results["answer"]
    measured = results["parts"]["measured"]
    for variant in measured["variants"].values():
        assert len(variant["test_accuracy"]) == 2
    for difference in measured["differences"].values():
        assert difference["low"] <= difference["mean"] <= difference["high"]


def test_football_without_its_file_says_that_a_pitch_stands_in(tmp_path: Path) -> None:
    done = run("football", "--part", "published", "--epochs", 3, "--out", tmp_path)
    assert "synthetic pitch" in done.output
    assert "synthetic pitch" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "synthetic pitch" in (tmp_path / "results.json").read_text(encoding="utf-8")


def test_football_with_its_file_shows_published_beside_obtained(shared: Path, tmp_path: Path) -> None:
    data = shared / "data" / "football.mat"
    done = run("football", "--part", "published", "--data", data, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert "one mask, test accuracy: published 0.950, obtained 0.950" in done.output
    assert "plain, cost at step 20,000: published 0.13852, obtained 0.13852" in done.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<td>met</td>") == 15
    assert "synthetic" not in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["footbal"], "Did you mean 'football'?"),
        (["football", "--data", "absent.mat"], "the path of a .mat file that exists"),
        (["spiral-l1l2", "--data", "absent.mat"], "data must be left out for spiral-l1l2"),
        (["football", "--keys", "X,y"], "four names"),
        (["moons-l2", "--seeds", "1"], "at least 2"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = run(*arguments, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "out").exists()
