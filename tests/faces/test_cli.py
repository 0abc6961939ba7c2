"""The command line answers at once, says one thing when something is wrong, and keeps its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import bridle
from bridle.errors import BridleError
from bridle.faces import files
from bridle.faces.cli import main
from bridle.registry import REGISTRY
from bridle.study.defaults import REGULARIZERS
from bridle.study.generators import GENERATORS
from bridle.study.tables import EMBEDDED
from tests.faces.invented import invent

HEAVY = {"scipy", "jax", "pandas", "matplotlib", "sklearn", "rich", "jinja2", "safetensors"}
TINY = [
    "--rows",
    "60",
    "--splits",
    "2",
    "--epochs",
    "30",
    "--hidden",
    "4",
    "--regularizers",
    "l2,early_stopping",
    "--strengths",
    "2",
]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the comparison find what is asked for, without training."""

    def find(result: Any) -> None:
        def compare(table: Any, options: Any, progress: Any, store: Any, fresh: bool, began: float) -> Any:
            progress("training", 0.5, 3.0)
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr("bridle.study.compare.compare", compare)

    return find


def refused(result: Result, message: str, code: int = 2) -> None:
    assert result.exit_code == code, result.output
    assert result.stderr.count("Error: ") == 1
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], HEAVY | {"numpy"}),
        (["--version"], HEAVY | {"numpy"}),
        (["compare", "--help"], HEAVY | {"numpy"}),
        (["list"], HEAVY),
        (["explain", "l1"], HEAVY),
    ],
)
def test_light_commands_import_nothing_heavy(arguments: list[str], heavy: set[str]) -> None:
    program = (
        "import sys; from bridle.faces.cli import main\n"
        f"try: main({arguments!r})\n"
        f"except SystemExit as end: sys.exit(end.code or ' '.join({heavy!r} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_help_names_all_data(call: Any) -> None:
    text = call("compare", "--help").stdout
    for name in (*GENERATORS, *EMBEDDED):
        assert name in text
    assert "bridle compare moons" in text


def test_commands_are_listed_in_the_order_of_their_use(call: Any) -> None:
    listed = call("--help").stdout.split("Commands:")[1].splitlines()
    assert [line.split()[0] for line in listed if line.strip()][:3] == ["compare", "list", "explain"]


def test_help_names_the_default_regularizers(call: Any) -> None:
    names = ", ".join(name for name in REGULARIZERS if name != "plain")
    assert f"[default: {names};" in " ".join(call("compare", "--help").stdout.split())


def test_the_package_runs_as_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "bridle", "--version"], capture_output=True, text=True)
    assert bridle.__version__ in done.stdout


def test_version(call: Any) -> None:
    assert bridle.__version__ in call("--version").stdout


def test_list_is_one_line_a_name(call: Any) -> None:
    lines = call("list").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == list(REGISTRY)


@pytest.mark.parametrize("record", REGISTRY.values(), ids=list(REGISTRY))
def test_explain_tells_all(call: Any, record: Any) -> None:
    text = " ".join(call("explain", record.name).stdout.split())
    for words in (record.sentence, record.formula, record.source, record.notes):
        assert " ".join(words.split()) in text
    for setting in record.settings:
        assert setting.allowed in text
        assert setting.unit in text


def test_explain_suggests(call: Any) -> None:
    refused(call("explain", "dropot"), "Did you mean 'dropout'?")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mons"], "Did you mean 'moons'"),
        (["moons", "--target", "nothing"], "target must be 'class'"),
        (["table.csv"], "target must be named: one of 'a' or 'b'"),
        (["table.csv", "--target", "c"], "target must be one of 'a' or 'b'"),
        (["table.csv", "--target", "b", "--rows", "5"], "rows must be left out"),
        (["empty.csv", "--target", "b"], "an empty file"),
        (["moons", "--regularizers", "dropot"], "Did you mean 'dropout'"),
        (["moons", "--regularizers", "l2+plain"], "regularizers must be"),
        (["moons", "--metric", "acuracy"], "Did you mean 'accuracy'"),
        (["moons", "--metric", "rmse"], "metric must be"),
        (["moons", "--epochs", "0"], "epochs must be a whole number of at least 1"),
        (["moons", "--splits", "-1"], "splits must be"),
        (["moons", "--hidden", "20,x"], "must be whole numbers"),
        (["moons", "--hidden", "0"], "hidden must be"),
        (["moons", "--learning-rate", "fast"], "must be numbers"),
        (["moons", "--learning-rate", "-1"], "learning_rates must be"),
        (["moons", "--split", "60/50"], "numbers that sum to 100"),
        (["moons", "--fix", "l2"], "must be names and strengths, as in l2=0.01"),
        (["moons", "--split", "70/30", "--strengths", "3"], "strengths must be 1 without validation rows"),
        (["moons", "--batch-size", "none"], "whole number of at least 1, or full"),
        (["tabel.csv", "--target", "b"], "Did you mean 'table.csv'?"),
        (["table.csv", "--target", "b", "--drop", "a,b"], "Name one at a time, each with drop."),
        (
            ["table.csv", "--target", "b", "--size", "4x4"],
            "size must be left out for a file that is no picture",
        ),
        (["table.csv", "--target", "b", "--keys", "X=a,q=b"], "of the roles X, y, Xval, yval"),
        (["moons", "--labels", "x"], "layout must be left out where no file is read; got 'labels'"),
        (["moons", "--fix", "l2=0.1,l2=0.2"], "must be one strength for each name"),
        (
            ["moons", "--hidden", "3", "--residual"],
            "residual must be left out with fewer than two hidden layers",
        ),
        (["moons", "--optimizer", "lbfgs"], "'lbfgs' is not one of"),
        (["moons", "--noise", "-1"], "noise must be"),
        (["moons", "--out", "table.csv"], "folder must be a folder that can be written"),
        (["moons", "--out", ""], "Invalid value for '--out': must be a name; got ''"),
        (["moons", "--outt", "x"], "No such option"),
        ([], "Missing argument"),
    ],
)
def test_bad_input_is_one_message_and_no_folder(call: Any, arguments: list[str], message: str) -> None:
    Path("table.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
    Path("empty.csv").write_text("")
    result = call("compare", *arguments)
    assert result.stderr.count("Error: ") == 1
    assert " ".join(message.split()) in " ".join(result.stderr.split())
    assert result.exit_code == 2
    assert result.stdout == ""
    assert {path.name for path in Path().iterdir()} == {"table.csv", "empty.csv"}


def test_end_to_end(call: Any) -> None:
    result = call("compare", "moons", "--out", "out", *TINY)
    assert result.exit_code == 0, result.stderr
    assert "Report: out" in result.stdout
    assert "early stopping" in result.stdout
    assert "early_stopping" not in result.stdout
    assert "\x1b" not in result.stdout
    assert result.stderr.startswith("bridle: loading\n")
    results = json.loads(Path("out", files.RESULTS).read_text())
    assert results["options"]["epochs"] == 30
    assert results["verdict"]["headline"] in " ".join(result.stdout.split())


def test_options_reach_the_comparison(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    findings = invent(names=("plain",), splits=2)
    monkeypatch.setattr(
        "bridle.study.compare.compare", lambda table, options, *others: seen.append(options) or findings
    )
    given = "--hidden 20,3 --learning-rate 0.1,0.3 --optimizer sgd --batch-size full --split 50/25/25 --metric auc"
    assert call("compare", "moons", *given.split()).exit_code == 0
    options = seen[0]
    assert options.hidden == (20, 3)
    assert options.learning_rates == (0.1, 0.3)
    assert (options.optimizer, options.batch_size, options.metric) == ("sgd", 0, "auc")
    assert options.shares == (0.5, 0.25, 0.25)
    assert options.epochs is None
    assert options.strengths is None


@pytest.mark.parametrize(("given", "seconds"), [("60s", 60.0), ("1.5m", 90.0), ("1h", 3600.0), ("7", 7.0)])
def test_a_time_budget_is_a_duration(
    call: Any, monkeypatch: pytest.MonkeyPatch, given: str, seconds: float
) -> None:
    seen: list[Any] = []
    findings = invent(names=("plain", "l2"), splits=2)
    monkeypatch.setattr(
        "bridle.study.compare.compare", lambda table, options, *others: seen.append(options) or findings
    )
    assert call("compare", "moons", "--time-budget", given).exit_code == 0
    assert seen[0].time_budget == seconds
    for wrong in ("0", "soon", "-5s", "5 weeks", "nan"):
        refused(
            call("compare", "moons", "--time-budget", wrong),
            "must be a duration above 0, as in 60s, 5m or 1h",
        )


def test_interruption_reports_what_is_done(call: Any, found: Any) -> None:
    found(invent(names=("plain", "l2"), splits=2, interrupted=True))
    result = call("compare", "moons")
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert "Interrupted." in Path("bridle-report", files.REPORT).read_text()


def test_interruption_too_early_writes_nothing(call: Any, found: Any) -> None:
    found(KeyboardInterrupt())
    result = call("compare", "moons")
    assert result.exit_code == 130
    assert "Interrupted" in result.stderr
    assert list(Path().iterdir()) == []


def test_a_failed_run_is_1(call: Any, found: Any) -> None:
    found(BridleError("compare: no plain network came through."))
    result = call("compare", "moons")
    assert result.exit_code == 1
    assert "Error: compare: no plain network" in result.stderr


def test_the_unexpected_shows_its_traceback_on_demand(call: Any, found: Any) -> None:
    found(RuntimeError("two\nlines"))
    result = call("compare", "moons")
    assert result.exit_code == 1
    assert "Error: unexpected RuntimeError: two lines" in result.stderr
    assert "--debug" in result.stderr
    assert "Traceback" not in result.stderr
    result = call("compare", "moons", "--debug")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
