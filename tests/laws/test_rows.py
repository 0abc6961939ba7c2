"""Laws of perturbed rows and targets: what is drawn and how often, whose draws they are, and where nothing happens."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from bridle import streams
from bridle.engine import Dense, Members, Plan, train
from bridle.engine.perturbing import perturbed_rows
from bridle.errors import PlanError
from bridle.perturb.about import About
from bridle.perturb.mixing import symmetric_beta
from bridle.registry import REGISTRY
from tests.builders import answers

PERTURBING = [record for record in REGISTRY.values() if record.perturbation is not None]
MIXING = [record for record in PERTURBING if record.name in ("mixup", "cutmix")]
ROWS, COLUMNS, CLASSES = 200, 30, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(COLUMNS, ROWS))
T = np.eye(CLASSES)[:, RNG.integers(CLASSES, size=ROWS)]
IDS = np.arange(ROWS, dtype=np.uint32)[None, :]


def about(record) -> About:
    """Return what a record is told: rows are pictures of three channels where it asks for them."""
    return About(1 / 3, (3, 2, 5) if record.requires.startswith("pictures") else None)


def perturbed(record, strength: float, update: int = 0, seed: int = 0, x=X, t=T, ids=IDS):
    settings = {record.strength.name: np.asarray(strength, x.dtype)}
    words, seed, update = streams.row_words(ids), np.asarray(seed), np.asarray(update)
    return perturbed_rows([record], settings, seed, update, x, t, words, about(record))


def strongest(record) -> float:
    return record.strength.grid[-1]


def each(records):
    return pytest.mark.parametrize("record", records, ids=lambda record: record.name)


@each(PERTURBING)
def test_off_is_the_identity_and_on_is_not(record) -> None:
    x, t = perturbed(record, 0.0)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(t, T)
    x, t = perturbed(record, strongest(record))
    assert not (np.array_equal(x, X) and np.array_equal(t, T))
    assert np.all(np.isfinite(x))


@each(PERTURBING)
def test_rows_depend_on_the_others_of_their_batch_only_where_the_record_says_so(record) -> None:
    """Elsewhere a compiled program fills a last batch up with rows that weigh nothing."""
    few = perturbed(record, strongest(record), x=X[:, :150], t=T[:, :150], ids=IDS[:, :150])
    all_of_them = perturbed(record, strongest(record))
    alike = [
        np.allclose(one, other[:, :150], 1e-12, 1e-12) for one, other in zip(few, all_of_them, strict=True)
    ]
    assert all(alike) is not record.perturbation.couples


@each(PERTURBING)
def test_targets_stay_memberships(record) -> None:
    _, t = perturbed(record, strongest(record))
    np.testing.assert_allclose(t.sum(axis=0), 1, rtol=1e-12)
    assert t.min() >= 0


@each(PERTURBING)
def test_numpy_and_jax_perturb_alike(record) -> None:
    with jax.enable_x64(True):
        words = streams.row_words(jnp.asarray(IDS))

        def on_jax(strength, x, t):
            settings = {record.strength.name: strength}
            return perturbed_rows(
                [record], settings, jnp.asarray(0), jnp.asarray(7), x, t, words, about(record)
            )

        x, t = jax.jit(on_jax)(*map(jnp.asarray, (strongest(record), X, T)))
    mine = perturbed(record, strongest(record), 7)
    np.testing.assert_allclose(np.asarray(x), mine[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(np.asarray(t), mine[1], rtol=1e-12, atol=1e-12)


@each([record for record in PERTURBING if record.name != "label_smoothing"])
def test_updates_and_seeds_draw_anew(record) -> None:
    strength = 0.5 * strongest(record)
    first = perturbed(record, strength)[0]
    assert not np.array_equal(first, perturbed(record, strength, update=1)[0])
    assert not np.array_equal(first, perturbed(record, strength, seed=1)[0])
    np.testing.assert_array_equal(first, perturbed(record, strength)[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [0.4, 1.0, 2.0, 30.0])
def test_the_symmetric_beta_is_one(shape: float, dtype: str) -> None:
    u, v = np.random.default_rng(1).random((2, 20_000)).astype(dtype)
    drawn = symmetric_beta(u, v, np.asarray(shape, dtype))
    assert drawn.dtype == dtype
    assert stats.kstest(drawn.astype(float), stats.beta(shape, shape).cdf).pvalue > 1e-3


@pytest.mark.parametrize("shape", [1e-30, 1e-3, 1.0, 1e4, 1e30])
def test_the_symmetric_beta_is_finite_at_the_ends_of_its_draws(shape: float, dtype: str) -> None:
    ends = np.array([2.0**-25, 0.25, 0.5, 0.75, 1.0], dtype=dtype)
    with np.errstate(all="ignore"):
        drawn = symmetric_beta(ends[:, None], ends[None, :], np.asarray(shape, dtype))
    assert np.all((drawn >= 0) & (drawn <= 1))


@each(MIXING)
def test_partners_are_never_oneself_and_every_row_is_somebodys(record) -> None:
    """Told by inputs that are the rows' numbers: a swapped column shows the partner, a mixed row lies between."""
    few = 5
    numbers = np.tile(np.arange(few, dtype=float), (COLUMNS, 1))
    for update in range(60):
        x, _ = perturbed(record, strongest(record), update, x=numbers, t=T[:, :few], ids=IDS[:, :few])
        if record.name == "cutmix":
            distances = {int(d) for d in ((x - numbers)[x != numbers] % few)}
            assert len(distances) == 1
        else:
            assert np.all(np.ptp(x, axis=0) == 0), "one share for all columns"
            assert np.count_nonzero(x[0] == numbers[0]) == 0


@each(MIXING)
@pytest.mark.parametrize("rows", [1, 2])
def test_a_last_batch_may_be_a_single_row(record, rows: int) -> None:
    x, t = perturbed(record, strongest(record), x=X[:, :rows], t=T[:, :rows], ids=IDS[:, :rows])
    assert x.shape == (COLUMNS, rows)
    if rows == 1:
        np.testing.assert_array_equal(x, X[:, :1])
        np.testing.assert_array_equal(t, T[:, :1])
    else:
        assert not np.array_equal(x, X[:, :2])


@each(MIXING)
def test_targets_are_mixed_as_inputs_are(record) -> None:
    """On inputs that are the targets, both stay equal on average over columns."""
    number = np.arange(ROWS, dtype=float)[None, :]
    x, t = perturbed(record, strongest(record), x=np.tile(number, (COLUMNS, 1)), t=number)
    np.testing.assert_allclose(x.mean(axis=0), t[0], rtol=1e-10, atol=1e-10)


def average(record, strength: float, updates: int, measure) -> tuple[float, float]:
    """Return the mean of a measure of the perturbed inputs over updates, and its standard error."""
    found = [measure(*perturbed(record, strength, update)) for update in range(updates)]
    return float(np.mean(found)), float(np.std(found) / np.sqrt(updates))


@pytest.mark.parametrize("probability", [0.3, 1.0])
def test_the_expected_shares_of_cut_and_swapped_columns(probability: float) -> None:
    """A quarter of a row that takes part is cut, s ~ U(0, 1/2); a half is swapped, s ~ U(0, 1)."""
    for name, share in (("cutout", 0.25), ("cutmix", 0.5)):
        mean, error = average(REGISTRY[name], probability, 200, lambda x, t: np.mean(x != X))
        assert abs(mean - share * probability) < 5 * error
        assert error < 0.01


@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_the_expected_row_of_mixup_is_halfway_to_the_others(strength: float) -> None:
    """E x~ = x/2 + mean of the others/2; E |share - 1/2|^2 = 1 / (4 (2 strength + 1))."""
    record = REGISTRY["mixup"]
    rows = np.stack([perturbed(record, strength, update)[0][:, 5] for update in range(1500)])
    others = np.delete(X, 5, axis=1).mean(axis=1)
    error = rows.std(axis=0) / np.sqrt(len(rows))
    assert np.all(np.abs(rows.mean(axis=0) - (X[:, 5] + others) / 2) < 5 * error)
    number = np.zeros((1, ROWS))
    number[0, 0] = 1.0
    shares = [perturbed(record, strength, update, x=number)[0][0, 0] for update in range(1500)]
    expected = 1 / (4 * (2 * strength + 1))
    assert abs(np.var(shares) - expected) < 0.15 * expected


def test_mixup_leaves_the_solution_of_least_squares_where_it_is() -> None:
    """Second moments of mixed rows around their mean are those of the rows, times one factor: no bias."""
    y = np.random.default_rng(2).normal(size=(1, ROWS)) + X[:1]
    record = REGISTRY["mixup"]
    design = np.vstack([X, np.ones(ROWS)])
    solution = np.linalg.lstsq(design.T, y[0], rcond=None)[0]
    gradients = []
    for update in range(2000):
        x, t = perturbed(record, 0.5, update, t=y)
        mixed = np.vstack([x, np.ones(ROWS)])
        gradients.append(mixed @ (solution @ mixed - t[0]) / ROWS)
    error = np.std(gradients, axis=0) / np.sqrt(len(gradients))
    assert np.all(np.abs(np.mean(gradients, axis=0)) < 5 * error)


def test_smoothed_targets_are_the_formula() -> None:
    x, t = perturbed(REGISTRY["label_smoothing"], 0.3)
    assert x is X
    np.testing.assert_allclose(t, 0.7 * T + 0.1, rtol=1e-14)


@pytest.mark.parametrize(("loss", "outputs"), [("binary_cross_entropy", 1), ("binary_cross_entropy", 3), ("cross_entropy", 3)])  # fmt: skip
def test_label_smoothing_ends_at_its_own_certainty(loss: str, outputs: int) -> None:
    """With nothing but a bias, a class that every row has gets 1 - s + s/K, K = 2 for yes-or-no outputs."""
    plan = Plan(
        inputs=1, layers=(Dense(outputs, "linear"),), loss=loss, epochs=3000, dtype="float64",
        regularizers=("label_smoothing",),
    )  # fmt: skip
    y = np.zeros((8, outputs))
    y[:, 0] = 1
    smoothing = [0.1, 0.4]
    outcome = train(plan, Members(learning_rate=1.0, label_smoothing=smoothing), np.zeros((8, 1)), y)
    classes = 2 if loss == "binary_cross_entropy" else outputs
    for m, share in enumerate(smoothing):
        first = outcome.predict(np.zeros((1, 1)))[m, 0, 0]
        np.testing.assert_allclose(first, 1 - share + share / classes, rtol=1e-6)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_label_smoothing_needs_classes_and_mixing_does_not(loss: str) -> None:
    layers = (Dense(2), Dense(1, "linear"))
    with pytest.raises(PlanError, match="without 'label_smoothing' where the loss is"):
        Plan(inputs=3, layers=layers, loss=loss, regularizers=("label_smoothing",))
    plan = Plan(inputs=3, layers=layers, loss=loss, regularizers=("mixup", "cutmix"), epochs=3)
    inputs = np.random.default_rng(0).normal(size=(20, 3))
    outcome = train(plan, Members(mixup=0.4, cutmix=0.5), inputs, answers(loss, 20), engine="reference")
    assert np.all(np.isfinite(outcome.curves["train_loss"]))


@each(PERTURBING)
def test_validation_rows_are_left_alone(record) -> None:
    """Without learning, the validation loss of every epoch is that of the plan without it."""
    inputs = np.random.default_rng(3).normal(size=(30, 12))
    y = answers("binary_cross_entropy", 30)
    data = {"inputs": 12, "image": (3, 2, 2) if record.requires.startswith("pictures") else None}
    shared = {"rows": [np.arange(20)], "validation_rows": [np.arange(20, 30)], "learning_rate": 0.0}
    layers = (Dense(4), Dense(1, "linear"))
    bare = train(Plan(**data, layers=layers, epochs=3), Members(**shared), inputs, y, engine="reference")
    plan = Plan(**data, layers=layers, epochs=3, regularizers=(record.name,))
    members = Members(**shared, **{record.strength.name: strongest(record)})
    outcome = train(plan, members, inputs, y, engine="reference")
    np.testing.assert_array_equal(outcome.curves["validation_loss"], bare.curves["validation_loss"])
    assert not np.array_equal(outcome.curves["train_loss"], bare.curves["train_loss"])
