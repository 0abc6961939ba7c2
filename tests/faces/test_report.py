"""The report says what was found, needs nothing but itself, and stays inert whatever a file's names are."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from bridle.faces.excerpt import MOST, pictured
from bridle.faces.palette import ALL
from bridle.faces.report import render, render_summary
from bridle.registry import REGISTRY
from tests.faces.invented import HOSTILE, invent

LARGEST = 500_000
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """What is on a page: its tags, their attributes and its text; complains of tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def hostile(**changes: object):  # type: ignore[no-untyped-def]
    texts = {
        "data": HOSTILE[0],
        "target": HOSTILE[1],
        "features": HOSTILE[2:],
        "facts": tuple(zip(HOSTILE, HOSTILE, strict=True)),
        "notes": HOSTILE,
        "options": {name: name for name in HOSTILE},
        "varied": HOSTILE[0],
    }
    return invent(splits=4, classes=HOSTILE, **(texts | changes))


KINDS = {"tame": invent, "hostile": hostile, "regression": lambda: invent(task="regression")}


@cache
def rendered(kind: str) -> str:
    return render(KINDS[kind]())


@pytest.fixture(scope="module")
def html() -> str:
    return rendered("tame")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.mark.parametrize("kind", KINDS)
def test_page_is_inert(kind: str) -> None:
    page = rendered(kind)
    found = Page(page)
    assert not {"script", "iframe", "object", "embed", "link", "img", "form", "base"} & set(found.tags)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    for _, name, value in found.attributes:
        if name in ("href", "src", "xlink:href", "action", "data"):
            assert value.startswith(("#", "data:image/png;base64,", "data:text/csv;charset=utf-8,")), value
        assert "javascript:" not in value.casefold()
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_every_figures_numbers_are_there_to_download() -> None:
    page = Page(rendered("hostile"))
    links = [value for value in page.values("href") if value.startswith("data:text/csv")]
    assert len(links) == page.values("download").__len__() >= 7
    for link in links:
        table = list(csv.reader(io.StringIO(unquote(link.partition(",")[2]))))
        assert len(table) > 1
        assert len({len(row) for row in table}) == 1
    names = {row[0] for row in csv.reader(io.StringIO(unquote(links[0].partition(",")[2])))}
    assert {"plain", "l2"} <= names


def test_the_portrait_has_words_and_a_real_table() -> None:
    page = Page(rendered("hostile"))
    assert {"portrait", "portrait-title", "confusion-title"} <= set(page.values("id"))
    assert "Rise of the error (accuracy) when a column is shuffled" in page.text
    assert "Predicted and observed shares: predicted 5 %" in page.text
    assert "portrait" in Page(rendered("regression")).values("id")
    bare = Page(render(invent(names=("plain",), seeds=2, portrait=None)))
    assert "portrait" not in bare.values("id")


def test_slices_name_the_columns_that_vary() -> None:
    text = Page(render(invent(names=("plain",), seeds=2, plane=("dose", HOSTILE[0])))).text
    assert f"Across: dose. Up: {HOSTILE[0]}. These two numbers matter most" in text


def test_code_for_other_libraries_is_folded_and_escaped() -> None:
    text = Page(rendered("tame")).text
    assert "Use it elsewhere" in text
    assert "torch.optim" in text
    assert "elsewhere" not in Page(render(invent(seeds=2, best_model=None))).values("id")


def test_page_holds_the_policy(page: Page) -> None:
    policy = next(value for _, name, value in page.attributes if name == "content" and "default-src" in value)
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_hostile_names_are_shown_unharmed() -> None:
    text = Page(rendered("hostile")).text
    for name in (HOSTILE[0], HOSTILE[1], "emoji \N{PILE OF POO} and newline", HOSTILE[3]):
        assert name in text


def test_hostile_names_are_escaped_in_notebooks() -> None:
    from bridle.study.findings import Verdict

    fragment = render_summary(invent(splits=2, verdict=Verdict(HOSTILE[0], HOSTILE[1:])))
    assert "script" not in Page(fragment).tags
    assert HOSTILE[0] in Page(fragment).text


@pytest.mark.parametrize("kind", KINDS)
def test_page_is_small(kind: str) -> None:
    assert len(rendered(kind).encode()) < LARGEST


def test_a_comparison_of_everything_is_listed_whole_and_drawn_in_part() -> None:
    findings = invent(("plain", *REGISTRY))
    html = render(findings)
    assert len(html.encode()) < LARGEST
    assert f"Drawn here and below are {MOST} of the {len(REGISTRY) + 1} entries" in html
    page = Page(html)
    for name in REGISTRY:
        assert name.replace("_", " ") in page.text
    shown = pictured(findings)
    assert len(shown.loss_curves) == len(shown.weights) == len(shown.boundaries) == MOST
    assert {"plain", findings.best} <= set(shown.weights)
    assert shown.entries is findings.entries


def test_a_usual_comparison_is_drawn_whole() -> None:
    findings = invent()
    assert pictured(findings) is findings
    assert "Drawn here and below" not in render(findings)


def test_verdict_comes_first(page: Page) -> None:
    verdict = invent().verdict
    assert page.tags.count("h1") == 1
    assert (
        page.text.index(verdict.headline)
        < page.text.index(verdict.sentences[1])
        < page.text.index("Regularizer")
    )


def test_every_regularizer_is_explained(page: Page) -> None:
    for entry in invent().entries:
        for part in set(entry.name.split("+")) & set(REGISTRY):
            assert REGISTRY[part].formula in page.text
            assert REGISTRY[part].sentence in page.text
            assert REGISTRY[part].source in page.text


def test_table_has_scopes_and_pictures_have_words(page: Page) -> None:
    heads = page.tags.count("th")
    assert heads == len([value for value in page.values("scope") if value in ("row", "col")]) > 10
    pictures = page.tags.count("svg")
    assert page.tags.count("title") == pictures + 1
    assert page.tags.count("desc") == pictures
    assert page.values("role").count("img") == pictures > 25


def test_identifiers_are_unique_and_references_lead_somewhere(page: Page, html: str) -> None:
    identifiers = page.values("id")
    assert len(set(identifiers)) == len(identifiers)
    wanted = {value[1:] for value in page.values("href") if value.startswith("#")}
    wanted |= set(re.findall(r"url\(#([^)]+)\)", html))
    wanted |= {one for value in page.values("aria-labelledby") for one in value.split()}
    assert wanted <= set(identifiers)


def test_pictures_take_the_pages_colors(html: str) -> None:
    body = html[html.index("<body") :]
    assert not re.findall(r"(?:fill|stroke): ?#[0-9a-f]{6}", body)
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", body))
    assert used <= {tone.name for tone in ALL}
    for scheme in ("prefers-color-scheme:dark", "@media print"):
        assert scheme in html


def test_log_loss_stands_beside_what_may_be_claimed() -> None:
    findings = invent(names=("plain", "l2"))
    page = render(findings)
    assert "<small>lower by</small>" in page
    assert re.search(r'<td class="n sure">\+0.112 <small>\+0.023 to \+0.201</small></td>', page)
    bare = [dataclasses.replace(entry, log_loss_gain=None) for entry in findings.entries]
    assert "Log loss<" not in render(dataclasses.replace(findings, entries=tuple(bare)))


def test_same_findings_give_the_same_page() -> None:
    assert render(hostile()) == rendered("hostile")


def test_interruption_is_told() -> None:
    assert "Interrupted." in Page(render(invent(names=("plain",), splits=2, interrupted=True))).text


@pytest.mark.parametrize(
    ("changes", "absent"),
    [
        ({"names": ("plain",)}, ("differences", "strengths")),
        ({"features": ("a", "b", "c")}, ("boundaries",)),
        ({"splits": 1}, ()),
        ({"task": "regression"}, ()),
        ({"classes": ("a", "b", "c")}, ()),
    ],
)
def test_what_there_is_not_is_left_out(changes: dict, absent: tuple[str, ...]) -> None:
    identifiers = Page(render(invent(**({"names": ("plain", "l2", "dropout")} | changes)))).values("id")
    assert "table" in identifiers
    assert not set(absent) & set(identifiers)


def test_numbers_that_are_not_finite_do_no_harm() -> None:
    findings = invent(names=("plain", "l1", "early_stopping"), splits=3)
    for curve in findings.loss_curves:
        curve.validation[:] = np.nan
    for curve in findings.strength_curves:
        curve.losses[2:, 1:] = np.inf
    for boundary in findings.boundaries:
        boundary.surface[:20] = np.nan
    for values in findings.weights.values():
        values[:] = np.nan
    text = Page(render(findings)).text
    assert " nan" not in text
    assert " inf" not in text


def test_drawing_leaves_pyplot_alone() -> None:
    program = (
        "import sys; from tests.faces.invented import invent; from bridle.faces.report import render;"
        "render(invent(names=('plain',), splits=2)); sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
