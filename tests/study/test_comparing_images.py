"""Comparisons of images: from a folder to a report, a model and its predictions, and no copy on the wrong side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bridle.faces.cli import main
from bridle.study.candidates import kind_of, make_companies
from bridle.study.compare import compare
from bridle.study.hashes import hash_of_data
from bridle.study.images import flat, from_pixels, table_of
from bridle.study.model import Model
from bridle.study.options import Options, settle
from bridle.study.pace import measure
from bridle.study.readers import Images, read
from bridle.study.rounds import loss_of, make_rounds, stack
from bridle.study.tables import load
from tests.study import images_on_disk as disk

QUICK = ("--hidden", "4", "--epochs", "2", "--splits", "2", "--strengths", "1", "--learning-rate", "0.01")


def _run(*words: str) -> str:
    ran = CliRunner().invoke(main, list(map(str, words)))
    assert ran.exit_code == 0, ran.output
    return ran.output


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("images")
    disk.folder(place / "set", disk.drawn(40), ("cat", "<b>dog</b>".replace("/", "")))
    _run("compare", place / "set", "--regularizers", "l2", "--out", place / "out", *QUICK)
    return place


def test_a_folder_of_classes_is_compared_and_reported(compared):
    report = (compared / "out" / "report.html").read_text(encoding="utf-8")
    assert "40 images of 5 x 4 pixels, gray" in report
    assert "<b>dog" not in report
    results = json.loads((compared / "out" / "results.json").read_text())
    assert results["portrait"]["importances"] == []
    assert sum(map(sum, results["portrait"]["confusion"])) == 2 * 8


def test_its_model_predicts_pictures_arrays_and_files_alike(compared):
    model = Model.load(compared / "out" / "model.safetensors")
    images = read(compared / "set")
    p = model.predict_proba(images.pixels)
    assert p.shape == (40, 2)
    lines = _run("predict", compared / "out" / "model.safetensors", compared / "set").splitlines()
    assert lines[0].startswith("image,class,probability of")
    assert lines[1].startswith("<b>dog<b>/000.png,")
    np.testing.assert_allclose([float(one.split(",")[2]) for one in lines[1:]], p[:, 0], rtol=1e-6)
    assert "images:        5 x 4 pixels, gray" in _run("inspect", compared / "out" / "model.safetensors")
    loose = compared / "loose"
    loose.mkdir()
    (loose / "new.png").write_bytes(disk.encoded(images.pixels[3]))
    (line,) = _run("predict", compared / "out" / "model.safetensors", loose).splitlines()[1:]
    assert line == lines[4].replace("<b>dog<b>/003.png", "new.png")
    (loose / "new.png").write_bytes(disk.encoded(disk.drawn(1, 7, 7)[0]))
    ran = CliRunner().invoke(main, ["predict", str(compared / "out" / "model.safetensors"), str(loose)])
    assert ran.exit_code == 2
    assert "as in training" in ran.output


def _enlarged(originals: int = 30, copies: int = 3) -> Images:
    """Return images that show their origin in every pixel, copies by one of them."""
    pixels = np.repeat(np.arange(originals, dtype=np.uint8), copies + 1)[:, None, None, None]
    pixels = np.broadcast_to(pixels, (len(pixels), 4, 4, 1)).copy()
    is_copy = np.arange(len(pixels)) % (copies + 1) > 0
    order = np.random.default_rng(0).permutation(len(pixels))
    origins = pixels[order, 0, 0, 0].astype(np.int64)
    labels = origins % 2
    names = tuple(map(str, range(len(order))))
    return Images(pixels[order], labels, names, origins, is_copy[order])


def test_no_copy_is_on_another_side_than_its_original_and_none_is_scored():
    images = _enlarged()
    table = table_of("enlarged", images)
    options = settle(Options(splits=8), table)
    for one in make_rounds(table, options):
        origins = {
            part: set(images.origins[getattr(one, part).rows]) for part in ("train", "validation", "test")
        }
        assert not origins["train"] & (origins["validation"] | origins["test"])
        assert not origins["validation"] & origins["test"]
        assert origins["train"] | origins["validation"] | origins["test"] == set(range(30))
        for part in (one.validation, one.test):
            assert not images.copies[part.rows].any()
            assert len(part.y) >= 5
        assert images.copies[one.train.rows].mean() == 0.75


def test_without_origins_copies_would_leak():
    images = _enlarged()
    table = table_of("enlarged", Images(images.pixels, images.labels, images.names))
    (one,) = make_rounds(table, settle(Options(splits=1), table))
    assert set(images.origins[one.train.rows]) & set(images.origins[one.test.rows])  # the test above can fail


def test_a_sealed_original_with_a_copy_in_training_is_refused():
    images = _enlarged()
    sealed = Images(images.pixels, images.labels, images.names, images.origins, images.copies, sealed=20)
    with pytest.raises(ValueError, match="no copies of training images"):
        table_of("enlarged", sealed)


def test_each_split_is_standardized_on_its_own_training_images():
    table = table_of("drawn", Images(disk.drawn(40), np.arange(40) % 2, tuple(map(str, range(40)))))
    rounds = make_rounds(table, settle(Options(splits=2), table))
    for one in rounds:
        x = one.train.x.numbers()
        np.testing.assert_allclose((x.mean(), x.std()), (0, 1), atol=1e-6)
        np.testing.assert_array_equal(x, one.preparation.transform(one.frame))
    assert rounds[0].preparation.learned.numbers.means[0] != rounds[1].preparation.learned.numbers.means[0]


def test_all_splits_train_on_the_tables_own_bytes():
    table = table_of("drawn", Images(disk.drawn(40), np.arange(40) % 2, tuple(map(str, range(40)))))
    rounds = make_rounds(table, settle(Options(splits=3), table))
    data = stack(rounds)
    assert np.shares_memory(data.x.pixels, table.frame.to_numpy())
    assert len(data.x.pixels) == 40
    for one, rows, held_out in zip(rounds, data.rows, data.validation_rows, strict=True):
        np.testing.assert_array_equal(data.x[rows].numbers(), one.train.x.numbers())
        np.testing.assert_array_equal(data.x[held_out].numbers(), one.validation.x.numbers())
        for part in (one.train, one.validation, one.test):
            assert np.shares_memory(part.x.pixels, data.x.pixels)


def test_few_images_are_trained_in_batches_and_not_for_thousands_of_passes():
    few = from_pixels(disk.drawn(200), np.arange(200) % 2)
    settled = settle(Options(), few)
    assert (settled.batch_size, settled.epochs) == (32, 200)
    assert settle(Options(), from_pixels(disk.drawn(40), np.arange(40) % 2)).batch_size is None


def test_no_time_is_set_aside_for_looks_that_images_do_not_get():
    """Nobody asks what a single pixel is worth, and pixels span no plane."""
    pixels = disk.drawn(60)
    table = from_pixels(pixels, np.arange(60) % 2)
    settled = settle(Options(regularizers=("plain",), hidden=(3,), epochs=2, splits=2), table)
    rounds = make_rounds(table, settled)
    data = stack(rounds)
    (company,) = make_companies(settled, data.x.shape[1], *loss_of(table), table.image)
    kind = kind_of(company.candidates[0].name)
    costs = measure({kind: company}, {kind: 2, f"{kind} judges": 0}, rounds, data, 1)
    assert costs.looks[0] == 0
    assert costs.looks[1] < 3
    assert costs.epoch[kind] > 0


@pytest.mark.slow
def test_bytes_are_compared_as_the_numbers_they_stand_for():
    pixels, labels = disk.drawn(60), np.arange(60) % 3
    options = Options(
        regularizers=("translation", "early_stopping"), hidden=(4,), epochs=6, splits=2, strengths=1
    )
    as_bytes, as_numbers = (
        compare(from_pixels(given, labels), options) for given in (pixels, pixels.astype(float))
    )
    for mine, theirs in zip(as_bytes.strength_curves, as_numbers.strength_curves, strict=True):
        np.testing.assert_allclose(mine.losses, theirs.losses, rtol=1e-5)
    for mine, theirs in zip(as_bytes.entries, as_numbers.entries, strict=True):
        assert mine.name == theirs.name
        np.testing.assert_allclose(mine.validation_loss, theirs.validation_loss, rtol=1e-5)
    np.testing.assert_array_equal(as_bytes.portrait.confusion, as_numbers.portrait.confusion)
    assert as_bytes.references == as_numbers.references


def test_every_pixel_and_every_mark_of_a_copy_is_in_the_hash():
    images = _enlarged()
    whole = hash_of_data(table_of("a", images))
    pixels = images.pixels.copy()
    pixels[7, 1, 2] ^= 1
    changed = Images(pixels, images.labels, images.names, images.origins, images.copies)
    unmarked = Images(images.pixels, images.labels, images.names, images.origins, ~images.copies)
    alone = Images(images.pixels, images.labels, images.names)
    hashes = {hash_of_data(table_of("a", one)) for one in (changed, unmarked, alone)}
    assert len(hashes | {whole}) == 4
    assert flat(pixels).shape == (120, 16)


def test_a_convolutional_network_by_name_is_compared_and_predicts(compared):
    out = compared / "lenet"
    said = ["--network", "lenet", "--regularizers", "spatial_dropout", "--out", out, *QUICK[2:]]
    _run("compare", compared / "set", *said)
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "20 - 24 - 16 - 120 - 84 - 1, lenet" in report
    model = Model.load(out / "model.safetensors")
    assert model.plan.image == (1, 5, 4)
    assert model.predict_proba(read(compared / "set").pixels).shape == (40, 2)
    assert "network" in _run("inspect", out / "model.safetensors")


def test_a_network_by_name_goes_with_images_and_with_no_layers_of_ones_own():
    table = table_of("drawn", Images(disk.drawn(40), np.arange(40) % 2, tuple(map(str, range(40)))))
    with pytest.raises(ValueError, match="hidden must be left out") as caught:
        settle(Options(network="lenet", hidden=(4,), residual=True), table)
    assert len(str(caught.value).splitlines()) == 2
    with pytest.raises(ValueError, match="Did you mean 'lenet'"):
        settle(Options(network="lenett"), table)
    with pytest.raises(ValueError, match="Use --hidden"):
        settle(Options(network="lenet"), load("iris"))
