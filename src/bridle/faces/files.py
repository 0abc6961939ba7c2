"""What a comparison leaves on disk: the report, every number, and the recommended network.

A folder that cannot be written is noticed before training starts, not after. Everything is made in memory,
then written beside its place, synced, and renamed all at once: a failure leaves either the old files or the
new ones, never halves, and no folder that was not there before.

``model.safetensors`` is the recommended network with all it needs to predict from a table, in one file that
can be moved (``bridle.study.modelfile``).
"""

from __future__ import annotations

import json
import tempfile
from os import PathLike
from pathlib import Path
from typing import Any

import bridle
from bridle.faces.report import render
from bridle.storage import make, refusing, unmake, write
from bridle.study.findings import Findings
from bridle.study.modelfile import encode_model

REPORT = "report.html"
RESULTS = "results.json"
MODEL = "model.safetensors"


def check_folder(folder: str | PathLike[str]) -> None:
    """Check that files can be written to a folder, by writing one, and leave no trace of it.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to, or a file stands in its place or in that of a result.
    """
    path = Path(folder)
    with refusing(path):
        made = make(path)
        try:
            for name in (REPORT, RESULTS, MODEL):
                if (path / name).is_dir():
                    raise IsADirectoryError(f"{name} is a folder")
            with tempfile.NamedTemporaryFile(dir=path, prefix=".bridle-"):
                pass
        finally:
            unmake(made)


def save(findings: Findings, folder: str | PathLike[str]) -> Path:
    """Write the report, the results and the model, and return the report's path.

    Parameters
    ----------
    findings
        What was found.
    folder
        Made if it is missing; files of an earlier comparison in it are replaced.

    Raises
    ------
    OutputError
        If it cannot be written; then nothing has changed.
    """
    path, files = Path(folder), contents(findings)
    write(path, files)
    if MODEL not in files:
        with refusing(path):
            (path / MODEL).unlink(missing_ok=True)  # another comparison's would pass for this one's
    return path / REPORT


def save_page(results: dict[str, Any], page: str, folder: str | PathLike[str]) -> Path:
    """Write a report and its results, without a model, and return the report's path.

    Raises
    ------
    OutputError
        If it cannot be written; then nothing has changed.
    """
    path = Path(folder)
    write(path, {RESULTS: _json(results), REPORT: page.encode("utf-8", "replace")})
    return path / REPORT


def contents(findings: Findings) -> dict[str, bytes]:
    """Return the files by their names within the folder; no model where none was chosen."""
    results = {**findings.as_json(), "version": findings.version or bridle.__version__}
    return {
        RESULTS: _json(results),
        **({} if findings.best_model is None else {MODEL: encode_model(findings.best_model)}),
        REPORT: render(findings).encode("utf-8", "replace"),
    }


def _json(data: Any) -> bytes:
    return (json.dumps(data, allow_nan=False) + "\n").encode("ascii")
