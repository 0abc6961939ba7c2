"""Write the pages of docs/experiments, docs/claims.md and the figures, from runs of the experiments.

    python docs/scripts/pages.py experiments --data data.mat     # all six, 30 seeds: five minutes or so
    python docs/scripts/pages.py claims                          # two or three minutes
    python docs/scripts/pages.py faults

A page's numbers come from the run that wrote it, so they cannot drift from the code. ``--seeds`` and
``--epochs`` make a quick look of it; such a page says so.
"""

from __future__ import annotations

import argparse

from claims_page import claims_page
from experiment_pages import experiment_page

from bridle.experiments import CATALOG, Request, faults
from bridle.experiments.runs import run_part


def faults_text(request: Request) -> None:
    """Print the measured sentences of docs/what-the-tutorials-get-wrong.md."""
    results = {
        "batch": run_part(faults.batch_penalty(request)),
        "stopping": run_part(faults.stopping_on_the_test_set(request)),
    }
    for name, sentence in faults.sentences(results).items():
        print(f"{name}: {sentence}")


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["experiments", "claims", "faults", *CATALOG])
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--data")
    given = parser.parse_args()
    request = Request(seeds=given.seeds, epochs=given.epochs, data=given.data)
    if given.what == "claims":
        claims_page(request)
    elif given.what == "faults":
        faults_text(request)
    else:
        for name in CATALOG if given.what == "experiments" else [given.what]:
            experiment_page(name, request)


if __name__ == "__main__":
    main()
