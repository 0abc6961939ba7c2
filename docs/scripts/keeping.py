"""Where the pages and their pictures are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

DOCS = Path(__file__).resolve().parents[1]
PICTURES = DOCS / "pictures"
_DPI = 110


def keep(figure: Figure, name: str) -> str:
    """Save a figure and return the Markdown that shows it from docs/experiments."""
    PICTURES.mkdir(exist_ok=True)
    figure.savefig(PICTURES / f"{name}.png", dpi=_DPI, metadata={"Software": None})
    return f"pictures/{name}.png"


def write(page: str, lines: Sequence[str]) -> None:
    """Write a page, named as under docs."""
    path = DOCS / page
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
