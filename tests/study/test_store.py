"""The store: killed at any moment the same comparison goes on to the same table; one process, the same rows."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from bridle.errors import DataError, OutputError
from bridle.study.compare import compare
from bridle.study.hashes import hash_of_data
from bridle.study.modelfile import checksum_of, encode_model
from bridle.study.options import settle
from bridle.study.rounds import make_rounds
from bridle.study.store import DATABASE, LOCK, MIGRATIONS, Store
from tests.study.killed import OPTIONS, table


def ask(folder, question):
    with sqlite3.connect(folder / DATABASE) as base:
        found = base.execute(question).fetchall()
    base.close()
    return found


def begin(store, shift=0.0, fresh=False, **changes):
    own = table(shift)
    options = settle(dataclasses.replace(OPTIONS, **changes), own)
    return store.begin(own, options, make_rounds(own, options), fresh)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return compare(table(), OPTIONS, store=folder), folder


def test_a_store_changes_nothing_and_keeps_what_it_says(whole):
    findings, folder = whole
    bare = compare(table(), OPTIONS)
    assert json.dumps(findings.as_json()["entries"]) == json.dumps(bare.as_json()["entries"])
    models = [checksum_of(encode_model(one.best_model)) for one in (findings, bare)]
    assert models[0] == models[1] == ask(folder, "SELECT model_sha256 FROM run")[0][0]
    assert ask(folder, "PRAGMA integrity_check") == [("ok",)]
    assert ask(folder, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    settled = settle(OPTIONS, table())
    for one in make_rounds(table(), settled):
        for part in ("train", "validation", "test"):
            ((blob,),) = ask(
                folder, f"SELECT rows FROM split WHERE run = 1 AND number = {one.number} AND part = '{part}'"
            )
            np.testing.assert_array_equal(np.frombuffer(blob, "<i4"), getattr(one, part).rows)
    assert len(ask(folder, "SELECT plan FROM population WHERE sha256 IS NOT NULL")) == 3
    kept = "run-1-networks.safetensors"
    assert {path.name for path in folder.iterdir()} <= {DATABASE, LOCK, kept}  # states are gone


def killed(folder, moment):
    """Start the comparison, kill it without warning when ``moment()`` says so, and return whether it was."""
    process = subprocess.Popen([sys.executable, "-m", "tests.study.killed", str(folder)])
    try:
        while process.poll() is None and not moment():
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()
    return not ask(folder, "SELECT 1 FROM run WHERE finished IS NOT NULL")


def go_on_and_compare(folder, whole):
    assert ask(folder, "PRAGMA integrity_check") == [("ok",)]
    compare(table(), OPTIONS, store=folder)
    hashes = "SELECT table_sha256, model_sha256 FROM run WHERE finished IS NOT NULL"
    assert ask(folder, hashes) == ask(whole[1], hashes)[:1]
    assert ask(folder, "SELECT count(*) FROM run") == [(1,)]


def test_killed_in_training_it_goes_on_to_the_same_table_hash_for_hash(whole, tmp_path):
    done = "SELECT 1 FROM population WHERE sha256 IS NOT NULL"

    def between_populations():
        return (tmp_path / DATABASE).exists() and bool(ask_softly(tmp_path, done))

    assert killed(tmp_path, between_populations)
    states = list(tmp_path.glob("*.safetensors"))
    assert states
    go_on_and_compare(tmp_path, whole)


def ask_softly(folder, question):
    try:
        return ask(folder, question)
    except sqlite3.OperationalError:  # the schema is not there yet
        return []


@pytest.mark.slow
def test_killed_at_twenty_moments_it_ends_with_the_same_table(whole, tmp_path):
    random = np.random.default_rng(0)
    began = time.monotonic()
    process = subprocess.run(
        [sys.executable, "-m", "tests.study.killed", str(tmp_path / "timed")], check=True
    )
    assert process.returncode == 0
    whole_time = time.monotonic() - began
    for number in range(20):
        folder = tmp_path / str(number)
        end = time.monotonic() + random.uniform(0.3, 1.0) * whole_time
        if is_killed_by(folder, end):
            go_on_and_compare(folder, whole)


def is_killed_by(folder, end):
    # A process that was killed before it had a database left nothing to go on from, which is as good.
    process = subprocess.Popen([sys.executable, "-m", "tests.study.killed", str(folder)])
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    process.kill()
    process.wait()
    begun = ask_softly(folder, "SELECT finished FROM run") if (folder / DATABASE).exists() else []
    return begun == [(None,)]


def test_a_second_process_says_so_and_stops(tmp_path):
    with Store(tmp_path), pytest.raises(OutputError, match="free: no other comparison may be writing"):
        Store(tmp_path)
    with Store(tmp_path):
        pass  # released


def test_changed_rows_are_refused_where_a_comparison_is_unfinished(tmp_path):
    with Store(tmp_path) as store:
        first = begin(store)
        assert begin(store).number == first.number
        with pytest.raises(DataError, match=r"as they were when the unfinished comparison began.*--fresh"):
            begin(store, shift=0.1)
        assert begin(store, epochs=61).number != first.number  # another question has its own run
        state = first.state_of(0, make_plan())
        state.write_bytes(b"a state")
        assert begin(store, shift=0.1, fresh=True).number > first.number
        assert not state.exists()


def make_plan():
    from bridle.engine import Dense, Plan

    return Plan(inputs=3, layers=(Dense(1, "linear"),))


def test_a_state_that_was_touched_is_refused(tmp_path):
    with Store(tmp_path) as store:
        run = begin(store)
        run.state_of(0, make_plan()).write_bytes(b"trained")
        run.is_done(0)
        run.state_of(0, make_plan()).write_bytes(b"touched")
        with pytest.raises(DataError, match="changed or damaged; begin anew: --fresh"):
            run.state_of(0, make_plan())


def test_a_second_look_at_the_test_rows_is_told(tmp_path):
    with Store(tmp_path) as store:
        assert begin(store).look() == []
        assert len(begin(store, epochs=61).look()) == 1
        assert begin(store, shift=0.1, epochs=62).look() == []  # other rows
    from bridle.study.compare import _second_look

    assert (
        "scored 2 times before, first on 2026-01-05" in _second_look(table(), ["2026-01-05T", "2026-02"])[0]
    )
    assert _second_look(table(), []) == []


def test_a_newer_schema_is_refused(tmp_path):
    with Store(tmp_path) as store:
        store.base.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match=r"version 3 or older; got 99. Update bridle"):
        Store(tmp_path)


def test_the_hash_sees_every_cell_and_the_target():
    assert hash_of_data(table()) == hash_of_data(table())
    assert hash_of_data(table()) != hash_of_data(table(1e-9))
    other = table()
    assert hash_of_data(dataclasses.replace(other, y=1 - other.y)) != hash_of_data(other)
