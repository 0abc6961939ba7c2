"""Law of machines: the same bits on 1, 2 and 3 devices, on one core and on two; and a note where it is unusual.

Each machine is a process of its own, because JAX settles its devices once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import hashlib, json, os, sys
devices, cores, chosen = json.loads(sys.argv[1])
if cores:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
import jax
if devices:
    jax.config.update("jax_num_cpu_devices", devices)
import numpy as np
from bridle.engine import Dense, Members, Plan, train
from bridle.engine import devices as place
from bridle.registry import REGISTRY
rng = np.random.default_rng(0)
X = rng.normal(size=(300, 6))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
found = {}
everything = tuple(REGISTRY)
for case, (dtype, size, widths, options) in {
    "dropout and adam": ("float32", 32, (16, 8), {"optimizer": "adam", "regularizers": ("dropout", "early_stopping")}),
    "wide": ("float64", None, (96, 64), {"momentum": 0.5}),
    "everything": ("float32", 32, (7, 5), {"optimizer": "adam", "regularizers": everything, "loss": "cross_entropy", "image": (3, 1, 2),
                   "schedule": "cosine", "warmup": 0.1, "penalty_scale": "batch", "decay_biases": True}),
}.items():
    if case not in chosen:
        continue
    outputs = 2 if "loss" in options else 1
    plan = Plan(inputs=6, layers=(*(Dense(w) for w in widths), Dense(outputs, "linear")), epochs=12,
                batch_size=size, dtype=dtype, **options)
    strengths = {record.strength.name: record.strength.grid[-1] if record.name != "early_stopping" else [2, 3, np.inf, 5, 50]
                 for record in plan.records}
    members = Members(seed=np.arange(5), learning_rate=0.01, rows=[np.arange(200)], row_weights=rng.random(300),
                      validation_rows=[np.arange(200, 300)], **strengths)
    outcome = train(plan, members, X, y)
    parts = [part for layer in outcome.weights for part in layer] + list(outcome.curves.values()) + [outcome.predict(X)]
    digest = [hashlib.sha256(b"".join(np.ascontiguousarray(p[m]).tobytes() for p in parts)).hexdigest() for m in range(5)]
    found[case] = digest
print(json.dumps({"bits": found, "note": outcome.note, "count": place.start().mesh.size}))
"""


def on_machine(root: Path, cases: list[str], devices: int = 0, cores: int = 0) -> dict:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, json.dumps([devices, cores, cases])],
        cwd=root, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "cases",
    [
        ["wide"],
        *(pytest.param([case], marks=pytest.mark.slow) for case in ("dropout and adam", "everything")),
    ],
    ids=", ".join,
)
def test_the_machine_changes_no_bit(root: Path, cases: list[str]) -> None:
    here = on_machine(root, cases)
    digests = [digest for one in here["bits"].values() for digest in one]
    assert len(set(digests)) == len(digests) == 5 * len(cases), "members must differ at all"
    assert here["count"] == max(2, len(os.sched_getaffinity(0))), "a device a core, and two at least"
    assert here["note"] == ""
    for devices in (1, 2, 3):
        there = on_machine(root, cases, devices=devices)
        assert there["count"] == devices
        assert there["bits"] == here["bits"], f"{devices} devices"
        assert bool(there["note"]) == (devices < here["count"])
        assert not there["note"] or f"{devices} CPU device" in there["note"]
    one_core = on_machine(root, cases, cores=1)
    assert one_core["count"] == 2
    assert one_core["bits"] == here["bits"]


def test_a_running_jax_is_left_alone_and_the_outcome_says_so(root: Path) -> None:
    program = """
import jax
jax.numpy.ones(3).block_until_ready()
before = len(jax.devices("cpu")), jax.config.jax_compilation_cache_dir
import numpy as np
from bridle.engine import Dense, Members, Plan, train
outcome = train(Plan(inputs=2, layers=(Dense(1, "linear"),), epochs=2), Members(), np.eye(2), [0, 1])
assert (len(jax.devices("cpu")), jax.config.jax_compilation_cache_dir) == before
print(outcome.note)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "JAX was already running" in done.stdout


def test_importing_bridle_starts_no_device(root: Path) -> None:
    program = "import bridle.engine, jax; jax.config.update('jax_num_cpu_devices', 5); assert len(jax.devices()) == 5"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_home_that_cannot_be_written_costs_the_cache_and_not_the_run(root: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    program = """
import numpy as np, jax
from bridle.engine import Dense, Members, Plan, train
outcome = train(Plan(inputs=2, layers=(Dense(1, "linear"),), epochs=2), Members(), np.eye(2), [0, 1])
assert jax.config.jax_compilation_cache_dir is None
print(outcome.status[0].name)
"""
    home = {"XDG_CACHE_HOME": str(blocked), "HOME": str(blocked), "LOCALAPPDATA": str(blocked)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=root,
        capture_output=True,
        text=True,
        env=os.environ | home,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "COMPLETED"
