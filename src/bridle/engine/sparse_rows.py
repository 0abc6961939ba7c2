"""Sparse inputs: rows of which only the entries that are not 0 are kept, as counts of words are.

Only the reference engine has them. Where hardly an entry is not 0 a batch stays sparse in the two products
that the first layer takes of it, with its weights and with the gradient behind them; nothing else looks at
inputs in a plan that changes no rows. Elsewhere a batch is made dense when it is taken.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from scipy import sparse

from bridle.engine.maps import Affine
from bridle.engine.plan import Plan

DENSITY = 1 / 20
"""The share of entries that are not 0 from which on dense products are quicker than sparse ones."""


def stays_sparse(plan: Plan, X: Any) -> bool:
    """Return whether batches of a sparse matrix, (N, D), stay so: few entries, in products alone."""
    first, hooks = plan.stages[0], plan.hooks
    only_products = isinstance(first.map, Affine) and not (first.opens or hooks.perturbs or hooks.attacks)
    return only_products and X.nnz < DENSITY * X.shape[0] * X.shape[1]


class SparseInputs:
    """All rows of the data.

    Parameters
    ----------
    X
        A sparse SciPy matrix or array, (N, D).
    plan
        Its dtype, and whether it takes anything of inputs but products.
    """

    def __init__(self, X: Any, plan: Plan) -> None:
        self.rows = X.tocsr().astype(plan.dtype)
        self.shape = X.shape[::-1]
        self.plan = plan
        self.stays = stays_sparse(plan, self.rows)

    def columns(self, index: np.ndarray) -> Any:
        """Return the inputs of some rows, (D, B), dense or :class:`SparseRows`."""
        some = self.rows[index]
        return SparseRows(some) if self.stays else np.ascontiguousarray(some.toarray().T)


class SparseRows:
    """Some rows as (D, B), to be the right side of a product, and turned, (B, D), that of another.

    Of the weights only those of columns are read in which an entry is not 0: of 30,000 words 200 texts have a
    few thousand, and turning all weights over took longer than everything else.

    Parameters
    ----------
    rows
        In SciPy's compressed rows, (B, D).
    """

    __array_ufunc__ = None  # so that NumPy leaves a product with it to it

    def __init__(self, rows: Any) -> None:
        self.rows, self.shape, self.dtype = rows, rows.shape[::-1], rows.dtype
        self.used, places = np.unique(rows.indices, return_inverse=True)
        self.thin = sparse.csr_array((rows.data, places, rows.indptr), shape=(rows.shape[0], self.used.size))

    def __array_namespace__(self) -> ModuleType:
        return np

    def __rmatmul__(self, w: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray((self.thin @ np.take(w, self.used, axis=1).T).T)

    @property
    def T(self) -> TurnedRows:
        """(B, D)."""
        return TurnedRows(self)

    def dense(self) -> np.ndarray:
        """Return them as numbers, (D, B)."""
        return np.ascontiguousarray(self.rows.toarray().T)


class TurnedRows:
    """The same rows as (B, D)."""

    __array_ufunc__ = None

    def __init__(self, rows: SparseRows) -> None:
        self.T, self.shape = rows, rows.shape[::-1]

    def __rmatmul__(self, dz: np.ndarray) -> np.ndarray:
        dw = np.zeros((dz.shape[0], self.shape[1]), dtype=dz.dtype)
        dw[:, self.T.used] = (self.T.thin.T @ dz.T).T
        return dw


def full(x: Any) -> Any:
    """Return inputs, (D, B), with all their entries, for whoever takes more of them than products."""
    return x.dense() if isinstance(x, SparseRows) else x
