"""Reports in a real browser, network off, as wide as a phone and as a desk: nothing sticks out, nothing runs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

import bridle
from bridle.faces.diagnose_report import render as render_diagnosis
from tests.faces.ailing import ail
from tests.faces.browser import Browser, find_browser
from tests.faces.invented import HOSTILE

PROGRAM = find_browser()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs chromium on the PATH, which is absent")

WIDTHS = (390, 1280)
KINDS = ("comparison", "diagnosis")

FAULTS = """(() => {
  const name = one => one.tagName.toLowerCase() + "." + (one.getAttribute("class") || "");
  const levels = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].map(one => Number(one.tagName[1]));
  const named = one => one.getAttribute("alt") || one.getAttribute("aria-label") ||
    (one.querySelector("title") || {}).textContent;
  const images = [...document.querySelectorAll("img,svg")].filter(one => !one.closest("[aria-hidden=true]"));
  return {
    overflow: document.documentElement.scrollWidth - window.innerWidth,
    sticking: [...document.querySelectorAll("body *")].filter(one => !one.closest(".scroll, svg, pre") &&
      one.getClientRects().length && one.getBoundingClientRect().right > window.innerWidth + 1).map(name),
    images: images.length,
    nameless: images.filter(one => !(named(one) || "").trim()).map(name),
    first: levels[0],
    firsts: levels.filter(level => level === 1).length,
    jumps: levels.filter((level, at) => at && level > levels[at - 1] + 1).length,
    scripts: document.scripts.length,
    handlers: [...document.querySelectorAll("*")].filter(one =>
      [...one.attributes].some(own => own.name.startsWith("on"))).map(name),
    hurt: typeof window.hurt,
  };
})()"""
CLEAN = {
    "overflow": 0, "sticking": [], "nameless": [], "first": 1, "firsts": 1, "jumps": 0, "scripts": 0,
    "handlers": [], "hurt": "undefined",
}  # fmt: skip
BAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body style="margin:0">
<h1>A page with every fault</h1><h3>A jump</h3><div style="width:3000px">wide</div>
<img src="data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==">
<img src="http://somewhere.invalid/x.png" alt="from outside" onerror="window.hurt = 1">
<script>alert(1); window.hurt = 1; console.error("an error"); nothing.there();</script></body></html>"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the report of a real comparison of hostile columns, a diagnosis's, and one that is all faults."""
    folder = tmp_path_factory.mktemp("pages")
    random = np.random.default_rng(0)
    X = random.normal(size=(90, 4))
    frame = pd.DataFrame(X, columns=list(HOSTILE))
    target = f"target {HOSTILE[1]}"
    frame[target] = np.where(X[:, 0] + 0.5 * random.normal(size=90) > 0, HOSTILE[0], "a tame class")
    options = {"hidden": (4,), "epochs": 30, "splits": 3, "strengths": 3}
    compared = bridle.compare(frame, target=target, regularizers=("l2", "early_stopping"), **options)
    found = {
        "comparison": compared.save(folder),
        "diagnosis": folder / "diagnosis.html",
        "bad": folder / "bad.html",
    }
    found["diagnosis"].write_text(render_diagnosis(ail()), encoding="utf-8")
    found["bad"].write_text(BAD, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(str(PROGRAM), tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_reports_fit_are_named_and_ordered_and_run_nothing(browser, pages, kind, width) -> None:
    browser.show(pages[kind], width)
    found = browser.ask(FAULTS)
    assert found.pop("images") > 3
    assert found.pop("overflow") <= 0
    assert found == {name: value for name, value in CLEAN.items() if name != "overflow"}
    assert not browser.told(
        "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening"
    )
    assert not [one["entry"] for one in browser.told("Log.entryAdded") if one["entry"]["level"] != "info"]
    requests = [one["request"]["url"] for one in browser.told("Network.requestWillBeSent")]
    assert all(url.startswith(("file:", "data:")) for url in requests), requests


@pytest.mark.parametrize("kind", KINDS)
def test_sentences_in_wide_tables_are_read_on_a_phone_without_scrolling(browser, pages, kind) -> None:
    browser.show(pages[kind], WIDTHS[0])
    ends = browser.ask(
        "[...document.querySelectorAll('.said')].map(one => one.getBoundingClientRect().right)"
    )
    assert len(ends) > 1
    assert max(ends) <= WIDTHS[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_something_is_to_be_seen_on_paper_of_either_kind(browser, pages, kind, scheme) -> None:
    browser.show(pages[kind], WIDTHS[1], scheme=scheme)
    pixels = imread(io.BytesIO(browser.picture()))[..., :3]
    assert pixels.shape[:2] == (900, WIDTHS[1])
    corner = pixels[2, 2]
    assert (corner.mean() > 0.5) == (scheme == "light")
    written = np.abs(pixels - corner).max(axis=2) > 0.2
    assert 0.01 < written.mean() < 0.5


def test_a_page_with_every_fault_is_found_out(browser, pages) -> None:
    """The looks above are worth something only if they can see."""
    browser.show(pages["bad"], WIDTHS[0])
    found = browser.ask(FAULTS)
    assert found["overflow"] > 0
    assert found["jumps"] == 1
    assert found["scripts"] == 1
    assert found["hurt"] == "number"
    assert len(found["nameless"]) == 1
    assert found["handlers"] == ["img."]
    for kind in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening"):
        assert browser.told(kind), kind
    assert any(
        "somewhere.invalid" in one["request"]["url"] for one in browser.told("Network.requestWillBeSent")
    )
