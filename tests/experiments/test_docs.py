"""The pages lead somewhere: links and pictures exist, formulas are closed, the Chinese README's example runs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bridle.experiments import CATALOG

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.zh.md", ROOT / "notebooks" / "README.md"])
PROMISED = (
    "what-the-tutorials-get-wrong",
    "why-it-works",
    "bias-variance",
    "derivations",
    "from-scratch-in-60-lines",
    "glossary",
    "claims",
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_pictures_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_formulas_are_closed(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert text.count("$") % 2 == 0


@pytest.mark.parametrize("name", PROMISED)
def test_the_pages_are_there(name: str) -> None:
    assert len((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")) > 1000


@pytest.mark.parametrize("name", CATALOG)
def test_every_experiment_has_its_page_with_the_answer_first(name: str) -> None:
    lines = (ROOT / "docs" / "experiments" / f"{name}.md").read_text(encoding="utf-8").splitlines()
    assert CATALOG[name].question in lines[2]
    assert "30 seeds" in "\n".join(lines)


def test_the_glossary_has_the_terms_in_both_languages() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for term in ("正则化", "权重衰减", "暂退法", "早停", "数据增强"):
        assert term in text


def test_the_chinese_readmes_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.zh.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(block, "README.zh.md", "exec"), {})
    numbers = np.array([float(one) for one in re.findall(r"\d\.\d+", capsys.readouterr().out)])
    assert numbers.shape == (10,)
    assert numbers.max() > 0.8
