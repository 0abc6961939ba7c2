"""The rounds of a comparison with a time budget, as a table of words for the report and the terminal."""

from __future__ import annotations

from bridle.faces.progress import duration
from bridle.faces.wording import number, settings_words
from bridle.study.findings import Findings, Heat


def round_rows(findings: Findings) -> list[dict[str, str]]:
    """Return a line of words for every round; ``best`` names the settings that the round changed, if any."""
    rows, before = [], dict[str, str]()
    for heat in findings.heats:
        now = {name: _setting_words(name, heat) for name in heat.best}
        news = [
            f"{name.replace('_', ' ')} {words}" for name, words in now.items() if before.get(name) != words
        ]
        rows.append(
            {
                "number": str(heat.number),
                "kind": heat.kind,
                "networks": f"{heat.networks:,}",
                "epochs": f"{heat.epochs:,}",
                "discarded": f"{heat.discarded:,}" if heat.discarded else "none",
                "seconds": duration(heat.seconds),
                "best": "; ".join(news),
            }
        )
        before = now
    return rows


def _setting_words(name: str, heat: Heat) -> str:
    settings, rate = heat.best[name]
    words = settings_words(dict(settings), name)
    return f"{words} at rate {number(rate)}" if words else f"at rate {number(rate)}"
