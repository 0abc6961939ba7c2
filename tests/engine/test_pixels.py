"""Laws of pictures as bytes: the training of the same numbers, in both engines, and bytes until the batch."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from bridle.engine import Dense, Members, Pictures, Plan, train
from bridle.engine.examples import columns, encode_inputs
from bridle.engine.job import Job
from bridle.engine.outcome import predict_member
from bridle.engine.pixels import Pixels
from bridle.errors import DataError
from tests.builders import flat

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(256, size=(600, 4, 3, 2), dtype=np.uint8)  # more than two chunks of evaluation
LABELS = (PIXELS[:, :2].mean(axis=(1, 2, 3)) > PIXELS[:, 2:].mean(axis=(1, 2, 3))).astype(int)
MEAN, DEVIATION = PIXELS[:300].mean(axis=(0, 1, 2)), PIXELS[:300].std(axis=(0, 1, 2))
BYTES = Pictures(PIXELS, MEAN, DEVIATION)
NUMBERS = (PIXELS - MEAN) / DEVIATION
SPLIT = {"rows": [np.arange(300)], "validation_rows": [np.arange(300, 600)]}


def plan(**options) -> Plan:
    layers = (Dense(5), Dense(1, "linear"))
    common = {
        "inputs": 24,
        "image": (2, 4, 3),
        "layers": layers,
        "epochs": 3,
        "batch_size": 64,
        "dtype": "float64",
    }
    return Plan(**common | options)


@pytest.mark.parametrize("engine", ["population", "reference"])
@pytest.mark.parametrize("size", [64, None])
def test_bytes_train_and_validate_as_the_numbers_they_stand_for(engine: str, size: int | None) -> None:
    one = plan(batch_size=size, regularizers=("rotation", "dropout"))
    members = Members(seed=[1], learning_rate=0.1, rotation=10.0, dropout=0.2, **SPLIT)
    as_bytes, as_numbers = (train(one, members, X, LABELS, engine=engine) for X in (BYTES, NUMBERS))
    np.testing.assert_allclose(flat(as_bytes.weights, 0), flat(as_numbers.weights, 0), rtol=1e-9, atol=1e-11)
    for name, curve in as_numbers.curves.items():
        np.testing.assert_allclose(as_bytes.curves[name], curve, rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(as_bytes.predict(BYTES), as_numbers.predict(NUMBERS), rtol=1e-9)
    mine = predict_member(one, as_bytes.member_weights(0), BYTES)
    np.testing.assert_allclose(mine, as_bytes.predict(NUMBERS)[0], rtol=1e-9)
    spread = as_bytes.predict_samples(BYTES, 3).spread
    np.testing.assert_allclose(spread, as_bytes.predict_samples(NUMBERS, 3).spread, rtol=1e-6, atol=1e-9)


def test_averages_of_normalized_layers_see_the_numbers_too() -> None:
    one = plan(layers=(Dense(5, normalization="batch"), Dense(1, "linear")), regularizers=("ema",))
    as_bytes, as_numbers = (train(one, Members(ema=0.9, **SPLIT), X, LABELS) for X in (BYTES, NUMBERS))
    np.testing.assert_allclose(flat(as_bytes.weights, 0), flat(as_numbers.weights, 0), rtol=1e-8, atol=1e-10)


def test_pictures_beside_the_data_are_pictures_of_the_data() -> None:
    beside = Pictures(PIXELS[300:], MEAN, DEVIATION)
    mine = train(
        plan(),
        Members(),
        Pictures(PIXELS[:300], MEAN, DEVIATION),
        LABELS[:300],
        validation=(beside, LABELS[300:]),
    )
    np.testing.assert_array_equal(
        flat(mine.weights, 0), flat(train(plan(), Members(**SPLIT), BYTES, LABELS).weights, 0)
    )
    for other in (Pictures(PIXELS[300:]), NUMBERS[300:]):
        with pytest.raises(DataError, match="validation X must be standardized as X is"):
            train(
                plan(),
                Members(),
                Pictures(PIXELS[:300], MEAN, DEVIATION),
                LABELS[:300],
                validation=(other, LABELS[300:]),
            )


def test_bytes_stay_bytes_until_the_batch() -> None:
    job = Job.of(plan(), Members(**SPLIT), BYTES, LABELS, None, None, "population", None)
    assert isinstance(job.data.x, Pixels)
    assert job.data.x.values.dtype == np.uint8
    assert job.data.x.values.nbytes == PIXELS.nbytes
    assert jax.tree.leaves(job.data.x)[0] is job.data.x.values
    some = columns(job.data.x, np.array([5, 2]))
    np.testing.assert_allclose(some, encode_inputs(plan(), NUMBERS[[5, 2]]), rtol=1e-12)
    assert some.dtype == np.float64


def test_a_single_mean_is_of_all_channels_and_the_default_is_none() -> None:
    np.testing.assert_array_equal(
        columns(encode_inputs(plan(), Pictures(PIXELS)), np.arange(600)), encode_inputs(plan(), PIXELS)
    )
    halved = columns(encode_inputs(plan(), Pictures(PIXELS, 10, 2)), np.arange(600))
    np.testing.assert_array_equal(halved, encode_inputs(plan(), (PIXELS - 10.0) / 2))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pixels": PIXELS.astype(float)}, "pixels must be unsigned 8-bit integers; got 'float64'"),
        ({"pixels": PIXELS, "deviation": 0}, "deviation must be above 0"),
        ({"pixels": PIXELS, "mean": np.nan}, "mean must be one finite number"),
        (
            {"pixels": PIXELS, "mean": np.zeros((1, 1, 2))},
            "mean must be one finite number, or one for each channel",
        ),
        (
            {"pixels": PIXELS, "mean": np.zeros((2, 1)), "deviation": np.ones((3, 1))},
            "deviation must be as many sets as mean",
        ),
        ({"pixels": PIXELS, "rows": [0, 600]}, "rows must be whole numbers from 0 to 599"),
        ({"pixels": PIXELS, "rows": [0.5, 1]}, "rows must be whole numbers from 0 to 599"),
        ({"pixels": PIXELS, "rows": [[0, 1]]}, "rows must be whole numbers from 0 to 599"),
        ({"pixels": PIXELS, "rows": [True, False]}, "rows must be whole numbers from 0 to 599"),
        ({"pixels": PIXELS, "scales": np.ones(600, int)}, "scales must be whole numbers from 0 to 0"),
        ({"pixels": PIXELS, "scales": [0]}, "scales must be as long as rows, 600; got 1"),
        ({"pixels": PIXELS, "rows": [], "scales": [0]}, "scales must be as long as rows, 0; got 1"),
    ],
)
def test_what_are_no_bytes_or_no_scaling_is_refused(given: dict, message: str) -> None:
    with pytest.raises(DataError, match=message) as raised:
        Pictures(**given)
    assert str(raised.value).count(" must be ") == 1


@pytest.mark.parametrize("engine", ["population", "reference"])
def test_rows_of_a_data_set_share_pictures_and_have_their_own_scales(engine: str) -> None:
    """Two splits of one data set: what the engine keeps is the data set once, and what it sees is each split's."""
    rng = np.random.default_rng(1)
    lists = [rng.permutation(600)[:400] for _ in range(2)]
    scales = [(PIXELS[own].mean(axis=(0, 1, 2)), PIXELS[own].std(axis=(0, 1, 2))) for own in lists]
    parts = [Pictures(PIXELS, *scale, own) for scale, own in zip(scales, lists, strict=True)]
    together = Pictures.together(parts)
    assert together.pixels is PIXELS
    assert together.shape == (800, 24)
    numbers = np.concatenate([((PIXELS[own] - m) / d) for (m, d), own in zip(scales, lists, strict=True)])
    lying = np.moveaxis(numbers, 3, 1).reshape(800, 24)
    np.testing.assert_allclose(together.numbers("float64"), lying, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(together[5:9].numbers(), together.numbers()[5:9])
    rows = {"rows": [np.arange(300), np.arange(400, 700)]}
    members = Members(
        seed=[0, 1],
        learning_rate=0.1,
        dropout=0.2,
        rotation=10.0,
        validation_rows=[np.arange(300, 400), np.arange(700, 800)],
        **rows,
    )
    one, y = plan(regularizers=("rotation", "dropout")), LABELS[np.concatenate(lists)]
    as_bytes, as_numbers = (train(one, members, X, y, engine=engine) for X in (together, numbers))
    for m in (0, 1):
        mine, theirs = (flat(each.weights, m) for each in (as_bytes, as_numbers))
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-11)
    for name, curve in as_numbers.curves.items():
        np.testing.assert_allclose(as_bytes.curves[name], curve, rtol=1e-9, err_msg=name)
    job = Job.of(one, members, together, y, None, None, engine, None)
    assert job.data.x.values.nbytes == PIXELS.nbytes
    assert len(job.data.x.mean) == 2


def test_pictures_of_several_data_sets_lie_one_after_the_other() -> None:
    apart = Pictures.together([BYTES[10:20], Pictures(PIXELS[:50].copy(), 3, 2)])
    expected = np.concatenate([BYTES.numbers()[10:20], Pictures(PIXELS[:50], 3, 2).numbers()])
    np.testing.assert_array_equal(apart.numbers(), expected)
    assert len(apart.pixels) == 650


def test_pictures_must_fit_the_plan() -> None:
    with pytest.raises(DataError, match="mean must be one number, or 2, as the plan's image has channels"):
        encode_inputs(plan(), Pictures(PIXELS, [1, 2, 3]))
    with pytest.raises(DataError, match=r"X must be numbers where the plan has no image.*Plan\(image="):
        encode_inputs(plan(image=None), BYTES)
    with pytest.raises(DataError, match="X's shape must be"):
        encode_inputs(plan(), Pictures(PIXELS[:, :3]))
