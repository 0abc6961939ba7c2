"""What a store keeps of a finished comparison comes back as it was scored; older stores are brought up to date."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import bridle
from bridle.errors import DataError, OutputError
from bridle.faces.cli import main
from bridle.study.compare import compare
from bridle.study.options import Options, settle
from bridle.study.rounds import make_rounds
from bridle.study.scores import SCORES
from bridle.study.store import DATABASE, MIGRATIONS, Store
from bridle.study.tables import from_arrays

SMALL = Options(
    hidden=(4,), epochs=30, splits=2, seeds=2, strengths=2, regularizers=("l2", "early_stopping"),
    normalization="batch",
)  # fmt: skip


def cloud(task: str = "classification"):
    random = np.random.default_rng(0)
    X = random.normal(size=(80, 2))
    y = X[:, 0] + random.normal(size=80)
    return from_arrays(X, y if task == "regression" else (y > 0).astype(int), name="cloud")


@pytest.fixture(scope="module", params=["classification", pytest.param("regression", marks=pytest.mark.slow)])
def kept(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    table = cloud(request.param)
    return table, compare(table, SMALL, store=folder / "store"), folder


def test_networks_come_back_and_predict_what_was_scored(kept) -> None:
    table, findings, folder = kept
    (run,) = bridle.runs(folder)
    assert (run.state, run.best, run.kept) == ("finished", findings.best, 3 * 2 * 2)
    assert 0 < run.size < 40_000
    metric = SCORES[findings.metric]
    for entry in findings.entries:
        for own in entry.runs:
            model = run.network(entry.name, own.split, own.seed)
            assert (model.settings, model.learning_rate) == (own.settings, own.learning_rate)
            for part in ("train", "validation", "test"):
                rows = run.rows(own.split, part)
                frame = table.frame.iloc[rows]
                predictions = model.predict(frame) if table.classes is None else model.predict_proba(frame)
                found = metric(table.codes[rows], predictions)
                assert found == pytest.approx(getattr(own, part), rel=1e-12)
                assert model.scores[part] == getattr(own, part)
    assert run.table.shape[0] == run.kept
    assert set(run.table["entry"]) == {"plain", "l2", "early_stopping"}


def test_a_network_that_is_not_there_and_a_file_that_was_touched_are_refused(kept) -> None:
    _, _, folder = kept
    (run,) = bridle.runs(folder / "store")
    with pytest.raises(DataError, match="entry must be one of 'plain', 'l2' or 'early_stopping'; got 'l3'"):
        run.network("l3")
    with pytest.raises(DataError, match=r"a split and seed among 4, from \(0, 0\) to \(1, 1\); got \(2, 0\)"):
        run.network("l2", 2)
    place = run.folder / run.file
    content = place.read_bytes()
    place.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        with pytest.raises(DataError, match=r"of SHA-256 .*changed, damaged or moved"):
            bridle.runs(folder)[0].network("l2")
    finally:
        place.write_bytes(content)


def test_the_command_lists_what_is_kept(kept) -> None:
    _, findings, folder = kept
    result = CliRunner().invoke(main, ["runs", str(folder)])
    assert result.exit_code == 0, result.output
    words = result.output.split()
    assert {"cloud:", "finished", findings.best, "12"} <= set(words)
    assert "plain, l2, early stopping; 2 splits" in result.output
    refused = CliRunner().invoke(main, ["runs", str(folder / "nowhere")])
    assert refused.exit_code == 2
    assert "one that bridle compare wrote to" in refused.output


def old_store(folder: Path) -> str:
    """Make a store as the first version of the schema had it, with a finished and an unfinished run."""
    folder.mkdir()
    table = cloud()
    options = settle(SMALL, table)
    with Store(folder) as store:
        run = store.begin(table, options, make_rounds(table, options))
        data, request, wanted = store.base.execute(
            "SELECT data_sha256, request_sha256, options FROM run WHERE number = ?", (run.number,)
        ).fetchone()
    (folder / DATABASE).unlink()
    base = sqlite3.connect(folder / DATABASE)
    base.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1;")
    for finished in ("2026-01-05T10:00:00+00:00", None):
        base.execute(
            "INSERT INTO run (begun, version, data, data_sha256, request_sha256, options, finished) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                "2026-01-05T09:00:00+00:00",
                bridle.__version__,
                "cloud: target",
                data,
                request,
                wanted,
                finished,
            ),
        )
    base.commit()
    base.close()
    return data


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path) -> None:
    folder = tmp_path / "old"
    data = old_store(folder)
    finished, unfinished = bridle.runs(folder)
    assert (finished.state, unfinished.state) == ("finished", "unfinished")
    assert finished.data_sha256 == unfinished.data_sha256 == data
    with pytest.raises(DataError, match=r"one that keeps networks; got 'finished'. Only finished runs"):
        finished.network("plain")
    table = cloud()
    options = settle(SMALL, table)
    with Store(folder) as store:  # and goes on where it was
        assert store.base.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert store.begin(table, options, make_rounds(table, options)).number == unfinished.number
    with Store(folder), pytest.raises(OutputError, match="free: no other comparison"):
        Store(folder)


def test_a_store_can_be_read_while_it_is_written_to(tmp_path) -> None:
    with Store(tmp_path) as store:
        table = cloud()
        options = settle(SMALL, table)
        store.begin(table, options, make_rounds(table, options))
        assert [one.state for one in bridle.runs(tmp_path)] == ["unfinished"]
        store.begin(table, dataclasses.replace(options), make_rounds(table, options), fresh=True)
        assert [one.state for one in bridle.runs(tmp_path)] == ["given up", "unfinished"]
    (tmp_path / DATABASE).write_bytes(b"no database at all, but longer than a header would be" * 4)
    with pytest.raises(DataError, match="a store of bridle"):
        bridle.runs(tmp_path)


def test_python_goes_on_where_it_was_stopped_and_tells_of_looks(tmp_path, monkeypatch) -> None:
    table = cloud()
    frame, y = table.frame, table.y
    seen: list[float] = []

    def interrupt(phase, fraction, left):
        seen.append(fraction)
        if phase == "training" and fraction > 0.3:
            raise KeyboardInterrupt

    options = dataclasses.asdict(SMALL)
    wanted = {
        name: options[name]
        for name in ("hidden", "normalization", "epochs", "splits", "seeds", "strengths", "regularizers")
    }
    monkeypatch.setattr("bridle.engine.checkpoint.SAVE_SECONDS", 0.0)
    monkeypatch.setattr("bridle.engine.population.SLICE_SECONDS", 0.005)
    with pytest.raises(KeyboardInterrupt):
        bridle.compare(frame, y, progress=interrupt, store=tmp_path, **wanted)
    assert [one.state for one in bridle.runs(tmp_path)] == ["unfinished"]
    found = bridle.compare(frame, y, store=tmp_path, **wanted)
    assert [one.state for one in bridle.runs(tmp_path)] == ["finished"]
    again = bridle.compare(frame, y, store=str(tmp_path), **wanted)
    assert any("scored once before" in note for note in again.findings.notes)
    entries = [json.dumps(one.findings.as_json()["entries"]) for one in (found, again)]
    assert entries[0] == entries[1]
    hashes = {one.table_sha256 for one in bridle.runs(tmp_path)}
    assert len(hashes) == 1
