"""``python -m benchmarks storage``: what keeping a comparison on disk costs, as a share of its run.

The same comparison of 10,000 networks over 200 epochs, once with a store. Every function that writes for the
store, or gets ready to, is timed; what they take is divided by the whole run. Nothing is repeated or compared
between two runs, whose times differ by more than the few per cent that are asked about.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bridle.engine.checkpoint import Checkpoint
from bridle.study import compare as comparing
from bridle.study.options import Options
from bridle.study.store import Store, StoredRun
from bridle.study.tables import from_arrays

ROWS = 120
OPTIONS = Options(
    hidden=(20, 3),
    epochs=200,
    splits=40,
    strengths=12,
    learning_rates=tuple(np.geomspace(1e-3, 3e-2, 10)),
    regularizers=("l1", "l2"),
    batch_size=0,
)
_WRITERS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Checkpoint, ("__init__", "save")),
    (Store, ("__init__", "begin")),
    (StoredRun, ("state_of", "is_done", "look", "finish")),
    (comparing, ("scored_models", "encode_networks")),
)


def main() -> None:
    """Compare, and print what storing took."""
    random = np.random.default_rng(0)
    X = random.normal(size=(ROWS, 2))
    table = from_arrays(X, (X[:, 0] + random.normal(size=ROWS) > 0).astype(int), name="cloud")
    spent: dict[str, float] = {}
    for owner, names in _WRITERS:
        for name in names:
            setattr(owner, name, _timed(getattr(owner, name), f"{owner.__name__}.{name}", spent))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        found = comparing.compare(table, OPTIONS, store=Path(folder))
        seconds = time.perf_counter() - began
    total = sum(spent.values())
    print(f"{dict(found.facts)['Networks trained']}, storing {total:.2f} s: {100 * total / seconds:.1f} %")
    for name, own in sorted(spent.items(), key=lambda pair: -pair[1]):
        print(f"  {own:7.3f} s  {name}")


def _timed(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - began

    return timed
