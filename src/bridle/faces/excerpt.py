"""Which entries a page draws: a comparison of everything has more of them than anybody looks at.

The table, the forest of differences and ``results.json`` have all entries. Pictures of every one of thirty
would make the page several times as long and as large, so the page draws plain, the recommended one, and
those that come first in the table.
"""

from __future__ import annotations

import dataclasses

from bridle.faces.wording import ranked
from bridle.study.findings import Findings
from bridle.study.names import PLAIN

MOST = 8
"""Entries of which a page has pictures."""


def pictured(findings: Findings) -> Findings:
    """Return findings with the curves, weights and boundaries of at most ``MOST`` entries.

    Parameters
    ----------
    findings
        Of a comparison; returned as they are where they have no more entries than that.
    """
    if len(findings.entries) <= MOST:
        return findings
    first = (PLAIN, findings.best, *(entry.name for entry in ranked(findings)))
    names = set(list(dict.fromkeys(first))[:MOST])
    return dataclasses.replace(
        findings,
        loss_curves=tuple(curve for curve in findings.loss_curves if curve.name in names),
        strength_curves=tuple(curve for curve in findings.strength_curves if curve.name in names),
        boundaries=tuple(one for one in findings.boundaries if one.name in names),
        weights={name: values for name, values in findings.weights.items() if name in names},
    )
