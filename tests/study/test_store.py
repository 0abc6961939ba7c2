"""The store: killed at any moment the same comparison goes on to the same table; one process, the same rows."""

from __future__ import annotations

import dataclasses
import json
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from bridle.errors import DataError, OutputError
from bridle.study.compare import compare
from bridle.study.hashes import hash_of_data
from bridle.study.modelfile import checksum_of, encode_model
from bridle.study.options import settle
from bridle.study.rounds import make_rounds
from bridle.study.store import DATABASE, LOCK, MIGRATIONS, Store
from tests.study.killed import FINISHING, OPTIONS, table


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


def kill(folder, moment, delay=0.0):
    """Let the comparison go on, kill it at a moment of its progress, and look at what it left."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.study.killed", str(folder), str(moment), str(delay)], check=False
    )
    assert process.returncode == -signal.SIGKILL
    assert ask(folder, "PRAGMA integrity_check") == [("ok",)]
    assert ask(folder, "SELECT count(*), count(finished), count(table_sha256) FROM run") == [(1, 0, 0)]


def go_on_and_compare(folder, whole):
    compare(table(), OPTIONS, store=folder)
    hashes = "SELECT table_sha256, model_sha256, networks_sha256 FROM run WHERE finished IS NOT NULL"
    assert ask(folder, hashes) == ask(whole[1], hashes)[:1]
    assert ask(folder, "SELECT count(*) FROM run") == [(1,)]
    assert ask(folder, "PRAGMA integrity_check") == [("ok",)]
    assert len(list(folder.glob("*.safetensors"))) == 1


def test_killed_in_training_and_at_the_end_it_goes_on_to_the_same_table_hash_for_hash(whole, tmp_path):
    kill(tmp_path, 0.5, 0.01)
    assert list(tmp_path.glob("run-1-population-*.safetensors"))
    assert len(ask(tmp_path, "SELECT 1 FROM population WHERE sha256 IS NOT NULL")) in (1, 2)
    kill(tmp_path, FINISHING)
    assert (tmp_path / "run-1-networks.safetensors").exists()
    go_on_and_compare(tmp_path, whole)


@pytest.mark.slow
@pytest.mark.parametrize("chain", range(4))
def test_killed_at_twenty_moments_it_ends_with_the_same_table(whole, tmp_path, chain):
    """Four comparisons are killed five times each, at moments that are spread over the whole of their progress."""
    random = np.random.default_rng(chain)
    for moment in np.sort((np.arange(5) + random.uniform(size=5)) / 5):
        # From 0.95 on it scores: the last moments of a chain can lie there.
        kill(tmp_path, min(moment, 0.95), random.uniform(0.0, 0.03))
    go_on_and_compare(tmp_path, whole)


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
