"""Images in reports: what is shown is what training saw, in a page that stays small and inert."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bridle.faces.album import _BUDGET, album_of
from bridle.faces.cli import main
from bridle.study.compare import compare
from bridle.study.findings import Findings
from bridle.study.images import table_of
from bridle.study.options import Options
from bridle.study.readers import Images
from bridle.study.traits import Gallery, Mistake, Sheet, Strip
from tests.study import images_on_disk as disk

QUICK = Options(hidden=(4,), epochs=2, splits=2, strengths=3, learning_rates=(0.01,), inspect=True)
NAMES = ("horizontal_flip", "rotation", "rotation+shift", "l2")


@pytest.fixture(scope="module")
def found() -> Findings:
    drawn = disk.drawn(40, 9, 9, 3)
    names = tuple(f"{'ab'[k % 2]}/<i>{k}.png" for k in range(40))
    table = table_of("drawn", Images(drawn, np.array(["a", "<b>b"] * 20), names))
    return compare(table, Options(**{**vars(QUICK), "regularizers": NAMES}))


def _pixels(source: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/png;base64,")))))


def test_every_strength_of_what_changes_images_is_shown(found: Findings) -> None:
    gallery = found.gallery
    assert gallery is not None
    assert {one.name for one in gallery.sheets} == {"horizontal_flip", "rotation", "rotation+shift"}
    sheets = {one.name: one for one in gallery.sheets}
    assert [one.settings["rotation"] for one in sheets["rotation"].strips] == [5.0, 17.3, 45.0]
    assert len(sheets["rotation+shift"].strips) == 4
    for strip in sheets["horizontal_flip"].strips:
        for before, after in zip(gallery.examples, strip.images, strict=True):
            assert np.array_equal(after, before) or np.array_equal(after, before[:, ::-1])


def test_examples_are_training_images_to_the_bit(found: Findings) -> None:
    drawn = {one.tobytes() for one in disk.drawn(40, 9, 9, 3)}
    assert found.gallery is not None
    assert all(np.ascontiguousarray(one).tobytes() in drawn for one in found.gallery.examples)


def test_mistakes_are_mistaken_and_the_surest_come_first(found: Findings) -> None:
    assert found.gallery is not None
    assert found.portrait is not None
    mistakes = found.gallery.mistakes
    sure = [one.probability for one in mistakes]
    assert sure == sorted(sure, reverse=True)
    wrong = found.portrait.confusion.sum() - np.trace(found.portrait.confusion)
    assert 0 < len(mistakes) <= min(12, wrong)
    drawn = disk.drawn(40, 9, 9, 3)
    for one in mistakes:
        assert one.truth != one.taken_for
        np.testing.assert_array_equal(one.image, drawn[int(one.name.split("<i>")[1].removesuffix(".png"))])
    assert len({one.name for one in mistakes}) == len(mistakes)


def test_the_album_is_the_gallery_side_by_side(found: Findings) -> None:
    album = album_of(found)
    assert album is not None
    assert found.gallery is not None
    shown = _pixels(album.examples.source)
    np.testing.assert_array_equal(shown[:, :9], found.gallery.examples[0])
    np.testing.assert_array_equal(shown[:, 11:20], found.gallery.examples[1])
    assert (album.examples.width, album.examples.height) == (6 * 9 + 5 * 2, 9)


def test_the_report_shows_them_with_words_for_those_who_do_not_see_them(found: Findings) -> None:
    from bridle.faces.report import render

    page = render(found)
    images = re.findall(r'<img src="data:image/png;base64,[^"]+" alt="([^"]*)"', page)
    assert len(images) == page.count("<img ") > 10
    assert all(images)
    assert "The same 6 images after rotation, 17.3 degrees." in images
    assert "<i>" not in re.sub(r"<i>[Jpab W]", "", page.split('id="portrait"')[1].split('id="weights"')[0])
    assert "gallery" not in found.as_json()
    assert len(page) < 500_000


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (64, 3), (600, 3)])
def test_large_images_and_many_sheets_keep_to_the_budget(found: Findings, side: int, channels: int) -> None:
    from dataclasses import replace

    drawn = disk.drawn(6, side, side, channels)  # noise: nothing compresses less
    sheets = tuple(
        Sheet(f"sheet_{k}", tuple(Strip({"rotation": float(s)}, drawn) for s in range(6))) for k in range(12)
    )
    mistakes = tuple(Mistake(drawn[k % 6], "", "a", "b", 0.9) for k in range(12))
    album = album_of(replace(found, gallery=Gallery(drawn, sheets, mistakes)))
    assert album is not None
    photos = [album.examples, *album.mistakes, *(one for _, strips in album.sheets for one in strips)]
    assert sum(len(one.source) for one in photos) <= _BUDGET
    assert album.sheets


def test_tables_have_no_album_and_nothing_to_inspect(found: Findings, tmp_path: Path) -> None:
    from dataclasses import replace

    assert album_of(replace(found, gallery=None)) is None
    ran = CliRunner().invoke(main, ["compare", "iris", "--inspect", "--out", str(tmp_path / "out")])
    assert ran.exit_code == 2
    assert "no images of classes" in ran.output
