"""The rivals, each in a process of its own on one thread: ``python -m benchmarks.rivals NAME PROBLEM``.

Prints one line of JSON: microseconds a step, and the objective that the referee finds. The adapters show the
conversion of the strength into the rival's unit.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np

from benchmarks.problems import PROBLEMS, Problem
from bridle.types import Weights

Run = tuple[float, Weights]


def scikit_learn(problem: Problem, epochs: int) -> Run:
    """scikit-learn's MLPClassifier. It divides alpha by the rows of a batch: alpha = l2 * rows of a batch."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y = problem.data()
    batch = problem.batch or problem.rows
    network = MLPClassifier(
        problem.sizes[1:-1],
        solver=problem.optimizer,
        alpha=problem.l2 * batch,
        batch_size=batch,
        learning_rate_init=problem.learning_rate,
        momentum=0.0,
        max_iter=1,
        n_iter_no_change=10**9,
        tol=0.0,
        warm_start=True,
        random_state=0,
    )
    network.fit(X, y)
    if problem.sizes[-1] == 1:
        for k, (w, b) in enumerate(problem.first_weights()):
            network.coefs_[k][:] = w.T
            network.intercepts_[k][:] = b[:, 0]
    network.max_iter = epochs
    began = time.perf_counter()
    network.fit(X, y)
    seconds = time.perf_counter() - began
    return seconds, [(w.T, b) for w, b in zip(network.coefs_, network.intercepts_, strict=True)]


def numpy_loop(problem: Problem, epochs: int) -> Run:
    """The tutorials' loop: float64, rows last, full batch, the penalty's gradient lambda/m W."""
    X, y = problem.data()
    x, t, m = X.T.astype(np.float64), y[None, :].astype(np.float64), problem.rows
    (w1, b1), (w2, b2), (w3, b3) = problem.first_weights()
    decay = problem.l2
    began = time.perf_counter()
    for _ in range(epochs):
        z1 = np.dot(w1, x) + b1
        a1 = np.maximum(0, z1)
        z2 = np.dot(w2, a1) + b2
        a2 = np.maximum(0, z2)
        z3 = np.dot(w3, a2) + b3
        a3 = 1 / (1 + np.exp(-z3))
        dz3 = 1.0 / m * (a3 - t)
        dw3 = np.dot(dz3, a2.T) + decay * w3
        db3 = np.sum(dz3, axis=1, keepdims=True)
        dz2 = np.multiply(np.dot(w3.T, dz3), np.int64(a2 > 0))
        dw2 = np.dot(dz2, a1.T) + decay * w2
        db2 = np.sum(dz2, axis=1, keepdims=True)
        dz1 = np.multiply(np.dot(w2.T, dz2), np.int64(a1 > 0))
        dw1 = np.dot(dz1, x.T) + decay * w1
        db1 = np.sum(dz1, axis=1, keepdims=True)
        w1, b1 = w1 - problem.learning_rate * dw1, b1 - problem.learning_rate * db1
        w2, b2 = w2 - problem.learning_rate * dw2, b2 - problem.learning_rate * db2
        w3, b3 = w3 - problem.learning_rate * dw3, b3 - problem.learning_rate * db3
    return time.perf_counter() - began, [(w1, b1), (w2, b2), (w3, b3)]


def pytorch(problem: Problem, epochs: int) -> Run:
    """A plain PyTorch loop, float32; the penalty l2/2 sum W^2 is weight_decay=l2 of the weights' group."""
    import torch

    torch.set_num_threads(1)
    X, y = problem.data()
    parts: list[torch.nn.Module] = []
    for k, (w, b) in enumerate(problem.first_weights()):
        layer = torch.nn.Linear(w.shape[1], w.shape[0])
        layer.weight.data[:] = torch.tensor(w)
        layer.bias.data[:] = torch.tensor(b[:, 0])
        parts += [layer] if k == len(problem.sizes) - 2 else [layer, torch.nn.ReLU()]
    network = torch.nn.Sequential(*parts)
    weights = [p for name, p in network.named_parameters() if name.endswith("weight")]
    biases = [p for name, p in network.named_parameters() if name.endswith("bias")]
    rule = torch.optim.SGD if problem.optimizer == "sgd" else torch.optim.Adam
    groups = [{"params": weights, "weight_decay": problem.l2}, {"params": biases}]
    optimizer = rule(groups, lr=problem.learning_rate)
    binary = problem.sizes[-1] == 1
    loss = torch.nn.BCEWithLogitsLoss() if binary else torch.nn.CrossEntropyLoss()
    x = torch.tensor(X)
    t = torch.tensor(y[:, None], dtype=torch.float32) if binary else torch.tensor(y)
    size = problem.batch or problem.rows
    began = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(problem.rows) if problem.batch else None
        for start in range(0, problem.rows, size):
            some = slice(None) if order is None else order[start : start + size]
            optimizer.zero_grad()
            loss(network(x[some]), t[some]).backward()
            optimizer.step()
    seconds = time.perf_counter() - began
    linear = [part for part in parts if isinstance(part, torch.nn.Linear)]
    return seconds, [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in linear]


RIVALS: dict[str, Callable[[Problem, int], Run]] = {
    "scikit-learn MLPClassifier": scikit_learn,
    "PyTorch loop": pytorch,
    "NumPy loop of the tutorials": numpy_loop,
}


def main(name: str, problem_name: str) -> None:
    """Run one rival and print its line."""
    problem = PROBLEMS[problem_name]
    epochs = problem.rival_epochs
    RIVALS[name](problem, max(1, epochs // 100))
    seconds, weights = RIVALS[name](problem, epochs)
    comparable = weights[-1][0].shape[0] == problem.sizes[-1]
    result = {
        "microseconds": 1e6 * seconds / (epochs * problem.updates_an_epoch),
        "objective": problem.objective(weights) if comparable else None,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
