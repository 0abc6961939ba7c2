"""Make the notebooks from the lessons, executed: python notebooks/build.py

A lesson is a Python file with cells between lines of ``# %%``; it can be read and linted as code. The
notebook is the same cells with what they print and draw, in the format of Jupyter, written without it.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

HERE = Path(__file__).resolve().parent


def cells_of(text: str) -> list[tuple[str, str]]:
    """Return a lesson's cells as (kind, source), kind "markdown" or "code"."""
    cells = []
    for chunk in text.split("# %%")[1:]:
        head, _, body = chunk.partition("\n")
        if "[markdown]" in head:
            body = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.strip().split("\n"))
            cells.append(("markdown", body))
        else:
            cells.append(("code", body.strip()))
    return cells


def execute(source: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a cell and return its outputs: what it printed, and the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), scope)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), scope)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue()})
    if isinstance(value, Figure):
        buffer = io.BytesIO()
        value.savefig(buffer, format="png", dpi=80, metadata={"Software": None})
        data = {"image/png": base64.b64encode(buffer.getvalue()).decode(), "text/plain": "<Figure>"}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    return outputs


def notebook(text: str) -> dict[str, Any]:
    """Return a lesson as a notebook, executed from the top."""
    scope: dict[str, Any] = {"__name__": "lesson"}
    cells: list[dict[str, Any]] = []
    for number, (kind, source) in enumerate(cells_of(text)):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source}
        if kind == "code":
            cell |= {"execution_count": number + 1, "outputs": execute(source, scope)}
        cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def main() -> None:
    """Write every notebook, or those whose names begin as the arguments do."""
    for lesson in sorted((HERE / "lessons").glob("*.py")):
        if len(sys.argv) < 2 or lesson.name.startswith(tuple(sys.argv[1:])):
            made = json.dumps(notebook(lesson.read_text(encoding="utf-8")), ensure_ascii=False, indent=1)
            (HERE / f"{lesson.stem}.ipynb").write_text(made + "\n", encoding="utf-8")
            print(lesson.stem)


if __name__ == "__main__":
    main()
