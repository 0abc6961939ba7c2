"""Images as they are read: every pixel in its place, and every file that is none refused in one message."""

from __future__ import annotations

import gzip
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from bridle.errors import DataError
from bridle.study.images import PixelPreparation, flat, frame_of, pixel_names, table_of, upright
from bridle.study.readers import Images, Layout, read
from bridle.study.readers.folder import MOST_PIXELS
from bridle.study.readers.idx import encode_idx
from bridle.study.tables import from_arrays, load
from tests.study import images_on_disk as disk


def _message(call, *given, **settings) -> str:
    with pytest.raises(DataError) as caught:
        call(*given, **settings)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_of_classes_gives_every_pixel_and_its_class(tmp_path, channels):
    drawn = disk.drawn(12, channels=channels)
    found = read(disk.folder(tmp_path, drawn))
    assert isinstance(found, Images)
    assert found.pixels.dtype == np.uint8
    assert found.form == (channels, 5, 4)
    assert found.names[:2] == ("cat/000.png", "cat/001.png")
    assert found.labels.tolist() == ["cat"] * 6 + ["dog"] * 6
    np.testing.assert_array_equal(found.pixels, np.concatenate([drawn[0::2], drawn[1::2]]))


def test_train_and_test_folders_keep_the_test_sealed(tmp_path):
    disk.folder(tmp_path / "train", disk.drawn(12))
    disk.folder(tmp_path / "test", disk.drawn(4, seed=1))
    table = load(tmp_path)
    assert (table.rows, len(table.sealed.y), table.classes) == (12, 4, ("cat", "dog"))


def test_rows_are_channel_by_channel_and_columns_say_where():
    drawn = disk.drawn(3, channels=3)
    rows = flat(drawn)
    names = pixel_names((3, 5, 4))
    for k in (0, 7, 59):
        color, place = names[k].split(" ")
        line, column = (int(one) - 1 for one in place.split(","))
        channel = ("red", "green", "blue").index(color)
        np.testing.assert_array_equal(rows[:, k], drawn[:, line, column, channel])
    np.testing.assert_array_equal(upright(rows, (3, 5, 4)), drawn)


def test_pictures_of_other_modes_become_gray_or_color(tmp_path):
    home = tmp_path / "a"
    home.mkdir()
    base = Image.fromarray(disk.drawn(1, channels=3)[0])
    base.save(home / "1.png")
    base.convert("P").save(home / "2.png")
    base.convert("L").save(home / "3.png")
    base.convert("1").save(home / "4.png")
    clear = base.convert("RGBA")
    clear.putpixel((0, 0), (9, 9, 9, 0))
    clear.save(home / "5.png")
    base.convert("CMYK").save(home / "6.jpg")
    deep = Image.fromarray(np.array([[0, 257, 65_535, 256]] * 5, dtype=np.uint16))
    deep.save(home / "7.png")
    found = read(tmp_path)
    assert found.pixels.shape == (7, 5, 4, 3)
    assert found.pixels[6, 0, :, 0].tolist() == [0, 1, 255, 0]
    assert (found.pixels[2] == found.pixels[2][..., :1]).all()
    notes = " ".join(found.notes)
    assert "1 pictures were transparent" in notes
    assert "1 pictures had 16 bits" in notes
    assert "3 pictures are gray" in notes


def test_a_camera_that_lay_on_its_side_is_believed(tmp_path):
    (tmp_path / "a").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(disk.drawn(1, 8, 16)[0, ..., 0]).save(tmp_path / "a" / "1.jpg", exif=exif)
    assert read(tmp_path).form == (1, 16, 8)


def test_mixed_sizes_are_refused_with_their_counts_and_may_be_brought_to_one(tmp_path):
    disk.folder(tmp_path, disk.drawn(11))
    (tmp_path / "dog" / "wide.png").write_bytes(disk.encoded(disk.drawn(1, 5, 9)[0]))
    message = _message(read, tmp_path)
    assert "5x4 (11, as 'cat/000.png'), 5x9 (1, as 'dog/wide.png')" in message
    assert "--size 5x4" in message
    assert read(tmp_path, Layout(size=(6, 7))).pixels.shape == (12, 6, 7, 1)


def test_corrupt_pictures_are_named_counted_and_skipped_by_choice(tmp_path):
    disk.folder(tmp_path, disk.drawn(14))
    (tmp_path / "cat" / "002.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    whole = (tmp_path / "dog" / "003.png").read_bytes()
    (tmp_path / "dog" / "003.png").write_bytes(whole[:-30])
    message = _message(read, tmp_path)
    assert "2 of 14 that cannot" in message
    assert "'cat/002.png'" in message
    assert "'dog/003.png'" in message
    found = read(tmp_path, Layout(corrupt="skip"))
    assert len(found.pixels) == 12
    assert "2 of 14 pictures cannot be read and were skipped: 'cat/002.png'" in found.notes[0]
    for path in tmp_path.glob("*/*.png"):
        path.write_bytes(b"")
    assert "14 of 14" in _message(read, tmp_path, Layout(corrupt="skip"))


def _announcing(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that announces a size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 60_000])
def test_a_bomb_is_refused_by_what_it_announces(tmp_path, side):
    disk.folder(tmp_path, disk.drawn(10))
    (tmp_path / "cat" / "bomb.png").write_bytes(_announcing(side, side))
    assert side**2 > MOST_PIXELS
    message = _message(read, tmp_path)
    assert "'cat/bomb.png' (it announces" in message


def test_hostile_names_stay_inert(tmp_path):
    for name in ("</script><script>alert(1)</script>".replace("/", ""), "a\nb", "x..png", "'; --", "éü 漢"):
        disk.folder(tmp_path / "set", disk.drawn(2), (name,))
    found = read(tmp_path / "set")
    assert len(set(found.labels.tolist())) == 5
    (tmp_path / "set" / "a\nb" / "000.png").write_bytes(b"x")
    assert "a\\nb" in _message(read, tmp_path / "set")
    (tmp_path / "set" / "link").symlink_to(tmp_path)
    assert "no links" in _message(read, tmp_path / "set")


def test_a_name_in_no_encoding_is_refused(tmp_path):
    disk.folder(tmp_path, disk.drawn(2))
    try:
        (tmp_path / b"\xff\xfe".decode("utf-8", "surrogateescape")).mkdir()
        disk.folder(tmp_path, disk.drawn(2), (b"\xff\xfe".decode("utf-8", "surrogateescape"),))
    except (OSError, UnicodeError):
        pytest.skip("this file system has Unicode names alone")
    assert "text in Unicode" in _message(read, tmp_path)


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_find_their_labels_and_their_test(tmp_path, packed):
    drawn, labels = disk.drawn(20), np.arange(20) % 4
    path = disk.idx_pair(tmp_path, drawn, labels)
    disk.idx_pair(tmp_path, disk.drawn(6, seed=1), np.arange(6) % 4, "t10k")
    if packed:
        for one in list(tmp_path.iterdir()):
            (tmp_path / f"{one.name}.gz").write_bytes(gzip.compress(one.read_bytes()))
            one.unlink()
        path = tmp_path / f"{path.name}.gz"
    found = read(path)
    np.testing.assert_array_equal(found.pixels, drawn)
    np.testing.assert_array_equal(found.labels, labels)
    both = load(tmp_path)
    assert (both.rows, len(both.sealed.y)) == (20, 6)
    other = tmp_path / "other"
    other.write_bytes(encode_idx(labels[::-1].astype(np.uint8)))
    np.testing.assert_array_equal(read(path, Layout(labels=str(other))).labels, labels[::-1])


def test_lying_idx_headers_are_refused(tmp_path):
    path = disk.idx_pair(tmp_path, disk.drawn(20), np.arange(20) % 4)
    raw = path.read_bytes()
    for lie, words in (
        (raw[:4] + (2**31).to_bytes(4, "big") + raw[8:], "announces"),
        (raw[:-1], "announces"),
        (raw + b"x", "announces"),
        (raw[:9], "cut short"),
        (raw[:4] + bytes(4) + raw[8:16], "an array with values"),
        (raw[:3] + b"\x01" + (20 * 20 + 8).to_bytes(4, "big") + raw[8:], "with three axes"),
    ):
        path.write_bytes(lie)
        assert words in _message(read, path), lie[:16]
    path.write_bytes(raw)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(encode_idx(np.zeros(19, dtype=np.uint8)))
    assert "one for each of 20 images" in _message(read, path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    assert "--labels" in _message(load, path)


def test_an_npz_of_images_is_one_of_images(tmp_path):
    drawn, labels = disk.drawn(20, channels=3), np.arange(20) % 4
    path = tmp_path / "a.npz"
    path.write_bytes(disk.npz(images=drawn, labels=labels, X_test=drawn[:8], y_test=labels[:8]))
    table = load(path)
    assert (table.image, table.rows, len(table.sealed.y)) == ((3, 5, 4), 20, 8)
    assert table.frame.to_numpy().dtype == np.uint8
    np.testing.assert_array_equal(upright(table.frame.to_numpy(), (3, 5, 4)), drawn)
    path.write_bytes(disk.npz(images=drawn, labels=labels, X_test=drawn[:8, :3], y_test=labels[:8]))
    assert "of the training images' form" in _message(load, path)


def test_arrays_are_images_by_their_shape():
    drawn, labels = disk.drawn(20), np.arange(20) % 4
    for X in (drawn, drawn[..., 0], drawn.astype(np.int64), drawn[..., 0].tolist()):
        table = from_arrays(X, labels)
        assert table.image == (1, 5, 4)
        np.testing.assert_array_equal(table.frame.to_numpy(), flat(drawn))
    assert from_arrays(drawn, labels).frame.to_numpy().dtype == np.uint8
    assert from_arrays(drawn / 255, labels).frame.to_numpy().dtype == np.float32
    assert "of 1 or 3 channels" in _message(from_arrays, np.zeros((9, 5, 4, 2)), labels[:9])
    assert "finite" in _message(from_arrays, np.full((20, 5, 4), np.nan), labels)
    assert "as long as X" in _message(from_arrays, drawn, labels[:9])
    assert "have no columns" in _message(from_arrays, drawn, labels, group="a")


def test_statistics_are_the_channels_of_the_training_images_alone():
    drawn = disk.drawn(30, channels=3).astype(np.uint8)
    drawn[..., 0] //= 4
    frame = frame_of(Images(drawn, None, ()))
    learned = PixelPreparation((3, 5, 4)).fit(frame.iloc[:10])
    inputs = learned.transform(frame)
    means = drawn[:10].mean(axis=(0, 1, 2), dtype=np.float64)
    deviations = drawn[:10].std(axis=(0, 1, 2), dtype=np.float64)
    expected = (drawn - means) / deviations
    np.testing.assert_allclose(upright(inputs, (3, 5, 4)), expected, atol=2e-6)
    assert inputs.dtype == np.float32
    other = frame.copy()
    other.iloc[10:] = 0  # what no row of training says must not be learned
    np.testing.assert_array_equal(PixelPreparation((3, 5, 4)).fit(other.iloc[:10]).transform(frame), inputs)


def test_one_color_everywhere_is_no_division_by_zero():
    frame = frame_of(Images(np.full((4, 2, 2, 1), 7, dtype=np.uint8), None, ()))
    assert not PixelPreparation((1, 2, 2)).fit(frame).transform(frame).any()


def test_digits_are_images():
    table = load("digits")
    assert (table.image, table.rows, table.classes) == ((1, 8, 8), 1797, tuple(range(10)))
    assert table.frame.to_numpy().max() == 255


def test_too_few_images_and_no_labels_are_refused():
    few = Images(disk.drawn(9), np.arange(9) % 2, tuple("123456789"))
    assert "at least 10" in _message(table_of, "few", few)
    assert "--labels" in _message(table_of, "few", Images(disk.drawn(20), None, tuple(map(str, range(20)))))


def test_a_picture_that_is_another_format_is_no_picture(tmp_path):
    disk.folder(tmp_path, disk.drawn(10))
    stream = io.BytesIO()
    Image.fromarray(disk.drawn(1)[0, ..., 0]).save(stream, "TIFF")
    (tmp_path / "cat" / "000.png").write_bytes(stream.getvalue())
    assert "1 of 10 that cannot" in _message(read, tmp_path)
