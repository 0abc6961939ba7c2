"""The tutorials' recorded trajectories as plans, members and draws; arrays come out rows first, as ``train`` takes them.

The recordings lie in ``shared/reference/tutorials`` beside the checkout; their format is described in
``shared/EXPERIMENTS.md``. Layers are (out, in) in experiments A and D, (in, out) in B and C.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bridle.engine import Dense, Members, Plan, Recorded
from bridle.types import Weights


class Recording(NamedTuple):
    """One run to be met: what to train, from where, and the parameters after some epochs."""

    plan: Plan
    members: Members
    X: np.ndarray
    y: np.ndarray
    initial: Weights
    draws: Recorded | None
    checkpoints: dict[int, np.ndarray]


def read(folder: Path, name: str, epochs: int) -> Recording:
    """Return a recording up to a horizon, with all checkpoints within it."""
    with np.load(folder / f"{name}.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    hyper = json.loads(str(arrays["hyper_json"]))
    is_rows_last = name.startswith(("000", "003"))
    X = arrays["data_X"].T if is_rows_last else arrays["data_X"]
    y = np.ravel(arrays["data_Y"] if is_rows_last else arrays["data_y"]).astype(int)
    count = len(hyper["param_order"]) // 2
    initial = [
        (
            arrays[f"init_W{k}"] if is_rows_last else arrays[f"init_W{k}"].T,
            arrays[f"init_b{k}"].reshape(-1, 1),
        )
        for k in range(1, count + 1)
    ]
    kept = arrays["ckpt_iters"] <= epochs
    checkpoints = {
        int(epoch): rearranged(params, initial, is_rows_last)
        for epoch, params in zip(arrays["ckpt_iters"][kept], arrays["ckpt_params"][kept], strict=True)
    }
    options, settings, draws = _conventions(name, hyper, arrays, len(y), epochs)
    hidden = {"000": "tanh"}.get(name[:3], "relu")
    layers = tuple(
        Dense(w.shape[0], hidden if k < count - 1 else "linear") for k, (w, _) in enumerate(initial)
    )
    loss = "cross_entropy" if layers[-1].units > 1 else "binary_cross_entropy"
    plan = Plan(inputs=X.shape[1], layers=layers, loss=loss, epochs=epochs, dtype="float64", **options)
    return Recording(plan, Members(learning_rate=hyper["lr"], **settings), X, y, initial, draws, checkpoints)


def rearranged(params: np.ndarray, like: Weights, is_rows_last: bool) -> np.ndarray:
    """Return a flat checkpoint in this package's order: (out, in), then biases, layer by layer."""
    parts, at = [], 0
    for w, b in like:
        shape = w.shape if is_rows_last else w.shape[::-1]
        stored = params[at : at + w.size].reshape(shape)
        parts += [np.ravel(stored if is_rows_last else stored.T), params[at + w.size : at + w.size + b.size]]
        at += w.size + b.size
    return np.concatenate(parts)


def _conventions(
    name: str, hyper: dict[str, Any], arrays: dict[str, np.ndarray], rows: int, epochs: int
) -> tuple[dict[str, Any], dict[str, Any], Recorded | None]:
    """Return the plan's options, the members' settings and the draws: here each tutorial's unit is translated."""
    if name.startswith("000"):  # lambda/(2m) sum W^2 with m the mini-batch's rows
        options = {"batch_size": hyper["batch"], "regularizers": ("l2",), "penalty_scale": "batch"}
        generator = np.random.RandomState()
        generator.set_state(("MT19937", arrays["extra_mt_key"], int(arrays["extra_mt_pos"]), 0, 0.0))
        order = np.stack([generator.permutation(rows) for _ in range(epochs)])
        return options, {"l2": hyper["lambd"]}, Recorded(order=order)
    if name.startswith("001"):  # lambda sum w^2, lambda sum |w|, on the first layer
        first = hyper["reg1"] or {}
        options = {"momentum": hyper["momentum"], "regularizers": ("l1", "l2", "l1_bias", "l2_bias"),
                   "l1_form": "subgradient", "l1_at_zero": hyper["l1_at_zero"] or 0.0}  # fmt: skip
        settings = {
            "l1": [[first.get("weight_L1", 0.0), 0.0]],
            "l1_bias": [[first.get("bias_L1", 0.0), 0.0]],
            "l2": [[2 * first.get("weight_L2", 0.0), 0.0]],
            "l2_bias": [[2 * first.get("bias_L2", 0.0), 0.0]],
        }
        return options, settings, None
    rate = hyper.get("drop_rate", 0) or 1 - hyper.get("keep_prob", 1)
    if not rate:  # lambda/(2N) sum W^2 with N the training rows
        return {"regularizers": ("l2",)}, {"l2": hyper["lambd"] / rows}, None
    return {"regularizers": ("dropout",)}, {"dropout": rate}, Recorded(keep=_masks(name, rows, rate, epochs))


def _masks(name: str, rows: int, rate: float, updates: int) -> list[np.ndarray]:
    """Return each hidden layer's keep masks, (T, H, N), as the tutorial's generator draws them."""
    if name.startswith("003"):  # reseeded in every pass: one fixed mask
        generator = np.random.RandomState(1)
        return [(generator.rand(units, rows) < 1 - rate)[None] for units in (20, 3)]
    generator = np.random.RandomState(0)
    for shape in ((2, 20), (20, 3), (3, 1)):
        generator.standard_normal(shape)  # the first weights come from the same stream
    drawn = [[generator.random_sample((rows, units)) > rate for units in (20, 3)] for _ in range(updates)]
    return [np.stack([one[k].T for one in drawn]) for k in range(2)]
