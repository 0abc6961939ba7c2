"""What may be claimed, what would settle the rest, and what choosing costs."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from bridle.study.claims import harms, helps, log_loss_claim, price_in_words, size_in_words, with_claim
from bridle.study.compare import compare
from bridle.study.findings import Diagnosis, Entry, Run
from bridle.study.inference import Inference
from bridle.study.nested import choose_by_validation
from bridle.study.options import Options
from bridle.study.power import Needed, needed
from bridle.study.scores import SCORES
from bridle.study.statistics import Interval, paired_interval
from bridle.study.verdict import Circumstances, best_entry, say
from tests.study.killed import table

ROWS = {"train": 120, "validation": 40, "test": 40}
INFERENCE = Inference(SCORES["accuracy"], 1 / 3, ROWS, 200)


def entry(name="l2", p=None, difference=None, runs=(), loss=0.4):
    none = Interval(0.8, 0.7, 0.9, 0.0, 10)
    return Entry(name, "", none, none, none, difference, p, {}, 0.1, loss, 0.0, tuple(runs), 1, 0)


def run(split, test, loss, validation=0.9, seed=0):
    return Run(split, seed, {}, 0.1, 1.0, validation, test, loss, 5, 0.0)


def test_claims_follow_the_adjusted_p_value():
    up, down = Interval(0.05, 0.01, 0.09, 0.01, 10), Interval(-0.05, -0.09, -0.01, 0.01, 10)
    for difference, p, words in (
        (up, 0.04, "helps"),
        (down, 0.04, "harms"),
        (
            up,
            0.06,
            "no difference larger than 9.0 points can be claimed with these 200 rows; as seen, about 460 rows or "
            "30 splits would settle it",
        ),
        (Interval(0.1, -math.inf, math.inf, 1.0, 1), 1.0, "nothing can be claimed from one run"),
    ):
        found = with_claim(entry(p=p, difference=difference), INFERENCE, Needed(451, 30))
        assert found.claim == words
        assert (helps(found), harms(found)) == (words == "helps", words == "harms")
    assert price_in_words(with_claim(entry(p=1, difference=up), INFERENCE, Needed(None, 7)), drawn=True) == (
        "about 7 draws"
    )


def test_log_loss_claims_what_the_first_score_leaves_open():
    up, open_case = Interval(0.05, 0.01, 0.09, 0.01, 10), Interval(0.03, -0.02, 0.08, 0.2, 10)
    lower, higher = Interval(0.3, 0.2, 0.4, 1e-3, 10), Interval(-0.3, -0.4, -0.2, 1e-3, 10)
    rest = "no difference larger than 8.0 points can be claimed with these 200 rows"
    apart = rest.replace("difference", "difference in accuracy")
    for difference, p, gain, log_loss_p, words in (
        (up, 0.04, lower, 0.01, "helps"),
        (up, 0.04, higher, 0.01, "helps, by log loss it harms"),
        (up, 0.04, higher, 0.06, "helps"),
        (open_case, 0.9, lower, 0.01, f"by log loss it helps; {apart}"),
        (open_case, 0.9, higher, 0.01, f"by log loss it harms; {apart}"),
        (open_case, 0.9, lower, 0.05, rest),
    ):
        own = dataclasses.replace(
            entry(p=p, difference=difference), log_loss_gain=gain, log_loss_p=log_loss_p
        )
        assert with_claim(own, INFERENCE, Needed(None, None)).claim == words
        assert log_loss_claim(own) == (words.partition("by log loss it ")[2].partition(";")[0])


_ERROR = Interval(0.1, 0.05, 0.15, 0.01, 10)
DIAGNOSIS = Diagnosis(
    _ERROR, "validation", _ERROR, _ERROR, {"a tree": _ERROR}, "a tree", _ERROR, False, False
)


def test_a_small_size_is_not_called_nothing():
    sizes = (0.0, -0.0, 3e-7, -4e-5, 0.00031, -0.0004, 0.0005, 0.025, -0.0769)
    shown = [size_in_words(one, SCORES["accuracy"], bare=True) for one in sizes]
    assert shown == ["0.0", "0.0", "0.0", "0.0", "0.03", "-0.04", "0.1", "2.5", "-7.7"]


def test_nothing_has_no_sign():
    grazing = entry("l2", 0.06, Interval(0.042, 0.0001, 0.084, 0.01, 10), loss=0.1)
    plain = entry("plain", runs=[run(k, 0.8, 0.2) for k in range(10)])
    said = str(say([plain, grazing], DIAGNOSIS, SCORES["accuracy"], Circumstances("rows", 40)))
    assert "is +4.2 points, 95 % interval 0.0 to +8.4, which after Holm's correction may be luck" in said


@pytest.mark.parametrize(
    ("splits", "seeds", "drawn", "words"),
    [
        (1, 1, False, "from this one split."),
        (1, 1, True, "from one run, which says nothing about its spread."),
        (1, 3, False, "from this one split with 3 seeds each."),
        (2, 1, True, "from these 2 draws."),
    ],
)
def test_the_verdict_says_from_what_it_cannot_tell(splits, seeds, drawn, words):
    """Rows tell of one split how sure it is; of one draw there is nothing else to tell."""
    runs = [run(k, 0.8, 0.2, seed=j) for k in range(splits) for j in range(seeds)]
    entries = [entry("plain", runs=runs), entry("l2", 0.5, Interval(0.03, -0.02, 0.08, 0.2, 10), runs)]
    about = Circumstances("rows", 40, drawn=drawn)
    assert words in str(say(entries, DIAGNOSIS, SCORES["accuracy"], about))


def test_where_log_loss_alone_finds_help_the_headline_says_so():
    open_case, harm = Interval(0.03, -0.02, 0.08, 0.2, 10), Interval(-0.1, -0.12, -0.08, 1e-4, 10)
    lower, higher = Interval(0.31, 0.2, 0.4, 1e-3, 10), Interval(-0.3, -0.4, -0.2, 1e-3, 10)
    plain = entry("plain", loss=0.2, runs=[run(k, 0.8, 0.2) for k in range(10)])
    l2, l1, dropout = (
        dataclasses.replace(entry(name, p, difference, loss=loss), log_loss_gain=gain, log_loss_p=1e-3)
        for name, p, difference, gain, loss in (
            ("l2", 0.5, open_case, lower, 0.3), ("l1", 0.5, open_case, higher, 0.25), ("dropout", 1e-3, harm, lower, 0.1),
        )
    )  # fmt: skip
    entries = [plain, l2, l1, dropout]
    assert best_entry(entries) is l2  # neither the lowest loss, which chance may give, nor what does harm
    said = str(say(entries, DIAGNOSIS, SCORES["accuracy"], Circumstances("rows", 40)))
    assert said.startswith(
        "Use l2 (learning rate 0.1) for better probabilities: test log loss is 0.310 lower than plain's (95 % "
        "interval 0.200 to 0.400). The plain network "
    )
    assert "Whether l2 raises accuracy is open: +3.0 points, 95 % interval -2.0 to +8.0. " in said
    assert (
        "(positive is better)" not in said
    )  # nor need be said of a score that is better where it is greater
    assert "dropout (-10.0 points, 95 % interval -12.0 to -8.0) harms." in said
    assert (
        "By log loss, which sees how sure predictions are, l2 (0.310 lower, 0.200 to 0.400) and dropout (0.310 "
        "lower, 0.200 to 0.400) help; l1 (0.300 higher, 0.200 to 0.400) harms." in said
    )
    assert "log loss" not in str(
        say([plain, entry("l2", 0.5, open_case)], DIAGNOSIS, SCORES["accuracy"], Circumstances("rows", 40))
    )


def test_the_second_score_is_the_log_loss_of_the_same_networks():
    options = Options(regularizers=("l2",), splits=3, epochs=20, hidden=(4,))
    rows = table()
    found, other = (compare(rows, dataclasses.replace(options, metric=name)) for name in ("auc", "log_loss"))
    own, expected = found.entry("l2").log_loss_gain, other.entry("l2").difference
    assert (own.mean, own.low, own.high) == pytest.approx((expected.mean, expected.low, expected.high))
    assert found.entry("l2").log_loss_p == pytest.approx(other.entry("l2").adjusted_p)
    assert found.entry("plain").log_loss_gain is other.entry("l2").log_loss_gain is None


@pytest.mark.parametrize("ratio", [0.0, 0.005])
def test_what_is_said_to_be_needed_has_the_power_it_promises(ratio):
    # Splits of one model: shared luck of variance ratio, own luck of variance 1, and a true mean.
    random = np.random.default_rng(0)
    differences = np.array([-1.0, 1.0, 3.0, 1.0, -1.0, 1.0, 3.0, -1.0])
    size, deviation = differences.mean(), differences.std(ddof=1)
    wanted = needed(differences, 100, ratio)
    assert (wanted.splits or 0) > len(differences)
    own = deviation * random.standard_normal((1500, wanted.splits))
    shared = deviation * math.sqrt(ratio) * random.standard_normal((1500, 1))
    found = [paired_interval(row, test_share_ratio=ratio).p_value < 0.05 for row in size + own + shared]
    assert 0.72 < np.mean(found) < 0.9
    shrink = math.sqrt(100 / wanted.rows)
    rows = size + shrink * (own[:, :8] + shared)
    assert 0.72 < np.mean([paired_interval(row, test_share_ratio=ratio).p_value < 0.05 for row in rows]) < 0.9


def test_what_no_number_would_settle_is_not_priced():
    assert needed(np.zeros(5), 100, 0.3) == Needed(None, None)
    assert needed(np.array([1.0]), 100, 0.3) == Needed(None, None)
    assert needed(np.array([1.0, -1.0, 1.001, -1.0]), 100, 0.3) == Needed(None, None)
    assert needed(np.array([1.0, 1.1, 0.9, 1.0]), 100, 0.3).rows is None  # it is settled already


def test_each_split_takes_its_lowest_loss_and_is_judged_by_its_own_test_rows():
    plain = entry("plain", runs=[run(k, 0.80, loss, 0.85) for k, loss in enumerate([0.5, 0.2, 0.5])])
    l2 = entry("l2", runs=[run(k, 0.9, loss, 0.95) for k, loss in enumerate([0.3, 0.3, 0.6])])
    l1 = entry("l1", runs=[run(k, 0.7, loss, 0.99) for k, loss in enumerate([0.4, 0.4, 0.4])])
    found = choose_by_validation([plain, l2, l1], INFERENCE)
    assert found.chosen == {"l2": 1, "plain": 1, "l1": 1}
    assert found.test.mean == pytest.approx((0.9 + 0.8 + 0.7) / 3)
    assert found.difference.mean == pytest.approx((0.1 + 0.0 - 0.1) / 3)
    assert found.optimism.mean == pytest.approx((0.05 + 0.05 + 0.29) / 3)


def test_seeds_vote_together_within_a_split():
    one = [run(0, 0.8, 0.1, seed=0), run(0, 0.8, 0.9, seed=1)]
    other = [run(0, 0.9, 0.4, seed=0), run(0, 0.9, 0.4, seed=1)]
    found = choose_by_validation([entry("plain", runs=one), entry("l2", runs=other)], INFERENCE)
    assert found.chosen == {"l2": 1}


def test_lower_is_better_where_the_metric_says_so():
    plain = entry("plain", runs=[run(k, 2.0, 0.5, 1.5) for k in range(3)])
    l2 = entry("l2", runs=[run(k, 1.0, 0.3, 0.8) for k in range(3)])
    found = choose_by_validation([plain, l2], Inference(SCORES["rmse"], 1 / 3, ROWS, 200))
    assert (found.difference.mean, found.optimism.mean) == pytest.approx((1.0, 0.2))


def test_many_splits_of_the_same_rows_are_not_advised():
    differences = np.array([0.0, 0.02, -0.02, 0.03, 0.01, -0.01, 0.03, 0.0, 0.02, -0.02])
    noise = 1e-3 * np.random.default_rng(0).normal(size=(10, 1, 20))
    rows = {"train": 120, "validation": 40, "test": 40}
    drawn = Inference(SCORES["log_loss"], 0.0, rows, 200).needed(differences, 0.05)
    split = Inference(SCORES["log_loss"], 1 / 3, rows, 200).needed(differences[:, None, None] + noise, 0.05)
    assert drawn.splits == 81
    assert split.splits is None
    assert split.rows == pytest.approx(drawn.rows, rel=0.01)
