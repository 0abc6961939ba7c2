"""From chosen networks to the lines of the table: each seed's choice scored, differences paired."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np

from bridle.engine.outcome import predict_member
from bridle.registry import REGISTRY
from bridle.study.findings import Entry, Run
from bridle.study.inference import Inference, PartName
from bridle.study.model import Model
from bridle.study.options import PLAIN
from bridle.study.rounds import Part, Round
from bridle.study.scores import Score
from bridle.study.selection import Pool
from bridle.study.statistics import holm
from bridle.study.tables import Table


def entries_of(pools: list[Pool], rounds: list[Round], inference: Inference) -> list[Entry]:
    """Return the table's lines, plain first: this is where the test rows are scored, once."""
    metric = inference.metric
    runs = {pool.name: [_run(pool, one, metric) for one in rounds] for pool in pools}
    sign = 1 if metric.greater_is_better else -1
    plain = np.array([run.test for run in runs[PLAIN]])
    differences = {
        pool.name: inference.difference(
            sign * (np.array([run.test for run in runs[pool.name]]) - plain), "test"
        )
        for pool in pools
        if pool.name != PLAIN
    }
    adjusted = dict(zip(differences, holm([one.p_value for one in differences.values()]), strict=True))
    entries = []
    for pool in pools:
        own = runs[pool.name]
        chosen = pool.candidate(pool.recommended)
        interval = {
            part: inference.mean([getattr(run, part) for run in own], part) for part in get_args(PartName)
        }
        entries.append(
            Entry(
                name=pool.name,
                sentence=_sentence(pool.name),
                **interval,
                difference=differences.get(pool.name),
                adjusted_p=float(adjusted[pool.name]) if pool.name in adjusted else None,
                settings=dict(chosen.settings),
                learning_rate=chosen.learning_rate,
                validation_loss=float(pool.recommended_losses.mean()) if pool.is_validated else math.nan,
                zero_share=float(np.mean([run.zero_share for run in own])),
                runs=tuple(own),
                trained=pool.losses.size,
                diverged=pool.count_diverged(),
            )
        )
    return entries


def _run(pool: Pool, data: Round, metric: Score) -> Run:
    index = pool.choice(data.seed)
    weights = pool.weights(index, data.seed)
    candidate = pool.candidate(index)
    scores = _scores(pool, index, data, metric)
    flat = np.concatenate([w.ravel() for w, _ in weights])
    return Run(
        seed=data.seed,
        settings=dict(candidate.settings),
        learning_rate=candidate.learning_rate,
        **scores,
        validation_loss=float(pool.trained.losses[index, data.seed]) if pool.is_validated else math.nan,
        epoch=pool.epoch(index, data.seed),
        zero_share=float(np.mean(flat == 0)),
    )


def _sentence(name: str) -> str:
    if name == PLAIN:
        return "The network without any regularizer."
    return " ".join(REGISTRY[part].sentence for part in name.split("+"))


def flat_weights(pool: Pool) -> np.ndarray:
    """Return all weights of the recommended setting's network of the first seed."""
    return np.concatenate([w.ravel() for w, _ in pool.weights(pool.recommended, 0)])


def model_of(pool: Pool, rounds: list[Round], table: Table, metric: Score) -> Model:
    """Return the recommended setting's network of the seed with the lowest validation loss."""
    index = pool.recommended
    seed = int(np.argmin(pool.recommended_losses))
    candidate = pool.candidate(index)
    return Model(
        plan=pool.trained.company.plan,
        weights=pool.weights(index, seed),
        preparation=rounds[seed].preparation,
        classes=None if table.classes is None else np.array(table.classes),
        scale=rounds[seed].scale,
        regularizer=pool.name,
        settings=dict(candidate.settings),
        learning_rate=candidate.learning_rate,
        seed=seed,
        data=table.name,
        target=table.target,
        metric=metric.name,
        scores=_scores(pool, index, rounds[seed], metric),
        source=table.source,
    )


def _scores(pool: Pool, index: int, data: Round, metric: Score) -> dict[str, float]:
    """Return one network's scores on the training, validation and test rows of its seed."""
    weights = pool.weights(index, data.seed)

    def score(part: Part) -> float:
        if not len(part.y):
            return math.nan
        predictions = predict_member(pool.trained.company.plan, weights, part.x)
        if data.scale is not None:
            return metric(part.y, data.scale.inverse(predictions[:, 0]))
        if predictions.shape[1] == 1:
            predictions = np.hstack([1 - predictions, predictions])
        return metric(part.y, predictions)

    return {"train": score(data.train), "validation": score(data.validation), "test": score(data.test)}
