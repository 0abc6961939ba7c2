"""What a comparison notes of its grid: a strength at its end is worth a word only where there is more beyond."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bridle.engine import Dense, Plan
from bridle.study.candidates import Candidate, Company
from bridle.study.pictures import notes_of


@pytest.mark.parametrize(
    ("name", "strengths", "chosen", "noted"),
    [
        ("l2", (0.01, 0.1, 1.0), 1.0, "l2 (1)"),
        ("l2", (0.01, 0.1, 1.0), 0.01, "l2 (0.01)"),
        ("l2", (0.01, 0.1, 1.0), 0.1, ""),
        ("l2", (0.01, 1.0), 1.0, ""),  # given, or too few to have an end
        ("dropout", (0.1, 0.3, 0.5), 0.5, "dropout (0.5)"),
        ("dropout", (0.1, 0.3, 0.9), 0.9, ""),  # no rate is 2.7
        ("early_stopping", (4.0, 12.0, 25.0), 4.0, ""),  # validated every fourth epoch
        ("early_stopping", (4.0, 12.0, 25.0), 25.0, ""),  # 52 of 50 epochs
        ("early_stopping", (4.0, 12.0, 20.0), 20.0, "early stopping (patience 20 epochs)"),
    ],
)
def test_an_end_of_the_grid_is_noted_where_there_is_more_beyond(name, strengths, chosen, noted):
    setting = "patience" if name == "early_stopping" else name
    plan = Plan(inputs=2, layers=(Dense(1, "linear"),), epochs=50, evaluate_every=4)
    company = Company(plan, tuple(Candidate(name, ((setting, one),), 0.1) for one in strengths))
    pool = SimpleNamespace(
        name=name,
        candidates=range(len(strengths)),
        candidate=company.candidates.__getitem__,
        recommended=strengths.index(chosen),
        trained=SimpleNamespace(company=company),
    )
    table = SimpleNamespace(notes=())
    options = SimpleNamespace(left_out=(), regularizers=(name,))
    notes = notes_of(table, options, [], [pool], interrupted=False)
    strong = (chosen == max(strengths)) != (name == "early_stopping")  # little patience stops early
    words = (
        "strong end of what was tried, so more may be better still: {}. --fix NAME=STRENGTH tries what you name."
        if strong
        else "weak end of what was tried, next to plain, so less may be better still: {}."
    )
    assert notes == ((f"Chosen at the {words.format(noted)}",) if noted else ())
