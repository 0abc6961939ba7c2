"""From chosen networks to the lines of the table: each split's choice scored, differences paired."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import get_args

import numpy as np

from bridle.engine.outcome import predict_member
from bridle.registry import REGISTRY
from bridle.study.blocks import values_of
from bridle.study.claims import LEVEL, with_claim
from bridle.study.findings import Entry, Run, scores_of
from bridle.study.inference import Inference, PartName
from bridle.study.model import Model
from bridle.study.options import PLAIN
from bridle.study.rounds import Part, Round
from bridle.study.scores import Score, second_score
from bridle.study.selection import Pool
from bridle.study.statistics import holm
from bridle.study.tables import Table


def entries_of(pools: list[Pool], rounds: list[Round], inference: Inference) -> list[Entry]:
    """Return the table's lines, plain first: this is where the test rows are scored, once."""
    runs = {pool.name: _runs(pool, rounds, inference) for pool in pools}
    entries = [_entry(pool, runs[pool.name], inference) for pool in pools]
    plain = next(entry for entry in entries if entry.name == PLAIN)
    others = [entry for entry in entries if entry.name != PLAIN]
    gains = {one.name: gain(one, plain, inference) for one in others}
    differences = {name: inference.difference(one, "test") for name, one in gains.items()}
    adjusted = holm([one.p_value for one in differences.values()])
    compared = [
        dataclasses.replace(
            one,
            difference=differences[one.name],
            adjusted_p=float(p),
            rank=inference.rank_difference(gains[one.name]),
        )
        for one, p in zip(others, adjusted, strict=True)
    ]
    second = second_score(inference.metric)
    if second is not None:
        compared = _with_log_loss(compared, plain, dataclasses.replace(inference, metric=second))
    return [
        plain,
        *(
            with_claim(one, inference, inference.needed(gains[one.name], LEVEL / len(others)))
            for one in compared
        ),
    ]


def _with_log_loss(entries: Sequence[Entry], plain: Entry, inference: Inference) -> list[Entry]:
    """Return the entries with what they gain in log loss over plain, Holm over them."""
    gains = [inference.difference(gain(one, plain, inference, "test_log_loss"), "test") for one in entries]
    adjusted = holm([one.p_value for one in gains])
    return [
        dataclasses.replace(one, log_loss_gain=own, log_loss_p=float(p))
        for one, own, p in zip(entries, gains, adjusted, strict=True)
    ]


def beside_best(entries: Sequence[Entry], best: Entry, inference: Inference) -> list[Entry]:
    """Return the entries with their paired test differences to the recommended one, Holm over them."""
    others = [entry for entry in entries if entry.name != best.name]
    behind = {one.name: inference.difference(gain(one, best, inference), "test") for one in others}
    adjusted = dict(zip(behind, holm([one.p_value for one in behind.values()]), strict=True))
    return [
        entry
        if entry.name == best.name
        else dataclasses.replace(entry, to_best=behind[entry.name], to_best_p=float(adjusted[entry.name]))
        for entry in entries
    ]


def gain(entry: Entry, other: Entry, inference: Inference, score: str = "test") -> np.ndarray:
    """Return by how much an entry is better on test rows, paired, (R, S, G)."""
    sign = 1 if inference.metric.greater_is_better else -1
    return sign * (entry.values(score) - other.values(score))


def _entry(pool: Pool, runs: tuple[Run, ...], inference: Inference) -> Entry:
    chosen = pool.candidate(pool.recommended)
    train, validation, test = (inference.mean(scores_of(runs, part), part) for part in get_args(PartName))
    return Entry(
        name=pool.name,
        sentence=_sentence(pool.name),
        train=train,
        validation=validation,
        test=test,
        difference=None,
        adjusted_p=None,
        settings=dict(chosen.settings),
        learning_rate=chosen.learning_rate,
        validation_loss=_loss(pool, pool.recommended_losses.mean()),
        zero_share=float(np.mean([run.zero_share for run in runs])),
        runs=runs,
        trained=pool.count_networks(),
        diverged=pool.count_diverged(),
    )


def _runs(pool: Pool, rounds: list[Round], inference: Inference) -> tuple[Run, ...]:
    seeds = pool.trained.losses.shape[2]
    return tuple(_run(pool, one, seed, inference) for one in rounds for seed in range(seeds))


def _run(pool: Pool, data: Round, seed: int, inference: Inference) -> Run:
    index = pool.choice(data.number)
    candidate = pool.candidate(index)
    values = _values(pool, index, data, seed, inference.metric, inference.by_rows)
    flat = _flat(pool, index, data.number, seed)
    scores = {part: float(one.mean()) for part, one in values.items()}
    return Run(
        split=data.number,
        seed=seed,
        settings=dict(candidate.settings),
        learning_rate=candidate.learning_rate,
        **scores,
        validation_loss=_loss(pool, pool.trained.losses[index, data.number, seed]),
        epoch=pool.epoch(index, data.number, seed),
        zero_share=float(np.mean(flat == 0)),
        blocks={part: tuple(one.tolist()) for part, one in values.items() if one.size > 1},
    )


def _loss(pool: Pool, loss: float) -> float:
    return float(loss) if pool.is_validated else math.nan


def _sentence(name: str) -> str:
    if name == PLAIN:
        return "The network without any regularizer."
    return " ".join(REGISTRY[part].sentence for part in name.split("+"))


def flat_weights(pool: Pool) -> np.ndarray:
    """Return all weights of the recommended setting's network of the first split."""
    return _flat(pool, pool.recommended, 0)


def _flat(pool: Pool, *network: int) -> np.ndarray:
    maps = pool.weights(*network)[: pool.trained.company.plan.maps]
    return np.concatenate([w.ravel() for w, _ in maps])


def model_of(pool: Pool, rounds: list[Round], table: Table, metric: Score) -> Model:
    """Return the recommended setting's network of the split and seed with the lowest validation loss."""
    index = pool.recommended
    losses = pool.trained.losses[index]
    split, seed = (int(k) for k in np.unravel_index(np.argmin(losses), losses.shape))
    values = _values(pool, index, rounds[split], seed, metric, by_rows=False)
    scores = {part: float(values[part][0]) for part in get_args(PartName)}
    return _model(pool, index, rounds[split], seed, table, metric, scores)


def scored_models(
    pools: list[Pool], entries: Sequence[Entry], rounds: list[Round], table: Table, metric: Score
) -> list[tuple[Run, Model]]:
    """Return every network that the table's lines scored, each split's own choice, beside its run."""
    found = []
    runs = {entry.name: entry.runs for entry in entries}
    for pool in pools:
        for run in runs[pool.name]:
            scores = {part: getattr(run, part) for part in get_args(PartName)}
            place = pool.choice(run.split), rounds[run.split], run.seed
            found.append((run, _model(pool, *place, table, metric, scores)))
    return found


def _model(
    pool: Pool,
    index: int,
    data: Round,
    seed: int,
    table: Table,
    metric: Score,
    scores: dict[str, float],
) -> Model:
    candidate = pool.candidate(index)
    return Model(
        plan=pool.trained.company.plan,
        weights=pool.weights(index, data.number, seed),
        preparation=data.preparation,
        classes=None if table.classes is None else np.array(table.classes),
        scale=data.scale,
        regularizer=pool.name,
        settings=dict(candidate.settings),
        learning_rate=candidate.learning_rate,
        seed=data.number,
        data=table.name,
        target=table.target,
        metric=metric.name,
        scores=scores,
        source=table.source,
    )


def _values(
    pool: Pool, index: int, data: Round, seed: int, metric: Score, by_rows: bool
) -> dict[str, np.ndarray]:
    """Return one network's scores on the training, validation and test rows of its split, (G,) each.

    And its log loss on test rows, where it is a second score.
    """
    weights = pool.weights(index, data.number, seed)

    def score(part: Part, *scores: Score) -> list[np.ndarray]:
        if not len(part.y):
            return [np.full(1, math.nan) for _ in scores]
        predictions = predict_member(pool.trained.company.plan, weights, part.x)
        if data.scale is not None:
            predictions = data.scale.inverse(predictions[:, 0])
        elif predictions.shape[1] == 1:
            predictions = np.hstack([1 - predictions, predictions])
        units = part.units if by_rows else None
        return [values_of(one, part.y, predictions, units, part.weights) for one in scores]

    found = {"train": score(data.train, metric)[0], "validation": score(data.validation, metric)[0]}
    second = second_score(metric)
    if second is None:
        return found | {"test": score(data.test, metric)[0]}
    return found | dict(zip(("test", "test_log_loss"), score(data.test, metric, second), strict=True))
