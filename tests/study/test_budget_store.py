"""A comparison with a time budget that is killed repeats what the clock decided, and ends with the same table."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from bridle.study import compare as comparing
from bridle.study.budget import Clock
from bridle.study.compare import compare
from bridle.study.ledger import Ledger
from bridle.study.store import DATABASE
from tests.study.killed import BUDGETED, stand_still, table


@pytest.fixture(autouse=True)
def still(monkeypatch):
    monkeypatch.setattr(comparing, "Clock", stand_still)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "Clock", stand_still)
        findings = compare(table(), BUDGETED, store=folder)
    return findings, folder


def ask(folder, question):
    with sqlite3.connect(folder / DATABASE) as base:
        found = base.execute(question).fetchall()
    base.close()
    return found


def names(folder):
    try:
        return {name for (name,) in ask(folder, "SELECT name FROM decision")}
    except sqlite3.OperationalError:  # the schema is not there yet
        return set()


def killed_when(folder, moment):
    process = subprocess.Popen([sys.executable, "-m", "tests.study.killed", str(folder), "budget"])
    try:
        while process.poll() is None and not moment():
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()
    return (folder / DATABASE).exists() and bool(ask(folder, "SELECT 1 FROM run WHERE finished IS NULL"))


def go_on_and_compare(folder, whole):
    assert ask(folder, "PRAGMA integrity_check") == [("ok",)]
    again = compare(table(), BUDGETED, store=folder)
    hashes = "SELECT table_sha256, model_sha256 FROM run WHERE finished IS NOT NULL"
    assert ask(folder, hashes) == ask(whole[1], hashes)
    assert len(again.heats) == len(whole[0].heats)


def test_decisions_are_kept_and_a_store_changes_nothing(whole):
    findings, folder = whole
    rounds = len(findings.heats)
    assert {"plan", "after 1", "after 2", *(f"end {k + 1}" for k in range(rounds))} <= names(folder)
    bare = compare(table(), BUDGETED)
    assert bare.as_json()["entries"] == findings.as_json()["entries"]
    assert not list(folder.glob("*population*"))  # states are gone


def test_killed_between_rounds_it_goes_on_to_the_same_table_hash_for_hash(whole, tmp_path):
    assert killed_when(tmp_path, lambda: (tmp_path / DATABASE).exists() and "after 1" in names(tmp_path))
    go_on_and_compare(tmp_path, whole)


def test_ctrl_c_shows_what_is_done_and_the_same_call_goes_on(whole, tmp_path):
    sent = []

    def press(phase, fraction, left):
        if phase.startswith("round 2") and not sent:
            sent.append(phase)
            os.kill(os.getpid(), signal.SIGINT)

    findings = compare(table(), BUDGETED, press, store=tmp_path)
    assert findings.interrupted
    assert [entry.name for entry in findings.entries] == [entry.name for entry in whole[0].entries]
    assert len(findings.heats) == 1
    assert all(findings.notes)
    go_on_and_compare(tmp_path, whole)


@pytest.mark.slow
def test_killed_at_several_moments_it_ends_with_the_same_table(whole, tmp_path):
    moments, draws = sorted(names(whole[1])), random.Random(0)
    for number in range(6):
        folder, after = tmp_path / str(number), draws.choice(moments)
        end = draws.uniform(0.0, 0.3)

        def moment(folder=folder, after=after, end=end):
            if not (folder / DATABASE).exists() or after not in names(folder):
                return False
            time.sleep(end)
            return True

        if killed_when(folder, moment):
            go_on_and_compare(folder, whole)


def test_what_was_decided_holds_whatever_the_clock_says_later():
    class Kept:
        def __init__(self):
            self.kept = {}

        def decisions(self):
            return dict(self.kept)

        def decide(self, name, what):
            self.kept[name] = what

    run, now = Kept(), [10.0]
    clock = Clock(60.0, 4.0, lambda: now[0])
    assert Ledger(clock, run).decide("begin 4", lambda: True) is True
    now[0] = 1000.0
    later = Clock(60.0, 999.0, lambda: now[0])
    ledger = Ledger(later, run)
    assert later.elapsed == 6.0 + 1.0  # what the first process had spent counts
    assert ledger.decide("begin 4", lambda: False) is True
    assert ledger.decide("begin 5", lambda: False) is False
    assert ledger.known("begin 6") is None
