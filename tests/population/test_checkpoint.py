"""Laws of checkpoints: killed or interrupted and resumed = uninterrupted, to the bit; foreign files are refused."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bridle import Members, Outcome, Status, train
from bridle.engine import checkpoint as checkpoints
from bridle.engine.trained import Trained
from bridle.errors import DataError, OutputError, PlanError
from tests.builders import assert_same_bits, net, table

PLAN = net(epochs=400, batch_size=16, optimizer="adam", regularizers=("dropout", "early_stopping"))


def population(count: int = 6) -> Members:
    """Return members of two widths, half of them with patience."""
    m = np.arange(count)
    return Members(
        seed=m,
        learning_rate=0.01,
        dropout=0.2,
        patience=np.where(m % 2, 40, np.inf),
        rows=[np.arange(30 + k % 2) for k in m],
        validation_rows=[np.arange(35, 50)] * count,
    )


def run(path: Path | None = None, **options: Any) -> Outcome:
    return train(PLAN, population(), *table(), checkpoint=path, **options)


@pytest.fixture(scope="module")
def whole() -> Outcome:
    return run()


@pytest.mark.parametrize("slices", [1, 3])
def test_an_interrupted_training_goes_on_to_the_same_bits(
    whole: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slices: int
) -> None:
    monkeypatch.setattr(checkpoints, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr("bridle.engine.population.SLICE_SECONDS", 0.01)
    seen = []

    def interrupt(progress: object) -> None:
        seen.append(progress)
        if len(seen) == slices:
            import signal

            signal.raise_signal(signal.SIGINT)

    early = run(tmp_path / "state", progress=interrupt)
    assert Status.INTERRUPTED in set(early.status)
    late = run(tmp_path / "state")
    for m in range(6):
        assert_same_bits(late, m, whole, m)
    again = run(tmp_path / "state")
    for m in range(6):
        assert_same_bits(again, m, whole, m)


def test_a_killed_process_goes_on_to_the_same_bits(whole: Outcome, tmp_path: Path, root: Path) -> None:
    code = """
        import os, pathlib
        from bridle.engine import checkpoint, population
        from tests.population.test_checkpoint import run
        checkpoint.SAVE_SECONDS, population.SLICE_SECONDS = 0.0, 0.01
        path = pathlib.Path({path!r})
        def kill(progress):
            if path.exists() and progress.done > 300:
                os.kill(os.getpid(), 9)
        run(path, progress=kill)
    """
    path = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code).format(path=str(path))], cwd=root, check=False
    )
    assert done.returncode == -9
    late = run(path)
    for m in range(6):
        assert_same_bits(late, m, whole, m)


def test_other_trainings_and_damaged_files_are_refused_and_stay(tmp_path: Path) -> None:
    path = tmp_path / "state"
    plan, (X, y) = net(epochs=3), table()
    train(plan, Members(seed=[0, 1]), X, y, checkpoint=path)
    content = path.read_bytes()
    for others in (
        (net(epochs=4), Members(seed=[0, 1]), X, y),
        (plan, Members(seed=[0, 2]), X, y),
        (plan, Members(seed=[0, 1], learning_rate=0.02), X, y),
        (plan, Members(seed=[0, 1]), X + 1e-9, y),
        (plan, Members(seed=[0, 1]), X, 1 - y),
    ):
        with pytest.raises(
            DataError, match="checkpoint must be of this training; got 'a checkpoint of another plan"
        ):
            train(*others, checkpoint=path)
    drawn = [(w[0] + 1e-9, b[0]) for w, b in train(plan, Members(learning_rate=0.0), X, y).weights]
    for members, options in (
        (Members(seed=[0, 1], rows=[np.arange(30)]), {}),
        (Members(seed=[0, 1], validation_rows=[np.arange(5)]), {}),
        (Members(seed=[0, 1], row_weights=np.linspace(0.5, 1.5, len(X))), {}),
        (Members(seed=[0, 1]), {"initial": drawn}),
    ):
        with pytest.raises(DataError, match="got 'a checkpoint of another plan"):
            train(plan, members, X, y, checkpoint=path, **options)
    with pytest.raises(DataError, match="got 'a checkpoint of another plan"):  # the same rows, cut elsewhere
        train(plan, Members(seed=[0, 1]), X[:-5], y[:-5], validation=(X[-5:], y[-5:]), checkpoint=path)
    assert path.read_bytes() == content
    for damage in (content[:-9], b"", b"junk" * 100):
        path.write_bytes(damage)
        with pytest.raises(DataError, match="got 'a file that cannot be read as one'"):
            train(plan, Members(seed=[0, 1]), X, y, checkpoint=path)
        assert path.read_bytes() == damage


def test_a_place_that_cannot_be_written_and_the_reference_engine_say_so(tmp_path: Path) -> None:
    plan, (X, y) = net(epochs=3), table()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="a folder that can be written"):
        train(plan, Members(), X, y, checkpoint=tmp_path / "file" / "state")
    with pytest.raises(PlanError, match="checkpoint must be absent with engine='reference'"):
        train(plan, Members(), X, y, checkpoint=tmp_path / "state", engine="reference")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a system that limits the size of files")
def test_a_disk_that_is_full_leaves_the_earlier_states(tmp_path, monkeypatch):
    import resource

    monkeypatch.setattr(checkpoints, "fingerprint", lambda job: "")
    small, large = (Trained((np.zeros(size),), {}, "") for size in (10, 100_000))
    checkpoints.Checkpoint(tmp_path / "state", None).save(0, small)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"(?s)a folder that can be written.*The system says: .*large"):
            checkpoints.Checkpoint(tmp_path / "state", None).save(0, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [one.name for one in tmp_path.iterdir()] == ["state"]
    found = checkpoints.Checkpoint(tmp_path / "state", None).load(0, small)
    np.testing.assert_array_equal(found.state[0], np.zeros(10))


def test_the_larger_the_states_the_later_is_the_first_save(tmp_path, monkeypatch):
    """A save may take 1 % of the time, and before the first one its cost is guessed from the bytes."""
    now = [0.0]
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(checkpoints, "fingerprint", lambda job: "")
    small, large = (Trained((np.zeros(size),), {}, "") for size in (10, 10_000_000))
    due = []
    for number, template in enumerate((small, large)):
        now[0] = 0.0
        own = checkpoints.Checkpoint(tmp_path / str(number), None)
        own.load(0, template)
        now[0] = 6.0
        due.append(own.is_due)
    assert due == [True, False]
    now[0] = 81.0
    assert own.is_due
