"""Law of recordings: both engines meet the tutorials' trajectories in float64, parameter by parameter.

Each run is compared at every checkpoint within a horizon at which its own sensitivity to rounding leaves
the tolerance standing. They are cut short where the reference engine would take long.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridle.engine import train
from tests.builders import flat
from tests.twins.recordings import Recording, read

CLOSE = 1e-9
HORIZONS = {
    "000_nol2_as_given": 300,
    "000_l2_as_given": 300,
    "001_s100_none": 200,
    "001_s100_l2": 200,
    "001_s100_l1_subgrad+1": 200,
    "001_s100_l1_subgrad0": 200,
    "002_base": 2000,
    "002_l2_0.7": 2000,
    "002_dropout_0.3": 2000,
    "003_base": 5000,
    "003_l2_0.7": 5000,
    "003_dropout_fixedmask": 5000,
}
WHOLE = {
    "000_nol2_as_given": 30_000,
    "000_l2_as_given": 30_000,
    "002_l2_0.7": 50_000,
    "002_dropout_0.3": 50_000,
    "003_base": 15_000,
    "003_l2_0.7": 30_000,
    "003_dropout_fixedmask": 30_000,
}
QUICK = {"reference": {"000": 50, "001": 100, "002": 500, "003": 500}}


@pytest.fixture
def tutorials(shared: Path) -> Path:
    folder = shared / "reference" / "tutorials"
    if not folder.is_dir():
        pytest.skip("needs the recorded trajectories in shared/reference/tutorials, which are absent")
    return folder


def furthest(recording: Recording, engine: str) -> float:
    """Return the largest distance from the recording over its checkpoints, each from a run of its own length."""
    distances = [0.0]
    for epochs, expected in recording.checkpoints.items():
        fields = {name: getattr(recording.plan, name) for name in recording.plan.__dataclass_fields__}
        plan = type(recording.plan)(**fields | {"epochs": epochs})
        outcome = train(
            plan, recording.members, recording.X, recording.y,
            initial=recording.initial, engine=engine, draws=recording.draws,
        )  # fmt: skip
        distances.append(np.abs(flat(outcome.weights, 0) - expected).max())
    return max(distances)


@pytest.mark.parametrize("engine", ["population", "reference"])
@pytest.mark.parametrize("name", HORIZONS)
def test_a_recorded_trajectory_is_met(tutorials: Path, name: str, engine: str) -> None:
    horizon = QUICK.get(engine, {}).get(name[:3], HORIZONS[name])
    recording = read(tutorials, name, horizon)
    assert len(recording.checkpoints) >= 5
    assert furthest(recording, engine) <= CLOSE


@pytest.mark.slow
@pytest.mark.parametrize(("name", "horizon"), WHOLE.items())
def test_a_recorded_trajectory_is_met_to_its_end(tutorials: Path, name: str, horizon: int) -> None:
    assert furthest(read(tutorials, name, horizon), "population") <= CLOSE


def test_a_recording_is_not_met_by_another_convention(tutorials: Path) -> None:
    """The comparison can fail: strengths divided by all rows instead of the batch's are seen at once."""
    recording = read(tutorials, "000_l2_as_given", 20)
    fields = {name: getattr(recording.plan, name) for name in recording.plan.__dataclass_fields__}
    other = recording._replace(plan=type(recording.plan)(**fields | {"penalty_scale": "objective"}))
    assert furthest(other, "reference") > 1e-3
