"""What a comparison prints: a table that fits the terminal, whatever its width."""

from __future__ import annotations

import pytest

from bridle.faces import terminal, wording
from tests.faces.invented import invent


def test_the_table_fits_a_narrow_terminal_and_shows_log_loss_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No interval is broken over two lines, whatever the width."""
    findings = invent(names=("plain", "l1", "early_stopping"))
    gain = wording.difference_ruler(findings).bounds(findings.entries[1].difference, signed=True)
    for width, log_loss in ((80, False), (140, True)):
        monkeypatch.setattr(terminal, "_PIPED_WIDTH", width)
        terminal.show_findings(findings)
        printed = capsys.readouterr().out
        lines = printed[: printed.index("l2 helps")].splitlines()
        assert max(map(len, lines)) <= width
        assert any(gain in line for line in lines)
        assert ("log loss," in printed) == ("+0.023 to +0.201" in printed) == log_loss
        assert "patience 100" in printed
