"""The choice of the engine: by the amount of work alone, little of it on NumPy, much of it compiled."""

import pytest

from bridle.engine import Dense, Plan
from bridle.estimators.effort import DENSE_BYTES, chosen_engine, looks, trained_abreast, uses_blas_threads


def plan(hidden: tuple[int, ...] = (100,), inputs: int = 30, **options: object) -> Plan:
    layers = (*(Dense(units) for units in hidden), Dense(1, "linear"))
    return Plan(inputs=inputs, layers=layers, loss="binary_cross_entropy", batch_size=200, **options)


def engine(of: Plan, epochs: int, rows: int = 569, members: int = 1, is_sparse: bool = False) -> str:
    return chosen_engine("auto", of, epochs, rows, members, is_sparse)


@pytest.mark.parametrize("asked", ["population", "reference"])
def test_what_is_asked_for_is_taken(asked: str) -> None:
    assert chosen_engine(asked, plan(), 1, 10, 1, False) == asked


def test_compiling_must_earn_what_it_costs() -> None:
    assert engine(plan(), 200) == "reference"
    assert engine(plan(), 20_000) == "population"
    assert engine(plan(), 200, members=200) == "population"


def test_once_compiling_pays_it_pays_for_longer_fits_too() -> None:
    choices = [engine(plan(), epochs) == "population" for epochs in (1, 10, 100, 1000, 10_000, 100_000)]
    assert choices == sorted(choices)


def test_a_wide_network_is_compiled_sooner_and_several_at_once() -> None:
    wide = plan((256, 256), inputs=64, dtype="float64")
    assert engine(wide, 10, rows=20_000) == "reference"
    assert engine(wide, 30, rows=20_000) == "population"
    assert engine(wide, 10, rows=20_000, members=4) == "population"
    assert engine(plan(dtype="float64"), 30, rows=20_000) == "reference"


def test_blas_has_its_threads_where_a_batch_is_large() -> None:
    assert uses_blas_threads(plan((256, 256), inputs=64), 20_000)
    assert uses_blas_threads(plan((128, 128), inputs=64, dtype="float64"), 5000)
    assert not uses_blas_threads(plan((256, 256), inputs=64), 10)
    assert not uses_blas_threads(plan((100,), inputs=64, dtype="float64"), 20_000)


def test_noise_is_dear_on_numpy() -> None:
    epochs = 1500
    assert engine(plan(), epochs) == "reference"
    assert engine(plan(regularizers=("dropout",)), epochs) == "population"


def test_what_is_looked_at_every_epoch_stays_on_numpy_for_longer() -> None:
    def chosen(**rules: object) -> str:
        seen = looks(8000, 10, **({"watched": False, "scored": False} | rules))
        return chosen_engine("auto", plan((10,)), 8000, 569, 1, False, looks=seen)

    assert chosen() == "population"
    assert chosen(watched=True) == "reference"
    assert chosen(scored=True) == "reference"
    assert looks(4000, 10, False, False) == 364  # eleven epochs may stall before anything can end
    assert looks(4000, float("inf"), False, False) == 250
    assert looks(4000, 0, False, False) == looks(4000, 10, True, False) == 4000
    assert looks(4000, 10, True, True) == 8000


def test_small_networks_share_the_calls_of_numpy_and_need_no_compiling() -> None:
    assert trained_abreast(plan(), 569, 11) == 11
    assert trained_abreast(plan((1000, 1000)), 569, 11) == 1
    assert trained_abreast(plan(regularizers=("dropout",)), 569, 11) == 1
    assert engine(plan(), 400, members=11) == "population"
    assert chosen_engine("auto", plan(), 400, 569, 11, False, together=11) == "reference"


def test_sparse_inputs_too_large_to_be_dense_stay_on_numpy() -> None:
    rows = DENSE_BYTES // (4 * 30) + 1
    assert engine(plan(), 10_000, rows=rows) == "population"
    assert engine(plan(), 10_000, rows=rows, is_sparse=True) == "reference"


def test_sparse_rows_whose_products_are_sparse_stay_on_numpy_where_they_are_most_of_the_work() -> None:
    of_words, of_few = plan((20,), inputs=5000), plan((500, 500), inputs=100)
    for network, chosen in ((of_words, "reference"), (of_few, "population")):
        assert chosen_engine("auto", network, 2000, 4000, 1, True, stays_sparse=True) == chosen
        assert chosen_engine("auto", network, 2000, 4000, 1, True) == "population"
