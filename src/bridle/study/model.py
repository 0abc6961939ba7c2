"""The network that leaves: one trained member with its preparation, ready to predict raw rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bridle.checks import problem
from bridle.engine.outcome import predict_member
from bridle.engine.pixels import Inputs
from bridle.engine.plan import Plan
from bridle.errors import DataError
from bridle.study.images import flat, pixel_names
from bridle.study.modelfile import load_fields, save_model
from bridle.study.prepare import Preparation, TargetScale
from bridle.study.readers.frames import from_polars, is_polars
from bridle.study.readers.images import shaped
from bridle.study.readers.limits import Refusal
from bridle.types import Weights


@dataclass(frozen=True, eq=False)
class Model:
    """One network and what turns a table's rows into its inputs.

    ``settings`` are the regularizers' and ``learning_rate`` the training's; ``seed`` says which split or
    draw of the data it was trained on. ``data`` and ``target`` name what it was trained for; ``scores`` are
    this network's own on its training, validation and test rows, in ``metric``. ``source`` says how the
    table's file was laid out: its ``header``, its ``missing`` cells, all its ``columns``.

    Examples
    --------
    A model leaves in one file, and predicts the same digits wherever it is loaded:

        comparison.best_model.save("model.safetensors")
        Model.load("model.safetensors").predict(new_rows)
    """

    plan: Plan
    weights: Weights
    preparation: Preparation
    classes: np.ndarray | None
    scale: TargetScale | None
    regularizer: str
    settings: dict[str, float]
    learning_rate: float
    seed: int
    data: str = ""
    target: str = "target"
    metric: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)

    def predict_proba(self, frame: Any) -> np.ndarray:
        """Return the classes' probabilities of raw rows, (N, K) with K >= 2; classification only.

        Parameters
        ----------
        frame
            Raw rows, a pandas or polars frame: columns in any order, more than needed are ignored. For a
            model of images an array of them, (N, H, W) or (N, H, W, C), with values as in training.

        Raises
        ------
        DataError
            If columns are missing or not of their kind, or the model predicts values.
        """
        if self.classes is None:
            hint = "Call predict."
            raise DataError(problem("model", "predict_proba", "called for classes", "a regression", hint))
        p = predict_member(self.plan, self.weights, self._inputs(frame))
        return np.hstack([1 - p, p]) if p.shape[1] == 1 else p

    def predict(self, frame: Any) -> np.ndarray:
        """Return the likeliest labels of raw rows, or their values in the target's unit, (N,)."""
        if self.classes is not None:
            return self.classes[np.argmax(self.predict_proba(frame), axis=1)]
        values = predict_member(self.plan, self.weights, self._inputs(frame))[:, 0]
        return values if self.scale is None else self.scale.inverse(values)

    def predictions(self, frame: Any) -> pd.DataFrame:
        """Return a frame of predictions: a column called as the target, and one for each probability."""
        if self.classes is None:
            return pd.DataFrame({self.target: self.predict(frame)})
        p = self.predict_proba(frame)
        columns = {f"probability of {label}": p[:, k] for k, label in enumerate(self.classes.tolist())}
        return pd.DataFrame({self.target: self.classes[np.argmax(p, axis=1)], **columns})

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the model to one file, ``.safetensors`` by custom, and return its path.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        return save_model(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Model:
        """Return the model in a file that :meth:`save` wrote; nothing in the file is run.

        Raises
        ------
        DataError
            If it cannot be read, is none of bridle's, or was cut or changed.
        """
        return cls(**load_fields(path))

    def _inputs(self, frame: Any) -> Inputs:
        if isinstance(frame, np.ndarray) and frame.ndim > 2 and self.preparation.structure.image is not None:
            pixels = shaped(frame, "images", Refusal("model"))
            form = (pixels.shape[3], *pixels.shape[1:3])
            if form != self.preparation.structure.image:
                allowed = f"of the form {self.preparation.structure.image} (C, H, W) of training"
                raise DataError(problem("model", "images", allowed, form))
            return self.preparation.inputs(pd.DataFrame(flat(pixels), columns=pixel_names(form)))
        if is_polars(frame):
            frame = from_polars(frame)
        if not isinstance(frame, pd.DataFrame):
            hint = "The model knows its columns by name."
            raise DataError(problem("model", "rows", "a pandas or polars frame", type(frame).__name__, hint))
        if not len(frame):
            raise DataError(problem("model", "rows", "at least one", 0))
        return self.preparation.inputs(frame.set_axis([str(c) for c in frame.columns], axis=1))
