"""Run the regularizers of Srivastava et al. (2014), table 9, on MNIST, and write the page with its picture.

    python docs/scripts/mnist.py FOLDER              # the four idx files, gzipped; seven minutes of one core
    python docs/scripts/mnist.py FOLDER --epochs 2   # a quick look, on the screen alone

Five draws of 10,000 training and 2,000 validation images, no image in two of them, so the draws are as good
as independent; all are tested on the 10,000 test images. The first draw chooses each regularizer's
strengths, by validation error; test images have no part in it.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import stats

from bridle import Dense, Members, Outcome, Plan, Status, train
from bridle.faces.palette import SOFT, tones
from bridle.faces.pictures import Picture, on_sheet
from bridle.registry import REGISTRY

DOCS = Path(__file__).resolve().parents[1]
DRAWS, CHOOSING, TRAIN_ROWS, VALIDATION_ROWS = 5, 1, 10_000, 2_000
HIDDEN, EPOCHS, BATCH, RATE = (256, 256), 30, 128, 0.001
DROPOUT = ([0.2, 0.5, 0.5], [0.1, 0.3, 0.3])
"""Rates of the inputs and the two hidden layers: the published ones, and milder ones for narrow layers."""
Settings = dict[str, float | list[float]]


class Variant(NamedTuple):
    """What the table calls it, its published test error in percent, and the settings to choose from."""

    name: str
    published: float | None
    grid: list[Settings]


VARIANTS = [
    Variant("plain", None, [{}]),
    Variant("L2", 1.62, [{"l2": 1e-4}, {"l2": 1e-3}]),
    Variant("L2 + L1", 1.60, [{"l2": 1e-4, "l1": 1e-5}, {"l2": 1e-4, "l1": 1e-4}]),
    Variant("max-norm", 1.35, [{"max_norm": 1.0}, {"max_norm": 2.0}]),
    Variant("dropout + L2", 1.25, [{"dropout": rates, "l2": 1e-5} for rates in DROPOUT]),
    Variant("dropout + max-norm", 1.05, [{"dropout": rates, "max_norm": 2.0} for rates in DROPOUT]),
]


class Trial(NamedTuple):
    """One network to train: a variant, its settings, and the draw of its rows."""

    variant: Variant
    settings: Settings
    draw: int


class Score(NamedTuple):
    """A trained network's errors on its validation images and on the test images, in percent."""

    validation: float
    test: float


def read_idx(path: Path) -> np.ndarray:
    """Return the array of a gzipped idx file of bytes."""
    raw = gzip.decompress(path.read_bytes())
    axes = raw[3]
    shape = np.frombuffer(raw, ">u4", axes, 4).astype(int)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


def read(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a part's images, (N, 784) in [0, 1], and labels, (N,)."""
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz")
    return images.reshape(len(images), -1).astype(np.float32) / 255, labels.astype(np.int64)


def rows_of(draw: int, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a draw's training and validation rows: its own part of one random order of all images."""
    order = np.random.default_rng(0).permutation(images)
    own = order[draw * (TRAIN_ROWS + VALIDATION_ROWS) :]
    return own[:TRAIN_ROWS], own[TRAIN_ROWS : TRAIN_ROWS + VALIDATION_ROWS]


def run(trials: list[Trial], folder: Path, epochs: int) -> list[Score]:
    """Train all trials as one population and return their scores.

    Raises
    ------
    RuntimeError
        If one of them diverged.
    """
    X, y = read(folder, "train")
    names = [name for name in REGISTRY if any(name in one.settings for one in trials)]
    plan = Plan(
        inputs=X.shape[1],
        layers=(*(Dense(units) for units in HIDDEN), Dense(10, "linear")),
        loss="cross_entropy",
        optimizer="adam",
        schedule="cosine",
        epochs=epochs,
        batch_size=BATCH,
        regularizers=tuple(names),
        evaluate_every=epochs,
    )
    off = {name: REGISTRY[name].strength.off for name in names} | {"dropout": [0.0] * plan.depth}
    lists = [rows_of(one.draw, len(X)) for one in trials]
    members = Members(
        seed=[one.draw for one in trials],
        learning_rate=RATE,
        rows=[train_rows for train_rows, _ in lists],
        validation_rows=[validation_rows for _, validation_rows in lists],
        **{name: [one.settings.get(name, off[name]) for one in trials] for name in names},
    )
    outcome: Outcome = train(plan, members, X, y)
    if any(status is not Status.COMPLETED for status in outcome.status):
        raise RuntimeError(str(outcome))
    X_test, y_test = read(folder, "t10k")
    wrong = (outcome.predict(X_test).argmax(axis=2) != y_test).mean(axis=1)
    return [
        Score(float(100 * (1 - accuracy)), float(100 * error))
        for accuracy, error in zip(outcome.curves["validation_accuracy"][:, -1], wrong, strict=True)
    ]


def measure(folder: Path, epochs: int) -> tuple[dict[str, Settings], dict[str, np.ndarray]]:
    """Return each variant's chosen settings, and its test errors over the draws, (DRAWS,)."""
    trials = [
        Trial(variant, settings, draw)
        for variant in VARIANTS
        for settings in variant.grid
        for draw in range(CHOOSING)
    ]
    scores = dict(zip(map(str, trials), run(trials, folder, epochs), strict=True))

    def of(variant: Variant, settings: Settings) -> list[Score]:
        return [scores[str(Trial(variant, settings, draw))] for draw in range(CHOOSING)]

    chosen = {}
    for variant in VARIANTS:
        wrong = [np.mean([score.validation for score in of(variant, one)]) for one in variant.grid]
        chosen[variant.name] = variant.grid[int(np.argmin(wrong))]
        print(variant.name, chosen[variant.name], np.round(wrong, 2), flush=True)
    more = [
        Trial(variant, chosen[variant.name], draw) for variant in VARIANTS for draw in range(CHOOSING, DRAWS)
    ]
    found = iter(run(more, folder, epochs))
    errors = {}
    for variant in VARIANTS:
        first = [score.test for score in of(variant, chosen[variant.name])]
        errors[variant.name] = np.array([*first, *(next(found).test for _ in range(CHOOSING, DRAWS))])
    return chosen, errors


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return the mean with its 95 % interval over the draws, Student's."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def signed(value: float) -> str:
    """Return points with their sign, and none before a zero."""
    shown = f"{value:+.2f}"
    return "0.00" if float(shown) == 0 else shown


def words(settings: Settings) -> str:
    """Return settings as the page shows them."""
    parts = []
    for name, value in settings.items():
        shown = "/".join(f"{one:g}" for one in value) if isinstance(value, list) else f"{value:g}"
        parts.append(f"{name} {shown}")
    return ", ".join(parts) or "nothing"


def picture(errors: dict[str, np.ndarray]) -> None:
    """Draw published errors beside the obtained ones, and save them."""
    names = [variant.name for variant in VARIANTS][::-1]
    tone = tones(["dropout"])["dropout"].light

    def published(axes) -> None:
        for place, variant in enumerate(VARIANTS[::-1]):
            if variant.published is not None:
                axes.plot(variant.published, place, "o", color=SOFT.light)
        finish(axes)
        axes.set_yticks(range(len(names)), names)

    def obtained(axes) -> None:
        for place, name in enumerate(names):
            mean, low, high = interval(errors[name])
            axes.plot(errors[name], [place] * DRAWS, "|", color=SOFT.light)
            axes.errorbar(mean, place, xerr=[[mean - low], [high - mean]], fmt="o", color=tone, capsize=3)
        finish(axes)
        axes.set_yticks(range(len(names)), [""] * len(names))

    def finish(axes) -> None:
        axes.set_xlabel("test error, %")
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.grid(axis="x")

    size = (3.6, 2.8)
    sheet = on_sheet(
        [
            Picture("published: 60,000 images", "published test errors", published, size),
            Picture("here: 10,000 images, 5 draws", "test errors here", obtained, size),
        ],
        "MNIST, one ReLU network a row",
        columns=2,
    )
    sheet.savefig(DOCS / "pictures" / "mnist.png", dpi=110, metadata={"Software": None})


def table(chosen: dict[str, Settings], errors: dict[str, np.ndarray]) -> list[str]:
    """Return the page's table."""
    lines = [
        "| regularizer | published, % | here, % | difference to plain, points | p | chosen |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for variant in VARIANTS:
        mean, low, high = interval(errors[variant.name])
        shown = "" if variant.published is None else f"{variant.published:.2f}"
        change = p = ""
        if variant.name != "plain":
            differences = errors[variant.name] - errors["plain"]
            middle, least, most = interval(differences)
            change = f"{signed(middle)} ({signed(least)} to {signed(most)})"
            p = f"{stats.ttest_1samp(differences, 0).pvalue:.3f}"
        lines.append(
            f"| {variant.name} | {shown} | {mean:.2f} ({low:.2f} to {high:.2f}) | {change} | {p} "
            f"| {words(chosen[variant.name])} |"
        )
    return lines


def orders(errors: dict[str, np.ndarray]) -> list[str]:
    """Return what of the published order is met, pair by pair of neighbors and as a whole."""
    known = [variant for variant in VARIANTS if variant.published is not None]
    here = [errors[variant.name].mean() for variant in known]
    rank = float(stats.kendalltau([variant.published for variant in known], here).statistic)
    best_first = ", ".join(
        one.name for _, one in sorted(zip(here, known, strict=True), key=lambda pair: pair[0])
    )
    lines = [
        f"From the lowest error to the highest: {best_first}. Kendall's tau with the published order is "
        f"{rank:+.1f}.",
        "",
    ]
    for worse, better in itertools.pairwise(known):
        middle, least, most = interval(errors[worse.name] - errors[better.name])
        said = "as published" if least > 0 else "the other way round" if most < 0 else "cannot be told"
        there = signed((worse.published or 0) - (better.published or 0))
        lines.append(
            f"* {worse.name} minus {better.name}: {signed(middle)} points "
            f"({signed(least)} to {signed(most)}); published {there}: {said}."
        )
    return lines


def main() -> None:
    """Measure, and write page and picture unless it was a quick look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    given = parser.parse_args()
    began = time.process_time()
    chosen, errors = measure(given.folder, given.epochs)
    minutes = (time.process_time() - began) / 60
    print(f"{minutes:.1f} minutes of processor time")
    body = [*table(chosen, errors), "", *orders(errors)]
    print("\n".join(body))
    if given.epochs == EPOCHS:
        picture(errors)
        page = DOCS / "experiments" / "mnist.md"
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        before, _, rest = text.partition("<!-- measured -->\n")
        _, _, after = rest.partition("<!-- end -->\n")
        measured = "\n".join([*body, "", f"Processor time: {minutes:.0f} minutes, both cores together."])
        page.write_text(f"{before}<!-- measured -->\n{measured}\n<!-- end -->\n{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
