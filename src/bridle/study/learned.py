"""What a preparation learned from training rows, as plain numbers and texts.

scikit-learn's transformers learn it; these arrays carry it. Applying them is a few lines of arithmetic that
stay the same when scikit-learn changes, so a model file needs no pickle, runs no code, and predicts tomorrow
what it predicted today.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

SCALES = ("standard", "quantile")
"""Mean 0 and variance 1, or a normal distribution by way of quantiles."""

_QUANTILES = 1000
_FURTHEST = 5.199337582605575
"""Where quantile 0 lies instead of at infinity: the normal quantile of 1e-7, as scikit-learn has it."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Medians (D,), and means and scales (D,), or the training rows' quantiles (Q, D)."""

    medians: np.ndarray
    means: np.ndarray
    scales: np.ndarray
    quantiles: np.ndarray | None

    @classmethod
    def learn(cls, cells: np.ndarray, scale: str) -> Numbers:
        """Learn from the training rows' numbers (N, D), NaN where missing."""
        if not cells.shape[1]:  # scikit-learn learns nothing of no columns
            return cls(np.empty(0), np.empty(0), np.empty(0), None)
        imputer = SimpleImputer(strategy="median", keep_empty_features=True).fit(cells)
        filled = imputer.transform(cells)
        if scale == "standard":
            scaler = StandardScaler().fit(filled)
            return cls(imputer.statistics_, scaler.mean_, scaler.scale_, None)
        count = min(_QUANTILES, len(filled))
        transformer = QuantileTransformer(
            n_quantiles=count, output_distribution="normal", subsample=None
        ).fit(filled)
        width = filled.shape[1]
        return cls(imputer.statistics_, np.zeros(width), np.ones(width), transformer.quantiles_)

    def apply(self, cells: np.ndarray) -> np.ndarray:
        """Return (N, D) numbers without gaps, scaled."""
        filled = np.where(np.isnan(cells), self.medians, cells)
        if self.quantiles is None:
            return (filled - self.means) / self.scales
        shares = np.linspace(0, 1, len(self.quantiles))
        columns = [_normal(x, q, shares) for x, q in zip(filled.T, self.quantiles.T, strict=True)]
        return np.column_stack(columns) if columns else filled


def _normal(x: np.ndarray, quantiles: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the normal quantiles of values' shares; equal quantiles give the middle of their shares."""
    upward = np.interp(x, quantiles, shares)
    downward = -np.interp(-x, -quantiles[::-1], -shares[::-1])
    return np.clip(special.ndtri((upward + downward) / 2), -_FURTHEST, _FURTHEST)


@dataclass(frozen=True, eq=False)
class Levels:
    """One categorical column: its most frequent level, and the levels with an input of their own.

    ``others`` says whether all remaining levels share a last input.
    """

    most_frequent: str | None
    own: tuple[str, ...]
    others: bool

    @classmethod
    def learn(cls, cells: np.ndarray, levels: list[str], most: int) -> Levels:
        """Learn from the training rows' cells (N,), NaN where missing, with all the table's levels."""
        column = cells.reshape(-1, 1)
        mode = SimpleImputer(strategy="most_frequent").fit(column).statistics_[0] if _any(cells) else None
        if len(levels) <= most:
            return cls(mode, tuple(levels), False)
        if mode is None:
            return cls(None, tuple(levels[: most - 1]), True)
        filled = np.where([isinstance(cell, str) for cell in cells], cells, mode).reshape(-1, 1)
        encoder = OneHotEncoder(
            categories=[np.array(levels, dtype=object)],
            max_categories=most,
            handle_unknown="infrequent_if_exist",
        ).fit(filled)
        rare = set(encoder.infrequent_categories_[0])
        return cls(mode, tuple(level for level in levels if level not in rare), True)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return len(self.own) + self.others

    def apply(self, cells: np.ndarray) -> np.ndarray:
        """Return (N, width) zeros and ones; an unknown level is among the others, or zero everywhere."""
        known = pd.Series(cells, dtype=object)
        if self.most_frequent is not None:
            known = known.where(known.notna(), self.most_frequent)
        codes = pd.Index(self.own, dtype=object).get_indexer(known.to_numpy())
        if self.others:
            codes = np.where((codes < 0) & known.notna().to_numpy(), len(self.own), codes)
        inputs = np.zeros((len(cells), self.width))
        hot = codes >= 0
        inputs[np.flatnonzero(hot), codes[hot]] = 1.0
        return inputs


def learn_mode(cells: np.ndarray) -> float:
    """Return the most frequent of zeros and ones, NaN where missing; 0 if all are missing."""
    if np.isnan(cells).all():
        return 0.0
    return float(SimpleImputer(strategy="most_frequent").fit(cells.reshape(-1, 1)).statistics_[0])


def _any(cells: np.ndarray) -> bool:
    return any(isinstance(cell, str) for cell in cells)
