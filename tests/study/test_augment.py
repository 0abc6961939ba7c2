"""``bridle augment``: the same bytes again, every copy explained, nothing half-written, and no leak in what follows."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bridle.errors import DataError, OutputError
from bridle.faces.cli import main
from bridle.perturb.blurs import blurred
from bridle.perturb.colors import brightened, contrasted, saturated, tinted
from bridle.perturb.motions import Motion, composed, sheared, shifted, turned, zoomed
from bridle.perturb.warps import warped
from bridle.study.augment import Request, augment
from bridle.study.enlarge import enlarged, operations, parse_operations
from bridle.study.options import Options, settle
from bridle.study.readers import Layout, read
from bridle.study.rounds import make_rounds
from bridle.study.tables import load
from tests.study import images_on_disk as disk

FLIPS = {"horizontal_flip": 0.5}


def _files(place: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(place)): one.read_bytes() for one in sorted(place.rglob("*")) if one.is_file()
    }


def _manifest(raw: bytes) -> tuple[dict, list[dict]]:
    head, *lines = (json.loads(line) for line in raw.splitlines())
    return head, lines


def test_operations_are_read_with_short_names_and_usual_strengths():
    assert parse_operations("rotate:15, flip") == {"horizontal_flip": 0.5, "rotation": 15.0}
    with pytest.raises(DataError) as caught:
        parse_operations("rotat,rotate:999,flip:x,flip,vertical_flip:0")
    message = str(caught.value)
    assert "Did you mean 'rotate'?" in message
    assert "[0, 180], above 0 (degrees); got '999'" in message
    assert len(message.splitlines()) == 5
    with pytest.raises(DataError, match="at least one augmentation"):
        parse_operations(" , ")
    for text, message in (
        ("fliip", "Did you mean 'flip'?"), ("rotate=15", "follow a colon"), ("flip:", "[0, 1], above 0 ")
    ):  # fmt: skip
        with pytest.raises(DataError, match=re.escape(message)) as caught:
            parse_operations(text)
        assert len(str(caught.value).splitlines()) == 1


def test_a_folder_becomes_a_larger_folder_and_the_same_bytes_again(tmp_path):
    drawn = disk.drawn(12, channels=3)
    source = disk.folder(tmp_path / "set", drawn)
    request = Request(parse_operations("flip,rotate:15,hue,blur"), copies=3, seed=4)
    made = augment(source, tmp_path / "a", request)
    augment(source, tmp_path / "b" / "c", request)
    assert (made.originals, made.copies, made.test) == (12, 3, 0)
    first, second = _files(tmp_path / "a"), _files(tmp_path / "b" / "c")
    assert first == second
    head, lines = _manifest(first["manifest.jsonl"])
    assert head["strengths"] == {"horizontal_flip": 0.5, "rotation": 15.0, "hue": 18.0, "blur": 0.75}
    assert {one["image"] for one in lines} == set(first) - {"manifest.jsonl"}
    assert str(tmp_path).encode() not in first["manifest.jsonl"]
    other = Request(request.strengths, copies=3, seed=5)
    augment(source, tmp_path / "d", other)
    assert _files(tmp_path / "d") != first
    for name in ("cat/000.png", "dog/005.png"):
        np.testing.assert_array_equal(
            read(tmp_path / "a").pixels[[one == name for one in read(tmp_path / "a").names]],
            read(source).pixels[[one == name for one in read(source).names]],
        )


def test_more_copies_and_more_images_change_no_copy():
    drawn = disk.drawn(10)
    few = list(enlarged(drawn, FLIPS, 1, 0))
    more = list(enlarged(drawn, FLIPS, 3, 0))
    np.testing.assert_array_equal(few[0].pixels, more[0].pixels)
    assert [one.number for one in more] == [1, 2, 3]
    assert any(not np.array_equal(more[0].pixels, one.pixels) for one in more[1:])


def test_flips_are_exact_and_half_of_them_are_made():
    drawn = disk.drawn(600)
    (batch, *rest) = enlarged(drawn, FLIPS, 1, 0)
    flipped = 0
    for part in (batch, *rest):
        for row, pixels, told in zip(part.rows, part.pixels, part.drawn, strict=True):
            is_flipped = told["horizontal_flip"]["flipped"]
            flipped += is_flipped
            np.testing.assert_array_equal(pixels, drawn[row, :, ::-1] if is_flipped else drawn[row])
    assert abs(flipped - 300) < 5 * np.sqrt(600) / 2


_MADE = {
    "rotation": lambda told: turned(told["degrees"]),
    "translation": lambda told: shifted(told["down"], told["right"]),
    "shift": lambda told: shifted(told["down"], told["right"]),
    "zoom": lambda told: zoomed(told["factor"]),
    "shear": lambda told: sheared(told["slope"]),
}
_CHANGED = {
    "brightness": lambda x, told: brightened(x, told["amount"]),
    "contrast": lambda x, told: contrasted(x, told["factor"]),
    "saturation": lambda x, told: saturated(x, told["factor"]),
    "hue": lambda x, told: tinted(x, told["degrees"]),
    "blur": lambda x, told: blurred(x, told["deviation"]),
    "horizontal_flip": lambda x, told: x[:, :, ::-1] if told["flipped"] else x,
    "vertical_flip": lambda x, told: x[:, ::-1] if told["flipped"] else x,
}
UNNAMED = ("random_erasing", "vgg", "inception", "cutmix_box", "cutout_box")


@pytest.mark.parametrize("name", [name for name in operations() if name in {*_MADE, *_CHANGED, "crop"}])
def test_what_the_manifest_says_makes_the_copy(name):
    """The drawn numbers, applied by the pure functions to the original, give the copy's pixels."""
    drawn = disk.drawn(20, 9, 8, 3).astype(np.float32)
    (batch,) = enlarged(drawn, {name: operations()[name].strength.grid[-1]}, 1, 7)
    means, scales = drawn.mean(axis=(0, 1, 2)), drawn.std(axis=(0, 1, 2))
    for row, made, told in zip(batch.rows, batch.pixels, batch.drawn, strict=True):
        x = np.moveaxis((drawn[row] - means) / scales, 2, 0)[..., None].astype(np.float32)
        numbers = {
            key: value if isinstance(value, bool) else np.array([[value]], dtype=np.float32)
            for key, value in told[name].items()
        }
        if name in _CHANGED:
            x = _CHANGED[name](x, numbers)
        else:
            motion = _MADE[name](numbers) if name in _MADE else Motion(**numbers)
            x = warped(x, composed([motion]))
        again = np.moveaxis(x[..., 0], 0, 2) * scales + means
        np.testing.assert_allclose(again, made, atol=0.05)


def test_every_number_of_a_manifest_differs_between_copies():
    batches = list(enlarged(disk.drawn(6), {"rotation": 15.0}, 4, 0))
    angles = np.array([[told["rotation"]["degrees"] for told in one.drawn] for one in batches])
    assert len(np.unique(angles)) == 24
    assert np.abs(angles).max() <= 15


def test_idx_becomes_idx_and_the_test_stays_as_it_is(tmp_path):
    drawn, labels = disk.drawn(20), np.arange(20) % 4
    disk.idx_pair(tmp_path / "set", drawn, labels)
    disk.idx_pair(tmp_path / "set", disk.drawn(6, seed=1), np.arange(6) % 4, "t10k")
    packed = tmp_path / "set" / "train-images-idx3-ubyte"
    (tmp_path / "set" / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    made = augment(tmp_path / "set", tmp_path / "more", Request({"shift": 1.0}, copies=2))
    assert (made.originals, made.test) == (20, 6)
    assert {one.name for one in (tmp_path / "more").iterdir()} == {
        "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte", "manifest.jsonl",
    }  # fmt: skip
    found = read(tmp_path / "more")
    assert (found.pixels.shape, found.sealed) == ((66, 5, 4, 1), 6)
    np.testing.assert_array_equal(found.pixels[:20], drawn)
    np.testing.assert_array_equal(found.pixels[60:], disk.drawn(6, seed=1))
    np.testing.assert_array_equal(found.labels[:60], np.tile(labels, 3))
    np.testing.assert_array_equal(found.origins[:60], np.tile(found.origins[:20], 3))
    assert found.copies.tolist() == [False] * 20 + [True] * 40 + [False] * 6
    assert load(tmp_path / "more").groups.max() == 19


def test_an_npz_becomes_an_npz_that_carries_its_origins(tmp_path):
    drawn, labels = disk.drawn(20), np.array(["a", "b"] * 10)
    source = tmp_path / "set.npz"
    source.write_bytes(disk.npz(X=drawn, y=labels, X_test=drawn[:5], y_test=labels[:5]))
    augment(source, tmp_path / "more.npz", Request(FLIPS, copies=2))
    augment(source, tmp_path / "again.npz", Request(FLIPS, copies=2))
    assert (tmp_path / "more.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()
    (tmp_path / "more.npz.manifest.jsonl").unlink()  # what the loader needs is in the file itself
    table = load(tmp_path / "more.npz")
    assert (table.rows, len(table.sealed.y), int(table.copies.sum())) == (60, 5, 40)
    np.testing.assert_array_equal(table.groups, np.tile(np.arange(20), 3))
    floats = tmp_path / "floats.npz"
    floats.write_bytes(disk.npz(X=drawn / 255, y=labels))
    augment(floats, tmp_path / "f.npz", Request(FLIPS, copies=1))
    found = read(tmp_path / "f.npz")
    assert found.pixels.dtype == np.float32
    np.testing.assert_array_equal(found.pixels[:20], (drawn / 255).astype(np.float32))


@pytest.mark.parametrize("form", ["folder", "idx", "npz"])
def test_no_copy_of_a_held_out_image_trains(tmp_path, form):
    """Every image shows its number in its first pixel, so a leak shows in the pixels themselves."""
    drawn = np.zeros((40, 4, 4, 1), dtype=np.uint8)
    drawn[...] = 6 * np.arange(40)[:, None, None, None]
    labels = np.arange(40) % 2
    if form == "folder":
        source, out = disk.folder(tmp_path / "set", drawn), tmp_path / "more"
    elif form == "idx":
        source, out = disk.idx_pair(tmp_path / "set", drawn, labels), tmp_path / "more"
    else:
        source, out = tmp_path / "set.npz", tmp_path / "more.npz"
        source.write_bytes(disk.npz(X=drawn, y=labels))
    augment(source, out, Request({"horizontal_flip": 0.5, "rotation": 10.0}, copies=4))
    table = load(out if form != "idx" else out / source.name)
    for one in make_rounds(table, settle(Options(splits=6), table)):
        seen = {
            part: set(np.rint(table.frame.to_numpy()[getattr(one, part).rows, 5] / 6).tolist())
            for part in ("train", "validation", "test")
        }
        assert not seen["train"] & (seen["validation"] | seen["test"])
        assert not seen["validation"] & seen["test"]
        assert len(one.train.y) == 5 * len(seen["train"])
        assert len(one.test.y) == len(seen["test"])


def test_a_folder_that_lost_its_manifest_is_refused(tmp_path):
    augment(disk.folder(tmp_path / "set", disk.drawn(12)), tmp_path / "more", Request(FLIPS, copies=1))
    lines = (tmp_path / "more" / "manifest.jsonl").read_bytes().splitlines()
    (tmp_path / "more" / "manifest.jsonl").write_bytes(b"\n".join(lines[:-1]))
    with pytest.raises(DataError, match=r"dog/005.png.copy-1.png"):
        read(tmp_path / "more")
    (tmp_path / "more" / "manifest.jsonl").unlink()
    with pytest.raises(DataError, match="12 copies"):
        read(tmp_path / "more")


def test_what_cannot_be_enlarged_is_refused_before_anything_is_written(tmp_path):
    source = disk.folder(tmp_path / "set", disk.drawn(12))
    out = tmp_path / "out"
    with pytest.raises(DataError) as caught:
        augment(source, out, Request({"hue": 5.0}, copies=0, seed=-1, fill="sky"))
    assert len(str(caught.value).splitlines()) == 4
    with pytest.raises(DataError, match="at most 1000"):
        augment(source, out, Request(FLIPS, copies=10**6))
    augment(source, out, Request(FLIPS, copies=1))
    with pytest.raises(OutputError, match="nothing is written over"):
        augment(source, out, Request(FLIPS, copies=1))
    with pytest.raises(OutputError, match="must be outside of the images"):
        augment(source, source / "cat" / "more", Request(FLIPS, copies=1))
    with pytest.raises(OutputError, match="a folder, as the source is no"):
        augment(source, tmp_path / "more.npz", Request(FLIPS, copies=1))
    with pytest.raises(DataError, match="copies of copies"):
        augment(out, tmp_path / "twice", Request(FLIPS, copies=1))
    (tmp_path / "table.csv").write_text("a,y\n" + "1,0\n2,1\n" * 9)
    with pytest.raises(DataError, match="of images"):
        augment(tmp_path / "table.csv", tmp_path / "t", Request(FLIPS))
    with pytest.raises(DataError, match="that exists"):
        augment(tmp_path / "nowhere", tmp_path / "t", Request(FLIPS))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "set", "table.csv"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_an_end_in_the_middle_leaves_nothing(tmp_path, failure):
    source = disk.folder(tmp_path / "set", disk.drawn(12))

    def stop(phase: str, fraction: float, left: float) -> None:
        if fraction > 0.4:
            raise failure

    with pytest.raises(failure):
        augment(source, tmp_path / "deep" / "out", Request(FLIPS, copies=3), progress=stop)
    assert [one.name for one in tmp_path.iterdir()] == ["set"]


def test_the_command_says_what_it_made(tmp_path):
    source = disk.folder(tmp_path / "set", disk.drawn(12))
    (source / "cat" / "bad.png").write_bytes(b"no")
    words = ["augment", str(source), "--out", str(tmp_path / "out"), "--ops", "flip", "--copies", "2"]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2
    assert "cat/bad.png" in refused.output
    ran = CliRunner().invoke(main, [*words, "--corrupt", "skip", "--size", "8x8"])
    assert ran.exit_code == 0, ran.output
    assert "36 images, 12 as they were and 2 copies of each" in ran.output
    assert read(tmp_path / "out", Layout()).form == (1, 8, 8)
