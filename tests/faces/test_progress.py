"""Progress moves at once, says little to a file, and never claims a time it does not know."""

from __future__ import annotations

import io
import math

import pytest

from bridle.faces import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_are_sparse() -> None:
    stream = io.StringIO()
    with progress.progress_on(stream) as tell:
        tell("loading", 0.0, math.inf)
        for step in range(1001):
            tell("training", step / 1000, (1000 - step) / 10)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "bridle: loading"
    assert 10 <= len(lines) <= 13
    assert "50 %, 50 s left" in stream.getvalue()
    assert lines[-1] == "bridle: training 100 %"


def test_lines_move_when_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter((0.0, 1.0, 40.0))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    stream = io.StringIO()
    tell = progress.Lines(stream)
    for _ in range(3):
        tell("training", 0.01, 1e9)
    assert stream.getvalue().splitlines() == ["bridle: training 1 %"] * 2


def test_bar_draws_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with progress.progress_on(stream) as tell:
        assert isinstance(tell, progress.Bar)
        tell("compiling [/red]", 0.0, math.inf)
        tell("training", 0.5, 75.0)
    assert "training" in stream.getvalue()
    assert "1 min 15 s left" in stream.getvalue()
