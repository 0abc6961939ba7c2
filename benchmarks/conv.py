"""``python -m benchmarks conv``: a network of pictures beside a PyTorch loop of the same network.

Both start from the same weights, see the same batches in the same order and take the same steps; the losses
of every epoch must agree, or the times are void. PyTorch runs in a process of its own, on one thread and on
all. One network is compared with one, and eight in company with eight PyTorch runs one after the other.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time

import numpy as np

from bridle import Conv, Dense, Members, Plan, Pool, Recorded, train
from bridle.engine.initial import initial_weights

SIDE, ROWS, BATCH, EPOCHS, MEMBERS, REPEATS = 28, 1_280, 128, 2, 8, 3
LEARNING_RATE, MOMENTUM = 0.02, 0.9
AGREEMENT = 1e-3
STEPS = EPOCHS * ROWS // BATCH
PLAN = Plan(
    inputs=SIDE**2,
    image=(1, SIDE, SIDE),
    layers=(Conv(16, 3), Pool(2), Conv(32, 3), Pool(2), Dense(10, "linear")),
    loss="cross_entropy",
    momentum=MOMENTUM,
    epochs=EPOCHS,
    batch_size=BATCH,
)


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures (N, H, W), labels (N,) and the rows' order in every epoch (E, N)."""
    rng = np.random.default_rng(3)
    y = rng.integers(10, size=ROWS)
    X = rng.normal(size=(ROWS, SIDE, SIDE)).astype(np.float32)
    X[np.arange(ROWS), 2 * y + 3, 2 * y + 3] += 8
    return X, y, np.stack([rng.permutation(ROWS) for _ in range(EPOCHS)])


def time_bridle(members: int) -> tuple[float, np.ndarray]:
    """Return milliseconds for a step of all members, and the first member's losses."""
    X, y, order = data()
    first = initial_weights(PLAN, 0)
    seconds = []
    for _ in range(1 + REPEATS):
        began = time.perf_counter()
        company = Members(seed=np.arange(members), learning_rate=LEARNING_RATE)
        outcome = train(PLAN, company, X, y, initial=first, draws=Recorded(order=order))
        seconds.append(time.perf_counter() - began)
    return 1e3 * min(seconds[1:]) / STEPS, outcome.curves["train_loss"][0]


def torch_loop(threads: int) -> tuple[float, list[float]]:
    """Return milliseconds a step of a plain PyTorch loop, and its losses."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    X, y, order = data()
    x, t = torch.tensor(X[:, None]), torch.tensor(y)
    seconds = []
    for _ in range(1 + REPEATS):
        network = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * (SIDE // 4) ** 2, 10),
        )  # fmt: skip
        with torch.no_grad():
            for part, (w, b) in zip(
                (network[0], network[3], network[7]), initial_weights(PLAN, 0), strict=True
            ):
                part.weight[:] = torch.tensor(w).reshape(part.weight.shape)
                part.bias[:] = torch.tensor(b[:, 0])
        rule, loss = torch.optim.SGD(network.parameters(), LEARNING_RATE, MOMENTUM), nn.CrossEntropyLoss()
        losses = []
        began = time.perf_counter()
        for rows in torch.tensor(order):
            total = 0.0
            for start in range(0, ROWS, BATCH):
                some = rows[start : start + BATCH]
                rule.zero_grad()
                value = loss(network(x[some]), t[some])
                value.backward()
                rule.step()
                total += value.item() * BATCH
            losses.append(total / ROWS)
        seconds.append(time.perf_counter() - began)
    return 1e3 * min(seconds[1:]) / STEPS, losses


def main() -> int:
    """Print the table; 1 where the losses disagree."""
    print(f"\nconv 16 - pool - conv 32 - pool - 10, {SIDE} x {SIDE}, batch {BATCH}; ms a step of one network")
    one, losses = time_bridle(1)
    company, _ = time_bridle(MEMBERS)
    print(f"  bridle, one network       {one:8.1f} ms")
    print(f"  bridle, {MEMBERS} members         {company / MEMBERS:8.1f} ms")
    if not importlib.util.find_spec("torch"):
        print("  torch is not installed, so the PyTorch loop is left out.")
        return 0
    for threads in sorted({1, os.cpu_count() or 1}):
        command = [sys.executable, "-m", "benchmarks.conv", str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        theirs, their_losses = json.loads(done.stdout)
        beside = (
            f"one network {one / theirs:.2f} x its time, {MEMBERS} {MEMBERS * theirs / company:.2f} x faster"
        )
        print(f"  PyTorch loop, {threads} thread(s) {theirs:8.1f} ms   {beside}")
        if not np.allclose(losses, their_losses, rtol=AGREEMENT):
            print(f"\nThe losses {losses} and {their_losses} disagree: these times are void.")
            return 1
    return 0


if __name__ == "__main__":
    print(json.dumps(torch_loop(int(sys.argv[1]))))
